"""Two hundred and fifty people: rows, search, selection, and the keyboard alone."""

from playwright.sync_api import Page, expect

from tests.e2e.browser.visitor import Visitors
from tests.e2e.meeting import MUTED, ModeratedMeeting, ObservedStack

MANY = {"alice": "host", "zoë.müller@example.com": "presenter"} | {f"student-{n:03}": "participant" for n in range(248)}
MOST_KEYS = 12
KEYS = """keys => keys.map(key => {
  document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true}));
  return document.activeElement.id || document.activeElement.dataset.person;
})"""
"""What has the focus after each key, while nothing is drawn in between."""
SEARCH_AT_CLOSE = """button => new Promise(tell => {
  const dialog = document.querySelector("dialog");
  const search = () => {
    document.body.dispatchEvent(new KeyboardEvent("keydown", {key: "/", bubbles: true, cancelable: true}));
    setTimeout(() => setTimeout(() => tell(document.activeElement.id)));
  };
  if (button) dialog.querySelector(button).click(); else dialog.close();
  if (dialog.open) search(); else dialog.addEventListener("close", search);
})"""
"""What has the focus if `/` comes before the page has drawn that a dialog was closed, by its button or by Escape."""


def test_two_hundred_and_fifty_users(visitors: Visitors, local_stack: ObservedStack, warm: None) -> None:
    meeting_id = local_stack.simulator.create_meeting()
    meeting = local_stack.registered(meeting_id, MANY)
    alice = visitors.host(meeting, "alice")
    page = alice.page
    expect(page.locator("#people .count")).to_have_text("250")
    assert page.locator("[data-person]").count() < 60, "only the rows in sight are drawn"
    heights = page.eval_on_selector_all("[data-person]", "rows => rows.map(row => row.getBoundingClientRect().height)")
    assert max(heights) <= 40
    page.get_by_label("Select all").check()
    expect(page.get_by_text("249 selected")).to_be_visible()  # all but alice
    alice.button("Clear").click()
    find = page.get_by_role("searchbox", name="Find people")
    find.fill("DENT-24 part")  # any part of the name, and a word of the role
    expect(page.locator("#people .count")).to_have_text("8 of 250")
    page.get_by_label("Select all").check()
    expect(page.get_by_text("8 selected")).to_be_visible()
    page.get_by_label("Select student-247").uncheck()
    expect(page.get_by_text("7 selected")).to_be_visible()
    alice.button("Mute").click()
    expect(alice.notice("applied")).to_contain_text("Mute 7 people")
    expect(alice.medium("student-240", "audio")).to_have_attribute("data-state", "blocked")
    expect(alice.medium("student-247", "audio")).to_have_attribute("data-state", "allowed")
    expect(alice.line("and 6 more", "applied")).to_be_visible()
    find.fill("")
    page.get_by_role("combobox", name="Show").select_option("Muted")
    expect(page.locator("#people .count")).to_have_text("7 of 250")
    page.get_by_role("combobox", name="Show").select_option("Everybody")
    page.get_by_role("combobox", name="Role").first.select_option("Presenter")
    expect(page.locator("[data-person]")).to_have_count(1)
    page.get_by_role("combobox", name="Role").first.select_option("Any role")
    page.locator('[data-person="alice"]').focus()
    page.keyboard.press("End")
    expect(page.locator('[data-person="student-247"]')).to_be_focused()
    _rows_out_of_sight(page)
    _on_a_phone(page)


def _rows_out_of_sight(page: Page) -> None:
    """A row that is drawn in another place keeps the focus, and keys that follow one another end where they lead."""
    rows, middle = page.locator(".rows"), page.locator('[data-person="student-100"]')
    rows.evaluate("list => (list.scrollTop = 100 * 40)")
    middle.focus()
    for place, seen in (("0", "alice"), ("list.scrollHeight", "student-247"), ("0", "alice")):
        rows.evaluate(f"list => (list.scrollTop = {place})")
        expect(page.locator(f'[data-person="{seen}"]')).to_be_visible()
        assert middle.evaluate("row => row === document.activeElement"), seen
    page.keyboard.press("Home")
    expect(page.locator('[data-person="alice"]')).to_be_focused()
    page.evaluate(KEYS, ["End", "PageUp"])
    expect(page.locator('[data-person="student-237"]')).to_be_focused()


def _on_a_phone(page: Page) -> None:
    """What is urgent comes first, and the rest is behind tabs."""
    page.set_viewport_size({"width": 360, "height": 740})
    expect(page.locator("#hands")).to_be_visible()
    expect(page.locator("#people")).to_be_hidden()
    page.locator('[data-tab="people"]').click()
    expect(page.locator("#people")).to_be_visible()
    page.set_viewport_size({"width": 1280, "height": 800})


def test_from_the_sign_in_to_a_mute_by_the_keyboard_alone(
    visitors: Visitors, local_stack: ObservedStack, warm: None
) -> None:
    meeting = local_stack.meeting({"alice": "host", "bob": "participant", "carol": "participant"})
    alice = visitors.somebody()
    page = alice.page
    config = {"apiUrl": local_stack.stack.api_url, "tokenUrl": "token", "people": ["alice", "bob"]}
    page.route("**/config.json", lambda route: route.fulfill(json=config))
    page.goto(f"{visitors.url}/?meeting={meeting.meeting_id}")
    expect(alice.button("alice")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".link.live")).to_be_visible()
    keys = ["/", *"bob", "Enter", "m"]
    for key in keys:
        page.keyboard.press(key)  # faster than anybody types: the last key must not reach the search
    expect(alice.medium("bob", "audio")).to_have_attribute("data-state", "blocked")
    assert len(keys) + 1 <= MOST_KEYS
    assert meeting.has("bob") == MUTED
    expect(alice.row("bob")).to_be_focused()
    page.keyboard.press("m")
    expect(alice.medium("bob", "audio")).to_have_attribute("data-state", "allowed")


def test_a_key_that_moves_the_focus_does_so_before_the_next_key(visitors: Visitors, lesson: ModeratedMeeting) -> None:
    """However late the page draws."""
    alice = visitors.host(lesson, "alice", viewport={"width": 360, "height": 740})
    page, find = alice.page, alice.page.locator("#find")
    expect(find).to_be_hidden()
    page.keyboard.press("/")
    expect(find).to_be_focused()
    page.get_by_role("heading", name="People").click()
    expect(find).not_to_be_focused()
    assert page.evaluate(KEYS, ["/", "Enter"]) == ["find", "alice"]
    page.evaluate(KEYS, ["Enter", "m"])
    expect(page.get_by_role("dialog")).to_be_visible()
    assert page.locator(".notice").count() == 0, "a command was sent to the row behind the dialog"
    assert page.evaluate(SEARCH_AT_CLOSE, None) == "find"
    page.locator('[data-person="alice"]').press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert page.evaluate(SEARCH_AT_CLOSE, "[aria-label=Close]") == "find"
