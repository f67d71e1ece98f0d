"""order · settle: making Chime have what the rules say, whoever changes them meanwhile."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from ..core.change import Change, Status, return_after
from ..ports import ChangeKept, ChimeFailure, Clause, Conflict, MachineFailure, MeetingIs, Reminder, SeatsNoted, World
from .answers import MEETING_OVER
from .carried import Carried, overruled_by
from .ending import ended
from .everybody import Everybody
from .ordering import MeetingOver, Ordering, OutOfTime, RefusedForGood
from .persistence import persistently
from .person import OnePerson, waiting
from .transactions import SEATS_TOGETHER


class Enforcement:
    """Carries out changes. Whoever calls it holds the change's lease."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._person = OnePerson(world)
        self._everybody = Everybody(world)

    def carry_out(self, carried: Carried, deadline: datetime, *, in_background: bool = False) -> Carried:
        """Orders what the rules say until it settles. Leaves the change pending when time runs out, or, in the
        background, when the calls that hosts can spare are used up.
        """
        change, lease = carried.change, carried.change.lease
        if lease is None:
            return carried
        joining = change.subject if change.is_join else None
        ordering = Ordering(
            self._world,
            change.meeting_id,
            lease,
            deadline,
            in_background,
            change.unsure_until,
            joining=joining,
            is_resumed=carried.is_resumed,
        )
        while True:
            try:
                carried = self._step(carried, ordering)
                if not ordering.holds(carried.change.lease):
                    return carried
            except OutOfTime as late:
                refused = isinstance(late, RefusedForGood)
                return self._leave(replace(carried, outcomes=late.outcomes, refused=refused), ordering)
            except ChimeFailure:
                return self._leave(carried, ordering)
            except Conflict:
                read_at = self._world.surroundings.now()
                reread = self._reread(carried)
                if reread is None or not ordering.holds(reread.change.lease):
                    return reread or carried
                carried, ordering.read_at = reread, read_at
            except MachineFailure:
                return carried  # whoever finds it when the lease has ended goes on

    def _step(self, carried: Carried, ordering: Ordering) -> Carried:
        """Settled, or, under the same lease, what has been committed on the way and is to be carried out from here."""
        try:
            if carried.user is None:
                return self._everybody.order_and_settle(carried, ordering)
            if carried.meeting.ended_at is not None and not carried.change.awaits_consent:
                return self._close(carried, ordering)
            return self._person.order_and_settle(carried, ordering)
        except MeetingOver:
            return self._close(carried, ordering)

    def _close(self, carried: Carried, ordering: Ordering) -> Carried:
        """With the meeting that Chime has ended. What was decided meanwhile was decided too late. A user who is asked
        answers, or lets the request run out. Raises `Conflict`.
        """
        change, meeting, clauses = carried.change, carried.meeting, list[Clause]()
        if meeting.ended_at is None:
            meeting, clauses = ended(self._world, meeting)
        if change.awaits_consent and carried.user is not None:
            waits = waiting(change, carried.user, ordering, self._world.surroundings.now())
            persistently(self._world, [*clauses, ChangeKept(waits, ordering.lease.token)], ordering.lease.until)
            return replace(carried, change=waits, meeting=meeting)
        closed = replace(change, lease=None, due_at=None, unsure_until=None)
        if change.is_open:
            status = change.lapsed or Status.GONE
            later = overruled_by(change, carried.meeting, carried.user) if status is Status.SUPERSEDED else None
            closed = replace(closed, status=status, awaits_consent=False, answer=MEETING_OVER, closed_by=later)
        persistently(self._world, [*clauses, ChangeKept(closed, ordering.lease.token)], ordering.lease.until)
        return replace(carried, change=closed, meeting=meeting)

    def _leave(self, carried: Carried, ordering: Ordering) -> Carried:
        """Gives the lease back, so that the reconciler need not wait for it to end: all our calls have ended. What
        Chime has taken so far is noted with it, so that whoever goes on need not begin anew. If it can't be noted, the
        rules may have moved, and it is looked up.
        """
        change, now = carried.change, self._world.surroundings.now()
        wait = return_after(change, now)
        released = replace(
            change,
            lease=ordering.lease.given_back(now),
            due_at=now + wait,
            unsure_until=ordering.unsure_until,
        )
        for left, notes in self._with_notes(carried, released, ordering, now):
            try:
                persistently(self._world, [*notes, ChangeKept(left, ordering.lease.token)], ordering.lease.until)
            except MachineFailure:
                continue
            self._world.reminders.remind(Reminder(left.meeting_id, change_id=left.id), wait)
            return replace(carried, change=left)
        return carried

    def _with_notes(
        self, carried: Carried, left: Change, ordering: Ordering, now: datetime
    ) -> Iterator[tuple[Change, list[Clause]]]:
        """The change as it is left, and what is noted with it; then the change alone."""
        user = carried.user
        reached = {key: held for key, held in ordering.reached.items() if user is not None and key in user.seats}
        if user is None or not ordering.reached_at:
            yield left, []
            return
        is_certain = reached.keys() == ordering.reached_at.keys() & user.seats.keys()
        is_latest = not any(ordering.is_noted_since(user.seats[key]) for key in reached)
        if is_certain and is_latest and len(reached) <= SEATS_TOGETHER:
            had = {key: known for key in reached if (known := user.seats[key].known) is not None}
            seats = [user.seats[key].noted(held, now) for key, held in reached.items()]
            notes: list[Clause] = [
                MeetingIs(carried.meeting.id, carried.meeting.revision, user.id),
                SeatsNoted(carried.meeting.id, user.id, user.revision, tuple(seats), user.notes),
            ]
            yield replace(left, untold={**had, **left.untold}), notes
        yield replace(left, notes_count_from=now), []

    def _reread(self, carried: Carried) -> Carried | None:
        """The change and the rules of this moment; None if the ledger can't be read now."""
        change = carried.change
        try:
            loaded = self._world.ledger.load(change.meeting_id, users=[carried.user.id] if carried.user else [])
            kept = self._world.ledger.change(change.meeting_id, change.id)
        except MachineFailure:
            return None
        if kept is None or loaded.meeting is None:
            return None
        return Carried(kept, loaded.meeting, loaded.users[carried.user.id] if carried.user else None)
