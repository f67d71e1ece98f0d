"""The hosts' console in a real browser: what a host does there, and what the others see of it."""

import json
import re

from playwright.sync_api import Route, expect

from tests.e2e.browser.conftest import ROLES
from tests.e2e.browser.visitor import Visitors
from tests.e2e.caller import done
from tests.e2e.deadline import SLOWER
from tests.e2e.meeting import MUTED, ModeratedMeeting, ObservedStack

PROMISED = 2000 * SLOWER
"""Milliseconds from the answer to the other pages."""


def test_two_hosts_and_an_attendee_see_a_mute(visitors: Visitors, lesson: ModeratedMeeting) -> None:
    alice, hugo = visitors.host(lesson, "alice"), visitors.host(lesson, "hugo")
    bob = visitors.attendee(lesson, "bob")
    alice.button("Mute bob's microphone").click()
    expect(alice.notice("applied")).to_contain_text("Mute bob: microphone")
    expect(alice.notice("applied").locator(".effect")).to_have_count(0)
    expect(hugo.medium("bob", "audio")).to_have_attribute("data-state", "blocked", timeout=PROMISED)
    expect(bob.own("audio")).to_contain_text("blocked by alice", timeout=PROMISED)
    expect(alice.medium("bob", "audio")).to_contain_text("by you")
    for host in (alice, hugo):
        expect(host.line("alice muted bob's microphone", "applied")).to_be_visible()
    assert lesson.has("bob") == MUTED
    alice.notice("applied").get_by_role("button", name="Undo").click()
    expect(alice.medium("bob", "audio")).to_have_attribute("data-state", "allowed")
    expect(bob.own("audio")).to_have_attribute("data-state", "allowed")
    expect(alice.line("alice muted bob's microphone", "undone")).to_be_visible()
    expect(alice.line("alice undid: alice muted bob's microphone", "applied")).to_be_visible()


def test_what_chime_has_not_taken_is_pending(visitors: Visitors, lesson: ModeratedMeeting) -> None:
    alice = visitors.host(lesson, "alice")
    lesson.fault(status=429, count=10_000)
    alice.button("Block carol's camera").click()
    expect(alice.medium("carol", "video")).to_have_attribute("data-state", "pending")
    expect(alice.medium("carol", "audio")).to_have_attribute("data-state", "allowed")
    lesson.fault(count=0)
    expect(alice.medium("carol", "video")).to_have_attribute("data-state", "blocked")
    expect(alice.notice("applied")).to_be_visible()


def test_what_became_of_a_command_stays_as_long_as_any_answer(visitors: Visitors, lesson: ModeratedMeeting) -> None:
    """However long it was pending before."""
    alice = visitors.host(lesson, "alice")
    alice.page.clock.install()
    lesson.fault(status=429, count=10_000)
    alice.button("Block carol's camera").click()
    expect(alice.notice("pending")).to_be_visible()
    alice.page.clock.fast_forward(12_000)
    expect(alice.notice("pending")).to_be_visible()
    lesson.fault(count=0)
    expect(alice.notice("applied")).to_be_visible()
    alice.page.clock.fast_forward(10_000)
    alice.page.clock.run_for(1_000)  # in which the page is drawn
    expect(alice.notice("applied")).to_be_visible()
    alice.page.clock.fast_forward(20_000)
    expect(alice.notice("applied")).to_have_count(0)


def test_a_refused_click_says_why_and_what_can_never_work_says_what_would(
    visitors: Visitors, local_stack: ObservedStack, warm: None
) -> None:
    meeting = local_stack.meeting(ROLES | {"victor": "viewer"})
    carol, colin = visitors.host(meeting, "carol"), visitors.host(meeting, "colin")
    carol.button("Mute bob's microphone").click()
    expect(carol.notice("refused")).to_contain_text("Your role does not permit this.")
    colin.button("Mute alice's microphone").click()
    expect(colin.notice("refused")).to_contain_text("non-hosts-may-not-act-on-hosts")
    expect(colin.line("carol is not permitted to mute bob", "refused")).to_be_visible()
    expect(colin.medium("alice", "audio")).to_have_attribute("data-state", "allowed")
    unmute = colin.button("Unmute victor's microphone")
    expect(unmute).to_have_attribute("aria-disabled", "true")
    expect(unmute).to_have_attribute("title", re.compile("Not as Viewer in the mode “Open”. Make them presenter"))
    alice = visitors.host(meeting, "alice")
    alice.button("More for victor").click()
    alice.page.get_by_role("dialog").get_by_role("button", name="Make presenter").click()
    expect(colin.medium("victor", "audio")).to_have_attribute("data-state", "allowed")


def test_a_customers_own_mode_and_role_are_offered(visitors: Visitors, lesson: ModeratedMeeting) -> None:
    """The API lists them with their labels; here beside the shipped ones."""
    alice = visitors.somebody()
    alice.name = "alice"
    page, sent = alice.page, list[str]()

    def with_own(route: Route) -> None:
        if route.request.method == "PATCH":
            sent.append(route.request.post_data or "")
        answer = route.fetch()
        shown = answer.json()
        shown["availableModes"] = [*shown.get("availableModes", ()), {"id": "exam", "label": "Klausur"}]
        shown["availableRoles"] = [*shown.get("availableRoles", ()), {"id": "proctor", "label": "Aufsicht"}]
        route.fulfill(response=answer, json=shown)

    page.route(f"**/meetings/{lesson.meeting_id}", with_own)
    page.route_web_socket(re.compile("/live"), lambda socket: socket.close())
    alice.sign_in(f"{visitors.url}/?meeting={lesson.meeting_id}")
    alice.mode("Klausur").click()
    expect(alice.notice("refused")).to_contain_text("Set the mode to Klausur")  # this stack's policies do not have it
    assert [json.loads(body) for body in sent] == [{"mode": "exam"}]
    alice.button("More for bob").click()
    roles = page.get_by_role("dialog").get_by_role("combobox", name="Role")
    expect(roles.locator("option")).to_have_text(["Host", "Cohost", "Presenter", "Participant", "Viewer", "Aufsicht"])


def test_one_command_for_several_counts_what_became_of_each(visitors: Visitors, lesson: ModeratedMeeting) -> None:
    colin = visitors.host(lesson, "colin")
    sent: list[str] = []
    colin.page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    for user in ("alice", "bob", "carol"):
        colin.page.get_by_label(f"Select {user}").check()
    colin.button("Mute").click()
    notice = colin.notice("partly")
    expect(notice).to_contain_text("Mute 3 people – done in part")
    expect(notice.locator('[data-outcome="applied"]')).to_have_text("2: applied")
    expect(notice.locator('[data-outcome="refused"]')).to_have_text("1: refused – Your role does not permit this.")
    assert [url.rpartition("/")[2] for url in sent if "/meetings/" in url and not url.endswith("/live")] == ["mute"]
    notice.get_by_role("button", name="Undo").click()
    expect(colin.medium("bob", "audio")).to_have_attribute("data-state", "allowed")
    expect(colin.medium("carol", "audio")).to_have_attribute("data-state", "allowed")


def test_hands_in_order_and_a_turn_to_speak(visitors: Visitors, lesson: ModeratedMeeting) -> None:
    alice, bob = visitors.host(lesson, "alice"), visitors.attendee(lesson, "bob")
    done(lesson.caller("carol").put("/users/carol/hand", {}))
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


def test_everybody_is_muted_but_one_and_a_mode_that_silences_asks(visitors: Visitors, lesson: ModeratedMeeting) -> None:
    alice = visitors.host(lesson, "alice")
    alice.button("Mute all…").click()
    dialog = alice.page.get_by_role("dialog")
    dialog.get_by_role("searchbox").fill("car")
    dialog.get_by_label("carol").check()
    dialog.get_by_role("searchbox").fill("")
    dialog.get_by_label("For how long").select_option("5 minutes")
    dialog.get_by_label("Reason").fill("exam")
    done(lesson.caller("hugo").patch("", {"mode": "presentation"}))  # the page behind it changes, what was typed stays
    expect(alice.mode("Presentation")).to_have_attribute("aria-pressed", "true")
    expect(dialog.get_by_label("Reason")).to_have_value("exam")
    done(lesson.caller("hugo").patch("", {"mode": "open"}))
    dialog.get_by_label("microphone").uncheck()
    dialog.get_by_label("screen share").uncheck()
    dialog.get_by_role("button", name="Mute all").click()
    expect(dialog.locator(".choices .wrong")).to_have_text("Choose at least one.")
    dialog.get_by_label("microphone").check()
    dialog.get_by_role("button", name="Mute all").click()
    expect(dialog).to_have_count(0)
    expect(alice.page.locator(".strip.muted")).to_contain_text("exam (except Cohost, Host, and carol)")
    expect(alice.page.locator(".strip.muted .countdown")).to_have_text(re.compile(r"^[45]:\d\d$"))
    expect(alice.medium("bob", "audio")).to_have_attribute("title", "everybody is muted by you: exam")
    expect(alice.medium("carol", "audio")).to_have_attribute("data-state", "allowed")
    alice.button("Lift the mute-all: microphone").click()
    expect(alice.medium("bob", "audio")).to_have_attribute("data-state", "allowed")
    alice.mode("Audience").click()
    expect(dialog).to_contain_text("This mode blocks people who may speak now.")
    dialog.get_by_role("button", name="Keep Open").click()
    expect(alice.mode("Open")).to_have_attribute("aria-pressed", "true")
    expect(alice.mode("Audience")).to_be_focused()
    alice.mode("Audience").click()
    dialog.get_by_role("button", name="Set the mode to Audience").click()
    expect(alice.mode("Audience")).to_have_attribute("aria-pressed", "true")


def test_a_dialog_stays_until_the_server_agrees(visitors: Visitors, lesson: ModeratedMeeting) -> None:
    alice, bob = visitors.host(lesson, "alice"), visitors.attendee(lesson, "bob")
    alice.button("More for bob").click()
    dialog = alice.page.get_by_role("dialog")
    form = dialog.locator("form").first
    form.get_by_label("For how long").select_option("5 minutes")
    form.get_by_label("Reason").fill("noise")
    alice.page.route("**/mute", lambda route: route.fulfill(status=400, json=INVALID))
    form.get_by_role("button", name="Mute").click()
    expect(form.locator(".wrong")).to_have_text("Use at most 500 characters.")
    expect(form.get_by_label("Reason")).to_have_value("noise")
    alice.page.unroute("**/mute")
    form.get_by_role("button", name="Mute").click()
    expect(dialog).to_have_count(0)
    expect(alice.button("More for bob")).to_be_focused()
    expect(bob.own("audio")).to_contain_text(re.compile(r"blocked by alice: noise\s+[45]:\d\d"))
    bob.button("Unmute my microphone").click()
    expect(bob.notice("refused")).to_contain_text("It stays blocked, for this reason:")
    expect(bob.notice("refused")).to_contain_text("blocked by alice: noise")


INVALID = {
    "type": "urn:gavel:problem:invalid-request", "title": "", "status": 400, "code": "invalid-request", "instance": "/",
    "detail": "", "errors": [{"pointer": "/reason", "detail": "String should have at most 500 characters"}],
}  # fmt: skip


def test_freeze_role_ban_and_the_end(visitors: Visitors, lesson: ModeratedMeeting) -> None:
    alice = visitors.host(lesson, "alice")
    alice.button("Freeze").click()
    expect(alice.page.locator(".strip.frozen")).to_be_visible()
    alice.button("Unfreeze").click()
    expect(alice.page.locator(".strip.frozen")).to_have_count(0)
    dialog = alice.page.get_by_role("dialog")
    alice.button("More for carol").click()
    dialog.get_by_role("combobox", name="Role").select_option("viewer")
    dialog.get_by_role("button", name="Set the role").click()
    expect(alice.row("carol").locator(".badge.role")).to_have_text("Viewer")
    expect(alice.medium("carol", "video")).to_have_attribute("data-state", "blocked")
    alice.button("More for bob").click()
    dialog.get_by_label("and keep them out (ban)").check()
    dialog.get_by_role("button", name="Remove").click()
    expect(alice.row("bob")).to_have_count(0)
    alice.button("Settings…").click()
    alice.button("Lift the ban of bob").click()
    expect(dialog).to_contain_text("Nobody is banned")
    dialog.get_by_role("button", name="End the meeting…").click()
    dialog.get_by_role("button", name="End it for everybody").click()
    expect(alice.page.locator(".strip.over")).to_contain_text("The meeting is over.")
    for name in ("Mute all…", "Freeze", "Settings…"):
        expect(alice.button(name)).to_have_attribute("aria-disabled", "true")


def test_what_chime_has_narrower_is_drifted(visitors: Visitors, lesson: ModeratedMeeting) -> None:
    alice = visitors.host(lesson, "alice")
    narrowed = {"Audio": "SendReceive", "Video": "Receive", "Content": "SendReceive"}
    lesson.local_stack.simulator.chime.update_attendee_capabilities(
        MeetingId=lesson.meeting_id, AttendeeId=lesson.attendees["carol"], Capabilities=narrowed
    )
    expect(alice.medium("carol", "video")).to_have_attribute("data-state", "drifted", timeout=60_000)
    expect(alice.medium("carol", "audio")).to_have_attribute("data-state", "allowed")
    alice.button("More for carol").click()
    expect(alice.page.get_by_role("dialog").locator('[data-medium="video"]')).to_contain_text("Chime has Receive")


def test_the_end_of_a_timed_mute_and_a_delay_have_lines(visitors: Visitors, lesson: ModeratedMeeting) -> None:
    """Gavel itself acts in both. Chime's media servers do not take the second mute, so Gavel applies it again."""
    alice, hugo = visitors.host(lesson, "alice"), visitors.host(lesson, "hugo", locale="de-DE")
    done(lesson.alice.post(lesson.at("bob", "/mute"), {"durationSeconds": 5, "reason": "cough"}))
    expect(alice.line("alice muted bob's microphone for 5 s: cough", "applied")).to_be_visible()
    expect(alice.line("bob's timed mute ended", "applied")).to_be_visible()
    expect(alice.medium("bob", "audio")).to_have_attribute("data-state", "allowed")
    expect(hugo.line("Abgelaufen, was befristet war, für bob", "applied")).to_be_visible()
    lesson.fault(success=0)
    done(lesson.alice.post(lesson.at("carol", "/mute"), {}))
    delayed = alice.page.locator(".summary").filter(has_text="still waiting for Chime")
    expect(delayed).to_have_text("The attempt to apply the meeting's rules to carol is still waiting for Chime")
    told = "Gavel: Regeln des Meetings auf carol anwenden – wartet noch auf Chime"
    expect(hugo.page.locator(".summary").filter(has_text="wartet noch")).to_have_text(told)


def test_any_name_is_shown_and_acted_on_and_markup_stays_text(
    visitors: Visitors, local_stack: ObservedStack, warm: None
) -> None:
    name = 'o\'neil/{b} & "co" #1'
    meeting = local_stack.meeting(ROLES | {name: "participant"})
    alice, bob = visitors.host(meeting, "alice"), visitors.attendee(meeting, "bob")
    expect(alice.page.locator(".name").last).to_have_text(name)
    alice.button(f"Mute {name}'s microphone").click()
    expect(alice.notice("applied")).to_be_visible()
    assert meeting.has(name) == MUTED
    markup = "<img src=x onerror=alert(1)><b>loud</b>"
    done(meeting.caller("hugo").post(meeting.at("bob", "/mute"), {"reason": markup}))
    expect(bob.own("audio")).to_contain_text(f"blocked by hugo: {markup}")
    expect(alice.line(markup, "applied")).to_be_visible()
    for visitor in (alice, bob):
        assert visitor.page.locator("img, b").count() == 0
