"""Unexpected errors are caught one by one: the reconciler continues with everything else."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from moderation.application.background.reconciler import POSTPONED_FOR
from moderation.domain.capability import EVERYTHING
from moderation.domain.change import Change, Lease
from moderation.domain.commands import Mute
from moderation.ports import Due, Wakeup

from tests.memory.moderated_meeting import MEETING, attendee_of
from tests.unit.application.commanded_meeting import SILENT, CommandedMeeting


def poisoned(meeting: CommandedMeeting, change_id: str = "poison") -> Change:
    """A change that cannot be processed, due at once."""
    now = meeting.clock.now()
    meeting.answered("alice", Mute(), "carol")
    some = next(change for change in meeting.ledger.changes.values() if change.command == "mute")
    lease = Lease("token", now)
    nobody: Any = "nobody"
    change = replace(some, id=change_id, actor=nobody, closure=None, lease=lease, next_attempt_at=now)
    meeting.ledger.changes[MEETING, change_id] = change
    return change


def test_the_clock_goes_on_for_everything_else() -> None:
    meeting = CommandedMeeting()
    meeting.answered("alice", Mute(seconds=30), "bob")
    poisoned(meeting)
    report = meeting.reconcile(40)
    assert meeting.bits("bob") == EVERYTHING
    assert [(fault.meeting_id, fault.change_id) for fault in report.faults] == [(MEETING, "poison")]
    assert report.faults[0].where.startswith("AttributeError at ")


def test_it_leaves_the_others_alone_for_a_while() -> None:
    meeting = CommandedMeeting()
    poisoned(meeting)
    assert meeting.reconcile(1).faults
    assert not meeting.reconcile(1).faults
    assert meeting.reconcile(POSTPONED_FOR.total_seconds()).faults


def test_a_user_whose_expiry_fails_is_postponed(monkeypatch: pytest.MonkeyPatch) -> None:
    meeting = CommandedMeeting()
    meeting.answered("alice", Mute(seconds=30), "bob")
    meeting.answered("alice", Mute(seconds=30), "carol")
    load = meeting.ledger.load

    def broken(meeting_id: str, users: object = (), *args: object, **kwargs: object) -> object:
        if users == ["bob"]:
            raise KeyError("origin")
        return load(meeting_id, users, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(meeting.ledger, "load", broken)
    report = meeting.reconcile(30)
    assert [fault.user_id for fault in report.faults] == ["bob"]
    assert meeting.bits("carol") == EVERYTHING
    due = meeting.ledger.due(meeting.clock.now() + timedelta(hours=1), 50)
    assert Due(meeting.clock.now() + POSTPONED_FOR, MEETING, user_id="bob") in due
    monkeypatch.undo()
    meeting.reconcile(POSTPONED_FOR.total_seconds())
    assert meeting.bits("bob") == EVERYTHING


def test_a_reminder_of_it_does_not_come_again_for_ever() -> None:
    meeting = CommandedMeeting()
    poisoned(meeting)
    meeting.clock.pass_by(1)
    assert meeting.gavel.reconciler.on_wakeup(Wakeup(MEETING, "poison")).faults


def test_one_user_who_can_not_be_compared_stops_no_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    meeting = CommandedMeeting()
    meeting.answered("alice", Mute(), "bob")
    meeting.clock.pass_by(120)
    meeting.drifts("bob", EVERYTHING)
    meeting.comes("dave")
    judge = meeting.gavel.chime_events.on_joined

    def came(meeting_id: str, attendee_id: str) -> None:
        if attendee_id == attendee_of("dave"):
            raise LookupError
        judge(meeting_id, attendee_id)

    monkeypatch.setattr(meeting.gavel.chime_events, "on_joined", came)
    swept = meeting.gavel.chime_events.compare(meeting.stored())
    assert [(fault.meeting_id, fault.user_id) for fault in swept.faults] == [(MEETING, "dave")]
    assert meeting.bits("bob") == SILENT
