"""Whatever fails for a reason that nobody foresaw is caught by itself: the clock goes on for everything else."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from moderation.application.background.reconciler import POSTPONED_FOR
from moderation.domain.capability import EVERYTHING
from moderation.domain.change import Change, Lease, Status
from moderation.domain.commands import Mute
from moderation.ports import Due, Wakeup

from tests.memory.moderated_meeting import MEETING, seat
from tests.unit.application.hall import SILENT, Hall


def poisoned(hall: Hall, change_id: str = "poison") -> Change:
    """A change that nobody can make sense of, due at once."""
    now = hall.surroundings.now()
    hall.answered("alice", Mute(), "carol")
    some = next(change for change in hall.ledger.changes.values() if change.command == "mute")
    lease = Lease("token", now)
    nobody: Any = "nobody"
    change = replace(some, id=change_id, actor=nobody, status=Status.PENDING, lease=lease, due_at=now)
    hall.ledger.changes[MEETING, change_id] = change
    return change


def test_the_clock_goes_on_for_everything_else() -> None:
    hall = Hall()
    hall.answered("alice", Mute(seconds=30), "bob")
    poisoned(hall)
    report = hall.reconcile(40)
    assert hall.bits("bob") == EVERYTHING
    assert [(fault.meeting_id, fault.change_id) for fault in report.faults] == [(MEETING, "poison")]
    assert report.faults[0].where.startswith("AttributeError at ")


def test_it_leaves_the_others_alone_for_a_while() -> None:
    hall = Hall()
    poisoned(hall)
    assert hall.reconcile(1).faults
    assert not hall.reconcile(1).faults
    assert hall.reconcile(POSTPONED_FOR.total_seconds()).faults


def test_a_user_whom_the_clock_can_not_see_to_is_postponed(monkeypatch: pytest.MonkeyPatch) -> None:
    hall = Hall()
    hall.answered("alice", Mute(seconds=30), "bob")
    hall.answered("alice", Mute(seconds=30), "carol")
    load = hall.ledger.load

    def broken(meeting_id: str, users: object = (), *args: object, **kwargs: object) -> object:
        if users == ["bob"]:
            raise KeyError("origin")
        return load(meeting_id, users, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(hall.ledger, "load", broken)
    report = hall.reconcile(30)
    assert [fault.user_id for fault in report.faults] == ["bob"]
    assert hall.bits("carol") == EVERYTHING
    due = hall.ledger.due(hall.surroundings.now() + timedelta(hours=1), 50)
    assert Due(hall.surroundings.now() + POSTPONED_FOR, MEETING, user_id="bob") in due
    monkeypatch.undo()
    hall.reconcile(POSTPONED_FOR.total_seconds())
    assert hall.bits("bob") == EVERYTHING


def test_a_reminder_of_it_does_not_come_again_for_ever() -> None:
    hall = Hall()
    poisoned(hall)
    hall.surroundings.pass_by(1)
    assert hall.gavel.reconciler.on_wakeup(Wakeup(MEETING, "poison")).faults


def test_one_user_who_can_not_be_compared_stops_no_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    hall = Hall()
    hall.answered("alice", Mute(), "bob")
    hall.surroundings.pass_by(120)
    hall.turn("bob", EVERYTHING)
    hall.comes("dave")
    judge = hall.gavel.presence.on_joined

    def came(meeting_id: str, attendee_id: str) -> None:
        if attendee_id == seat("dave"):
            raise LookupError
        judge(meeting_id, attendee_id)

    monkeypatch.setattr(hall.gavel.presence, "on_joined", came)
    swept = hall.gavel.presence.sweep(hall.meeting())
    assert [(fault.meeting_id, fault.user_id) for fault in swept.faults] == [(MEETING, "dave")]
    assert hall.bits("bob") == SILENT
