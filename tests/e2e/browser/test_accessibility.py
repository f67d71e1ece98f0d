"""axe finds nothing serious, in the light and in the dark, on a desk and on a phone; nothing hangs over the edge."""

from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e.browser.conftest import ROLES, SCREENSHOTS
from tests.e2e.browser.visitor import Visitor, Visitors
from tests.e2e.caller import done
from tests.e2e.meeting import ModeratedMeeting, ObservedStack

SIZES = {"desk": {"width": 1360, "height": 900}, "phone": {"width": 360, "height": 740}}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SERIOUS = {"serious", "critical"}


def test_the_console(visitors: Visitors, local_stack: ObservedStack, warm: None) -> None:
    meeting = local_stack.meeting(ROLES | {"petra": "presenter", "victor": "viewer"})
    _all_sorts(meeting)
    done(
        meeting.caller("hugo").post("/mute-all", {"media": ["content"], "reason": "only petra shares", "except": PETRA})
    )
    alice = visitors.host(meeting, "alice", viewport=SIZES["desk"])
    meeting.fault(status=429, count=10_000)
    alice.button("Block colin's camera").click()
    expect(alice.medium("colin", "video")).to_have_attribute("data-state", "pending")
    alice.page.screenshot(path=SCREENSHOTS / "console-pending.png")
    meeting.fault(count=0)
    expect(alice.notice("applied")).to_be_visible()
    looked_at(alice, "console")
    alice.button("More for bob").click()
    looked_at(alice, "person")


def test_the_attendees_page(visitors: Visitors, lesson: ModeratedMeeting) -> None:
    done(lesson.alice.patch("", {"unmuteConsent": "required"}))
    _all_sorts(lesson)
    done(lesson.alice.post(lesson.at("carol", "/mute"), {}))
    done(lesson.alice.post(lesson.at("carol", "/unmute"), {}), 202)
    carol = visitors.attendee(lesson, "carol")
    expect(carol.page.get_by_role("alertdialog")).to_be_visible()
    looked_at(carol, "attendee")
    carol.button("Sign out").click()
    looked_at(carol, "sign-in")


def test_the_keyboard_skips_to_the_lists_and_motion_is_reduced(visitors: Visitors, lesson: ModeratedMeeting) -> None:
    alice = visitors.host(lesson, "alice")
    page = alice.page
    page.reload()
    expect(page.locator(".link.live")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the people")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to the people")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.get_by_role("searchbox", name="Find people")).to_be_focused()
    busy = "button => (button.setAttribute('aria-busy', 'true'), getComputedStyle(button).animationName)"
    assert alice.button("Freeze").evaluate(busy) == "busy"
    page.emulate_media(reduced_motion="reduce")
    assert alice.button("Freeze").evaluate(busy) == "none"


def test_a_fault_is_found(visitors: Visitors, lesson: ModeratedMeeting) -> None:
    """The others mean something only if axe looks."""
    bob = visitors.attendee(lesson, "bob")
    bob.page.evaluate("document.querySelector('main').append(document.createElement('button'))")
    assert faults(bob.page) == ["button-name ['<button></button>']"]


PETRA = {"externalUserIds": ["petra"]}


def _all_sorts(meeting: ModeratedMeeting) -> None:
    done(meeting.alice.post(meeting.at("bob", "/mute"), {"reason": "noise", "durationSeconds": 300}))
    done(meeting.caller("bob").put("/users/bob/hand", {}))
    done(meeting.alice.post("/users/carol/floor", {"durationSeconds": 120}))
    assert meeting.caller("bob").post(meeting.at("carol", "/mute"), {}).status_code == 403


def looked_at(visitor: Visitor, name: str) -> None:
    page = visitor.page
    for size, viewport in SIZES.items():
        page.set_viewport_size({"width": viewport["width"], "height": viewport["height"]})
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, (
            f"{name} is too wide on a {size}"
        )
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            page.screenshot(path=SCREENSHOTS / f"{name}-{size}-{scheme}.png")
            assert faults(page) == [], f"{name}, {size}, {scheme}"
    page.set_viewport_size({"width": 1360, "height": 900})


def faults(page: Page) -> list[str]:
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [f"{each['id']} {_where(each)}" for each in found if each["impact"] in SERIOUS]


def _where(violation: dict[str, Any]) -> list[str]:
    return [str(node["html"])[:200] for node in violation["nodes"]]
