"""order · settle: making Chime have what the rules say, whoever changes them meanwhile."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from ...domain.change import Change, Status, return_after
from ...ports import (
    ChangeKept,
    ChimeError,
    Clause,
    ConditionFailedError,
    InfrastructureError,
    MeetingIs,
    SeatsNoted,
    Wakeup,
    World,
)
from ..answers import MEETING_OVER
from .attendee_applier import AttendeeApplier, waiting
from .change_in_progress import ChangeInProgress, overruled_by
from .chime_calls import ChimeCalls, ChimeRefusedError, DeadlineExceededError, MeetingOverError
from .meeting_applier import MeetingApplier
from .meeting_end import ended
from .retries import transact_with_retry
from .transaction_batches import SEATS_TOGETHER


class ChangeApplier:
    """Carries out changes. Whoever calls it holds the change's lease."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._person = AttendeeApplier(world)
        self._everybody = MeetingApplier(world)

    def apply(
        self, in_progress: ChangeInProgress, deadline: datetime, *, in_background: bool = False
    ) -> ChangeInProgress:
        """Orders what the rules say until it settles. Leaves the change pending when time runs out, or, in the
        background, when the calls that hosts can spare are used up.
        """
        change, lease = in_progress.change, in_progress.change.lease
        if lease is None:
            return in_progress
        joining = change.subject if change.is_join else None
        calls = ChimeCalls(
            self._world,
            change.meeting_id,
            lease,
            deadline,
            in_background,
            change.uncertain_until,
            joining=joining,
            is_resumed=in_progress.is_resumed,
        )
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
                read_at = self._world.surroundings.now()
                reread = self._reread(in_progress)
                if reread is None or not calls.owns_lease(reread.change.lease):
                    return reread or in_progress
                in_progress, calls.read_at = reread, read_at
            except InfrastructureError:
                return in_progress  # whoever finds it when the lease has ended goes on

    def _step(self, in_progress: ChangeInProgress, calls: ChimeCalls) -> ChangeInProgress:
        """Settled, or, under the same lease, what has been committed on the way and is to be carried out from here."""
        try:
            if in_progress.user is None:
                return self._everybody.apply_and_settle(in_progress, calls)
            if in_progress.meeting.ended_at is not None and not in_progress.change.awaits_consent:
                return self._close(in_progress, calls)
            return self._person.apply_and_settle(in_progress, calls)
        except MeetingOverError:
            return self._close(in_progress, calls)

    def _close(self, in_progress: ChangeInProgress, calls: ChimeCalls) -> ChangeInProgress:
        """With the meeting that Chime has ended. What was decided meanwhile was decided too late. A user who is asked
        answers, or lets the request run out. Raises `Conflict`.
        """
        change, meeting, clauses = in_progress.change, in_progress.meeting, list[Clause]()
        if meeting.ended_at is None:
            meeting, clauses = ended(self._world, meeting)
        if change.awaits_consent and in_progress.user is not None:
            waits = waiting(change, in_progress.user, calls, self._world.surroundings.now())
            transact_with_retry(self._world, [*clauses, ChangeKept(waits, calls.lease.token)], calls.lease.until)
            return replace(in_progress, change=waits, meeting=meeting)
        closed = replace(change, lease=None, due_at=None, uncertain_until=None)
        if change.is_open:
            status = change.lapsed or Status.GONE
            later = overruled_by(change, in_progress.meeting, in_progress.user) if status is Status.SUPERSEDED else None
            closed = replace(closed, status=status, awaits_consent=False, answer=MEETING_OVER, closed_by=later)
        transact_with_retry(self._world, [*clauses, ChangeKept(closed, calls.lease.token)], calls.lease.until)
        return replace(in_progress, change=closed, meeting=meeting)

    def _leave(self, in_progress: ChangeInProgress, calls: ChimeCalls) -> ChangeInProgress:
        """Gives the lease back, so that the reconciler need not wait for it to end: all our calls have ended. What
        Chime has taken so far is noted with it, so that whoever goes on need not begin anew. If it can't be noted, the
        rules may have moved, and it is looked up.
        """
        change, now = in_progress.change, self._world.surroundings.now()
        wait = return_after(change, now)
        released = replace(
            change,
            lease=calls.lease.released(now),
            due_at=now + wait,
            uncertain_until=calls.uncertain_until,
        )
        for left, notes in self._with_notes(in_progress, released, calls, now):
            try:
                transact_with_retry(self._world, [*notes, ChangeKept(left, calls.lease.token)], calls.lease.until)
            except InfrastructureError:
                continue
            self._world.wakeups.schedule(Wakeup(left.meeting_id, change_id=left.id), wait)
            return replace(in_progress, change=left)
        return in_progress

    def _with_notes(
        self, in_progress: ChangeInProgress, left: Change, calls: ChimeCalls, now: datetime
    ) -> Iterator[tuple[Change, list[Clause]]]:
        """The change as it is left, and what is noted with it; then the change alone."""
        user = in_progress.user
        reached = {key: held for key, held in calls.reached.items() if user is not None and key in user.seats}
        if user is None or not calls.reached_at:
            yield left, []
            return
        is_certain = reached.keys() == calls.reached_at.keys() & user.seats.keys()
        is_latest = not any(calls.is_noted_since(user.seats[key]) for key in reached)
        if is_certain and is_latest and len(reached) <= SEATS_TOGETHER:
            had = {key: known for key in reached if (known := user.seats[key].known) is not None}
            seats = [user.seats[key].noted(held, now) for key, held in reached.items()]
            notes: list[Clause] = [
                MeetingIs(in_progress.meeting.id, in_progress.meeting.revision, user.id),
                SeatsNoted(in_progress.meeting.id, user.id, user.revision, tuple(seats), user.notes),
            ]
            yield replace(left, untold={**had, **left.untold}), notes
        yield replace(left, notes_count_from=now), []

    def _reread(self, in_progress: ChangeInProgress) -> ChangeInProgress | None:
        """The change and the rules of this moment; None if the ledger can't be read now."""
        change = in_progress.change
        try:
            loaded = self._world.ledger.load(change.meeting_id, users=[in_progress.user.id] if in_progress.user else [])
            kept = self._world.ledger.change(change.meeting_id, change.id)
        except InfrastructureError:
            return None
        if kept is None or loaded.meeting is None:
            return None
        return ChangeInProgress(kept, loaded.meeting, loaded.users[in_progress.user.id] if in_progress.user else None)
