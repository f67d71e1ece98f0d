"""A bulk change that Chime does not take, or that another overtakes: nothing is lost, and everybody is told."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import pytest
from moderation.application.requests import Answer, Request
from moderation.domain.capability import EVERYTHING, Medium
from moderation.domain.change import Status
from moderation.domain.commands import GrantFloor, Mute, MuteEverybody, SetMeeting, Unmute, UnmuteEverybody
from moderation.domain.entry import ABANDONED, CAPABILITIES_CHANGED, DELAYED, MEETING_CHANGED, SUPERSEDED
from moderation.domain.meeting import Features
from moderation.ports import (
    ChangeKept,
    ChimeRejectedError,
    Clause,
    LedgerUnavailableError,
    OutcomeUnknownError,
    SeatsNoted,
    UserRevised,
)

from tests.memory.moderated_meeting import MEETING, seat
from tests.unit.application.hall import MUTE_ALL, RECEIVING, SILENT, UNMUTE_ALL, Hall, by, not_now, outcomes


def never() -> None:
    raise ChimeRejectedError("refused")


def status(hall: Hall, answer: Answer) -> str:
    change = hall.ledger.change(MEETING, answer.change_id or "")
    assert change is not None
    return change.status


def test_a_widening_that_chime_has_not_taken_in_a_minute_is_taken_back() -> None:
    hall = Hall()
    hall.done("alice", MuteEverybody(reason="exam"))
    before = hall.meeting().rules
    hall.chime_refuses()
    answer = hall.done("alice", UNMUTE_ALL)
    assert answer.status == "pending"
    assert outcomes(answer)["bob"] == "pending"
    hall.reconcile(40)
    assert [e.type for e in hall.entries(DELAYED)] == [DELAYED]
    hall.reconcile(30)
    assert hall.meeting().rules == before
    hall.chime_recovers()
    hall.reconcile(60)
    assert status(hall, answer) == "abandoned"
    assert len(hall.entries(ABANDONED)) == 1
    assert hall.bits("bob") == SILENT


@pytest.mark.parametrize("command", [UNMUTE_ALL, Unmute()])
def test_what_would_have_ended_meanwhile_is_not_brought_back(command: UnmuteEverybody | Unmute) -> None:
    """It was over when the widening was given up: it neither binds nor ends once more."""
    hall = Hall()
    is_bulk = isinstance(command, UnmuteEverybody)
    if is_bulk:
        hall.done("alice", MuteEverybody(seconds=30))
    else:
        hall.answered("alice", Mute(seconds=30), "bob")
    hall.chime_refuses()
    answer = hall.done("alice", UNMUTE_ALL) if is_bulk else hall.answered("alice", Unmute(), "bob")
    hall.reconcile(70)
    assert status(hall, answer) == "abandoned"
    assert (hall.user("bob").rules.restrictions, hall.meeting().rules.mute_alls) == ((), ())
    hall.chime_recovers()
    hall.reconcile(60)
    assert hall.bits("bob") == EVERYTHING
    assert [change.command for change in hall.ledger.changes.values() if change.command == "expire"] == []


def test_a_turn_that_would_be_over_is_not_brought_back() -> None:
    hall = Hall()
    hall.done("alice", SetMeeting(mode="audience"))
    hall.answered("alice", GrantFloor(seconds=30), "bob")
    hall.chime_refuses()
    longer = hall.answered("alice", GrantFloor(seconds=300, media=(Medium.AUDIO, Medium.VIDEO)), "bob")
    hall.reconcile(70)
    assert (status(hall, longer), hall.user("bob").rules.floor) == ("abandoned", None)


def test_rules_are_taken_back_even_if_chime_can_not_be_read() -> None:
    hall = Hall()
    hall.done("alice", MUTE_ALL)
    hall.chime_refuses()
    hall.done("alice", UNMUTE_ALL)

    def roster(_: str) -> object:
        raise OutcomeUnknownError

    hall.chime.roster = roster  # type: ignore[method-assign, assignment]
    hall.reconcile(70)
    assert len(hall.meeting().rules.mute_alls) == 1


@pytest.mark.parametrize("command", [UNMUTE_ALL, Unmute()])
def test_given_up_though_the_answer_was_lost_it_goes_on_at_once(command: UnmuteEverybody | Unmute) -> None:
    """Under the same lease, which nobody can take who has read the change as it was before."""
    hall = Hall()
    hall.answered("alice", Mute(), "bob")
    hall.done("alice", MUTE_ALL)
    hall.chime_refuses()
    asked = hall.answered("alice", command, "bob") if isinstance(command, Unmute) else hall.done("alice", command)
    transact = hall.ledger.transact

    def losing(clauses: Sequence[Clause]) -> None:
        if any(isinstance(c, ChangeKept) and c.change.status is Status.ABANDONED for c in clauses):
            hall.ledger.transact = transact  # type: ignore[method-assign]
            hall.ledger.fail(1, done=True)
        transact(clauses)

    hall.ledger.transact = losing  # type: ignore[method-assign]
    hall.reconcile(70)
    assert status(hall, asked) == "abandoned"
    kept = hall.ledger.change(MEETING, asked.change_id or "")
    assert kept is not None
    assert kept.due_at is None
    assert hall.bits("bob") == SILENT


def test_what_chime_has_taken_is_not_taken_back_because_nobody_noted_it() -> None:
    """Whoever carried it out died between the order and the note; the next one comes after a minute."""
    hall = Hall()
    hall.done("alice", MUTE_ALL)
    hall.chime_refuses()
    answer = hall.done("alice", UNMUTE_ALL)
    hall.chime_recovers()
    for user in ("bob", "carol"):
        hall.turn(user, EVERYTHING)
    hall.reconcile(90)
    assert status(hall, answer) == "applied"
    assert hall.meeting().rules.mute_alls == ()
    assert hall.bits("bob") == EVERYTHING


def test_a_narrowing_is_pursued() -> None:
    hall = Hall()
    hall.chime_refuses()
    answer = hall.done("alice", SetMeeting(mode="audience"))
    for _ in range(5):
        hall.reconcile(60)
    assert status(hall, answer) == "pending"
    hall.chime_recovers()
    hall.reconcile(60)
    assert status(hall, answer) == "applied"
    assert hall.bits("bob") == RECEIVING
    assert len(hall.entries(DELAYED)) == 1
    assert len(hall.entries(MEETING_CHANGED)) == 1


def test_what_chime_refuses_for_good_is_taken_back_at_once() -> None:
    hall = Hall()
    hall.done("alice", MUTE_ALL)
    before = hall.meeting().rules
    hall.chime.before = [never]
    refused = hall.denied("alice", UNMUTE_ALL)
    assert refused.code == "chime-refused"
    assert hall.meeting().rules == before
    assert hall.bits("bob") == SILENT
    assert len(hall.entries(ABANDONED)) == 1


def test_a_narrowing_that_chime_refuses_for_good_stays_pending_with_its_outcomes() -> None:
    hall = Hall()
    hall.chime.before = [never] * 5
    answer = hall.done("alice", MUTE_ALL)
    assert answer.status == "pending"
    assert outcomes(answer)["bob"] == "pending"
    assert len(hall.meeting().rules.mute_alls) == 1


def test_the_strict_reading_is_found_out_once_for_all() -> None:
    hall = Hall(features=Features(video=False), strict=True)
    hall.goes("alice")
    answer = hall.done("cora", MUTE_ALL)
    assert answer.status == "applied"
    assert outcomes(answer)["bob"] == "applied"
    assert not hall.meeting().features.video_can_be_received
    assert hall.held("bob") == {"audio": "Receive", "video": "None", "content": "Send"}


@pytest.mark.parametrize("leave", [False, True])
def test_a_refusal_that_has_another_reason_says_nothing_of_video(leave: bool) -> None:
    """Whatever is tried is refused, or nobody is left to try it on."""
    hall = Hall(features=Features(video=False), registered=False)

    def refuses() -> None:
        if leave:
            for user in hall.roles:
                hall.goes(user)
        raise ChimeRejectedError

    hall.chime.before = [refuses, *([] if leave else [never] * 1000)]
    hall.register(roles=hall.roles)
    assert hall.meeting().features.video_can_be_received


def test_the_strict_reading_is_found_out_though_chime_takes_its_time() -> None:
    """Before what widens the rules are read again, if a second has passed."""
    hall = Hall(features=Features(video=False), strict=True, registered=False)

    def slowly() -> None:
        hall.surroundings.pass_by(2)

    hall.chime.before = [slowly, not_now]
    registered = hall.register(roles=hall.roles)
    assert isinstance(registered, Answer), registered
    assert registered.status == "applied"
    assert hall.held("bob") == {"audio": "SendReceive", "video": "None", "content": "Send"}


def test_a_mute_all_overtaken_by_unmute_all_before_it_settled_is_told() -> None:
    hall = Hall()
    hall.chime_refuses()
    first = hall.done("alice", MUTE_ALL)
    hall.chime_recovers()
    second = hall.done("hugo", UNMUTE_ALL)
    hall.reconcile(60)
    assert (status(hall, first), status(hall, second)) == ("superseded", "applied")
    [told] = hall.entries(SUPERSEDED)
    assert (told.change_id, told.extra["supersededBy"]) == (first.change_id, second.change_id)
    assert hall.bits("bob") == EVERYTHING


def test_a_host_who_acts_while_another_s_order_is_under_way() -> None:
    """The mode comes between mute-all's commit and its order: both stand, and Chime has both."""
    hall = Hall()
    other = hall.another_process()
    told: list[str] = []

    def between() -> None:
        from moderation.application.requests import Request
        from moderation.domain.actor import Actor, ActorKind

        hall.chime.before = []
        outcome = other.perform(Request(MEETING, Actor(ActorKind.USER, "hugo"), SetMeeting(mode="audience")))
        assert isinstance(outcome, Answer)
        told.append(outcome.status)

    hall.chime.before = [between]
    assert hall.done("alice", MUTE_ALL).status == "applied"
    assert told == ["applied"]
    assert hall.bits("bob") == RECEIVING
    hall.done("alice", SetMeeting(mode="open"))
    assert hall.bits("bob") == SILENT


def test_whoever_is_muted_while_the_bulk_goes_through_is_found_by_the_second_look() -> None:
    hall = Hall()
    hall.done("alice", MUTE_ALL)

    def between() -> None:
        hall.chime.before = []
        hall.ask("hugo", Mute(), "bob")

    hall.chime.before = [between]
    assert hall.done("alice", UNMUTE_ALL).status == "applied"
    assert (hall.bits("bob"), hall.bits("carol")) == (SILENT, EVERYTHING)


def test_an_unmute_of_one_loses_against_a_mute_all_that_came_later() -> None:
    hall = Hall()
    hall.done("alice", MUTE_ALL)
    hall.chime_refuses()
    answer = hall.answered("alice", Unmute(), "bob")
    hall.chime_recovers()
    hall.done("hugo", MUTE_ALL)
    hall.reconcile(60)
    assert hall.bits("bob") == SILENT
    assert status(hall, answer) == "superseded"


def test_a_call_of_unknown_end_is_looked_at_again() -> None:
    hall = Hall()

    def unknown() -> None:
        raise OutcomeUnknownError

    hall.chime.before = [unknown]
    answer = hall.done("alice", MUTE_ALL)
    assert answer.status == "applied"
    hall.turn("bob", EVERYTHING)
    hall.reconcile(45)
    assert hall.bits("bob") == SILENT
    assert len(hall.entries(CAPABILITIES_CHANGED)) == 1


def test_the_same_key_gets_the_same_outcomes() -> None:
    hall = Hall()
    first = hall.done("alice", MUTE_ALL, key="k", fingerprint="f")
    again = hall.done("alice", MUTE_ALL, key="k", fingerprint="f")
    assert again.replayed
    assert (again.change_id, again.status, again.outcomes) == (first.change_id, first.status, first.outcomes)
    nothing = hall.done("alice", SetMeeting(mode="open"), key="n", fingerprint="f")
    assert hall.done("alice", SetMeeting(mode="open"), key="n", fingerprint="f").outcomes == nothing.outcomes == ()
    assert hall.denied("alice", UNMUTE_ALL, key="k", fingerprint="other").code == "idempotency-key-reused"
    assert len(hall.meeting().rules.mute_alls) == 1


def test_two_mute_alls_race_and_one_rule_is_left() -> None:
    hall = Hall()
    other = hall.another_process()
    transact = hall.ledger.transact
    raced: list[object] = []

    def slower(clauses: object) -> None:
        if not raced:
            raced.append(None)
            from moderation.application.requests import Request
            from moderation.domain.actor import Actor, ActorKind

            raced.append(other.perform(Request(MEETING, Actor(ActorKind.USER, "hugo"), MUTE_ALL)))
        transact(clauses)  # type: ignore[arg-type]

    hall.ledger.transact = slower  # type: ignore[method-assign]
    answer = hall.done("alice", MUTE_ALL)
    assert answer.status == "applied"
    assert isinstance(raced[1], Answer)
    [mute_all] = hall.meeting().rules.mute_alls
    assert mute_all.actor.id == "alice", "who lost the race decided anew"
    assert hall.bits("bob") == SILENT
    assert seat("bob") in hall.user("bob").seats


class Died(BaseException):
    """The function, at this point."""


@pytest.mark.parametrize("dies", [True, False])
def test_what_was_done_before_a_takeover_is_told_by_who_takes_over(dies: bool) -> None:
    """Chime shows everybody silent by then, but subscribers have been told of nobody."""
    hall = Hall()

    def last_call() -> None:
        if dies:
            raise Died
        hall.ledger.fail(1000, done=False)

    hall.chime.after = [last_call]
    with pytest.raises(Died) if dies else nullcontext():
        hall.say("alice", MUTE_ALL)
    hall.ledger.fail(0, done=False)
    assert hall.bits("bob") == SILENT
    assert not hall.entries(CAPABILITIES_CHANGED)
    hall.reconcile(46)
    [entry] = hall.entries(CAPABILITIES_CHANGED)
    told: Any = entry.extra["attendees"]
    assert {attendee["externalUserId"] for attendee in told} == {"bob", "carol"}
    assert {attendee["before"]["audio"] for attendee in told} == {"SendReceive"}
    assert {attendee["after"]["audio"] for attendee in told} == {"Receive"}


@pytest.mark.parametrize("is_ruled_anew", [False, True])
def test_a_note_that_comes_after_anothers_is_written_again_unless_the_rules_have_moved(is_ruled_anew: bool) -> None:
    """Whose rules have moved is told of by the change that moved them."""
    hall = Hall()
    transact = hall.ledger.transact

    def overtaken(clauses: Sequence[Clause]) -> None:
        if any(isinstance(c, SeatsNoted) for c in clauses):
            hall.ledger.transact = transact  # type: ignore[method-assign]
            bob = hall.user("bob")
            seen = bob.seats[seat("bob")].noted(SILENT, hall.surroundings.now())
            transact([SeatsNoted(MEETING, "bob", bob.revision, (seen,), bob.notes)])
            if is_ruled_anew:
                moved = replace(bob, revision=bob.revision + 1, revised_by="another")
                transact([UserRevised(MEETING, moved, bob.revision)])
        transact(clauses)

    hall.ledger.transact = overtaken  # type: ignore[method-assign]
    hall.done("alice", MUTE_ALL)
    told: Any = [attendee for entry in hall.entries(CAPABILITIES_CHANGED) for attendee in entry.extra["attendees"]]  # type: ignore[attr-defined]
    named = [attendee["externalUserId"] for attendee in told]
    assert sorted(named) == (["carol"] if is_ruled_anew else ["bob", "carol"])
    assert hall.user("bob").notes == (1 if is_ruled_anew else 2)


def test_what_a_lost_answer_has_told_is_told_once() -> None:
    """The notes are written, and the meeting has moved before they are tried again."""
    hall = Hall()
    transact = hall.ledger.transact

    def losing(clauses: Sequence[Clause]) -> None:
        transact(clauses)
        if any(isinstance(c, SeatsNoted) for c in clauses):
            hall.ledger.transact = transact  # type: ignore[method-assign]
            mode = Request(MEETING, by("hugo"), SetMeeting(default_role="viewer"))
            assert isinstance(hall.another_process().perform(mode), Answer)
            raise LedgerUnavailableError

    hall.ledger.transact = losing  # type: ignore[method-assign]
    answer = hall.done("alice", MUTE_ALL)
    told = [entry for entry in hall.entries(CAPABILITIES_CHANGED) if entry.change_id == answer.change_id]
    attendees: Any = [attendee for entry in told for attendee in entry.extra["attendees"]]  # type: ignore[attr-defined]
    assert sorted(attendee["externalUserId"] for attendee in attendees) == ["bob", "carol"]
