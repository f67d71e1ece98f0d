"""Whether what a page shows is so now: stalled sockets, no network, ended tokens, the lobby."""

import re

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.e2e.browser.conftest import ROLES
from tests.e2e.browser.visitor import Visitors
from tests.e2e.caller import done
from tests.e2e.meeting import ModeratedMeeting, ObservedStack

LIVE = re.compile("/live")
GREY = "grayscale(1)"


def test_a_stalled_socket_is_found_out_and_greys_the_page(visitors: Visitors, lesson: ModeratedMeeting) -> None:
    """Open and silent, which a page can't see without asking: told within 30 seconds of the page's own clock."""
    alice = visitors.host(lesson, "alice")
    page = alice.page
    stalled: list[str] = []
    page.clock.install()
    page.route_web_socket(LIVE, lambda socket: _stall_when(socket, stalled))
    page.reload()
    expect(page.locator(".link.live")).to_be_visible()
    stalled.append("now")
    page.route(re.compile("execute-api.*/meetings/"), lambda route: route.abort())
    page.clock.fast_forward(15_500)
    page.clock.fast_forward(8_500)
    expect(page.locator(".strip.stale")).to_contain_text("No connection since")
    expect(page.locator(".link.offline")).to_be_visible()
    assert GREY in page.eval_on_selector(".rows", "rows => getComputedStyle(rows).filter")
    stalled.clear()
    page.unroute(re.compile("execute-api.*/meetings/"))
    page.clock.fast_forward(60_000)
    expect(page.locator(".link.live")).to_be_visible()
    expect(page.locator(".strip.stale")).to_have_count(0)


def _stall_when(socket: WebSocketRoute, stalled: list[str]) -> None:
    server = socket.connect_to_server()
    socket.on_message(lambda said: None if stalled else server.send(said))
    server.on_message(lambda said: None if stalled else socket.send(said))


def test_offline_is_heeded(visitors: Visitors, lesson: ModeratedMeeting) -> None:
    alice = visitors.host(lesson, "alice")
    alice.page.context.set_offline(True)
    expect(alice.page.locator(".link.offline")).to_be_visible(timeout=20_000)  # silence is noticed after 23 s
    alice.page.context.set_offline(False)
    expect(alice.page.locator(".link.live")).to_be_visible()


def test_without_the_live_socket_the_page_asks(visitors: Visitors, lesson: ModeratedMeeting) -> None:
    alice = visitors.host(lesson, "alice")
    alice.page.clock.install()
    broken = ["for now"]
    alice.page.route_web_socket(LIVE, lambda socket: socket.close() if broken else socket.connect_to_server())
    alice.page.reload()
    expect(alice.page.locator(".link.polling")).to_be_visible()
    done(lesson.caller("hugo").post(lesson.at("bob", "/mute"), {}))
    expect(alice.medium("bob", "audio")).to_contain_text("by hugo")
    expect(alice.line("hugo muted bob's microphone", "applied")).to_be_visible()
    broken.clear()
    alice.page.clock.fast_forward(40_000)
    expect(alice.page.locator(".link.live")).to_be_visible()
    done(lesson.caller("hugo").post(lesson.at("bob", "/unmute"), {}))
    expect(alice.medium("bob", "audio")).to_have_attribute("data-state", "allowed")


def test_a_token_that_ends_is_counted_down_and_the_page_stays(visitors: Visitors, lesson: ModeratedMeeting) -> None:
    stack = lesson.local_stack.stack
    visitor = visitors.somebody()
    page = visitor.page
    page.route("**/config.json", lambda route: route.fulfill(json={"apiUrl": stack.api_url}))
    page.clock.install()
    page.goto(f"{visitors.url}/?meeting={lesson.meeting_id}")
    page.get_by_label("Token").fill(stack.token("alice", expires_in=200))
    visitor.button("Enter").click()
    expect(page.locator(".strip.muted")).to_contain_text(re.compile(r"Your sign-in ends in [123]:\d\d"))
    page.get_by_role("searchbox", name="Find people").fill("bo")
    page.clock.fast_forward(210_000)
    visitor.button("Mute bob's microphone").click(force=True)
    expect(page.locator(".strip.over")).to_contain_text("Your sign-in has ended. Sign in again to go on.")
    expect(visitor.medium("bob", "audio")).to_be_visible()
    visitor.button("Sign in again").click()
    page.get_by_role("dialog").get_by_label("Token").fill(stack.token("alice"))
    page.get_by_role("dialog").get_by_role("button", name="Enter").click()
    expect(page.locator(".strip.over")).to_have_count(0)
    expect(page.locator(".link.live")).to_be_visible()
    expect(page.get_by_role("searchbox", name="Find people")).to_have_value("bo")
    visitor.button("Mute bob's microphone").click()
    expect(visitor.medium("bob", "audio")).to_have_attribute("data-state", "blocked")


def test_who_waits_sees_that_and_gets_on_by_themselves(
    visitors: Visitors, local_stack: ObservedStack, warm: None
) -> None:
    meeting = local_stack.meeting(ROLES, {"lobby": True})
    alice = visitors.host(meeting, "alice")
    done(meeting.admin.post("/admissions", {"users": [{"externalUserId": "dora"}]}))
    dora = visitors.waiting(meeting, "dora")
    expect(dora.page.get_by_role("heading", name="You are in the lobby")).to_be_visible()
    alice.button("Let in dora").click()
    expect(alice.page.get_by_text("Nobody waits.")).to_be_visible()
    expect(dora.page.locator(".me")).to_contain_text("dora")
    expect(dora.page.get_by_role("heading", name="You are in the lobby")).to_have_count(0)


@pytest.mark.parametrize(
    ("language", "mute", "allowed", "told", "raised"),
    [
        (
            "de-DE",
            "Alle stumm…",
            "erlaubt",
            "alice: carol stummschalten: Kamera (5 Min.): الكاميرا",
            "bob: Hand gehoben",
        ),
        ("es-MX", "Silenciar a todos…", "permitido", "alice: Silenciar a carol: cámara (5 min): الكاميرا", "bob: mano"),
        ("ja-JP", "全員ミュート…", "許可", "alice: carol をミュート: カメラ (5 分): الكاميرا", "bob: 挙手"),
    ],
    ids=("de", "es", "ja"),
)
def test_in_the_browsers_language(
    visitors: Visitors, lesson: ModeratedMeeting, language: str, mute: str, allowed: str, told: str, raised: str
) -> None:
    muted = {"media": ["video"], "reason": "الكاميرا", "durationSeconds": 300}
    done(lesson.alice.post(lesson.at("carol", "/mute"), muted))
    done(lesson.bob.put("/users/bob/hand", {}))
    alice = visitors.host(lesson, "alice", locale=language)
    expect(alice.button(mute)).to_be_visible()
    expect(alice.medium("bob", "audio")).to_contain_text(allowed)
    expect(alice.line(told, "applied")).to_be_visible()
    expect(alice.page.locator(".summary").filter(has_text=raised)).to_be_visible()
    assert not re.search(r"muted|raised|registered", alice.page.inner_text("#history")), "no English in between"
    assert alice.page.evaluate("document.documentElement.lang") == language[:2]
    assert _unsaid(alice.page) == []
    place = alice.row("bob").bounding_box()
    alice.row("bob").locator(".mark").check()
    expect(alice.page.locator(".bulk .button")).to_have_count(6)
    assert alice.row("bob").bounding_box() == place, "a selection moves no row"
    alice.page.set_viewport_size({"width": 360, "height": 740})
    edges = alice.page.eval_on_selector_all(".bar *", "all => all.map(each => each.getBoundingClientRect().right)")
    assert max(edges) <= 360, "nothing hangs over the edge of a phone"


def _unsaid(page: Page) -> list[str]:
    """Keys that stand where a sentence should."""
    return [word for word in page.inner_text("body").split() if re.fullmatch(r"[a-z-]{2,}\.[a-z.-]{2,}", word)]
