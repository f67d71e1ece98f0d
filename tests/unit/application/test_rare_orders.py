"""Orders of events that are rare, and for each the safeguard that it needs."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import timedelta

import pytest
from moderation.application.requests import Request
from moderation.domain.capability import EVERYTHING, Capabilities, Medium
from moderation.domain.commands import MeetingCommand, Mute, SetMeeting, Unmute
from moderation.domain.entry import DRIFT_FOUND
from moderation.domain.meeting import UnmuteConsent
from moderation.ports import (
    ChangeKept,
    ChangeOpened,
    Clause,
    ConditionFailedError,
    Due,
    OutcomeUnknownError,
    SeatInChime,
    SeatsNoted,
    UserRevised,
    Wakeup,
)

from tests.memory.moderated_meeting import MEETING, ROLES, seat
from tests.unit.application.hall import MUTE_ALL, SILENT, UNMUTE_ALL, Hall, Stage, by, not_now

BOTH = (Medium.AUDIO, Medium.VIDEO)
UNSEEN = EVERYTHING & ~Capabilities.SEND_VIDEO


def unknown() -> None:
    raise OutcomeUnknownError


def just_before(hall: Hall, is_meant: Callable[[Sequence[Clause]], bool], happens: Callable[[], object]) -> None:
    """Once, before the first such transaction is written."""
    transact = hall.ledger.transact

    def interrupted(clauses: Sequence[Clause]) -> None:
        if is_meant(clauses):
            hall.ledger.transact = transact  # type: ignore[method-assign]
            happens()
        transact(clauses)

    hall.ledger.transact = interrupted  # type: ignore[method-assign]


def from_elsewhere(hall: Hall, who: str, command: MeetingCommand) -> None:
    hall.another_process().perform(Request(MEETING, by(who), command))


@pytest.mark.parametrize("of_all", [False, True])
def test_a_call_of_unknown_outcome_is_remembered_when_the_lease_is_released(of_all: bool) -> None:
    """It takes effect after the change was overruled: until no call can live any more, Chime is looked at again."""
    hall = Hall()
    hall.answered("alice", Mute(), "bob")
    if of_all:
        hall.done("alice", MUTE_ALL)
        hall.answered("alice", Unmute(), "bob")
        hall.answered("bob", Mute(), "bob")
    hall.chime.before = [unknown, *[not_now] * 1000]
    widened = hall.done("alice", UNMUTE_ALL) if of_all else hall.answered("alice", Unmute(), "bob")
    assert widened.status == "pending"
    hall.chime_recovers()
    overruled = hall.done("hugo", MUTE_ALL) if of_all else hall.answered("hugo", Mute(), "bob")
    assert overruled.status == "applied"
    hall.reconcile(3)
    assert hall.ledger.changes[MEETING, widened.change_id or ""].status == "superseded"
    hall.turn("bob", EVERYTHING)
    hall.reconcile(30)
    assert hall.bits("bob") == SILENT


def test_a_call_of_unknown_outcome_is_remembered_while_an_answer_is_awaited() -> None:
    hall = Hall()
    hall.done("alice", SetMeeting(unmute_consent=UnmuteConsent.REQUIRED))
    hall.answered("alice", Mute(BOTH), "bob")
    hall.chime.before = [unknown]
    asked = hall.answered("alice", Unmute(BOTH), "bob")
    assert (asked.status, asked.awaiting) == ("pending", "consent")
    assert hall.held("bob")["video"] == "SendReceive"
    assert hall.answered("hugo", Mute((Medium.VIDEO,)), "bob").status == "applied"
    hall.turn("bob", EVERYTHING & ~Capabilities.SEND_AUDIO)
    hall.reconcile(31)
    assert hall.held("bob")["video"] == "Receive"


def test_a_decision_that_was_committed_after_all_is_not_carried_out_by_the_next_one() -> None:
    """The first one's lease is running, and its transaction was reported as lost: two would apply different rules."""
    hall = Hall()
    transact = hall.ledger.transact

    def late(clauses: Sequence[Clause]) -> None:
        transact(clauses)
        if any(isinstance(clause, ChangeOpened) for clause in clauses):
            hall.ledger.transact = transact  # type: ignore[method-assign]
            raise ConditionFailedError([clause for clause in clauses if isinstance(clause, UserRevised)])

    hall.ledger.transact = late  # type: ignore[method-assign]
    answer = hall.answered("alice", Mute(), "bob")
    assert answer.status == "pending"
    assert hall.chime.orders() == []
    hall.reconcile(46)
    assert hall.bits("bob") == SILENT
    assert hall.ledger.changes[MEETING, answer.change_id or ""].status == "applied"
    assert len(hall.chime.orders()) == 1


class Died(BaseException):
    """The function, at this point."""


def die() -> None:
    raise Died


@pytest.mark.parametrize("is_noted", [True, False])
def test_drift_is_put_right_by_the_rules_of_the_moment(is_noted: bool) -> None:
    """A mute-all comes between the look at Chime and the commit: by the rules that were read bob would be heard. That
    the mute-all has silenced him need not be noted yet.
    """
    hall = Hall()
    hall.answered("alice", Mute((Medium.VIDEO,)), "bob")
    hall.surroundings.pass_by(61)
    hall.turn("bob", EVERYTHING)

    def silenced() -> None:
        if not is_noted:
            just_before(hall, lambda clauses: any(isinstance(c, SeatsNoted) for c in clauses), die)
        with nullcontext() if is_noted else pytest.raises(Died):
            from_elsewhere(hall, "hugo", MUTE_ALL)

    just_before(
        hall,
        lambda clauses: any(isinstance(c, ChangeOpened) and c.change.command == "bind" for c in clauses),
        silenced,
    )
    hall.chime.calls.clear()
    hall.gavel.presence.sweep(hall.meeting())
    assert hall.meeting().rules.mute_alls
    given = [c.capabilities for c in hall.chime.orders() if c.attendee_id == seat("bob") and c.capabilities]
    assert all(Capabilities.SEND_AUDIO not in capabilities for capabilities in given)
    assert hall.bits("bob") == SILENT & UNSEEN


def drifts(hall: Hall) -> None:
    hall.turn("bob", SILENT)


def is_over(hall: Hall) -> None:
    drifts(hall)
    hall.gavel.presence.sweep(hall.meeting())
    hall.turn("bob", EVERYTHING)


@pytest.mark.parametrize("happens", [drifts, is_over])
def test_of_drift_nothing_is_noted_by_rules_that_are_not_in_force_any_more(happens: Callable[[Hall], None]) -> None:
    """A mute-all comes between the look at Chime and the note; its own notes are still to come."""
    hall = Hall()
    hall.surroundings.pass_by(61)
    happens(hall)
    found = len(hall.entries(DRIFT_FOUND))

    def muted() -> None:
        just_before(hall, lambda clauses: any(isinstance(c, SeatsNoted) for c in clauses), die)
        with pytest.raises(Died):
            from_elsewhere(hall, "hugo", MUTE_ALL)

    before = hall.user("bob").seats
    just_before(hall, lambda clauses: any(isinstance(c, SeatsNoted) for c in clauses), muted)
    hall.gavel.presence.sweep(hall.meeting())
    assert hall.meeting().rules.mute_alls
    assert (hall.user("bob").seats, len(hall.entries(DRIFT_FOUND))) == (before, found)


def test_what_was_reached_is_noted_only_while_the_meeting_stands() -> None:
    """Another change of everybody comes and is noted before the first one's note is: that would be untrue by then."""
    hall = Hall()

    def is_note(clauses: Sequence[Clause]) -> bool:
        is_closed = any(isinstance(c, ChangeKept) and not c.change.is_open for c in clauses)
        return any(isinstance(c, SeatsNoted) for c in clauses) and not is_closed

    untrue: list[str] = []
    transact = hall.ledger.transact

    def watched(clauses: Sequence[Clause]) -> None:
        transact(clauses)
        if not hall.meeting().rules.mute_alls and is_note(clauses):
            known = {user: hall.user(user).seats[seat(user)].known for user in ("bob", "carol")}
            untrue.extend(user for user, said in known.items() if said not in (None, hall.bits(user)))

    hall.ledger.transact = watched  # type: ignore[method-assign]
    just_before(hall, is_note, lambda: from_elsewhere(hall, "hugo", UNMUTE_ALL))
    assert hall.done("alice", MUTE_ALL).status == "superseded"
    assert hall.bits("bob") == EVERYTHING
    assert untrue == []


def test_what_can_not_be_noted_with_it_keeps_no_change_waiting() -> None:
    """One attendee of bob's was reached; before it is noted, the meeting has moved on."""
    hall = Hall()
    hall.comes("bob", 1)
    hall.gavel.presence.on_joined(MEETING, seat("bob", 1))
    hall.chime.before = [None, *[not_now] * 1000]
    just_before(
        hall,
        lambda clauses: any(isinstance(c, SeatsNoted) for c in clauses),
        lambda: from_elsewhere(hall, "hugo", SetMeeting(default_role="viewer")),
    )
    change = hall.ledger.changes[MEETING, hall.answered("alice", Mute(), "bob").change_id or ""]
    assert hall.meeting().rules.default_role == "viewer"
    assert change.lease is not None
    assert change.lease.is_released
    assert change.notes_count_from is not None, "what was noted before counts no more"


@pytest.mark.parametrize("others", [(), ("dave", "erin", "frank")])
def test_before_all_are_opened_who_was_muted_since_is_looked_at(others: tuple[str, ...]) -> None:
    """bob's order takes two seconds; carol's comes after it, and hugo has muted carol meanwhile. With others who need
    the same, both orders are of many attendees.
    """
    hall = Hall(roles=ROLES | dict.fromkeys(others, "participant"))
    for user in ("carol", *others[:1]):
        hall.answered("alice", Mute((Medium.VIDEO,)), user)
    hall.done("alice", MUTE_ALL)
    heard: list[bool] = []
    write = hall.chime.write

    def writes(meeting_id: str, seat: SeatInChime, capabilities: Capabilities) -> None:
        write(meeting_id, seat, capabilities)
        heard.append(seat.user_id == "carol" and Capabilities.SEND_AUDIO in capabilities)

    def slowly() -> None:
        hall.chime.after = []
        hall.another_process().perform(Request(MEETING, by("hugo"), Mute(), attendee_id=seat("carol")))
        hall.surroundings.pass_by(2)

    hall.chime.write = writes  # type: ignore[method-assign]
    hall.chime.after = [slowly]
    hall.done("alice", UNMUTE_ALL)
    assert hall.bits("bob") == EVERYTHING
    assert not any(heard)


def test_who_agreed_and_is_not_heard_because_the_meeting_was_changed_is_not_said_to_be() -> None:
    stage = Stage()
    stage.consenting()
    stage.answered("alice", Mute(), "bob")
    asked = stage.answered("alice", Unmute(), "bob").change_id
    stage.chime_refuses()
    stage.consents("bob")
    mode = stage.done("hugo", SetMeeting(mode="audience"))
    stage.chime_recovers()
    stage.reconcile(5)
    assert not stage.heard("bob")
    assert (stage.change(asked).status, stage.change(asked).closed_by) == ("superseded", mode.change_id)


def test_a_wake_up_that_comes_early_takes_nothing_over() -> None:
    hall = Hall()
    hall.chime_refuses()
    answer = hall.answered("alice", Mute(), "bob")
    hall.chime_recovers()
    hall.chime.calls.clear()
    before = hall.ledger.changes[MEETING, answer.change_id or ""]
    assert before.due_at is not None
    assert before.due_at > hall.surroundings.now()
    report = hall.another_process().reconciler.on_wakeup(Wakeup(MEETING, change_id=answer.change_id))
    assert (report.taken, report.left, hall.chime.calls) == (0, 0, [])
    assert hall.ledger.changes[MEETING, answer.change_id or ""] == before


def test_what_the_index_shows_as_due_still_is_left_to_its_holder(monkeypatch: pytest.MonkeyPatch) -> None:
    """The index lags behind the table: the change was taken over meanwhile, and is due only when that lease is over."""
    hall = Hall()
    hall.chime_refuses()
    change_id = hall.answered("alice", Mute(), "bob").change_id or ""
    hall.chime_recovers()
    hall.chime.calls.clear()
    before, now = hall.ledger.changes[MEETING, change_id], hall.surroundings.now()
    lagging = [Due(now - timedelta(seconds=1), MEETING, change_id)]
    monkeypatch.setattr(hall.ledger, "due", lambda until, limit: lagging)
    report = hall.another_process().reconciler.run(now + timedelta(minutes=1))
    assert (report.carried, report.faults, hall.chime.orders()) == ([], [], [])
    assert hall.ledger.changes[MEETING, change_id] == before


def test_who_waits_in_the_lobby_sees_no_change_that_is_about_them() -> None:
    """They have no role in the meeting yet, so the policies show them nothing of it."""
    stage = Stage()
    stage.done("alice", SetMeeting(lobby=True))
    stage.admits("dora")
    outcome = stage.ask_user("alice", Mute(reason="talks too much"), "dora")
    change_id = getattr(outcome, "change_id", None)
    assert isinstance(stage.gavel.change(MEETING, by("alice"), change_id or ""), dict)
    assert not isinstance(stage.gavel.change(MEETING, by("dora"), change_id or ""), dict)
