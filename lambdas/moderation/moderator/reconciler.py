"""Finishes what was decided: takes over changes whose holder has died or given up, looks again after calls of unknown
end, gives up widenings that waited too long.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ..core.change import DELAYED_AFTER, LEASE, Change
from ..core.entry import DELAYED, iso
from ..core.meeting import CHECKED_EVERY, User, next_end
from ..ports import ChangeKept, CheckTaken, Clause, Conflict, Due, EntryWritten, MachineFailure, Reminder, World
from .carried import Carried, about, due_after, entry, lease_of
from .clock import Clock
from .consents import lapse
from .enforcement import Enforcement
from .persistence import persistently
from .presence import NotSettled, Presence

AT_ONCE = 50
"""What one look at the `due` index takes from it."""
LOOKS_A_MEETING = 3
"""Pages of a roster of 250, a hundred a page."""
TIME_PER_CHANGE = timedelta(seconds=8)


@dataclass(slots=True)
class Report:
    """What one run came upon, for its log line and its metrics."""

    taken: int = 0
    finished: int = 0
    left: int = 0
    taken_by_others: int = 0
    failed: int = 0
    statuses: dict[str, int] = field(default_factory=dict)
    oldest_pending: float = 0.0
    """Seconds since the decision of the oldest change that was due and is pending still."""
    carried: list[Carried] = field(default_factory=list)
    """Changes as they were left."""

    def leaves(self, change: Change | None, now: datetime) -> None:
        if change is not None and change.is_open:
            self.oldest_pending = max(self.oldest_pending, (now - change.committed_at).total_seconds())


class Reconciler:
    def __init__(self, world: World, enforcement: Enforcement, presence: Presence) -> None:
        self._world = world
        self._presence = presence
        self._enforcement = enforcement
        self._clock = Clock(world, enforcement)
        self._now = world.surroundings.now

    def run(self, deadline: datetime) -> Report:
        """What is due by now, narrowing first. Two of it at once share the work.

        What can't be done yet (the ends of restrictions in a frozen meeting) stays due and in front, so it is looked
        past: nothing else waits behind it.
        """
        report = Report()
        seen: set[tuple[str, str | None, str | None]] = set()
        limit = AT_ONCE
        while True:
            found = self._world.ledger.due(self._now(), limit)
            waiting = sorted((due for due in found if _name(due) not in seen), key=_urgency)
            for position, due in enumerate(waiting):
                if self._now() + TIME_PER_CHANGE > deadline:
                    for left in waiting[position:]:
                        report.leaves(left.change, self._now())
                    return report
                seen.add(_name(due))
                self._one(due, report)
            if len(found) < limit:
                return report
            limit += AT_ONCE

    def remind(self, reminder: Reminder) -> Report:
        """One change, person or meeting, if it is due."""
        report = Report()
        now, meeting_id = self._now(), reminder.meeting_id
        if reminder.change_id is None:
            self._one(Due(now, meeting_id, user_id=reminder.user_id), report, reminded=True)
            return report
        change = self._world.ledger.change(meeting_id, reminder.change_id)
        if change is not None and change.due_at is not None and change.due_at <= now:
            self._one(Due(change.due_at, meeting_id, change), report)
        return report

    def _one(self, due: Due, report: Report, *, reminded: bool = False) -> None:
        """One's failure is no other's."""
        try:
            done = self._done(due, reminded)
        except Conflict:
            report.taken_by_others += 1
            report.leaves(due.change, self._now())
            return
        except (MachineFailure, NotSettled):
            report.failed += 1
            report.leaves(due.change, self._now())
            return
        report.taken += 1
        if done is None:
            return
        report.finished += done.change.due_at is None
        report.left += done.change.due_at is not None
        report.statuses[done.change.status] = report.statuses.get(done.change.status, 0) + 1
        report.leaves(done.change, self._now())
        report.carried.append(done)

    def _done(self, due: Due, reminded: bool) -> Carried | None:
        if due.change is not None:
            carried = self._taken_over(due.change)
            if carried is None:
                return None
            if due.change.awaits_consent and carried.user is not None and not self._is_asked(carried.user, due.change):
                carried = lapse(self._world, carried.meeting, carried.user, carried.change)
            return self._enforcement.carry_out(carried, self._now() + TIME_PER_CHANGE, in_background=True)
        if due.user_id is not None:
            return self._clock.person(due.meeting_id, due.user_id)
        return self._meeting(due, reminded)

    def _meeting(self, due: Due, reminded: bool) -> Carried | None:
        """Ends its mute-alls whose time has come, and compares Chime with the rules if that is due and affordable.
        Each reminder is followed by another; a look sends one only if the end comes before the next look.
        """
        now = self._now()
        meeting = self._world.ledger.load(due.meeting_id).meeting
        if meeting is None:
            return None
        if meeting.check_at is None or meeting.check_at > now:
            return self._clock.meeting(meeting)
        ends_at = next_end(meeting.rules)
        then = now + CHECKED_EVERY if ends_at is None else min(max(ends_at, now), now + CHECKED_EVERY)
        then = max(then, meeting.check_at + timedelta(milliseconds=1))
        self._take_check(CheckTaken(meeting.id, meeting.check_at, then), now)
        meeting = replace(meeting, check_at=then)
        ended = self._clock.meeting(meeting, None if reminded else then)
        if ended is None and self._world.ledger.take_calls(LOOKS_A_MEETING, now, looking=True):
            self._presence.sweep(meeting)
        return ended

    def _is_asked(self, user: User, change: Change) -> bool:
        asked = user.rules.asked
        return asked is not None and asked.change_id == change.id and asked.is_open(self._now())

    def _take_check(self, clause: CheckTaken, now: datetime) -> None:
        """Raises `Conflict` if another process was quicker, but not if it was our own try whose answer was lost: then
        nobody else would end what has ended, before the next check.
        """
        try:
            persistently(self._world, [clause], now + TIME_PER_CHANGE)
        except Conflict:
            meeting = self._world.ledger.load(clause.meeting_id).meeting
            if meeting is None or meeting.check_at != clause.then:
                raise

    def _taken_over(self, change: Change) -> Carried | None:
        """Raises `Conflict` if another process was quicker."""
        now = self._now()
        if change.lease is None or change.due_at is None or change.due_at > now:
            return None
        lease = lease_of(self._world.surroundings.new_id(), now, LEASE)
        subject = None if change.everybody else change.subject
        loaded = self._world.ledger.load(change.meeting_id, [subject] if subject else [])
        if loaded.meeting is None:
            return None
        user: User | None = loaded.users[subject] if subject else None
        is_late = change.is_open and not change.delay_told and now >= change.patient_since + DELAYED_AFTER
        is_late = is_late and not change.awaits_consent
        taken = replace(change, lease=lease, due_at=due_after(lease), delay_told=change.delay_told or is_late)
        carried = Carried(taken, loaded.meeting, user)
        clauses: list[Clause] = [ChangeKept(taken, change.lease.token)]
        if is_late:
            adds = {"pendingSince": iso(change.patient_since), **about(change)}
            clauses.append(EntryWritten(entry(self._world, carried, DELAYED, adds)))
        persistently(self._world, clauses, lease.until)
        return carried


def _name(due: Due) -> tuple[str, str | None, str | None]:
    return (due.meeting_id, due.change.id if due.change else None, due.user_id)


def _urgency(due: Due) -> tuple[bool, bool, datetime]:
    """Open changes that narrow, then those that widen and what ends by itself, then what is only looked at again."""
    change = due.change
    if change is None:
        return (False, True, due.at)
    return (not change.is_open, not change.narrows, change.committed_at)
