"""The attendee's page in a real browser: their state and its reasons, their hand, their consent."""

from playwright.sync_api import expect

from tests.e2e.browser.conftest import ROLES
from tests.e2e.browser.visitor import Visitors
from tests.e2e.caller import done
from tests.e2e.meeting import EVERYTHING, MUTED, ModeratedMeeting, ObservedStack


def test_nobody_is_unmuted_before_they_agree(visitors: Visitors, local_stack: ObservedStack, warm: None) -> None:
    meeting = local_stack.meeting(ROLES, {"unmuteConsent": "required"})
    done(meeting.alice.post(meeting.at("bob", "/mute"), {}))
    alice, bob = visitors.host(meeting, "alice"), visitors.attendee(meeting, "bob")
    alice.button("Unmute bob's microphone").click()
    expect(alice.notice("awaiting")).to_be_visible()
    asked = bob.page.get_by_role("alertdialog")
    expect(asked).to_contain_text("alice asks you to unmute")
    assert meeting.has("bob") == MUTED
    asked.get_by_role("button", name="Unmute me").click()
    expect(bob.own("audio")).to_have_attribute("data-state", "allowed")
    expect(asked).to_have_count(0)
    expect(alice.medium("bob", "audio")).to_have_attribute("data-state", "allowed")
    expect(alice.notice("applied")).to_contain_text("Unmute bob")
    assert meeting.has("bob") == EVERYTHING


def test_attendees_mute_themselves_and_lift_it(visitors: Visitors, lesson: ModeratedMeeting) -> None:
    bob = visitors.attendee(lesson, "bob")
    bob.button("Mute my microphone").click()
    expect(bob.own("audio")).to_contain_text("own mute")
    bob.button("Unmute my microphone").click()
    expect(bob.own("audio")).to_have_attribute("data-state", "allowed")


def test_who_is_removed_is_told_so(visitors: Visitors, lesson: ModeratedMeeting) -> None:
    bob = visitors.attendee(lesson, "bob")
    done(lesson.alice.post("/users/bob/remove", {"ban": True}))
    expect(bob.page.get_by_role("alert")).to_contain_text("banned")


def test_a_stranger_is_told_so(visitors: Visitors, lesson: ModeratedMeeting) -> None:
    bob = visitors.attendee(lesson, "bob")
    bob.button("Sign out").click()
    bob.page.get_by_label("Who are you?").fill("mallory")
    bob.button("Enter").click()
    expect(bob.page.get_by_role("alert")).to_contain_text("You have no role in this meeting")
