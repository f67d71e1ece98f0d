"""The hosts' console with 250 users in a real Chromium: the first row, every key, and the dialogs."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from os import cpu_count, getloadavg
from statistics import median

import httpx
from playwright.sync_api import Page, expect, sync_playwright

from benchmarks.report import Report, Summary
from local.stack import LocalStack
from tests.e2e.browser.chromium import FLAGS, chromium
from tests.e2e.simulator import Simulator

USERS = 250
FIRST = ("Ana", "Björn", "Chloé", "Deniz", "Grace", "Hiroshi", "Jürgen", "Kwame", "Nadia", "Priya")
LAST = ("Müller", "Garcia", "O'Neill", "Петров", "Yılmaz")
NAMED_AT_ONCE = 100
LOADS = 5
FIRST_ROW_MS = 1000
KEY_MS = 100
COLUMNS = ("", "times", "p50 ms", "worst ms", "goal ms")
SETTING = f"""\
One host opens the console of a meeting with {USERS} users, who have names, on the local stack, whose functions are
warm. The first row is timed from the navigation to the frame with the row in it, a key from its event to the frame that
shows it. The API's answers come from an emulator on the same two cores, which also draw the page."""
# Waiting for a function needs `eval`, which the page's policy forbids: the policy is bypassed here.
# From the event to the frame after the page's own drawing, which it puts off until the event is over: the first timer
# fires before it, the second one after it.
WATCH = """
window.took = [];
const time = (event) => {
  const drawn = () => window.took.push(performance.now() - event.timeStamp);
  setTimeout(() => setTimeout(() => requestAnimationFrame(() => setTimeout(drawn))));
};
addEventListener("keydown", time, true);
addEventListener("click", time, true);
new MutationObserver((_, observer) => {
  if (!document.querySelector("[data-person]")) return;
  observer.disconnect();
  requestAnimationFrame(() => setTimeout(() => { window.firstRow = performance.now(); }));
}).observe(document, {subtree: true, childList: true});
"""


# Milliseconds before the first row, from the first request of the API to its last answer.
AWAITED = """
() => {
  const asked = performance.getEntriesByType("resource").filter(({name}) => /\\/meetings\\/.*(?<!\\/live)$/.test(name));
  const ends = asked.map(({responseEnd}) => responseEnd).filter((end) => end > 0 && end < window.firstRow);
  return Math.max(...ends) - Math.min(...asked.map(({startTime}) => startTime));
}
"""


# The page asks for these last.
QUIET = """
() => ["/lobby", "/history"].every((path) =>
  performance.getEntriesByType("resource").some(({name, responseEnd}) => name.includes(path) && responseEnd > 0))
"""


@dataclass(frozen=True)
class Timed:
    """Milliseconds of one kind."""

    what: str
    took: list[float]
    goal: int | None = None

    def row(self) -> list[str]:
        goal = "" if self.goal is None else str(self.goal)
        return [self.what, str(len(self.took)), f"{median(self.took):.0f}", f"{max(self.took):.0f}", goal]


def run() -> Report:
    with LocalStack() as stack, closing(Simulator(stack.chime_url)) as simulator:
        url = f"{stack.console_url}/?meeting={_meeting(stack, simulator)}"
        found = chromium()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=found.path, args=list(FLAGS), env=dict(found.environment) if found.environment else None
            )
            page = browser.new_context(viewport={"width": 1360, "height": 900}, bypass_csp=True).new_page()
            page.add_init_script(WATCH)
            timed = _timed(page, url)
            browser.close()
    first, _, *keys = timed
    worst = max(max(each.took) for each in keys)
    return Report(
        name="console",
        title=f"The console with {USERS} users",
        setting=SETTING,
        columns=COLUMNS,
        rows=[each.row() for each in timed],
        remarks=[f"Load average of the machine at the end: {getloadavg()[0]:.1f}, on {cpu_count()} cores."],
        summaries=[
            Summary(f"console, {USERS} users: first row", "", f"{median(first.took):.0f} ms", "", f"{first.goal} ms"),
            Summary(f"console, {USERS} users: the slowest key", "", f"{worst:.0f} ms", "", f"{KEY_MS} ms"),
        ],
    )


def _meeting(stack: LocalStack, simulator: Simulator) -> str:
    with simulator.without("quota"):
        meeting_id = simulator.create_meeting("console")
        names = {f"person-{n:03d}": _name(n) for n in range(USERS - 1)}
        users = ["alice", *names]
        simulator.join_together(meeting_id, users)
        roles = {user: "host" if user == "alice" else "participant" for user in users}
        admin = {"Authorization": f"Bearer {stack.token('back-end', scope='gavel/admin')}"}
        base = f"{stack.api_url}/meetings/{meeting_id}"
        httpx.put(base, json={"roles": roles}, headers=admin, timeout=60, trust_env=False).raise_for_status()
        named = [{"externalUserId": user, "displayName": name} for user, name in names.items()]
        for start in range(0, len(named), NAMED_AT_ONCE):
            some = {"users": named[start : start + NAMED_AT_ONCE]}
            httpx.post(f"{base}/admissions", json=some, headers=admin, timeout=60, trust_env=False).raise_for_status()
    return meeting_id


def _name(n: int) -> str:
    return f"{FIRST[n % 10]} {LAST[n // 10 % 5]} {n // 50 + 1}"


def _timed(page: Page, url: str) -> list[Timed]:
    page.goto(url)
    page.locator("[name=person]").fill("alice")
    page.keyboard.press("Enter")
    expect(page.locator("[data-person]").first).to_be_visible(timeout=60_000)
    loads, awaited = [], []
    for _ in range(LOADS):
        # Requests of the load before would need further functions, which are cold.
        page.wait_for_function(QUIET)
        page.reload()
        page.wait_for_function("window.firstRow")
        loads.append(float(page.evaluate("window.firstRow")))
        awaited.append(float(page.evaluate(AWAITED)))
    expect(page.locator(".link.live")).to_be_visible(timeout=60_000)
    return [
        Timed("first row", loads, FIRST_ROW_MS),
        Timed("… of which the API's answers", awaited),
        _keys(page, "a letter in the search", ["/"], list("garcia a")),
        _keys(page, "the next row", ["Enter"], ["ArrowDown"] * 30),
        _keys(page, "select a row", [], ["x"] * 5),
        _keys(page, "open a user's dialog", [], ["Enter", "Escape"] * 4),
        _keys(page, "mute a row: shown as under way", [], ["m"]),
        _clicks(page, "open “Mute all”", "Mute all…"),
    ]


def _keys(page: Page, what: str, before: list[str], keys: list[str]) -> Timed:
    for key in before:
        _took(page, partial(page.keyboard.press, key))
    return Timed(what, [_took(page, partial(page.keyboard.press, key)) for key in keys], KEY_MS)


def _clicks(page: Page, what: str, name: str) -> Timed:
    took = []
    for _ in range(3):
        took.append(_took(page, page.get_by_role("button", name=name).click))
        _took(page, partial(page.keyboard.press, "Escape"))
        expect(page.get_by_role("dialog")).to_have_count(0)
    return Timed(what, took, KEY_MS)


def _took(page: Page, act: Callable[[], None]) -> float:
    """From the event to its frame. Every event is waited for: the next one would get the time of the one before."""
    page.evaluate("window.took = []")
    act()
    page.wait_for_function("window.took.length")
    return float(page.evaluate("window.took[0]"))
