"""The hosts' console in a real browser: what a host does there, and what the others see of it."""

import re

from playwright.sync_api import expect

from tests.e2e.browser.conftest import ROLES
from tests.e2e.browser.visitor import Visitors
from tests.e2e.caller import done
from tests.e2e.deadline import SLOWER
from tests.e2e.scene import MUTED, ModeratedMeeting, Theatre

PROMISED = 2000 * SLOWER
"""Milliseconds from the answer to the other pages."""


def test_two_hosts_and_an_attendee_see_a_mute(visitors: Visitors, lesson: ModeratedMeeting) -> None:
    alice, hugo = visitors.host(lesson, "alice"), visitors.host(lesson, "hugo")
    bob = visitors.attendee(lesson, "bob")
    alice.button("Mute bob's microphone").click()
    expect(alice.notice("applied")).to_contain_text("Mute bob: microphone")
    expect(hugo.medium("bob", "audio")).to_have_attribute("data-state", "off", timeout=PROMISED)
    expect(bob.own("audio")).to_contain_text("muted by alice", timeout=PROMISED)
    expect(alice.medium("bob", "audio")).to_contain_text("muted by you")
    for host in (alice, hugo):
        expect(host.line("alice muted bob's audio", "applied")).to_be_visible()
    assert lesson.has("bob") == MUTED
    alice.notice("applied").get_by_role("button", name="Undo").click()
    expect(alice.medium("bob", "audio")).to_have_attribute("data-state", "on")
    expect(bob.own("audio")).to_have_attribute("data-state", "on")


def test_what_chime_has_not_taken_is_pending(visitors: Visitors, lesson: ModeratedMeeting) -> None:
    alice = visitors.host(lesson, "alice")
    lesson.fault(delayMs=3000)
    alice.button("Stop carol's camera").click()
    expect(alice.medium("carol", "video")).to_have_attribute("data-state", "pending")
    expect(alice.medium("carol", "audio")).to_have_attribute("data-state", "on")
    expect(alice.medium("carol", "video")).to_have_attribute("data-state", "off")
    expect(alice.notice("applied")).to_be_visible()


def test_a_refused_click_says_by_which_policy(visitors: Visitors, lesson: ModeratedMeeting) -> None:
    carol, colin = visitors.host(lesson, "carol"), visitors.host(lesson, "colin")
    carol.button("Mute bob's microphone").click()
    expect(carol.notice("refused")).to_contain_text("no-permit")
    colin.button("Mute alice's microphone").click()
    expect(colin.notice("refused")).to_contain_text("non-hosts-may-not-act-on-hosts")
    expect(colin.line("colin was refused mute on alice (non-hosts-may-not-act-on-hosts)", "refused")).to_be_visible()
    expect(colin.line("carol was refused mute on bob (no-permit)", "refused")).to_be_visible()
    expect(colin.medium("alice", "audio")).to_have_attribute("data-state", "on")


def test_hands_in_order_and_a_turn_to_speak(visitors: Visitors, lesson: ModeratedMeeting) -> None:
    alice, bob = visitors.host(lesson, "alice"), visitors.attendee(lesson, "bob")
    done(lesson.person("carol").put("/users/carol/hand", {}))
    expect(alice.page.locator('[data-hand="carol"]')).to_be_visible()
    bob.button("Raise my hand").click()
    expect(alice.page.locator("[data-hand]")).to_have_count(2)
    expect(alice.page.locator("[data-hand]").last).to_contain_text("bob")
    expect(bob.page.locator(".own-hand")).to_contain_text("2nd in the queue")
    alice.button("Give bob the floor for 2 minutes").click()
    expect(alice.row("bob").locator(".badge.floor .countdown")).to_have_text(re.compile(r"^[12]:\d\d$"))
    expect(bob.page.locator(".strip.floor .countdown")).to_have_text(re.compile(r"^[12]:\d\d$"))
    expect(alice.page.locator("[data-hand]")).to_have_count(1)
    expect(bob.page.locator(".own-hand")).to_contain_text("Your hand is down")


def test_everybody_is_muted_but_one(visitors: Visitors, lesson: ModeratedMeeting) -> None:
    alice = visitors.host(lesson, "alice")
    alice.button("Mute all…").click()
    dialog = alice.page.get_by_role("dialog")
    dialog.get_by_label("carol").check()
    dialog.get_by_label("For how long").select_option("5 minutes")
    dialog.get_by_label("Reason").fill("exam")
    done(lesson.person("hugo").patch("", {"mode": "presentation"}))  # the page behind it changes, what was typed stays
    expect(alice.button("presentation")).to_have_attribute("aria-pressed", "true")
    expect(dialog.get_by_label("Reason")).to_have_value("exam")
    done(lesson.person("hugo").patch("", {"mode": "open"}))
    dialog.get_by_role("button", name="Mute all").click()
    expect(alice.page.locator(".strip.muted")).to_contain_text("exam, except cohosts, hosts, carol")
    expect(alice.page.locator(".strip.muted .countdown")).to_have_text(re.compile(r"^[45]:\d\d$"))
    expect(alice.medium("bob", "audio")).to_contain_text("mute-all by you: exam")
    expect(alice.medium("carol", "audio")).to_have_attribute("data-state", "on")
    alice.button("Lift the mute-all of microphone and screen share").click()
    expect(alice.medium("bob", "audio")).to_have_attribute("data-state", "on")


def test_a_mute_with_a_reason_for_a_time(visitors: Visitors, lesson: ModeratedMeeting) -> None:
    alice, bob = visitors.host(lesson, "alice"), visitors.attendee(lesson, "bob")
    alice.button("More for bob").click()
    form = alice.page.get_by_role("dialog").locator("form").first
    form.get_by_label("For how long").select_option("5 minutes")
    form.get_by_label("Reason").fill("noise")
    form.get_by_role("button", name="Mute").click()
    expect(bob.own("audio")).to_contain_text(re.compile(r"muted by alice: noise\s+[45]:\d\d"))
    bob.button("Unmute my microphone").click()
    expect(bob.notice("refused")).to_contain_text("muted by alice: noise")


def test_freeze_role_and_ban(visitors: Visitors, lesson: ModeratedMeeting) -> None:
    alice = visitors.host(lesson, "alice")
    alice.button("Freeze").click()
    expect(alice.page.locator(".strip.frozen")).to_be_visible()
    alice.button("Unfreeze").click()
    expect(alice.page.locator(".strip.frozen")).to_have_count(0)
    dialog = alice.page.get_by_role("dialog")
    alice.button("More for carol").click()
    dialog.get_by_role("combobox", name="Role").select_option("viewer")
    dialog.get_by_role("button", name="Set the role").click()
    expect(alice.row("carol").locator(".badge.role")).to_have_text("viewer")
    expect(alice.medium("carol", "video")).to_have_attribute("data-state", "off")
    alice.button("More for bob").click()
    dialog.get_by_label("and keep them out (ban)").check()
    dialog.get_by_role("button", name="Remove bob").click()
    expect(alice.row("bob")).to_have_count(0)
    alice.button("Settings…").click()
    alice.button("Lift the ban of bob").click()
    expect(dialog).to_contain_text("Nobody is banned")


def test_with_the_keyboard_alone(visitors: Visitors, lesson: ModeratedMeeting) -> None:
    alice = visitors.host(lesson, "alice")
    alice.page.get_by_label("Find a person").focus()
    focused = alice.page.locator(":focus")
    for _ in range(30):
        alice.page.keyboard.press("Tab")
        if focused.get_attribute("aria-label") == "Mute bob's microphone":
            break
    alice.page.keyboard.press("Enter")
    expect(alice.medium("bob", "audio")).to_have_attribute("data-state", "off")
    expect(focused).to_have_attribute("aria-label", "Unmute bob's microphone")
    alice.page.keyboard.press("Enter")
    expect(alice.medium("bob", "audio")).to_have_attribute("data-state", "on")


def test_without_the_live_socket_the_page_asks(visitors: Visitors, lesson: ModeratedMeeting) -> None:
    alice = visitors.host(lesson, "alice")
    alice.page.clock.install()
    broken = ["for now"]
    alice.page.route_web_socket(
        re.compile("/live"), lambda socket: socket.close() if broken else socket.connect_to_server()
    )
    alice.page.reload()
    expect(alice.page.locator(".link.polling")).to_be_visible()
    done(lesson.person("hugo").post(lesson.at("bob", "/mute"), {}))
    expect(alice.medium("bob", "audio")).to_contain_text("muted by hugo")
    expect(alice.line("hugo muted bob's audio", "applied")).to_be_visible()
    broken.clear()
    alice.page.clock.fast_forward(40_000)
    expect(alice.page.locator(".link.live")).to_be_visible()
    alice.page.clock.fast_forward(20_000)
    expect(alice.page.locator(".link.live")).to_be_visible()
    done(lesson.person("hugo").post(lesson.at("bob", "/unmute"), {}))
    expect(alice.medium("bob", "audio")).to_have_attribute("data-state", "on")


def test_what_chime_has_narrower_is_drifted(visitors: Visitors, lesson: ModeratedMeeting) -> None:
    alice = visitors.host(lesson, "alice")
    narrowed = {"Audio": "SendReceive", "Video": "Receive", "Content": "SendReceive"}
    lesson.theatre.simulator.chime.update_attendee_capabilities(
        MeetingId=lesson.meeting_id, AttendeeId=lesson.seats["carol"], Capabilities=narrowed
    )
    expect(alice.medium("carol", "video")).to_have_attribute("data-state", "drifted", timeout=60_000)
    expect(alice.medium("carol", "video")).to_contain_text("Chime has Receive")
    expect(alice.medium("carol", "audio")).to_have_attribute("data-state", "on")


def test_any_name_is_shown_and_acted_on(visitors: Visitors, theatre: Theatre, warm: None) -> None:
    name = 'o\'neil/{b} & "co" #1'
    scene = theatre.scene({"alice": "host", name: "participant"})
    alice = visitors.host(scene, "alice")
    expect(alice.page.locator(".name").last).to_have_text(name)
    alice.button(f"Mute {name}'s microphone").click()
    expect(alice.notice("applied")).to_be_visible()
    assert scene.has(name) == MUTED


def test_markup_stays_text(visitors: Visitors, lesson: ModeratedMeeting) -> None:
    alice, bob = visitors.host(lesson, "alice"), visitors.attendee(lesson, "bob")
    markup = "<img src=x onerror=alert(1)><b>loud</b>"
    done(lesson.person("hugo").post(lesson.at("bob", "/mute"), {"reason": markup}))
    expect(bob.own("audio")).to_contain_text(f"muted by hugo: {markup}")
    expect(alice.line(markup, "applied")).to_be_visible()
    for visitor in (alice, bob):
        assert visitor.page.locator("img, b").count() == 0


def test_somebody_waits_in_the_lobby(visitors: Visitors, theatre: Theatre, warm: None) -> None:
    scene = theatre.scene(ROLES, {"lobby": True})
    alice = visitors.host(scene, "alice")
    done(scene.admin.post("/admissions", {"users": [{"externalUserId": "dora"}]}))
    alice.button("Let in dora").click()
    expect(alice.page.get_by_text("Nobody waits.")).to_be_visible()
    expect(alice.line("dora", "applied").or_(alice.line("dora", "")).first).to_be_visible()
