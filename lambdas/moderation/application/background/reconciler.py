"""Finishes what was decided: takes over changes whose holder has died or given up, looks again after calls of unknown
end, gives up widenings that waited too long.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ...domain.change import DELAYED_AFTER, LEASE, Change
from ...domain.entry import DELAYED, iso
from ...domain.meeting import Meeting, User
from ...ports import (
    ChangeKept,
    CheckTaken,
    Clause,
    ConditionFailedError,
    Due,
    EntryWritten,
    InfrastructureError,
    Postponed,
    Wakeup,
    World,
)
from ..commands.consent import lapse
from ..enforcement.change_applier import ChangeApplier
from ..enforcement.change_in_progress import ChangeInProgress, about, due_after, entry, lease_of
from ..enforcement.retries import transact_with_retry
from .chime_events import ChimeEventHandler, NotSettledError
from .comparisons import Comparison, Comparisons, is_stale, next_check, take_check
from .expiry import Expiry
from .unexpected_errors import UnexpectedError, where

AT_ONCE = 500
"""What one look at the `due` index takes from it."""
POSTPONED_FOR = timedelta(minutes=2)
"""How long what failed for no foreseen reason leaves the others alone."""
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
    carried: list[ChangeInProgress] = field(default_factory=list)
    """Changes as they were left."""
    comparison: Comparison = field(default_factory=Comparison)
    faults: list[UnexpectedError] = field(default_factory=list)
    """What failed for no foreseen reason: postponed."""

    def leaves(self, change: Change | Meeting | None, now: datetime) -> None:
        if isinstance(change, Change) and change.is_open:
            self.oldest_pending = max(self.oldest_pending, (now - change.committed_at).total_seconds())


class Reconciler:
    def __init__(self, world: World, applier: ChangeApplier, presence: ChimeEventHandler) -> None:
        self._world = world
        self._applier = applier
        self._clock = Expiry(world, applier)
        self._sweeps = Comparisons(world, presence)
        self._now = world.surroundings.now

    def run(self, deadline: datetime) -> Report:
        """What is due by now, narrowing first; then meetings are compared with Chime. Two of it at once share the work.

        What can't be done yet (the ends of restrictions in a frozen meeting) stays due and in front, so it is looked
        past: nothing else waits behind it.
        """
        report, stale = Report(), dict[str, Meeting]()
        seen: set[Due] = set()
        limit = AT_ONCE
        while True:
            found = self._world.ledger.due(self._now(), limit)
            waiting = [due for due in found if due not in seen]
            seen.update(waiting)
            if not self._work_off(waiting, deadline, stale, report):
                break
            if len(found) < limit:
                report.comparison = self._sweeps.run(stale.values(), deadline)
                report.faults += report.comparison.faults
                break
            limit += AT_ONCE
        return report

    def on_wakeup(self, wakeup: Wakeup) -> Report:
        """One change, person or meeting, if it is due."""
        report, now = Report(), self._now()
        due = Due(now, wakeup.meeting_id, wakeup.change_id, wakeup.user_id)
        record = self._world.ledger.due_records([due]).get(due)
        if isinstance(record, Change) and record.due_at is not None:
            due = replace(due, at=record.due_at)
        if wakeup.change_id is None or due.at <= now:
            self._one(due, record, report, None)
        return report

    def _work_off(self, waiting: Sequence[Due], deadline: datetime, stale: dict[str, Meeting], report: Report) -> bool:
        """False if the time is over before it is done."""
        records = self._records(waiting)
        together = sorted(((due, records.get(due)) for due in waiting), key=_urgency)
        for position, (due, record) in enumerate(together):
            if self._now() + TIME_PER_CHANGE > deadline:
                for _, left in together[position:]:
                    report.leaves(left, self._now())
                return False
            self._one(due, record, report, stale)
        return True

    def _records(self, waiting: Sequence[Due]) -> Mapping[Due, Change | Meeting]:
        """Without them, all that is lost is the order."""
        try:
            return self._world.ledger.due_records(waiting) if waiting else {}
        except InfrastructureError:
            return {}

    def _one(self, due: Due, record: Change | Meeting | None, report: Report, stale: dict[str, Meeting] | None) -> None:
        """One's failure is no other's. `stale` takes in the meetings that are to be compared with Chime."""
        try:
            done = self._done(due, record, stale)
        except ConditionFailedError:
            report.taken_by_others += 1
            report.leaves(record, self._now())
            return
        except (InfrastructureError, NotSettledError):
            report.failed += 1
            report.leaves(record, self._now())
            return
        except Exception as error:
            report.faults.append(UnexpectedError(where(error), due.meeting_id, due.change_id, due.user_id))
            report.leaves(record, self._now())
            self._postpone(due)
            return
        report.taken += 1
        if done is None:
            return
        report.finished += done.change.due_at is None
        report.left += done.change.due_at is not None
        report.statuses[done.change.status] = report.statuses.get(done.change.status, 0) + 1
        report.leaves(done.change, self._now())
        report.carried.append(done)

    def _postpone(self, due: Due) -> None:
        """Best effort: who has taken it over since has made it due later himself."""
        until = self._now() + POSTPONED_FOR
        with suppress(InfrastructureError):
            transact_with_retry(self._world, [Postponed(due, until)], self._now() + TIME_PER_CHANGE)

    def _done(
        self, due: Due, record: Change | Meeting | None, stale: dict[str, Meeting] | None
    ) -> ChangeInProgress | None:
        if due.change_id is not None:
            change = record if isinstance(record, Change) else self._world.ledger.change(due.meeting_id, due.change_id)
            return self._change(change) if change is not None else None
        if due.user_id is not None:
            return self._clock.person(due.meeting_id, due.user_id)
        meeting = record if isinstance(record, Meeting) else self._world.ledger.load(due.meeting_id).meeting
        return self._meeting(meeting, stale) if meeting is not None else None

    def _change(self, change: Change) -> ChangeInProgress | None:
        in_progress = self._taken_over(change)
        if in_progress is None:
            return None
        if change.awaits_consent and in_progress.user is not None and not self._is_asked(in_progress.user, change):
            in_progress = lapse(self._world, in_progress.meeting, in_progress.user, in_progress.change)
        return self._applier.apply(in_progress, self._now() + TIME_PER_CHANGE, in_background=True)

    def _meeting(self, meeting: Meeting, stale: dict[str, Meeting] | None) -> ChangeInProgress | None:
        """Ends its mute-alls whose time has come. Each reminder is followed by another; a look sends one only if the
        end comes before the next look. What is to be compared stays due until it is.
        """
        now = self._now()
        if stale is None or meeting.check_at is None or meeting.check_at > now:
            return self._clock.meeting(meeting)
        if is_stale(meeting, now):
            stale[meeting.id] = meeting
            return self._clock.meeting(meeting, next_check(meeting, now, now))
        then = next_check(meeting, meeting.compared_at or now, now)
        take_check(self._world, CheckTaken(meeting.id, meeting.check_at, then))
        return self._clock.meeting(replace(meeting, check_at=then), then)

    def _is_asked(self, user: User, change: Change) -> bool:
        asked = user.rules.asked
        return asked is not None and asked.change_id == change.id and asked.is_open(self._now())

    def _taken_over(self, change: Change) -> ChangeInProgress | None:
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
        is_late = change.is_open and not change.delay_told and now >= change.deadline_starts_at + DELAYED_AFTER
        is_late = is_late and not change.awaits_consent
        taken = replace(
            change,
            lease=lease,
            due_at=due_after(lease),
            notes_count_from=change.notes_count_from if change.lease.is_released else now,
            delay_told=change.delay_told or is_late,
        )
        in_progress = ChangeInProgress(taken, loaded.meeting, user, is_resumed=True)
        clauses: list[Clause] = [ChangeKept(taken, change.lease.token)]
        if is_late:
            adds = {"pendingSince": iso(change.deadline_starts_at), **about(change)}
            clauses.append(EntryWritten(entry(self._world, in_progress, DELAYED, adds)))
        transact_with_retry(self._world, clauses, lease.until)
        return in_progress


def _urgency(waiting: tuple[Due, Change | Meeting | None]) -> tuple[bool, bool, datetime]:
    """Open changes that narrow, then those that widen and what ends by itself, then what is only looked at again."""
    due, record = waiting
    try:
        if isinstance(record, Change):
            return (not record.is_open, not record.narrows, record.committed_at)
    except Exception:  # what is wrong with it is told when its turn comes
        return (False, True, due.at)
    return (False, True, due.at)
