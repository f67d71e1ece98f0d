"""Applies and settles changes: makes Chime hold what the rules say, even if they change meanwhile."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from ...domain.change import AttendeeChange, Change, Closure, Status, return_after
from ...domain.commands import End
from ...ports import (
    AttendeesNoted,
    Chime,
    ChimeError,
    Clause,
    Clock,
    ConditionFailedError,
    InfrastructureError,
    Ledger,
    MeetingIs,
    Wakeup,
    WakeupScheduler,
)
from ..answers import MEETING_OVER
from .attendee_applier import AttendeeApplier
from .attendee_outcome import waiting
from .change_in_progress import ChangeInProgress, overruled_by
from .chime_calls import ChimeCalls, ChimeRefusedError, DeadlineExceededError, MeetingOverError
from .departures import ended
from .meeting_applier import MeetingApplier
from .transactions import ATTENDEES_TOGETHER, transact_with_retry


class ChangeApplier:
    """Applies changes. The caller holds the lease of the change."""

    def __init__(
        self,
        ledger: Ledger,
        chime: Chime,
        clock: Clock,
        wakeups: WakeupScheduler,
        attendee_applier: AttendeeApplier,
        meeting_applier: MeetingApplier,
    ) -> None:
        self._ledger = ledger
        self._chime = chime
        self._clock = clock
        self._wakeups = wakeups
        self._attendee_applier = attendee_applier
        self._meeting_applier = meeting_applier

    def apply(
        self, in_progress: ChangeInProgress, deadline: datetime, *, in_background: bool = False
    ) -> ChangeInProgress:
        """Applies the rules until the change settles. Leaves the change pending when the time runs out or, in the
        background, when the call budget is used up.
        """
        change, lease = in_progress.change, in_progress.change.lease
        if lease is None:
            return in_progress
        joining = change.user_id if change.is_join else None
        calls = ChimeCalls(
            self._ledger,
            self._chime,
            self._clock,
            change.meeting_id,
            lease,
            deadline,
            in_background,
            change.uncertain_until,
            joining=joining,
            is_resumed=in_progress.is_resumed,
            removing=set(change.removing),
        )
        if in_progress.is_resumed and in_progress.user is not None:
            calls.read_at = None
        while True:
            try:
                in_progress = self._step(in_progress, calls)
                if not calls.owns_lease(in_progress.change.lease):
                    return in_progress
            except DeadlineExceededError as late:
                refused = isinstance(late, ChimeRefusedError)
                return self._leave(replace(in_progress, outcomes=late.outcomes, refused=refused), calls)
            except ChimeError:
                return self._leave(in_progress, calls)
            except ConditionFailedError:
                read_at = self._clock.now()
                reread = self._reread(in_progress)
                if reread is None or not calls.owns_lease(reread.change.lease):
                    return reread or in_progress
                in_progress, calls.read_at = reread, read_at if reread.user is None else None
                calls.removing = set(reread.change.removing)
            except InfrastructureError:
                return in_progress  # the reconciler finds it when the lease has ended

    def _step(self, in_progress: ChangeInProgress, calls: ChimeCalls) -> ChangeInProgress:
        """One step: returns the settled change or, under the same lease, what was committed meanwhile and has to be
        applied.
        """
        try:
            if _is_over(in_progress):
                return self._close(in_progress, calls)
            if in_progress.user is None:
                return self._meeting_applier.apply_and_settle(in_progress, calls)
            return self._attendee_applier.apply_and_settle(in_progress, calls)
        except MeetingOverError:
            return self._close(in_progress, calls)

    def _close(self, in_progress: ChangeInProgress, calls: ChimeCalls) -> ChangeInProgress:
        """Closes the change of a meeting that has ended: no call changes what its users may do.

        A user who was asked may still answer, or the request expires. Raises `ConditionFailedError`.
        """
        change, meeting, clauses = in_progress.change, in_progress.meeting, list[Clause]()
        if meeting.ended_at is None:
            meeting, clauses = ended(self._clock, meeting)
        if change.awaits_consent and in_progress.user is not None:
            waits = waiting(change, in_progress.user, calls, self._clock.now())
            transact_with_retry(self._ledger, self._clock, [*clauses, calls.kept(waits)], calls.lease.until)
            return replace(in_progress, change=waits, meeting=meeting)
        closed = replace(change, lease=None, next_attempt_at=None, uncertain_until=None)
        if change.is_open:
            status = change.lapsed or Status.GONE
            later = overruled_by(change, in_progress.meeting, in_progress.user) if status is Status.SUPERSEDED else None
            if status is Status.SUPERSEDED and later is None:
                status = Status.GONE  # the request was withdrawn because the meeting is over
            closed = replace(closed, closure=Closure(status, later, MEETING_OVER))
            if isinstance(closed, AttendeeChange) and closed.awaits_consent:
                closed = replace(closed, consent=None)
        transact_with_retry(self._ledger, self._clock, [*clauses, calls.kept(closed)], calls.lease.until)
        return replace(in_progress, change=closed, meeting=meeting)

    def _leave(self, in_progress: ChangeInProgress, calls: ChimeCalls) -> ChangeInProgress:
        """Releases the lease after all calls have ended, so that the reconciler need not wait. Notes what Chime has
        taken so far, so that the next holder need not begin anew. If it cannot be noted, because the rules may have
        changed, the next holder asks Chime.
        """
        change, now = in_progress.change, self._clock.now()
        wait = return_after(change, now)
        released = replace(
            change, lease=calls.lease.released(now), next_attempt_at=now + wait, uncertain_until=calls.uncertain_until
        )
        for left, notes in self._with_notes(in_progress, released, calls, now):
            try:
                transact_with_retry(self._ledger, self._clock, [*notes, calls.kept(left)], calls.lease.until)
            except InfrastructureError:
                continue
            self._wakeups.schedule(Wakeup(left.meeting_id, change_id=left.id), wait)
            return replace(in_progress, change=left)
        return in_progress

    def _with_notes(
        self, in_progress: ChangeInProgress, left: Change, calls: ChimeCalls, now: datetime
    ) -> Iterator[tuple[Change, list[Clause]]]:
        """The clauses that release the change: with the notes and, as a second attempt, without them. After a removal
        that is not noted, earlier notes do not count.
        """
        user = in_progress.user
        reached = {key: held for key, held in calls.reached.items() if user is not None and key in user.attendees}
        if user is None or not isinstance(left, AttendeeChange) or not (calls.reached_at or calls.removed):
            yield left, []
            return
        is_all = reached.keys() == calls.reached_at.keys() & user.attendees.keys()
        is_certain = is_all and not (calls.removed or calls.is_late(now))
        is_latest = not any(user.attendees[key].gone or calls.is_noted_since(user.attendees[key]) for key in reached)
        if is_certain and is_latest and len(reached) <= ATTENDEES_TOGETHER:
            had = {key: known for key in reached if (known := user.attendees[key].known) is not None}
            attendees = [user.attendees[key].noted(held, now) for key, held in reached.items()]
            notes: list[Clause] = [
                MeetingIs(in_progress.meeting.id, in_progress.meeting.revision, user.id),
                AttendeesNoted(in_progress.meeting.id, user.id, user.revision, tuple(attendees), user.notes),
            ]
            yield replace(left, unreported={**had, **left.unreported}), notes
        yield replace(left, notes_count_from=now), []

    def _reread(self, in_progress: ChangeInProgress) -> ChangeInProgress | None:
        """The change and the current rules. `None` if the ledger cannot be read now."""
        change = in_progress.change
        try:
            loaded = self._ledger.load(change.meeting_id, users=[in_progress.user.id] if in_progress.user else [])
            kept = self._ledger.change(change.meeting_id, change.id)
        except InfrastructureError:
            return None
        if kept is None or loaded.meeting is None:
            return None
        if isinstance(kept, AttendeeChange) and in_progress.user is None:
            kept = replace(kept, is_meeting_wide=True)
        return ChangeInProgress(kept, loaded.meeting, loaded.users[in_progress.user.id] if in_progress.user else None)


def _is_over(in_progress: ChangeInProgress) -> bool:
    """Whether the meeting has ended, and the change is neither its end nor waits for an answer."""
    change = in_progress.change
    return in_progress.meeting.ended_at is not None and change.command != End.name and not change.awaits_consent
