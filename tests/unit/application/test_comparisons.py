"""Comparisons: every meeting is compared with Chime, the one compared longest ago first."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from moderation.application.background.comparisons import Comparisons, next_check
from moderation.application.background.reconciler import AT_ONCE, Report
from moderation.application.requests import Answer, Request
from moderation.bootstrap import Gavel
from moderation.domain.capability import EVERYTHING
from moderation.domain.commands import MuteEverybody, Register, SetMeeting
from moderation.domain.schedule import CHECKED_EVERY
from moderation.ports import Budget, CheckTaken, ChimeAttendee, ChimeRetryableError, Clause

from tests.memory.moderated_meeting import ADMIN, MEETING, ModeratedMeeting
from tests.unit.application.commanded_meeting import UNMUTE_ALL, CommandedMeeting

MINUTES = 15


def many(meetings: int, users: int = 1) -> ModeratedMeeting:
    meeting = ModeratedMeeting(registered=False)
    for n in range(meetings):
        meeting.chime.open(name(n), {f"{n:08x}-0000-0000-0000-{p:012x}": f"p{p}" for p in range(users)})
        outcome = meeting.gavel.perform(Request(name(n), ADMIN, Register(roles={"alice": "host"})))
        assert isinstance(outcome, Answer)
        meeting.clock.pass_by(0.3)
    meeting.chime.calls.clear()
    return meeting


def name(n: int) -> str:
    return f"{n:08x}-1111-1111-1111-111111111111"


def minute(meeting: ModeratedMeeting) -> Report:
    """A run as in production: a call to Chime takes 80 ms."""
    began = meeting.clock.now()
    report = Gavel(meeting.ports).reconciler.run(began + timedelta(seconds=50))
    took = (meeting.clock.now() - began).total_seconds()
    meeting.clock.pass_by(max(0, 60 - took))
    return report


def slow(meeting: ModeratedMeeting, monkeypatch: pytest.MonkeyPatch) -> None:
    roster: Callable[[str], Any] = meeting.chime.roster

    def after_a_while(meeting_id: str) -> Any:
        meeting.clock.pass_by(0.08)
        return roster(meeting_id)

    monkeypatch.setattr(meeting.chime, "roster", after_a_while)


def looks(meeting: ModeratedMeeting) -> Counter[str]:
    return Counter(call.meeting_id for call in meeting.chime.calls if call.operation == "roster")


@pytest.mark.parametrize("meetings", [1, 20, 250])
def test_each_is_compared_again_and_again(meetings: int, monkeypatch: pytest.MonkeyPatch) -> None:
    meeting = many(meetings)
    slow(meeting, monkeypatch)
    reports = [minute(meeting) for _ in range(MINUTES)]
    found = looks(meeting)
    assert len(found) == meetings
    assert min(found.values()) >= MINUTES // 4
    assert max(report.comparison.oldest for report in reports) <= 240


def test_large_ones_take_as_much_of_the_budget_as_they_have_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    meeting = many(12, users=250)
    taken: list[int] = []
    take = meeting.ledger.acquire_background_calls

    def counted(count: int, now: Any, budget: Budget = Budget.CALLS) -> bool:
        is_given = take(count, now, budget)
        if budget is Budget.COMPARISONS and is_given:
            taken.append(count)
        return is_given

    monkeypatch.setattr(meeting.ledger, "acquire_background_calls", counted)
    meeting.clock.pass_by(120)
    minute(meeting)
    assert taken == [3] * 12


def test_what_could_not_be_looked_at_is_next_and_is_told() -> None:
    meeting = many(2)
    meeting.clock.pass_by(120)
    roster = meeting.chime.roster

    def fails(meeting_id: str) -> Any:
        if meeting_id == name(0):
            raise ChimeRetryableError
        return roster(meeting_id)

    meeting.chime.roster = fails  # type: ignore[method-assign]
    for age in (120, 180, 240):
        report = minute(meeting)
        assert report.comparison.oldest == pytest.approx(age, abs=2)
    meeting.chime.roster = roster  # type: ignore[method-assign]
    meeting.chime.calls.clear()
    minute(meeting)
    assert next(iter(looks(meeting))) == name(0)
    assert minute(meeting).comparison.oldest < 130


def test_a_comparison_waits_for_the_budget_and_not_for_the_next_run() -> None:
    meeting = many(40)
    meeting.clock.pass_by(120)
    assert minute(meeting).comparison.compared == 40


def test_a_run_without_time_tells_how_many_meetings_it_left() -> None:
    meeting = many(3)
    meeting.clock.pass_by(120)
    done = Comparisons(meeting.ledger, meeting.clock, meeting.gavel.chime_events).run(
        meeting.ledger.meetings.values(), meeting.clock.now() + timedelta(seconds=1)
    )
    assert (done.compared, done.left) == (0, 3)


@pytest.mark.parametrize("is_lifted", [False, True])
def test_the_end_of_a_mute_all_does_not_postpone_the_next_comparison(is_lifted: bool) -> None:
    """Whether it ends by itself, or was lifted before."""
    meeting = CommandedMeeting()
    assert meeting.reconcile(CHECKED_EVERY.total_seconds()).comparison.compared == 1
    meeting.done("alice", MuteEverybody(seconds=30))
    if is_lifted:
        meeting.done("alice", UNMUTE_ALL)
    assert meeting.reconcile(30).comparison.compared == 0
    assert meeting.bits("bob") == EVERYTHING
    assert meeting.reconcile(CHECKED_EVERY.total_seconds() - 30).comparison.compared == 1


def test_a_mute_all_ends_in_time_though_no_look_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    meeting = CommandedMeeting()
    meeting.done("alice", MuteEverybody(seconds=30))
    take = meeting.ledger.acquire_background_calls
    monkeypatch.setattr(
        meeting.ledger, "acquire_background_calls", lambda c, now, b=Budget.CALLS: b is Budget.CALLS and take(c, now, b)
    )
    meeting.clock.pass_by(30)
    report = Gavel(meeting.ports).reconciler.run(meeting.clock.now() + timedelta(seconds=50))
    assert meeting.bits("bob") == EVERYTHING
    assert report.comparison.compared == 0


def test_looks_of_participants_take_none_of_the_sweeps() -> None:
    meeting = CommandedMeeting()
    now = meeting.clock.now()
    while meeting.ledger.acquire_background_calls(1, now, Budget.READS):
        pass
    meeting.chime.rooms[MEETING].attendees["x"] = ChimeAttendee("x", "late", EVERYTHING)
    meeting.reconcile(120)
    assert "late" in meeting.ledger.all_users(MEETING)


def test_a_sweep_binds_no_more_than_it_has_time_for(monkeypatch: pytest.MonkeyPatch) -> None:
    meeting = CommandedMeeting()
    for number in range(5):
        meeting.comes("bob", number + 1)
    came = meeting.gavel.chime_events.on_joined

    def slowly(meeting_id: str, attendee_id: str) -> None:
        meeting.clock.pass_by(6)
        came(meeting_id, attendee_id)

    monkeypatch.setattr(meeting.gavel.chime_events, "on_joined", slowly)
    meeting.clock.pass_by(CHECKED_EVERY.total_seconds())
    meeting.gavel.reconciler.run(meeting.clock.now() + timedelta(seconds=10))
    assert len(meeting.user("bob").attendees) == 3


def test_what_another_process_has_just_compared_is_not_compared_again() -> None:
    meeting = CommandedMeeting()
    done = Comparisons(meeting.ledger, meeting.clock, meeting.gavel.chime_events).run(
        [meeting.stored()], meeting.clock.now() + timedelta(minutes=1)
    )
    assert (done.compared, done.left, done.faults, meeting.chime.calls) == (0, 0, [], [])


def test_a_mute_all_whose_end_waits_while_the_meeting_is_frozen_asks_for_no_looks() -> None:
    meeting = CommandedMeeting()
    meeting.done("alice", MuteEverybody(seconds=60))
    meeting.done("alice", SetMeeting(frozen=True))
    meeting.clock.pass_by(600)

    now = meeting.clock.now()
    assert next_check(meeting.stored(), now + CHECKED_EVERY, now) == now + CHECKED_EVERY


def test_a_mute_all_that_is_committed_before_a_comparison_is_noted_ends_in_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    meeting = CommandedMeeting()
    transact = meeting.ledger.transact

    def muted_first(clauses: Sequence[Clause]) -> None:
        if any(isinstance(clause, CheckTaken) and clause.compared_at is not None for clause in clauses):
            monkeypatch.undo()
            meeting.done("alice", MuteEverybody(seconds=30))
        transact(clauses)

    monkeypatch.setattr(meeting.ledger, "transact", muted_first)
    meeting.reconcile(CHECKED_EVERY.total_seconds())
    assert meeting.bits("bob") != EVERYTHING

    meeting.clock.pass_by(30)
    Gavel(meeting.ports).reconciler.run(meeting.clock.now() + timedelta(seconds=50))
    assert meeting.bits("bob") == EVERYTHING


def test_each_of_more_records_than_one_query_returns_is_taken_once() -> None:
    meeting = many(AT_ONCE + 1)
    meeting.clock.pass_by(CHECKED_EVERY.total_seconds())
    assert minute(meeting).taken == AT_ONCE + 1


def test_a_run_without_budget_for_comparisons_ends_before_its_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    meeting = many(2)
    monkeypatch.setattr(meeting.ledger, "acquire_background_calls", lambda *_: False)
    meeting.clock.pass_by(CHECKED_EVERY.total_seconds())
    deadline = meeting.clock.now() + timedelta(seconds=50)
    done = Gavel(meeting.ports).reconciler.run(deadline).comparison
    assert (done.compared, done.left) == (0, 2)
    assert meeting.clock.now() <= deadline
