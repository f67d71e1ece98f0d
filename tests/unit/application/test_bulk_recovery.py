"""A bulk change that Chime does not take, or that another overtakes: nothing is lost, and everybody is told."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import pytest
from moderation.application.requests import Answer, Request
from moderation.domain.capability import EVERYTHING, Capabilities, Medium, of_word
from moderation.domain.change import Status
from moderation.domain.commands import (
    GrantFloor,
    Mute,
    MuteEverybody,
    SetCapabilities,
    SetMeeting,
    Unmute,
    UnmuteEverybody,
)
from moderation.domain.entry import ABANDONED, CAPABILITIES_CHANGED, DELAYED, MEETING_CHANGED, SUPERSEDED
from moderation.domain.meeting import Features, UnmuteConsent
from moderation.ports import (
    ChangeKept,
    ChimeAttendee,
    ChimeRejectedError,
    Clause,
    LedgerUnavailableError,
    OutcomeUnknownError,
    UserRevised,
)

from tests.memory.moderated_meeting import MEETING, attendee_of
from tests.unit.application.commanded_meeting import (
    MUTE_ALL,
    RECEIVING,
    SILENT,
    UNMUTE_ALL,
    CommandedMeeting,
    Died,
    by,
    dies,
    just_before,
    not_now,
    notes_attendees,
    outcomes,
    unknown,
)


def never() -> None:
    raise ChimeRejectedError("refused")


def status(meeting: CommandedMeeting, answer: Answer) -> str:
    change = meeting.ledger.change(MEETING, answer.change_id or "")
    assert change is not None
    return change.status


def test_a_widening_that_chime_has_not_taken_in_a_minute_is_taken_back() -> None:
    meeting = CommandedMeeting()
    meeting.done("alice", MuteEverybody(reason="exam"))
    before = meeting.stored().rules
    meeting.chime_refuses()
    answer = meeting.done("alice", UNMUTE_ALL)
    assert answer.status == "pending"
    assert outcomes(answer)["bob"] == "pending"
    meeting.reconcile(10)
    assert meeting.entries(DELAYED) == []
    meeting.reconcile(30)
    assert [e.type for e in meeting.entries(DELAYED)] == [DELAYED]
    meeting.reconcile(30)
    assert meeting.stored().rules == before
    meeting.chime_recovers()
    meeting.reconcile(60)
    assert status(meeting, answer) == "abandoned"
    assert len(meeting.entries(ABANDONED)) == 1
    assert meeting.bits("bob") == SILENT


@pytest.mark.parametrize("command", [UNMUTE_ALL, Unmute()])
def test_what_would_have_ended_meanwhile_is_not_brought_back(command: UnmuteEverybody | Unmute) -> None:
    """The rule had ended when the widening was given up: it neither binds nor ends again."""
    meeting = CommandedMeeting()
    is_bulk = isinstance(command, UnmuteEverybody)
    if is_bulk:
        meeting.done("alice", MuteEverybody(seconds=30))
    else:
        meeting.answered("alice", Mute(seconds=30), "bob")
    meeting.chime_refuses()
    answer = meeting.done("alice", UNMUTE_ALL) if is_bulk else meeting.answered("alice", Unmute(), "bob")
    meeting.reconcile(70)
    assert status(meeting, answer) == "abandoned"
    assert (meeting.user("bob").rules.restrictions, meeting.stored().rules.mute_alls) == ((), ())
    meeting.chime_recovers()
    meeting.reconcile(60)
    assert meeting.bits("bob") == EVERYTHING
    assert [change.command for change in meeting.ledger.changes.values() if change.command == "expire"] == []


def test_a_turn_that_would_be_over_is_not_brought_back() -> None:
    meeting = CommandedMeeting()
    meeting.done("alice", SetMeeting(mode="audience"))
    meeting.answered("alice", GrantFloor(seconds=30), "bob")
    meeting.chime_refuses()
    longer = meeting.answered("alice", GrantFloor(seconds=300, media=(Medium.AUDIO, Medium.VIDEO)), "bob")
    meeting.reconcile(70)
    assert (status(meeting, longer), meeting.user("bob").rules.floor) == ("abandoned", None)


def test_what_is_given_up_in_a_frozen_meeting_is_taken_back_whole() -> None:
    """It would have opened bob's microphone and closed their camera. Chime took neither, so nobody sees a change."""
    meeting = CommandedMeeting()
    meeting.answered("alice", Mute(), "bob")
    meeting.chime_refuses()
    wanted = {Medium.AUDIO: of_word(Medium.AUDIO, "SendReceive"), Medium.VIDEO: of_word(Medium.VIDEO, "Receive")}
    both = meeting.answered("alice", SetCapabilities(wanted), "bob")
    meeting.done("hugo", SetMeeting(frozen=True))
    meeting.reconcile(70)
    assert status(meeting, both) == "abandoned"
    meeting.chime_recovers()
    meeting.reconcile(60)
    assert meeting.bits("bob") == SILENT


def test_rules_are_taken_back_even_if_chime_can_not_be_read() -> None:
    meeting = CommandedMeeting()
    meeting.done("alice", MUTE_ALL)
    meeting.chime_refuses()
    meeting.done("alice", UNMUTE_ALL)

    def roster(_: str) -> object:
        raise OutcomeUnknownError

    meeting.chime.roster = roster  # type: ignore[method-assign, assignment]
    meeting.reconcile(70)
    assert len(meeting.stored().rules.mute_alls) == 1


@pytest.mark.parametrize("command", [UNMUTE_ALL, Unmute()])
def test_given_up_though_the_answer_was_lost_it_goes_on_at_once(command: UnmuteEverybody | Unmute) -> None:
    """Under the same lease with another token: no process that read the change before can take it."""
    meeting = CommandedMeeting()
    meeting.answered("alice", Mute(), "bob")
    meeting.done("alice", MUTE_ALL)
    meeting.chime_refuses()
    asked = meeting.answered("alice", command, "bob") if isinstance(command, Unmute) else meeting.done("alice", command)
    transact = meeting.ledger.transact

    def losing(clauses: Sequence[Clause]) -> None:
        if any(isinstance(c, ChangeKept) and c.change.status is Status.ABANDONED for c in clauses):
            meeting.ledger.transact = transact  # type: ignore[method-assign]
            meeting.ledger.fail(1, done=True)
        transact(clauses)

    meeting.ledger.transact = losing  # type: ignore[method-assign]
    meeting.reconcile(70)
    assert status(meeting, asked) == "abandoned"
    kept = meeting.ledger.change(MEETING, asked.change_id or "")
    assert kept is not None
    assert kept.next_attempt_at is None
    assert meeting.bits("bob") == SILENT


def test_what_chime_has_taken_is_not_taken_back_because_nobody_noted_it() -> None:
    """The process dies between the call and the note. The next one takes over after a minute."""
    meeting = CommandedMeeting()
    meeting.done("alice", MUTE_ALL)
    meeting.chime_refuses()
    answer = meeting.done("alice", UNMUTE_ALL)
    meeting.chime_recovers()
    for user in ("bob", "carol"):
        meeting.drifts(user, EVERYTHING)
    meeting.reconcile(90)
    assert status(meeting, answer) == "applied"
    assert meeting.stored().rules.mute_alls == ()
    assert meeting.bits("bob") == EVERYTHING


def test_a_narrowing_is_pursued() -> None:
    meeting = CommandedMeeting()
    meeting.chime_refuses()
    answer = meeting.done("alice", SetMeeting(mode="audience"))
    for _ in range(5):
        meeting.reconcile(60)
    assert status(meeting, answer) == "pending"
    meeting.chime_recovers()
    meeting.reconcile(60)
    assert status(meeting, answer) == "applied"
    assert meeting.bits("bob") == RECEIVING
    assert len(meeting.entries(DELAYED)) == 1
    assert len(meeting.entries(MEETING_CHANGED)) == 1


def test_what_chime_refuses_for_good_is_taken_back_at_once() -> None:
    meeting = CommandedMeeting()
    meeting.done("alice", MUTE_ALL)
    before = meeting.stored().rules
    meeting.chime.before = [never]
    refused = meeting.denied("alice", UNMUTE_ALL)
    assert refused.code == "chime-refused"
    assert meeting.stored().rules == before
    assert meeting.bits("bob") == SILENT
    assert len(meeting.entries(ABANDONED)) == 1


def test_a_narrowing_that_chime_refuses_for_good_stays_pending_with_its_outcomes() -> None:
    meeting = CommandedMeeting()
    meeting.chime.before = [never] * 5
    answer = meeting.done("alice", MUTE_ALL)
    assert answer.status == "pending"
    assert outcomes(answer)["bob"] == "pending"
    assert len(meeting.stored().rules.mute_alls) == 1


def test_the_strict_reading_is_found_out_once_for_all() -> None:
    meeting = CommandedMeeting(features=Features(video=False), strict=True)
    meeting.goes("alice")
    answer = meeting.done("cora", MUTE_ALL)
    assert answer.status == "applied"
    assert outcomes(answer)["bob"] == "applied"
    assert not meeting.stored().features.video_can_be_received
    assert meeting.held("bob") == {"audio": "Receive", "video": "None", "content": "Send"}


def test_the_strict_reading_is_found_out_by_a_user_who_joins_many_times_where_consent_is_required() -> None:
    meeting = CommandedMeeting(features=Features(video=False), strict=True, registered=False)
    meeting.chime_refuses()
    meeting.register(roles={"alice": "host"}, unmute_consent=UnmuteConsent.REQUIRED)
    for user in meeting.roles:
        meeting.goes(user)
    for number in range(12):
        meeting.gavel.chime_events.on_joined(MEETING, meeting.comes("zoe", number))
    meeting.chime_recovers()
    for _ in range(3):
        meeting.reconcile(20)
    assert not meeting.stored().features.video_can_be_received
    assert {meeting.held("zoe", number)["video"] for number in range(12)} == {"None"}


def test_the_strict_reading_is_found_out_by_a_command_on_one_user() -> None:
    """The registration of the meeting was not applied before it."""
    meeting = CommandedMeeting(features=Features(video=False), strict=True, registered=False)
    meeting.chime_refuses()
    meeting.register(roles=meeting.roles)
    assert meeting.stored().features.video_can_be_received
    meeting.chime_recovers()
    assert meeting.answered("alice", Mute(), "bob").status == "applied"
    assert not meeting.stored().features.video_can_be_received
    assert meeting.held("bob") == {"audio": "Receive", "video": "None", "content": "Send"}


@pytest.mark.parametrize("leave", [False, True])
def test_a_refusal_that_has_another_reason_says_nothing_of_video(leave: bool) -> None:
    """Chime refuses whatever is tried, or no attendee is left to try it on."""
    meeting = CommandedMeeting(features=Features(video=False), registered=False)

    def refuses() -> None:
        if leave:
            for user in meeting.roles:
                meeting.goes(user)
        raise ChimeRejectedError

    meeting.chime.before = [refuses, *([] if leave else [never] * 1000)]
    meeting.register(roles=meeting.roles)
    assert meeting.stored().features.video_can_be_received


def test_the_strict_reading_is_found_out_though_chime_takes_its_time() -> None:
    """Before a call that widens, rules older than a second are read again."""
    meeting = CommandedMeeting(features=Features(video=False), strict=True, registered=False)

    def slowly() -> None:
        meeting.clock.pass_by(2)

    meeting.chime.before = [slowly, not_now]
    registered = meeting.register(roles=meeting.roles)
    assert isinstance(registered, Answer), registered
    assert registered.status == "applied"
    assert meeting.held("bob") == {"audio": "SendReceive", "video": "None", "content": "Send"}


def test_the_strict_reading_gives_nothing_by_rules_that_cannot_be_read_again() -> None:
    meeting = CommandedMeeting(features=Features(video=False), strict=True, registered=False)
    meeting.chime_refuses()
    meeting.register(roles=meeting.roles)
    meeting.chime_recovers()

    def refuses_late() -> None:
        meeting.clock.pass_by(2)
        meeting.cannot_load_once()

    meeting.chime.before = [refuses_late]
    meeting.chime.calls.clear()
    assert meeting.answered("alice", Mute(), "bob").status == "pending"
    assert len(meeting.chime.updates()) == 1
    assert meeting.stored().features.video_can_be_received


def test_a_mute_all_overtaken_by_unmute_all_before_it_settled_is_told() -> None:
    meeting = CommandedMeeting()
    meeting.chime_refuses()
    first = meeting.done("alice", MUTE_ALL)
    meeting.chime_recovers()
    second = meeting.done("hugo", UNMUTE_ALL)
    meeting.reconcile(60)
    assert (status(meeting, first), status(meeting, second)) == ("superseded", "applied")
    [told] = meeting.entries(SUPERSEDED)
    assert (told.change_id, told.extra["supersededBy"]) == (first.change_id, second.change_id)
    assert meeting.bits("bob") == EVERYTHING


def test_a_host_who_acts_while_another_s_order_is_under_way() -> None:
    """The mode comes between the commit of the mute-all and its call: Chime has both."""
    meeting = CommandedMeeting()
    other = meeting.another_process()
    told: list[str] = []

    def between() -> None:
        from moderation.application.requests import Request
        from moderation.domain.actor import Actor, ActorKind

        meeting.chime.before = []
        outcome = other.perform(Request(MEETING, Actor(ActorKind.USER, "hugo"), SetMeeting(mode="audience")))
        assert isinstance(outcome, Answer)
        told.append(outcome.status)

    meeting.chime.before = [between]
    assert meeting.done("alice", MUTE_ALL).status == "applied"
    assert told == ["applied"]
    assert meeting.bits("bob") == RECEIVING
    meeting.done("alice", SetMeeting(mode="open"))
    assert meeting.bits("bob") == SILENT


def test_a_user_muted_during_a_meeting_change_is_found_by_the_second_look() -> None:
    meeting = CommandedMeeting()
    meeting.done("alice", MUTE_ALL)

    def between() -> None:
        meeting.chime.before = []
        meeting.ask("hugo", Mute(), "bob")

    meeting.chime.before = [between]
    assert meeting.done("alice", UNMUTE_ALL).status == "applied"
    assert (meeting.bits("bob"), meeting.bits("carol")) == (SILENT, EVERYTHING)


def test_a_user_who_is_commanded_during_a_meeting_change_that_spares_them_is_left_to_that_command() -> None:
    """The second look is for a newcomer."""
    meeting = CommandedMeeting()

    def meanwhile() -> None:
        meeting.comes("dora")
        mute = Request(MEETING, by("hugo"), Mute((Medium.VIDEO,)), attendee_id=attendee_of("cora"))
        assert isinstance(meeting.another_process().perform(mute), Answer)

    meeting.chime.before = [meanwhile]
    meeting.done("alice", MUTE_ALL)
    assert meeting.bits("dora") == SILENT
    assert [call.attendee_id for call in meeting.chime.updates()].count(attendee_of("cora")) == 1


def test_an_unmute_of_one_loses_against_a_mute_all_that_came_later() -> None:
    meeting = CommandedMeeting()
    meeting.done("alice", MUTE_ALL)
    meeting.chime_refuses()
    answer = meeting.answered("alice", Unmute(), "bob")
    meeting.chime_recovers()
    meeting.done("hugo", MUTE_ALL)
    meeting.reconcile(60)
    assert meeting.bits("bob") == SILENT
    assert status(meeting, answer) == "superseded"


def test_a_call_of_unknown_end_is_looked_at_again() -> None:
    meeting = CommandedMeeting()

    meeting.chime.before = [unknown]
    answer = meeting.done("alice", MUTE_ALL)
    assert answer.status == "applied"
    meeting.drifts("bob", EVERYTHING)
    meeting.reconcile(45)
    assert meeting.bits("bob") == SILENT
    assert len(meeting.entries(CAPABILITIES_CHANGED)) == 1


def test_the_same_key_gets_the_same_outcomes() -> None:
    meeting = CommandedMeeting()
    first = meeting.done("alice", MUTE_ALL, key="k", fingerprint="f")
    again = meeting.done("alice", MUTE_ALL, key="k", fingerprint="f")
    assert again.replayed
    assert (again.change_id, again.status, again.outcomes) == (first.change_id, first.status, first.outcomes)
    nothing = meeting.done("alice", SetMeeting(mode="open"), key="n", fingerprint="f")
    assert meeting.done("alice", SetMeeting(mode="open"), key="n", fingerprint="f").outcomes == nothing.outcomes == ()
    assert meeting.denied("alice", UNMUTE_ALL, key="k", fingerprint="other").code == "idempotency-key-reused"
    assert len(meeting.stored().rules.mute_alls) == 1


def test_two_mute_alls_race_and_one_rule_is_left() -> None:
    meeting = CommandedMeeting()
    other = meeting.another_process()
    transact = meeting.ledger.transact
    raced: list[object] = []

    def slower(clauses: object) -> None:
        if not raced:
            raced.append(None)
            from moderation.application.requests import Request
            from moderation.domain.actor import Actor, ActorKind

            raced.append(other.perform(Request(MEETING, Actor(ActorKind.USER, "hugo"), MUTE_ALL)))
        transact(clauses)  # type: ignore[arg-type]

    meeting.ledger.transact = slower  # type: ignore[method-assign]
    answer = meeting.done("alice", MUTE_ALL)
    assert answer.status == "applied"
    assert isinstance(raced[1], Answer)
    [mute_all] = meeting.stored().rules.mute_alls
    assert mute_all.actor.id == "alice", "who lost the race decided anew"
    assert meeting.bits("bob") == SILENT
    assert attendee_of("bob") in meeting.user("bob").attendees


@pytest.mark.parametrize("dies", [True, False])
def test_what_was_done_before_a_takeover_is_told_by_who_takes_over(dies: bool) -> None:
    """Chime shows all attendees silent by then, but no entry has reported it."""
    meeting = CommandedMeeting()

    def last_call() -> None:
        if dies:
            raise Died
        meeting.ledger.fail(1000, done=False)

    meeting.chime.after = [last_call]
    with pytest.raises(Died) if dies else nullcontext():
        meeting.say("alice", MUTE_ALL)
    meeting.ledger.fail(0, done=False)
    assert meeting.bits("bob") == SILENT
    assert not meeting.entries(CAPABILITIES_CHANGED)
    meeting.reconcile(46)
    [entry] = meeting.entries(CAPABILITIES_CHANGED)
    told: Any = entry.extra["attendees"]
    assert {attendee["externalUserId"] for attendee in told} == {"bob", "carol"}
    assert {attendee["before"]["audio"] for attendee in told} == {"SendReceive"}
    assert {attendee["after"]["audio"] for attendee in told} == {"Receive"}


@pytest.mark.parametrize("is_ruled_anew", [False, True])
def test_a_note_that_comes_after_anothers_is_written_again_unless_the_rules_have_moved(is_ruled_anew: bool) -> None:
    """A user whose rules have changed is reported by the change that changed them."""
    meeting = CommandedMeeting()

    def overtaken() -> None:
        bob = meeting.user("bob")
        meeting.notes_elsewhere("bob", SILENT)
        if is_ruled_anew:
            moved = replace(bob, revision=bob.revision + 1, revised_by="another")
            meeting.ledger.transact([UserRevised(MEETING, moved, bob.revision)])

    just_before(meeting, notes_attendees, overtaken)
    meeting.done("alice", MUTE_ALL)
    told: Any = [each for entry in meeting.entries(CAPABILITIES_CHANGED) for each in entry.extra["attendees"]]  # type: ignore[attr-defined]
    named = [attendee["externalUserId"] for attendee in told]
    assert sorted(named) == (["carol"] if is_ruled_anew else ["bob", "carol"])
    assert meeting.user("bob").notes == (1 if is_ruled_anew else 2)


@pytest.mark.parametrize("given", [RECEIVING, EVERYTHING])
def test_what_another_has_given_and_noted_meanwhile_is_looked_at_again(given: Capabilities) -> None:
    """A function with other policies gives bob more after the mute-all's call, and notes it first. It may be what they
    were noted with before.
    """
    meeting = CommandedMeeting()
    meeting.notes_elsewhere("bob", EVERYTHING)
    meeting.clock.pass_by(10)

    def overtaken() -> None:
        meeting.drifts("bob", given)
        meeting.notes_elsewhere("bob", given)

    just_before(meeting, notes_attendees, overtaken)
    meeting.done("alice", MUTE_ALL)
    assert meeting.bits("bob") == meeting.user("bob").attendees[attendee_of("bob")].known == SILENT


def test_a_batch_after_a_wait_spares_who_was_bound_meanwhile() -> None:
    """nina, who may only listen, is bound while Chime throttles the first call: the batch would give them more."""
    meeting = CommandedMeeting()
    meeting.gavel.chime_events.on_joined(MEETING, meeting.comes("dave"))
    meeting.answered("alice", Mute((Medium.VIDEO,)), "bob")
    meeting.done("alice", MUTE_ALL)
    meeting.drifts("bob", EVERYTHING)

    def throttles_while_nina_comes() -> None:
        meeting.gavel.chime_events.on_joined(MEETING, meeting.comes("nina", 0, Capabilities.RECEIVE_AUDIO))
        not_now()

    meeting.chime.before = [throttles_while_nina_comes]
    meeting.chime.calls.clear()
    meeting.done("alice", UNMUTE_ALL)
    batches = [call.excluded for call in meeting.chime.calls if call.operation == "update_except"]
    assert [attendee_of("nina") in excluded for excluded in batches] == [True]
    assert meeting.bits("nina") == Capabilities.RECEIVE_AUDIO


def test_who_left_while_a_change_was_planned_anew_is_told_as_gone() -> None:
    """Chime throttles a mute-all's first call; carol leaves before it is planned again."""
    meeting = CommandedMeeting()
    meeting.gavel.chime_events.on_joined(MEETING, meeting.comes("dave"))

    def throttles_while_carol_leaves() -> None:
        meeting.goes("carol")
        meeting.gavel.chime_events.on_deleted(MEETING, attendee_of("carol"))
        not_now()

    meeting.chime.before = [throttles_while_carol_leaves]
    answer = meeting.done("alice", MUTE_ALL)
    assert outcomes(answer)["carol"] == "gone"
    assert not meeting.heard("bob")
    assert not meeting.heard("dave")


def test_what_a_lost_answer_has_told_is_told_once() -> None:
    """The notes are written, and the meeting has changed before they are tried again."""
    meeting = CommandedMeeting()
    transact = meeting.ledger.transact

    def losing(clauses: Sequence[Clause]) -> None:
        transact(clauses)
        if notes_attendees(clauses):
            meeting.ledger.transact = transact  # type: ignore[method-assign]
            mode = Request(MEETING, by("hugo"), SetMeeting(default_role="viewer"))
            assert isinstance(meeting.another_process().perform(mode), Answer)
            raise LedgerUnavailableError

    meeting.ledger.transact = losing  # type: ignore[method-assign]
    answer = meeting.done("alice", MUTE_ALL)
    told = [entry for entry in meeting.entries(CAPABILITIES_CHANGED) if entry.change_id == answer.change_id]
    attendees: Any = [attendee for entry in told for attendee in entry.extra["attendees"]]  # type: ignore[attr-defined]
    assert sorted(attendee["externalUserId"] for attendee in attendees) == ["bob", "carol"]


def test_a_roster_that_is_older_than_a_note_is_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the roster and its users, another host mutes bob, and the function that unmutes bob again dies."""
    meeting = CommandedMeeting()
    roster = meeting.chime.roster

    def before_the_mute(meeting_id: str) -> Sequence[ChimeAttendee]:
        monkeypatch.undo()
        found = roster(meeting_id)
        meeting.answered("hugo", Mute(), "bob")
        meeting.chime.before = [dies]
        with pytest.raises(Died):
            meeting.answered("hugo", Unmute(), "bob")
        return found

    monkeypatch.setattr(meeting.chime, "roster", before_the_mute)
    meeting.done("alice", MuteEverybody((Medium.CONTENT,), spared_users=("bob",)))
    assert meeting.user("bob").attendees[attendee_of("bob")].known == meeting.bits("bob")
    meeting.reconcile(60)
    assert meeting.heard("bob")


def test_the_departure_of_one_attendee_hides_nothing_of_the_other() -> None:
    """Before the mute-all notes bob's two attendees, Chime reports that one of them is deleted."""
    meeting = CommandedMeeting()
    meeting.gavel.chime_events.on_joined(MEETING, meeting.comes("bob", 1))

    def departs() -> None:
        meeting.goes("bob")
        meeting.gavel.chime_events.on_deleted(MEETING, attendee_of("bob"))

    just_before(meeting, notes_attendees, departs)
    meeting.done("alice", MUTE_ALL)
    told = {each["attendeeId"] for entry in meeting.entries(CAPABILITIES_CHANGED) for each in entry.extra["attendees"]}  # type: ignore[attr-defined]
    assert told & {attendee_of("bob"), attendee_of("bob", 1)} == {attendee_of("bob", 1)}
    assert meeting.user("bob").attendees[attendee_of("bob", 1)].known == SILENT
