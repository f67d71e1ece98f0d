"""Finishes committed changes: takes over after crashes, checks calls of unknown outcome, and gives up widenings that
waited too long.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ...domain.change import DELAYED_AFTER, LEASE, AttendeeChange, Change, due_after, lease_of
from ...domain.entry import DELAYED, iso
from ...domain.meeting import Meeting, User
from ...domain.schedule import CHECKED_EVERY
from ...ports import (
    ChangeKept,
    CheckTaken,
    Clause,
    Clock,
    ConditionFailedError,
    Due,
    EntryWritten,
    InfrastructureError,
    Ledger,
    Policies,
    Postponed,
    Wakeup,
)
from ..commands.consent import lapse
from ..enforcement.change_applier import ChangeApplier
from ..enforcement.change_in_progress import ChangeInProgress, about, change_entry
from ..enforcement.transactions import transact_with_retry
from .chime_events import NotSettledError
from .comparisons import Comparison, Comparisons, distinct, is_stale, next_check, take_check
from .expiry import Expiry
from .unexpected_errors import UnexpectedError, where

AT_ONCE = 500
"""Records that one query of the `due` index returns."""
POSTPONED_FOR = timedelta(minutes=2)
"""How long a record is postponed after an unexpected error."""
TIME_PER_CHANGE = timedelta(seconds=8)


@dataclass(slots=True)
class Report:
    """The result of one run, for its log line and its metrics."""

    taken: int = 0
    finished: int = 0
    left: int = 0
    taken_by_others: int = 0
    failed: int = 0
    statuses: dict[str, int] = field(default_factory=dict)
    oldest_pending: float = 0.0
    """Seconds since the decision of the oldest change that was due and is still pending."""
    changes: list[ChangeInProgress] = field(default_factory=list)
    """Changes as the run left them."""
    comparison: Comparison = field(default_factory=Comparison)
    faults: list[UnexpectedError] = field(default_factory=list)
    """Unexpected errors. Their records are postponed."""

    def leaves(self, change: Change | Meeting | None, now: datetime) -> None:
        if isinstance(change, Change) and change.is_open:
            self.oldest_pending = max(self.oldest_pending, (now - change.committed_at).total_seconds())


class Reconciler:
    """Processes the records that are due."""

    def __init__(
        self,
        ledger: Ledger,
        policies: Policies,
        clock: Clock,
        applier: ChangeApplier,
        expiry: Expiry,
        comparisons: Comparisons,
    ) -> None:
        self._ledger = ledger
        self._policies = policies
        self._clock = clock
        self._applier = applier
        self._expiry = expiry
        self._comparisons = comparisons
        self._now = clock.now

    def run(self, deadline: datetime) -> Report:
        """Processes everything that is due, narrowing changes first; then compares meetings with Chime. Concurrent runs
        share the work.

        Work that cannot be done yet, such as the end of a restriction in a frozen meeting, stays due. The run skips it,
        so that nothing else waits behind it.
        """
        report, stale = Report(), dict[str, Meeting]()
        seen: set[Due] = set()
        limit = AT_ONCE
        while True:
            found = self._ledger.due(self._now(), limit)
            waiting = [due for due in found if due not in seen]
            seen.update(waiting)
            if not self._process(waiting, deadline, stale, report):
                break
            if len(found) < limit:
                report.comparison = self._comparisons.run(stale.values(), deadline)
                report.faults += report.comparison.faults
                break
            limit += AT_ONCE
        return report

    def on_wakeup(self, wakeup: Wakeup) -> Report:
        """Processes one change, user or meeting, if it is due."""
        report, now = Report(), self._now()
        due = Due(now, wakeup.meeting_id, wakeup.change_id, wakeup.user_id)
        record = self._ledger.due_records([due]).get(due)
        if isinstance(record, Change) and record.next_attempt_at is not None:
            due = replace(due, at=record.next_attempt_at)
        if wakeup.change_id is None or due.at <= now:
            self._one(due, record, report, None)
        return report

    def _process(self, waiting: Sequence[Due], deadline: datetime, stale: dict[str, Meeting], report: Report) -> bool:
        """Processes the records in their order. False if the deadline comes first."""
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
        """The changes and meetings of the records. Without them only the order is lost."""
        try:
            return self._ledger.due_records(waiting) if waiting else {}
        except InfrastructureError:
            return {}

    def _one(self, due: Due, record: Change | Meeting | None, report: Report, stale: dict[str, Meeting] | None) -> None:
        """Processes one record. Its failure does not affect the others. `stale` collects the meetings to compare with
        Chime.
        """
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
        report.finished += done.change.next_attempt_at is None
        report.left += done.change.next_attempt_at is not None
        report.statuses[done.change.status] = report.statuses.get(done.change.status, 0) + 1
        report.leaves(done.change, self._now())
        report.changes.append(done)

    def _postpone(self, due: Due) -> None:
        """Postpones the record. Best effort: another function that has taken it over has set a later time already."""
        until = self._now() + POSTPONED_FOR
        with suppress(InfrastructureError):
            transact_with_retry(self._ledger, self._clock, [Postponed(due, until)], self._now() + TIME_PER_CHANGE)

    def _done(
        self, due: Due, record: Change | Meeting | None, stale: dict[str, Meeting] | None
    ) -> ChangeInProgress | None:
        if due.change_id is not None:
            change = record if isinstance(record, Change) else self._ledger.change(due.meeting_id, due.change_id)
            return self._change(change) if change is not None else None
        if due.user_id is not None:
            return self._expiry.expire_user(due.meeting_id, due.user_id)
        meeting = record if isinstance(record, Meeting) else self._ledger.load(due.meeting_id).meeting
        return self._meeting(meeting, stale) if meeting is not None else None

    def _change(self, change: Change) -> ChangeInProgress | None:
        in_progress = self._taken_over(change)
        if in_progress is None:
            return None
        taken, user = in_progress.change, in_progress.user
        if isinstance(taken, AttendeeChange) and taken.awaits_consent and user and not self._is_asked(user, taken):
            in_progress = lapse(self._ledger, self._policies, self._clock, in_progress.meeting, user, taken)
        return self._applier.apply(in_progress, self._now() + TIME_PER_CHANGE, in_background=True)

    def _meeting(self, meeting: Meeting, stale: dict[str, Meeting] | None) -> ChangeInProgress | None:
        """Ends the mute-alls that have expired. Schedules a wake-up only if the next end comes before the next
        comparison. A meeting to compare stays due until it is compared.
        """
        now = self._now()
        if stale is None or meeting.check_at is None or meeting.check_at > now:
            return self._expiry.expire_meeting(meeting)
        if is_stale(meeting, now):
            stale[meeting.id] = meeting
            return self._expiry.expire_meeting(meeting, next_check(meeting, now + CHECKED_EVERY, now))
        then = distinct(next_check(meeting, (meeting.compared_at or now) + CHECKED_EVERY, now), meeting.check_at)
        take_check(self._ledger, self._clock, CheckTaken(meeting.id, meeting.revision, meeting.check_at, then))
        return self._expiry.expire_meeting(replace(meeting, check_at=then), then)

    def _is_asked(self, user: User, change: Change) -> bool:
        asked = user.rules.asked
        return asked is not None and asked.change_id == change.id and asked.is_open(self._now())

    def _taken_over(self, change: Change) -> ChangeInProgress | None:
        """Takes the change over with a new lease. Raises `ConditionFailedError` if another process was faster."""
        now = self._now()
        if change.lease is None or change.next_attempt_at is None or change.next_attempt_at > now:
            return None
        lease = lease_of(self._clock.new_id(), now, LEASE)
        user_id = None if change.is_meeting_wide else change.user_id
        loaded = self._ledger.load(change.meeting_id, [user_id] if user_id else [])
        if loaded.meeting is None:
            return None
        user: User | None = loaded.users[user_id] if user_id else None
        is_late = change.is_open and not change.is_delay_reported and now >= change.deadline_starts_at + DELAYED_AFTER
        is_late = is_late and not change.awaits_consent
        taken = replace(
            change,
            lease=lease,
            next_attempt_at=due_after(lease),
            notes_count_from=change.notes_count_from if change.lease.is_released else now,
            is_delay_reported=change.is_delay_reported or is_late,
        )
        in_progress = ChangeInProgress(taken, loaded.meeting, user, is_resumed=True)
        clauses: list[Clause] = [ChangeKept(taken, change.lease.token)]
        if is_late:
            adds = {"pendingSince": iso(change.deadline_starts_at), **about(change)}
            clauses.append(EntryWritten(change_entry(self._clock, in_progress, DELAYED, adds)))
        transact_with_retry(self._ledger, self._clock, clauses, lease.until)
        return in_progress


def _urgency(waiting: tuple[Due, Change | Meeting | None]) -> tuple[bool, bool, datetime]:
    """The order of work: open changes that narrow, then those that widen and expiries, then changes that are only
    looked at again.
    """
    due, record = waiting
    try:
        if isinstance(record, Change):
            return (not record.is_open, not record.narrows, record.committed_at)
    except Exception:  # its own processing reports the error
        return (False, True, due.at)
    return (False, True, due.at)
