"""Consent: who is to be heard again agrees to it first, or stays silent. Everything that is said of one request."""

from dataclasses import replace

import pytest
from moderation.adapters.cedar import CedarPolicies
from moderation.application.commands.consent import lapse
from moderation.application.enforcement.attendee_outcome import closure_of
from moderation.application.requests import Answer, Outcome, Refused, Request
from moderation.domain.capability import EVERYTHING, NOTHING, Capabilities, Medium, whole
from moderation.domain.change import AttendeeChange, Status
from moderation.domain.commands import (
    Consent,
    End,
    GrantFloor,
    Mute,
    MuteEverybody,
    RaiseHand,
    SetCapabilities,
    SetMeeting,
    SetRole,
    Undo,
    Unmute,
    UserCommand,
)
from moderation.domain.entry import CAPABILITIES_CHANGED, DECIDED, SUPERSEDED, UNMUTE_ANSWERED, UNMUTE_REQUESTED
from moderation.domain.meeting import UnmuteConsent
from moderation.domain.personal_rules import ANSWER_WITHIN, ConsentRequest
from moderation.ports import ChimeAttendee, ChimeRetryableError, ConditionFailedError, Wakeup

from tests.memory.moderated_meeting import ADMIN, MEETING, attendee_of
from tests.unit.application.commanded_meeting import (
    MUTE_ALL,
    SILENT,
    UNMUTE_ALL,
    CommandedMeeting,
    Died,
    by,
    code,
    dies,
    just_before,
    notes_attendees,
)


@pytest.fixture(params=[UnmuteConsent.REQUIRED, UnmuteConsent.MUTED_FIRST])
def meeting(request: pytest.FixtureRequest) -> CommandedMeeting:
    """alice muted bob, who has to agree before they are heard again."""
    meeting = CommandedMeeting()
    meeting.consenting(request.param)
    meeting.answered("alice", Mute(), "bob")
    return meeting


def unmuted(meeting: CommandedMeeting, who: str = "alice") -> Answer:
    answer = meeting.answered(who, Unmute(reason="your turn"), "bob")
    assert (answer.status, answer.awaiting) == ("pending", "consent"), answer
    return answer


def answers(meeting: CommandedMeeting) -> list[tuple[object, str, str | None]]:
    """The answer, its change and its actor."""
    return [(e.extra["answer"], e.change_id or "", e.actor.id) for e in meeting.entries(UNMUTE_ANSWERED)]


def consent(meeting: CommandedMeeting, who: str, change_id: str | None, *, accept: bool = True) -> Outcome:
    return meeting.ask(who, Consent(change_id or "", accept), "bob")


def test_a_user_is_asked_and_silent_until_they_answer(meeting: CommandedMeeting) -> None:
    answer = unmuted(meeting)
    assert meeting.bits("bob") == SILENT
    [told] = meeting.entries(UNMUTE_REQUESTED)
    assert (told.change_id, told.actor.id, told.reason) == (answer.change_id, "alice", "your turn")
    assert told.extra == {
        "attendees": [{"attendeeId": attendee_of("bob"), "externalUserId": "bob"}], "until": "2026-05-04T10:01:00.000Z"
    }  # fmt: skip
    limits = answer.subject["limits"]
    assert isinstance(limits, list)
    assert [(x["by"], x["media"], x["liftableBy"]) for x in limits] == [("restriction", ["audio"], "host")]


def test_the_attendee_shows_who_asks(meeting: CommandedMeeting) -> None:
    answer = unmuted(meeting)
    asked = answer.subject["asked"]
    assert isinstance(asked, dict)
    kind = meeting.stored().rules.unmute_consent.value
    assert (asked["changeId"], asked["kind"], asked["actor"]) == (answer.change_id, kind, "alice")


def test_a_user_who_agrees_is_heard(meeting: CommandedMeeting) -> None:
    asked = unmuted(meeting)
    meeting.clock.pass_by(20)
    answer = meeting.consents("bob")
    assert isinstance(answer, Answer)
    assert (answer.status, answer.change_id, answer.effects) == ("applied", asked.change_id, ("audio-may-flow",))
    assert (answer.before, answer.after) == (SILENT, EVERYTHING)
    assert meeting.heard("bob")
    assert answers(meeting) == [("accepted", asked.change_id, "bob")]
    assert [e.command for e in meeting.entries(UNMUTE_ANSWERED)] == ["consent"]
    assert meeting.told(CAPABILITIES_CHANGED)[-1] == ["bob"]
    assert meeting.change(asked.change_id).actor.id == "alice", "it is still her change"


def test_a_user_who_declines_stays_silent(meeting: CommandedMeeting) -> None:
    asked = unmuted(meeting)
    assert code(meeting.consents("bob", accept=False)) == "declined"
    assert not meeting.heard("bob")
    assert (meeting.change(asked.change_id).status, answers(meeting)) == (
        Status.DECLINED, [("declined", asked.change_id, "bob")]
    )  # fmt: skip
    assert meeting.reconcile(120).failed == 0
    assert not meeting.heard("bob")


def test_it_expires_after_a_minute_and_may_be_asked_again(meeting: CommandedMeeting) -> None:
    asked = unmuted(meeting)
    meeting.clock.pass_by(59.9)
    assert meeting.gavel.reconciler.on_wakeup(Wakeup(MEETING, change_id=asked.change_id)).finished == 0
    meeting.clock.pass_by(0.1)
    assert code(meeting.consents("bob")) == "no-request", "a minute is a minute"
    meeting.reconcile(0)
    assert meeting.change(asked.change_id).status is Status.EXPIRED
    assert answers(meeting) == [("expired", asked.change_id, "alice")]
    assert not meeting.heard("bob")
    again = unmuted(meeting, "hugo")
    assert again.change_id != asked.change_id
    meeting.consents("bob")
    assert meeting.heard("bob")


def test_who_let_it_lapse_is_muted_as_before(meeting: CommandedMeeting) -> None:
    unmuted(meeting)
    meeting.reconcile(61)
    assert meeting.refused("bob", Unmute(), "bob").code == "capability-unavailable"
    assert not meeting.heard("bob")


def test_a_user_withheld_by_nothing_but_silence_opens_it_alone(meeting: CommandedMeeting) -> None:
    meeting.answered("alice", Unmute(), "bob")
    meeting.consents("bob")
    meeting.done("alice", MUTE_ALL)
    meeting.done("alice", UNMUTE_ALL)
    meeting.reconcile(61)
    answer = meeting.answered("bob", Unmute(), "bob")
    assert (answer.status, meeting.heard("bob")) == ("applied", True)


def test_agreeing_does_not_open_what_only_hosts_lift(meeting: CommandedMeeting) -> None:
    refused = meeting.refused("bob", Unmute(), "bob")
    assert refused.code == "capability-unavailable"
    assert meeting.user("bob").rules.asked is None


def test_asked_twice_one_request_stands(meeting: CommandedMeeting) -> None:
    first = unmuted(meeting)
    second = meeting.answered("hugo", Unmute(), "bob")
    assert (second.status, second.awaiting, second.change_id) == ("pending", "consent", first.change_id)
    assert meeting.request_to("bob") == first.change_id
    assert len(meeting.entries(UNMUTE_REQUESTED)) == 1
    assert code(meeting.consents("bob")) == "applied"


def test_asked_twice_while_another_device_comes_one_request_stands(meeting: CommandedMeeting) -> None:
    """The attendee's capabilities are set when they join: the second command applies nothing."""
    first = unmuted(meeting)
    meeting.comes("bob", 7)
    second = meeting.ask("hugo", Unmute(), "bob", 7)
    assert isinstance(second, Answer)
    assert (second.status, second.awaiting, second.change_id) == ("pending", "consent", first.change_id)


@pytest.mark.parametrize(
    "command",
    [
        Unmute((Medium.AUDIO, Medium.VIDEO)),
        SetCapabilities({Medium.AUDIO: whole(Medium.AUDIO), Medium.VIDEO: whole(Medium.VIDEO)}),
    ],
)
def test_what_needs_no_consent_is_done_beside_an_open_request(meeting: CommandedMeeting, command: UserCommand) -> None:
    """The answer names the request that the rest waits for, also if it is repeated."""
    meeting.answered("alice", Mute((Medium.VIDEO,)), "bob")
    first = unmuted(meeting)
    for _ in range(2):
        second = meeting.answered("hugo", command, "bob", key="k", fingerprint="f")
        assert (second.status, second.awaiting, second.waiting) == ("pending", "consent", first.change_id)
    assert meeting.change(second.change_id).status == "applied"
    assert meeting.bits("bob") == SILENT
    assert code(meeting.consents("bob")) == "applied"
    assert meeting.bits("bob") == EVERYTHING


@pytest.mark.parametrize("media", [(Medium.AUDIO,), (Medium.AUDIO, Medium.VIDEO)])
def test_an_undo_waits_for_an_open_request(meeting: CommandedMeeting, media: tuple[Medium, ...]) -> None:
    muted = meeting.answered("alice", Mute(media), "carol")
    first = meeting.answered("alice", Unmute(), "carol")
    undone = meeting.done("hugo", Undo(muted.change_id or ""))
    asks = undone.waiting or undone.change_id
    assert (undone.status, undone.awaiting, asks) == ("pending", "consent", first.change_id)
    assert code(meeting.consents("carol")) == "applied"
    assert meeting.bits("carol") == EVERYTHING


def test_what_is_no_wish_to_be_heard_waits_for_no_request(meeting: CommandedMeeting) -> None:
    unmuted(meeting)
    muted = meeting.answered("hugo", Mute((Medium.VIDEO,)), "bob")
    assert (muted.status, muted.awaiting, muted.waiting) == ("applied", None, None)


@pytest.mark.parametrize("who", ["carol", "alice", "cora", "back-end"])
@pytest.mark.parametrize("accept", [True, False])
def test_nobody_answers_in_the_users_place(meeting: CommandedMeeting, who: str, accept: bool) -> None:
    asked = unmuted(meeting)
    command = Consent(asked.change_id or "", accept)
    refused = meeting.refused(ADMIN if who == "back-end" else who, command, "bob")
    assert refused.code == "not-permitted"
    assert not meeting.heard("bob")
    assert meeting.entries(DECIDED)[-1].extra["code"] == "not-permitted"
    assert code(meeting.consents("bob")) == "applied"


def test_a_back_end_answers_on_behalf_of_the_user(meeting: CommandedMeeting) -> None:
    unmuted(meeting)
    answer = meeting.ask(by("bob", via="phone"), Consent(meeting.request_to("bob"), True), "bob")
    assert (code(answer), meeting.heard("bob")) == ("applied", True)
    assert meeting.entries(UNMUTE_ANSWERED)[-1].actor == by("bob", via="phone")


def test_a_back_end_on_anothers_behalf_does_not(meeting: CommandedMeeting) -> None:
    asked = unmuted(meeting)
    assert (
        meeting.refused(by("alice", via="phone"), Consent(asked.change_id or "", True), "bob").code == "not-permitted"
    )


def test_twice_there_is_nothing_to_answer_any_more(meeting: CommandedMeeting) -> None:
    asked = unmuted(meeting)
    assert code(consent(meeting, "bob", asked.change_id)) == "applied"
    for accept in (True, False):
        assert code(consent(meeting, "bob", asked.change_id, accept=accept)) == "no-request"
    assert meeting.heard("bob")
    assert len(answers(meeting)) == 1


def test_it_names_its_change(meeting: CommandedMeeting) -> None:
    muted = meeting.user("bob").revised_by
    unmuted(meeting)
    for other in ("", "nothing", muted):
        assert code(consent(meeting, "bob", other)) == "no-request"
    assert not meeting.heard("bob")


def test_not_asked_at_all(meeting: CommandedMeeting) -> None:
    assert code(meeting.ask("carol", Consent("x", True), "carol")) == "no-request"


@pytest.mark.parametrize("accept", [True, False])
def test_withdrawn_by_a_mute(meeting: CommandedMeeting, accept: bool) -> None:
    asked = unmuted(meeting)
    meeting.answered("hugo", Mute(), "bob")
    assert code(consent(meeting, "bob", asked.change_id, accept=accept)) == "no-request"
    assert meeting.change(asked.change_id).status is Status.SUPERSEDED
    assert answers(meeting) == [("withdrawn", asked.change_id, "alice")]
    assert not meeting.heard("bob")


def test_the_microphone_that_another_system_opens_while_a_request_is_withdrawn_is_closed(
    meeting: CommandedMeeting, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = unmuted(meeting)
    look = meeting.chime.attendee

    def opened(meeting_id: str, attendee_id: str) -> ChimeAttendee:
        meeting.drifts("bob", EVERYTHING)
        monkeypatch.undo()
        return look(meeting_id, attendee_id)

    monkeypatch.setattr(meeting.chime, "attendee", opened)
    assert meeting.answered("hugo", Mute(), "bob").status == "applied"
    assert meeting.change(asked.change_id).status is Status.SUPERSEDED
    assert not meeting.heard("bob")


def test_a_floor_that_ends_after_the_user_agreed_and_before_chime_takes_it_is_not_superseded() -> None:
    """It has ended by itself: no command took it."""
    meeting = CommandedMeeting()
    meeting.consenting()
    meeting.done("alice", MUTE_ALL)
    asked = meeting.answered("alice", GrantFloor(seconds=30), "bob")
    meeting.clock.pass_by(20)
    meeting.chime_refuses()
    assert code(meeting.consents("bob")) == "pending"
    meeting.chime_recovers()
    meeting.reconcile(11)
    assert meeting.change(asked.change_id).status is Status.APPLIED
    assert meeting.entries(SUPERSEDED) == []
    assert not meeting.heard("bob")


def test_a_function_that_was_frozen_withdraws_nothing_by_older_rules(meeting: CommandedMeeting) -> None:
    """It would go on with what the rules gave before a mute of another host."""
    asked = unmuted(meeting)
    bob = meeting.user("bob")
    bob = replace(bob, rules=replace(bob.rules, asked=None))
    meeting.answered("hugo", Mute(media=(Medium.CONTENT,)), "bob")
    change = meeting.change(asked.change_id)
    assert isinstance(change, AttendeeChange)
    with pytest.raises(ConditionFailedError):
        lapse(meeting.ledger, CedarPolicies(), meeting.clock, meeting.stored(), bob, change)
    assert answers(meeting) == []


@pytest.mark.parametrize(
    ("command", "status"),
    [
        (Unmute(), Status.SUPERSEDED),
        (GrantFloor(seconds=60, media=(Medium.VIDEO,)), Status.APPLIED),
        (SetRole("presenter"), Status.APPLIED),
    ],
)
def test_what_would_open_the_microphone_is_not_applied_while_another_change_asks(
    meeting: CommandedMeeting, command: UserCommand, status: Status
) -> None:
    meeting.consenting(UnmuteConsent.NONE)
    change = meeting.change(meeting.answered("alice", command, "bob").change_id)
    assert isinstance(change, AttendeeChange)
    now, bob = meeting.clock.now(), meeting.user("bob")
    asked = ConsentRequest("another", change.actor, now, now + ANSWER_WITHIN)
    bob = replace(bob, rules=replace(bob.rules, asked=asked))
    change = replace(change, closure=None, after=EVERYTHING)
    assert closure_of(change, meeting.stored(), bob, bob.present, now).status is status


def test_an_unmute_that_waits_for_a_request_is_superseded_with_it(meeting: CommandedMeeting) -> None:
    asked = unmuted(meeting)
    change = meeting.change(asked.change_id)
    assert isinstance(change, AttendeeChange)
    change = replace(change, id="another", consent=None, waits_for=asked.change_id, after=SILENT)

    def closed() -> Status:
        bob = meeting.user("bob")
        return closure_of(change, meeting.stored(), bob, bob.present, meeting.clock.now()).status

    assert closed() is Status.APPLIED
    meeting.answered("bob", Mute(), "bob")
    assert closed() is Status.SUPERSEDED


def test_who_unmutes_themselves_while_away_is_asked_no_more(meeting: CommandedMeeting) -> None:
    """hugo leaves while they are asked, and unmutes themselves: this is their agreement."""
    meeting.answered("alice", Mute(), "hugo")
    asked = meeting.answered("alice", Unmute(), "hugo")
    meeting.goes("hugo")
    meeting.gavel.chime_events.on_deleted(MEETING, attendee_of("hugo"))
    assert meeting.answered("hugo", Unmute(), "hugo").status == "stored"
    rules = meeting.user("hugo").rules
    assert (rules.asked, rules.restrictions) == (None, ())
    meeting.reconcile(60)
    assert meeting.change(asked.change_id).status == "superseded"


@pytest.mark.parametrize("of_all", [None, MUTE_ALL, MuteEverybody(seconds=3600)], ids=["bob", "all", "all for a time"])
def test_an_unmute_of_nobody_present_that_waits_for_a_request_ends_with_it(
    meeting: CommandedMeeting, of_all: MuteEverybody | None
) -> None:
    """bob leaves while they are asked. Another host unmutes them, by a function that dies before it closes the change.
    Nobody answers, so bob is still muted.
    """
    both = (Medium.AUDIO, Medium.VIDEO)
    if of_all:
        meeting.answered("alice", Unmute(), "bob")
        consent(meeting, "bob", meeting.request_to("bob"))
        meeting.done("alice", of_all)
    meeting.answered("alice", Mute((Medium.VIDEO,) if of_all else both), "bob")
    asked = meeting.answered("alice", Unmute(), "bob")
    meeting.goes("bob")
    meeting.gavel.chime_events.on_deleted(MEETING, attendee_of("bob"))
    just_before(meeting, notes_attendees, dies)
    with pytest.raises(Died):
        meeting.answered("hugo", Unmute(both), "bob")
    waiting = meeting.change(meeting.user("bob").revised_by)
    meeting.clock.pass_by(61)
    meeting.gavel.reconciler.on_wakeup(Wakeup(MEETING, change_id=asked.change_id))
    assert meeting.user("bob").rules.asked is None
    meeting.reconcile()
    assert meeting.change(waiting.id).status == "superseded"


def test_what_overruled_a_change_is_named_though_the_user_has_agreed_since(meeting: CommandedMeeting) -> None:
    meeting.answered("alice", Mute((Medium.AUDIO, Medium.VIDEO)), "bob")
    asked = meeting.answered("alice", Unmute((Medium.AUDIO, Medium.VIDEO)), "bob")
    muted = meeting.answered("hugo", Mute((Medium.VIDEO,)), "bob")
    consent(meeting, "bob", asked.change_id)
    change = meeting.change(asked.change_id)
    assert meeting.heard("bob")
    assert (change.status, change.superseded_by) == (Status.SUPERSEDED, muted.change_id)


def test_while_frozen_nothing_is_added_to_an_open_request(meeting: CommandedMeeting) -> None:
    unmuted(meeting)
    meeting.done("alice", SetMeeting(frozen=True))
    wanted = {Medium.AUDIO: whole(Medium.AUDIO), Medium.VIDEO: NOTHING}
    refused = meeting.refused("hugo", SetCapabilities(wanted), "bob")
    assert (refused.code, {x["by"] for x in refused.limits}) == ("capability-unavailable", {"freeze"})


def test_withdrawn_by_the_users_own_mute(meeting: CommandedMeeting) -> None:
    asked = unmuted(meeting)
    meeting.answered("bob", Mute(), "bob")
    assert code(consent(meeting, "bob", asked.change_id)) == "no-request"
    assert not meeting.heard("bob")


@pytest.mark.parametrize("command", [MUTE_ALL, SetMeeting(mode="audience")], ids=["mute-all", "mode"])
def test_withdrawn_by_a_meeting_command(meeting: CommandedMeeting, command: SetMeeting) -> None:
    asked = unmuted(meeting)
    meeting.done("alice", command)
    assert code(consent(meeting, "bob", asked.change_id)) == "no-request"
    meeting.reconcile(61)
    assert meeting.change(asked.change_id).status is Status.SUPERSEDED
    assert answers(meeting) == [("withdrawn", asked.change_id, "alice")]
    assert not meeting.heard("bob")


@pytest.mark.parametrize("accept", [True, False])
def test_when_consent_is_needed_no_more_nothing_is_to_be_answered(meeting: CommandedMeeting, accept: bool) -> None:
    """The restriction that consent was to lift stays until another command lifts it."""
    asked = unmuted(meeting)
    meeting.done("alice", SetMeeting(unmute_consent=UnmuteConsent.NONE))
    assert not meeting.heard("bob")
    assert code(consent(meeting, "bob", asked.change_id, accept=accept)) == "no-request"
    meeting.reconcile(61)
    assert meeting.change(asked.change_id).status is Status.SUPERSEDED
    assert answers(meeting) == [("withdrawn", asked.change_id, "alice")]
    meeting.answered("alice", Unmute(), "bob")
    assert meeting.heard("bob")


def test_while_frozen_a_user_can_decline_and_not_agree(meeting: CommandedMeeting) -> None:
    asked = unmuted(meeting)
    meeting.done("alice", SetMeeting(frozen=True))
    refused = consent(meeting, "bob", asked.change_id)
    assert isinstance(refused, Refused)
    assert (refused.code, {x["by"] for x in refused.limits}) == ("capability-unavailable", {"freeze"})
    assert not meeting.heard("bob")
    assert code(consent(meeting, "bob", asked.change_id, accept=False)) == "declined"


def test_thawed_in_time_a_user_may_agree(meeting: CommandedMeeting) -> None:
    asked = unmuted(meeting)
    meeting.done("alice", SetMeeting(frozen=True))
    meeting.done("alice", SetMeeting(frozen=False))
    assert code(consent(meeting, "bob", asked.change_id)) == "applied"
    assert meeting.heard("bob")


def test_while_frozen_consent_cannot_be_done_away_with(meeting: CommandedMeeting) -> None:
    unmuted(meeting)
    meeting.done("alice", SetMeeting(frozen=True))
    refused = meeting.denied("alice", SetMeeting(unmute_consent=UnmuteConsent.NONE))
    assert {x["by"] for x in refused.limits} == {"freeze"}
    assert not meeting.heard("bob")


def test_on_all_attendees_of_the_user(meeting: CommandedMeeting) -> None:
    meeting.gavel.chime_events.on_joined(MEETING, meeting.comes("bob", 1))
    asked = unmuted(meeting)
    assert not meeting.heard("bob")
    assert not meeting.heard("bob", 1)
    told = meeting.entries(UNMUTE_REQUESTED)[-1].extra["attendees"]
    assert isinstance(told, list)
    assert {a["attendeeId"] for a in told} == {attendee_of("bob"), attendee_of("bob", 1)}
    answer = meeting.ask("bob", Consent(asked.change_id or "", True), "bob", 1)
    assert (code(answer), meeting.heard("bob"), meeting.heard("bob", 1)) == ("applied", True, True)


def test_an_attendee_joining_during_a_request_is_silent_too(meeting: CommandedMeeting) -> None:
    unmuted(meeting)
    meeting.gavel.chime_events.on_joined(MEETING, meeting.comes("bob", 1))
    assert not meeting.heard("bob", 1)
    meeting.consents("bob")
    assert meeting.heard("bob", 1)


def test_who_is_absent_is_not_asked(meeting: CommandedMeeting) -> None:
    """The user joins with a microphone that they control themselves."""
    meeting.admits("dora")
    meeting.ask_user("alice", Mute(), "dora")
    answer = meeting.ask_user("alice", Unmute(), "dora")
    assert (code(answer), meeting.entries(UNMUTE_REQUESTED)) == ("stored", [])
    meeting.gavel.chime_events.on_joined(MEETING, meeting.comes("dora"))
    assert meeting.heard("dora")


def test_other_media_need_no_consent(meeting: CommandedMeeting) -> None:
    meeting.answered("alice", Mute((Medium.VIDEO, Medium.CONTENT)), "bob")
    answer = meeting.answered("alice", Unmute((Medium.AUDIO, Medium.VIDEO)), "bob")
    assert (answer.status, answer.awaiting) == ("pending", "consent")
    assert meeting.bits("bob") == EVERYTHING & ~Capabilities.SEND_AUDIO & ~Capabilities.SEND_CONTENT, "video goes ahead"
    meeting.consents("bob")
    assert meeting.bits("bob") == EVERYTHING & ~Capabilities.SEND_CONTENT


def test_declined_the_rest_of_the_command_stays(meeting: CommandedMeeting) -> None:
    meeting.answered("alice", Mute((Medium.VIDEO,)), "bob")
    meeting.answered("alice", Unmute((Medium.AUDIO, Medium.VIDEO)), "bob")
    meeting.consents("bob", accept=False)
    assert meeting.bits("bob") == SILENT


def test_who_is_heard_already_is_not_asked(meeting: CommandedMeeting) -> None:
    assert meeting.answered("alice", Unmute(), "carol").status == "unchanged"
    assert meeting.entries(UNMUTE_REQUESTED) == []


def test_users_agree_to_what_they_lift_themselves(meeting: CommandedMeeting) -> None:
    meeting.answered("carol", Mute(), "carol")
    answer = meeting.answered("carol", Unmute(), "carol")
    assert (answer.status, meeting.heard("carol")) == ("applied", True)
    assert meeting.entries(UNMUTE_REQUESTED) == []


def test_a_request_overtaken_by_the_users_own_unmute(meeting: CommandedMeeting) -> None:
    """A host asks, and the user unmutes themselves instead of answering."""
    asked = unmuted(meeting)
    assert meeting.answered("bob", Unmute(), "bob").status == "applied"
    assert meeting.heard("bob")
    assert meeting.change(asked.change_id).status is Status.SUPERSEDED


@pytest.mark.parametrize("who", ["bob", "hugo"])
@pytest.mark.parametrize("is_own_mute", [False, True])
def test_a_request_that_nobody_has_to_wait_for_any_more(meeting: CommandedMeeting, who: str, is_own_mute: bool) -> None:
    """The meeting asks nobody by now: an unmute is not held up by the request that is still open."""
    if is_own_mute:
        meeting.answered("alice", Unmute(), "bob")
        meeting.consents("bob")
        meeting.answered("bob", Mute((Medium.AUDIO, Medium.CONTENT)), "bob")
    asked = unmuted(meeting)
    meeting.consenting(UnmuteConsent.NONE)
    opened = meeting.ask(who, Unmute((Medium.AUDIO, Medium.CONTENT)), "bob")
    if is_own_mute and who == "hugo":
        assert code(opened) == "capability-unavailable"
        return
    assert code(opened) == "applied"
    assert (meeting.bits("bob"), meeting.user("bob").rules.asked) == (EVERYTHING, None)
    assert meeting.change(asked.change_id).status is Status.SUPERSEDED


def test_silent_again_a_user_is_asked_again(meeting: CommandedMeeting) -> None:
    """An agreement is used once."""
    unmuted(meeting)
    meeting.consents("bob")
    meeting.answered("alice", Mute(), "bob")
    unmuted(meeting)
    assert not meeting.heard("bob")


def test_agreed_while_chime_fails_a_user_is_heard_when_it_recovers(meeting: CommandedMeeting) -> None:
    asked = unmuted(meeting)
    meeting.chime_refuses()
    assert code(meeting.consents("bob")) == "pending"
    meeting.chime_recovers()
    meeting.reconcile(20)
    assert meeting.heard("bob")
    assert meeting.change(asked.change_id).status is Status.APPLIED


@pytest.mark.parametrize("of_all", [False, True])
def test_an_agreement_that_ends_while_chime_is_asked_again_opens_nothing(
    meeting: CommandedMeeting, of_all: bool
) -> None:
    """By the notes bob is heard. An older call has closed their microphone since, and the next one is throttled until
    the agreement is over.
    """
    if of_all:
        meeting.chime_refuses()
        assert meeting.done("alice", MuteEverybody((Medium.CONTENT,), spared_users=("carol",))).status == "pending"
        meeting.chime_recovers()
    unmuted(meeting)
    meeting.consents("bob")
    agreed = meeting.user("bob").rules.agreed
    assert agreed is not None
    meeting.answered("alice", SetCapabilities({Medium.VIDEO: whole(Medium.VIDEO)}), "bob")
    meeting.drifts("bob", SILENT)
    meeting.clock.pass_by((agreed.until - meeting.clock.now()).total_seconds() - 2)

    def throttled() -> None:
        meeting.clock.pass_by(2)
        raise ChimeRetryableError

    meeting.chime.before = [throttled]
    if of_all:
        meeting.reconcile(0)
    else:
        meeting.answered("alice", Mute((Medium.CONTENT,)), "bob")
    assert not meeting.heard("bob")


def test_agreed_before_a_mode_that_silences_all_a_user_is_not_said_to_be_heard(meeting: CommandedMeeting) -> None:
    """The mode was set between the answer and the call to Chime."""
    asked = unmuted(meeting)
    meeting.chime_refuses()
    assert code(meeting.consents("bob")) == "pending"
    meeting.chime_recovers()
    meeting.done("hugo", SetMeeting(mode="audience"))
    meeting.reconcile(5)
    assert not meeting.heard("bob")
    assert meeting.change(asked.change_id).status is Status.SUPERSEDED


def test_and_not_if_it_takes_too_long(meeting: CommandedMeeting) -> None:
    """An old agreement does not open the microphone."""
    asked = unmuted(meeting)
    meeting.chime_refuses()
    meeting.consents("bob")
    for _ in range(4):
        meeting.reconcile(30)
    meeting.chime_recovers()
    meeting.reconcile(60)
    assert not meeting.heard("bob")
    assert meeting.change(asked.change_id).status is Status.ABANDONED


def test_a_user_heard_in_time_stays_so_without_a_note(meeting: CommandedMeeting) -> None:
    """The process dies between the call and the note. The next one takes over when the agreement has expired."""
    asked = unmuted(meeting)
    meeting.chime_refuses()
    meeting.consents("bob")
    meeting.chime_recovers()
    meeting.drifts("bob", EVERYTHING)
    meeting.reconcile(90)
    assert meeting.heard("bob")
    assert meeting.change(asked.change_id).status is Status.APPLIED


def test_agreed_and_muted_at_the_same_moment_a_user_is_silent(meeting: CommandedMeeting) -> None:
    asked = unmuted(meeting)
    meeting.chime_refuses()
    meeting.consents("bob")
    meeting.answered("alice", Mute(), "bob")
    meeting.chime_recovers()
    meeting.reconcile(60)
    assert not meeting.heard("bob")
    assert meeting.change(asked.change_id).status is Status.SUPERSEDED


def test_the_answer_to_a_user_who_agrees_shows_what_was_commanded_meanwhile(meeting: CommandedMeeting) -> None:
    """hugo mutes bob's video by another process before the agreement is noted. Then Chime refuses all calls."""
    unmuted(meeting)
    mute = Request(MEETING, by("hugo"), Mute((Medium.VIDEO,)), attendee_id=attendee_of("bob"))

    def muted() -> None:
        assert code(meeting.another_process().perform(mute)) == "applied"
        meeting.drifts("bob", SILENT)
        meeting.chime_refuses()

    just_before(meeting, notes_attendees, muted)
    agreed = meeting.consents("bob")
    assert isinstance(agreed, Answer), agreed
    limits = agreed.subject["limits"]
    assert isinstance(limits, list)
    assert (agreed.status, [limit["media"] for limit in limits]) == ("pending", [["video"]])


def test_a_request_that_is_open_at_the_end_of_the_meeting_expires(meeting: CommandedMeeting) -> None:
    asked = unmuted(meeting)
    meeting.done("alice", End())
    meeting.reconcile(61)
    assert meeting.change(asked.change_id).status is Status.EXPIRED
    assert answers(meeting) == [("expired", asked.change_id, "alice")]


def test_after_the_end_there_is_nothing_to_consent_to(meeting: CommandedMeeting) -> None:
    asked = unmuted(meeting)
    meeting.done("alice", End())
    assert code(consent(meeting, "bob", asked.change_id)) == "meeting-ended"


def test_who_leaves_without_an_answer_has_let_it_expire(meeting: CommandedMeeting) -> None:
    asked = unmuted(meeting)
    meeting.goes("bob")
    meeting.reconcile(61)
    assert meeting.change(asked.change_id).status in (Status.EXPIRED, Status.GONE)
    assert meeting.change(asked.change_id).next_attempt_at is None


def test_who_agrees_after_all_their_attendees_have_left_is_heard_once_they_join(meeting: CommandedMeeting) -> None:
    """There is no attendee to apply it to, so the rule is stored, and the answer says so."""
    change_id = unmuted(meeting).change_id
    meeting.goes("bob")
    meeting.gavel.chime_events.on_deleted(MEETING, attendee_of("bob"))
    agreed = meeting.ask_user("bob", Consent(change_id or "", accept=True), "bob")
    assert isinstance(agreed, Answer), agreed
    assert (agreed.status, agreed.effects) == ("stored", ("nobody-present",))
    meeting.comes("bob", 1, EVERYTHING)
    meeting.gavel.chime_events.on_joined(MEETING, attendee_of("bob", 1))
    assert meeting.heard("bob", 1)


def test_agreed_is_said_of_the_attendee_that_is_left(meeting: CommandedMeeting) -> None:
    """The user is asked with an attendee that leaves while the answer is applied."""
    meeting.gavel.chime_events.on_joined(MEETING, meeting.comes("bob", 1, SILENT))
    change_id = unmuted(meeting).change_id
    meeting.goes("bob")
    agreed = consent(meeting, "bob", change_id)
    assert isinstance(agreed, Answer), agreed
    assert (agreed.status, agreed.subject["attendeeId"]) == ("applied", attendee_of("bob", 1))
    told = meeting.entries(CAPABILITIES_CHANGED)[-1].extra["attendees"]
    assert isinstance(told, list)
    assert [(each["attendeeId"], each["after"]["audio"]) for each in told] == [(attendee_of("bob", 1), "SendReceive")]


def test_everything_is_in_the_history(meeting: CommandedMeeting) -> None:
    unmuted(meeting)
    meeting.answered("bob", RaiseHand(), "bob")
    meeting.consents("bob", accept=False)
    found = meeting.gavel.history(MEETING, by("alice"), after=None, limit=100, user_id="bob")
    assert not isinstance(found, Refused)
    items = found["items"]
    assert isinstance(items, list)
    assert [i["type"] for i in items if i["type"].startswith("Unmute")] == [UNMUTE_REQUESTED, UNMUTE_ANSWERED]
    assert all(i["summary"] for i in items)


def test_unmute_all_does_not_open_what_was_left_unanswered(meeting: CommandedMeeting) -> None:
    unmuted(meeting)
    meeting.reconcile(61)
    meeting.done("alice", MUTE_ALL)
    meeting.done("alice", UNMUTE_ALL)
    assert not meeting.heard("bob")
    assert meeting.user("bob").rules.asked is None, "a host has muted the user, and that is not lifted"
