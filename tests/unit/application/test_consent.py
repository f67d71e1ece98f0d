"""Consent: who is to be heard again agrees to it first, or stays silent. Everything that is said of one request."""

import pytest
from moderation.application.requests import Answer, Outcome, Refused
from moderation.domain.capability import EVERYTHING, Capabilities, Medium, whole
from moderation.domain.change import Status
from moderation.domain.commands import (
    Consent,
    End,
    Mute,
    RaiseHand,
    SetCapabilities,
    SetMeeting,
    Undo,
    Unmute,
    UserCommand,
)
from moderation.domain.entry import CAPABILITIES_CHANGED, DECIDED, UNMUTE_ANSWERED, UNMUTE_REQUESTED
from moderation.domain.meeting import UnmuteConsent
from moderation.ports import Wakeup

from tests.memory.moderated_meeting import ADMIN, MEETING, seat
from tests.unit.application.hall import MUTE_ALL, SILENT, UNMUTE_ALL, Stage, by, code


@pytest.fixture(params=[UnmuteConsent.REQUIRED, UnmuteConsent.MUTED_FIRST])
def stage(request: pytest.FixtureRequest) -> Stage:
    """bob was muted by alice, and is asked before he is heard again."""
    stage = Stage()
    stage.consenting(request.param)
    stage.answered("alice", Mute(), "bob")
    return stage


def unmuted(stage: Stage, who: str = "alice") -> Answer:
    answer = stage.answered(who, Unmute(reason="your turn"), "bob")
    assert (answer.status, answer.awaiting) == ("pending", "consent"), answer
    return answer


def answers(stage: Stage) -> list[tuple[object, str, str | None]]:
    """How, about which change, by whom."""
    return [(e.extra["answer"], e.change_id or "", e.actor.id) for e in stage.entries(UNMUTE_ANSWERED)]


def consent(stage: Stage, who: str, change_id: str | None, *, accept: bool = True) -> Outcome:
    return stage.ask(who, Consent(change_id or "", accept), "bob")


def test_he_is_asked_and_silent_until_he_answers(stage: Stage) -> None:
    answer = unmuted(stage)
    assert stage.bits("bob") == SILENT
    [told] = stage.entries(UNMUTE_REQUESTED)
    assert (told.change_id, told.actor.id, told.reason) == (answer.change_id, "alice", "your turn")
    assert told.extra == {
        "attendees": [{"attendeeId": seat("bob"), "externalUserId": "bob"}], "until": "2026-05-04T10:01:00.000Z"
    }  # fmt: skip
    limits = answer.subject["limits"]
    assert isinstance(limits, list)
    assert [(x["by"], x["media"], x["liftableBy"]) for x in limits] == [("restriction", ["audio"], "host")]


def test_the_attendee_shows_who_asks(stage: Stage) -> None:
    answer = unmuted(stage)
    asked = answer.subject["asked"]
    assert isinstance(asked, dict)
    kind = stage.meeting().rules.unmute_consent.value
    assert (asked["changeId"], asked["kind"], asked["actor"]) == (answer.change_id, kind, "alice")


def test_he_agrees_and_is_heard(stage: Stage) -> None:
    asked = unmuted(stage)
    stage.surroundings.pass_by(20)
    answer = stage.consents("bob")
    assert isinstance(answer, Answer)
    assert (answer.status, answer.change_id, answer.effects) == ("applied", asked.change_id, ("audio-may-flow",))
    assert (answer.before, answer.after) == (SILENT, EVERYTHING)
    assert stage.heard("bob")
    assert answers(stage) == [("accepted", asked.change_id, "bob")]
    assert [e.command for e in stage.entries(UNMUTE_ANSWERED)] == ["consent"]
    assert stage.told(CAPABILITIES_CHANGED)[-1] == ["bob"]
    assert stage.change(asked.change_id).actor.id == "alice", "it is still her change"


def test_he_declines_and_stays_silent(stage: Stage) -> None:
    asked = unmuted(stage)
    assert code(stage.consents("bob", accept=False)) == "declined"
    assert not stage.heard("bob")
    assert (stage.change(asked.change_id).status, answers(stage)) == (
        Status.DECLINED, [("declined", asked.change_id, "bob")]
    )  # fmt: skip
    assert stage.reconcile(120).failed == 0
    assert not stage.heard("bob")


def test_it_expires_after_a_minute_and_may_be_asked_again(stage: Stage) -> None:
    asked = unmuted(stage)
    stage.surroundings.pass_by(59.9)
    assert stage.gavel.reconciler.on_wakeup(Wakeup(MEETING, change_id=asked.change_id)).finished == 0
    stage.surroundings.pass_by(0.1)
    assert code(stage.consents("bob")) == "no-request", "a minute is a minute"
    stage.reconcile(0)
    assert stage.change(asked.change_id).status is Status.EXPIRED
    assert answers(stage) == [("expired", asked.change_id, "alice")]
    assert not stage.heard("bob")
    again = unmuted(stage, "hugo")
    assert again.change_id != asked.change_id
    stage.consents("bob")
    assert stage.heard("bob")


def test_who_let_it_lapse_is_muted_as_before(stage: Stage) -> None:
    unmuted(stage)
    stage.reconcile(61)
    assert stage.refused("bob", Unmute(), "bob").code == "capability-unavailable"
    assert not stage.heard("bob")


def test_whom_nothing_but_silence_withholds_opens_it_alone(stage: Stage) -> None:
    stage.answered("alice", Unmute(), "bob")
    stage.consents("bob")
    stage.done("alice", MUTE_ALL)
    stage.done("alice", UNMUTE_ALL)
    stage.reconcile(61)
    answer = stage.answered("bob", Unmute(), "bob")
    assert (answer.status, stage.heard("bob")) == ("applied", True)


def test_what_only_hosts_lift_he_does_not_open_by_agreeing(stage: Stage) -> None:
    refused = stage.refused("bob", Unmute(), "bob")
    assert refused.code == "capability-unavailable"
    assert stage.user("bob").rules.asked is None


def test_asked_twice_one_request_stands(stage: Stage) -> None:
    first = unmuted(stage)
    second = stage.answered("hugo", Unmute(), "bob")
    assert (second.status, second.awaiting, second.change_id) == ("pending", "consent", first.change_id)
    assert stage.request_to("bob") == first.change_id
    assert len(stage.entries(UNMUTE_REQUESTED)) == 1
    assert code(stage.consents("bob")) == "applied"


def test_asked_twice_while_another_device_comes_one_request_stands(stage: Stage) -> None:
    """What the new attendee has is seen to when they join: nothing is applied by the second command."""
    first = unmuted(stage)
    stage.comes("bob", 7)
    second = stage.ask("hugo", Unmute(), "bob", 7)
    assert isinstance(second, Answer)
    assert (second.status, second.awaiting, second.change_id) == ("pending", "consent", first.change_id)


@pytest.mark.parametrize(
    "command",
    [
        Unmute((Medium.AUDIO, Medium.VIDEO)),
        SetCapabilities({Medium.AUDIO: whole(Medium.AUDIO), Medium.VIDEO: whole(Medium.VIDEO)}),
    ],
)
def test_what_needs_no_consent_is_done_beside_an_open_request(stage: Stage, command: UserCommand) -> None:
    """The answer names the request that the rest waits for, also if it is given again."""
    stage.answered("alice", Mute((Medium.VIDEO,)), "bob")
    first = unmuted(stage)
    for _ in range(2):
        second = stage.answered("hugo", command, "bob", key="k", fingerprint="f")
        assert (second.status, second.awaiting, second.waiting) == ("pending", "consent", first.change_id)
    assert stage.change(second.change_id).status == "applied"
    assert stage.bits("bob") == SILENT
    assert code(stage.consents("bob")) == "applied"
    assert stage.bits("bob") == EVERYTHING


@pytest.mark.parametrize("media", [(Medium.AUDIO,), (Medium.AUDIO, Medium.VIDEO)])
def test_an_undo_waits_for_an_open_request(stage: Stage, media: tuple[Medium, ...]) -> None:
    muted = stage.answered("alice", Mute(media), "carol")
    first = stage.answered("alice", Unmute(), "carol")
    undone = stage.done("hugo", Undo(muted.change_id or ""))
    asks = undone.waiting or undone.change_id
    assert (undone.status, undone.awaiting, asks) == ("pending", "consent", first.change_id)
    assert code(stage.consents("carol")) == "applied"
    assert stage.bits("carol") == EVERYTHING


def test_what_is_no_wish_to_be_heard_waits_for_no_request(stage: Stage) -> None:
    unmuted(stage)
    muted = stage.answered("hugo", Mute((Medium.VIDEO,)), "bob")
    assert (muted.status, muted.awaiting, muted.waiting) == ("applied", None, None)


@pytest.mark.parametrize("who", ["carol", "alice", "cora", "back-end"])
@pytest.mark.parametrize("accept", [True, False])
def test_nobody_answers_in_his_place(stage: Stage, who: str, accept: bool) -> None:
    asked = unmuted(stage)
    command = Consent(asked.change_id or "", accept)
    refused = stage.refused(ADMIN if who == "back-end" else who, command, "bob")
    assert refused.code == "not-permitted"
    assert not stage.heard("bob")
    assert stage.entries(DECIDED)[-1].extra["code"] == "not-permitted"
    assert code(stage.consents("bob")) == "applied"


def test_his_back_end_answers_on_his_behalf(stage: Stage) -> None:
    unmuted(stage)
    answer = stage.ask(by("bob", via="phone"), Consent(stage.request_to("bob"), True), "bob")
    assert (code(answer), stage.heard("bob")) == ("applied", True)
    assert stage.entries(UNMUTE_ANSWERED)[-1].actor == by("bob", via="phone")


def test_a_back_end_on_anothers_behalf_does_not(stage: Stage) -> None:
    asked = unmuted(stage)
    assert stage.refused(by("alice", via="phone"), Consent(asked.change_id or "", True), "bob").code == "not-permitted"


def test_twice_there_is_nothing_to_answer_any_more(stage: Stage) -> None:
    asked = unmuted(stage)
    assert code(consent(stage, "bob", asked.change_id)) == "applied"
    for accept in (True, False):
        assert code(consent(stage, "bob", asked.change_id, accept=accept)) == "no-request"
    assert stage.heard("bob")
    assert len(answers(stage)) == 1


def test_it_names_its_change(stage: Stage) -> None:
    muted = stage.user("bob").revised_by
    unmuted(stage)
    for other in ("", "nothing", muted):
        assert code(consent(stage, "bob", other)) == "no-request"
    assert not stage.heard("bob")


def test_not_asked_at_all(stage: Stage) -> None:
    assert code(stage.ask("carol", Consent("x", True), "carol")) == "no-request"


@pytest.mark.parametrize("accept", [True, False])
def test_withdrawn_by_a_mute(stage: Stage, accept: bool) -> None:
    asked = unmuted(stage)
    stage.answered("hugo", Mute(), "bob")
    assert code(consent(stage, "bob", asked.change_id, accept=accept)) == "no-request"
    assert stage.change(asked.change_id).status is Status.SUPERSEDED
    assert answers(stage) == [("withdrawn", asked.change_id, "alice")]
    assert not stage.heard("bob")


def test_withdrawn_by_his_own_mute(stage: Stage) -> None:
    asked = unmuted(stage)
    stage.answered("bob", Mute(), "bob")
    assert code(consent(stage, "bob", asked.change_id)) == "no-request"
    assert not stage.heard("bob")


@pytest.mark.parametrize("command", [MUTE_ALL, SetMeeting(mode="audience")], ids=["mute-all", "mode"])
def test_withdrawn_by_a_bulk_deed(stage: Stage, command: SetMeeting) -> None:
    asked = unmuted(stage)
    stage.done("alice", command)
    assert code(consent(stage, "bob", asked.change_id)) == "no-request"
    stage.reconcile(61)
    assert stage.change(asked.change_id).status is Status.SUPERSEDED
    assert answers(stage) == [("withdrawn", asked.change_id, "alice")]
    assert not stage.heard("bob")


@pytest.mark.parametrize("accept", [True, False])
def test_when_consent_is_needed_no_more_nothing_is_to_be_answered(stage: Stage, accept: bool) -> None:
    """What was to be lifted with his consent stands until somebody lifts it without."""
    asked = unmuted(stage)
    stage.done("alice", SetMeeting(unmute_consent=UnmuteConsent.NONE))
    assert not stage.heard("bob")
    assert code(consent(stage, "bob", asked.change_id, accept=accept)) == "no-request"
    stage.reconcile(61)
    assert stage.change(asked.change_id).status is Status.SUPERSEDED
    assert answers(stage) == [("withdrawn", asked.change_id, "alice")]
    stage.answered("alice", Unmute(), "bob")
    assert stage.heard("bob")


def test_while_frozen_he_can_decline_and_not_agree(stage: Stage) -> None:
    asked = unmuted(stage)
    stage.done("alice", SetMeeting(frozen=True))
    refused = consent(stage, "bob", asked.change_id)
    assert isinstance(refused, Refused)
    assert (refused.code, {x["by"] for x in refused.limits}) == ("capability-unavailable", {"freeze"})
    assert not stage.heard("bob")
    assert code(consent(stage, "bob", asked.change_id, accept=False)) == "declined"


def test_thawed_in_time_he_may(stage: Stage) -> None:
    asked = unmuted(stage)
    stage.done("alice", SetMeeting(frozen=True))
    stage.done("alice", SetMeeting(frozen=False))
    assert code(consent(stage, "bob", asked.change_id)) == "applied"
    assert stage.heard("bob")


def test_while_frozen_consent_cannot_be_done_away_with(stage: Stage) -> None:
    unmuted(stage)
    stage.done("alice", SetMeeting(frozen=True))
    refused = stage.denied("alice", SetMeeting(unmute_consent=UnmuteConsent.NONE))
    assert {x["by"] for x in refused.limits} == {"freeze"}
    assert not stage.heard("bob")


def test_on_all_his_seats(stage: Stage) -> None:
    stage.gavel.presence.on_joined(MEETING, stage.comes("bob", 1))
    asked = unmuted(stage)
    assert not stage.heard("bob")
    assert not stage.heard("bob", 1)
    told = stage.entries(UNMUTE_REQUESTED)[-1].extra["attendees"]
    assert isinstance(told, list)
    assert {a["attendeeId"] for a in told} == {seat("bob"), seat("bob", 1)}
    answer = stage.ask("bob", Consent(asked.change_id or "", True), "bob", 1)
    assert (code(answer), stage.heard("bob"), stage.heard("bob", 1)) == ("applied", True, True)


def test_a_seat_taken_while_he_is_asked_is_silent_too(stage: Stage) -> None:
    unmuted(stage)
    stage.gavel.presence.on_joined(MEETING, stage.comes("bob", 1))
    assert not stage.heard("bob", 1)
    stage.consents("bob")
    assert stage.heard("bob", 1)


def test_who_is_absent_is_not_asked(stage: Stage) -> None:
    """He joins with his microphone in his own hands."""
    stage.admits("dora")
    stage.ask_user("alice", Mute(), "dora")
    answer = stage.ask_user("alice", Unmute(), "dora")
    assert (code(answer), stage.entries(UNMUTE_REQUESTED)) == ("stored", [])
    stage.gavel.presence.on_joined(MEETING, stage.comes("dora"))
    assert stage.heard("dora")


def test_other_media_need_no_consent(stage: Stage) -> None:
    stage.answered("alice", Mute((Medium.VIDEO, Medium.CONTENT)), "bob")
    answer = stage.answered("alice", Unmute((Medium.AUDIO, Medium.VIDEO)), "bob")
    assert (answer.status, answer.awaiting) == ("pending", "consent")
    assert stage.bits("bob") == EVERYTHING & ~Capabilities.SEND_AUDIO & ~Capabilities.SEND_CONTENT, "video goes ahead"
    stage.consents("bob")
    assert stage.bits("bob") == EVERYTHING & ~Capabilities.SEND_CONTENT


def test_declined_the_rest_of_the_deed_stays(stage: Stage) -> None:
    stage.answered("alice", Mute((Medium.VIDEO,)), "bob")
    stage.answered("alice", Unmute((Medium.AUDIO, Medium.VIDEO)), "bob")
    stage.consents("bob", accept=False)
    assert stage.bits("bob") == SILENT


def test_who_is_heard_already_is_not_asked(stage: Stage) -> None:
    assert stage.answered("alice", Unmute(), "carol").status == "unchanged"
    assert stage.entries(UNMUTE_REQUESTED) == []


def test_what_he_lifts_himself_he_has_agreed_to(stage: Stage) -> None:
    stage.answered("carol", Mute(), "carol")
    answer = stage.answered("carol", Unmute(), "carol")
    assert (answer.status, stage.heard("carol")) == ("applied", True)
    assert stage.entries(UNMUTE_REQUESTED) == []


def test_a_request_that_he_overtakes_himself(stage: Stage) -> None:
    """Asked by a host, he unmutes instead of answering."""
    asked = unmuted(stage)
    assert stage.answered("bob", Unmute(), "bob").status == "applied"
    assert stage.heard("bob")
    assert stage.change(asked.change_id).status is Status.SUPERSEDED


def test_silent_again_he_is_asked_again(stage: Stage) -> None:
    """An agreement serves once."""
    unmuted(stage)
    stage.consents("bob")
    stage.answered("alice", Mute(), "bob")
    unmuted(stage)
    assert not stage.heard("bob")


def test_agreed_while_chime_fails_he_is_heard_when_it_recovers(stage: Stage) -> None:
    asked = unmuted(stage)
    stage.chime_refuses()
    assert code(stage.consents("bob")) == "pending"
    stage.chime_recovers()
    stage.reconcile(20)
    assert stage.heard("bob")
    assert stage.change(asked.change_id).status is Status.APPLIED


def test_and_not_if_it_takes_too_long(stage: Stage) -> None:
    """What he agreed to minutes ago is not sprung on him."""
    asked = unmuted(stage)
    stage.chime_refuses()
    stage.consents("bob")
    for _ in range(4):
        stage.reconcile(30)
    stage.chime_recovers()
    stage.reconcile(60)
    assert not stage.heard("bob")
    assert stage.change(asked.change_id).status is Status.ABANDONED


def test_heard_in_time_he_stays_so_though_nobody_noted_it(stage: Stage) -> None:
    """Whoever carried it out died between the order and the note; the next one comes when his agreement is over."""
    asked = unmuted(stage)
    stage.chime_refuses()
    stage.consents("bob")
    stage.chime_recovers()
    stage.turn("bob", EVERYTHING)
    stage.reconcile(90)
    assert stage.heard("bob")
    assert stage.change(asked.change_id).status is Status.APPLIED


def test_agreed_and_muted_at_the_same_moment_he_is_silent(stage: Stage) -> None:
    asked = unmuted(stage)
    stage.chime_refuses()
    stage.consents("bob")
    stage.answered("alice", Mute(), "bob")
    stage.chime_recovers()
    stage.reconcile(60)
    assert not stage.heard("bob")
    assert stage.change(asked.change_id).status is Status.SUPERSEDED


def test_after_the_end_there_is_nothing_to_consent_to(stage: Stage) -> None:
    asked = unmuted(stage)
    stage.done("alice", End())
    assert code(consent(stage, "bob", asked.change_id)) == "meeting-ended"


def test_who_leaves_without_an_answer_has_let_it_expire(stage: Stage) -> None:
    asked = unmuted(stage)
    stage.goes("bob")
    stage.reconcile(61)
    assert stage.change(asked.change_id).status in (Status.EXPIRED, Status.GONE)
    assert stage.change(asked.change_id).due_at is None


def test_who_agrees_after_all_their_attendees_have_left_is_heard_once_they_join(stage: Stage) -> None:
    """There is no attendee to apply it to, so it is kept, and the answer says so."""
    change_id = unmuted(stage).change_id
    stage.goes("bob")
    stage.gavel.presence.on_deleted(MEETING, seat("bob"))
    agreed = stage.ask_user("bob", Consent(change_id or "", accept=True), "bob")
    assert isinstance(agreed, Answer), agreed
    assert (agreed.status, agreed.effects) == ("stored", ("nobody-present",))
    stage.comes("bob", 1, EVERYTHING)
    stage.gavel.presence.on_joined(MEETING, seat("bob", 1))
    assert stage.heard("bob", 1)


def test_agreed_is_said_of_the_attendee_that_is_left(stage: Stage) -> None:
    """The request was made on an attendee that leaves while the answer is carried out."""
    stage.gavel.presence.on_joined(MEETING, stage.comes("bob", 1, SILENT))
    change_id = unmuted(stage).change_id
    stage.goes("bob")
    agreed = consent(stage, "bob", change_id)
    assert isinstance(agreed, Answer), agreed
    assert (agreed.status, agreed.subject["attendeeId"]) == ("applied", seat("bob", 1))
    told = stage.entries(CAPABILITIES_CHANGED)[-1].extra["attendees"]
    assert isinstance(told, list)
    assert [(each["attendeeId"], each["after"]["audio"]) for each in told] == [(seat("bob", 1), "SendReceive")]


def test_everything_is_in_the_history(stage: Stage) -> None:
    unmuted(stage)
    stage.answered("bob", RaiseHand(), "bob")
    stage.consents("bob", accept=False)
    found = stage.gavel.history(MEETING, by("alice"), after=None, limit=100, user_id="bob")
    assert not isinstance(found, Refused)
    items = found["items"]
    assert isinstance(items, list)
    assert [i["type"] for i in items if i["type"].startswith("Unmute")] == [UNMUTE_REQUESTED, UNMUTE_ANSWERED]
    assert all(i["summary"] for i in items)


def test_unmute_all_does_not_open_what_he_left_unanswered(stage: Stage) -> None:
    unmuted(stage)
    stage.reconcile(61)
    stage.done("alice", MUTE_ALL)
    stage.done("alice", UNMUTE_ALL)
    assert not stage.heard("bob")
    assert stage.user("bob").rules.asked is None, "he is muted by a host, and that is not lifted"
