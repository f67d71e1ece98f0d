"""The attendee's page in a real browser: his state and why, his hand, his consent."""

from playwright.sync_api import expect

from tests.e2e.browser.conftest import ROLES
from tests.e2e.browser.visitor import Visitors
from tests.e2e.caller import done
from tests.e2e.scene import EVERYTHING, MUTED, ModeratedMeeting, Theatre


def test_nobody_is_unmuted_before_he_agrees(visitors: Visitors, theatre: Theatre, warm: None) -> None:
    scene = theatre.scene(ROLES, {"unmuteConsent": "required"})
    done(scene.alice.post(scene.at("bob", "/mute"), {}))
    alice, bob = visitors.host(scene, "alice"), visitors.attendee(scene, "bob")
    alice.button("Unmute bob's microphone").click()
    expect(alice.notice("awaiting")).to_be_visible()
    asked = bob.page.get_by_role("alertdialog")
    expect(asked).to_contain_text("alice asks you to unmute")
    assert scene.has("bob") == MUTED
    asked.get_by_role("button", name="Unmute me").click()
    expect(bob.own("audio")).to_have_attribute("data-state", "on")
    expect(asked).to_have_count(0)
    expect(alice.medium("bob", "audio")).to_have_attribute("data-state", "on")
    expect(alice.notice("applied")).to_contain_text("Unmute bob")
    assert scene.has("bob") == EVERYTHING


def test_he_mutes_himself_and_lifts_it(visitors: Visitors, lesson: ModeratedMeeting) -> None:
    bob = visitors.attendee(lesson, "bob")
    bob.button("Mute my microphone").click()
    expect(bob.own("audio")).to_contain_text("own mute")
    bob.button("Unmute my microphone").click()
    expect(bob.own("audio")).to_have_attribute("data-state", "on")


def test_who_is_removed_is_told_so(visitors: Visitors, lesson: ModeratedMeeting) -> None:
    bob = visitors.attendee(lesson, "bob")
    done(lesson.alice.post("/users/bob/remove", {"ban": True}))
    expect(bob.page.get_by_role("alert")).to_contain_text("banned")


def test_a_stranger_is_told_so(visitors: Visitors, lesson: ModeratedMeeting) -> None:
    bob = visitors.attendee(lesson, "bob")
    bob.button("Sign out").click()
    bob.page.get_by_label("Who are you?").fill("mallory")
    bob.button("Enter").click()
    expect(bob.page.get_by_role("alert")).to_contain_text("You are nobody in this meeting")
