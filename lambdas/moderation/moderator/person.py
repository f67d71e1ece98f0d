"""order · settle for one person, on all his seats."""

from dataclasses import replace
from datetime import datetime

from ..core.change import PATIENCE, Change, Status, is_bound_again, stands, taken_back
from ..core.entry import ABANDONED, CAPABILITIES_CHANGED, SUPERSEDED, changed, concerning
from ..core.meeting import Meeting, Seat, User
from ..ports import (
    ChangeKept,
    ChimeFailure,
    Clause,
    EntryWritten,
    MeetingIs,
    MeetingRevised,
    Missing,
    NotTaken,
    SeatsNoted,
    UserIs,
    UserRevised,
    World,
)
from .answers import attendee
from .carried import Carried, closed, entry, wanted, with_strict_reading
from .ordering import Ordering, RefusedForGood
from .persistence import persistently


class OnePerson:
    def __init__(self, world: World) -> None:
        self._world = world

    def order_and_settle(self, carried: Carried, ordering: Ordering) -> Carried:
        """Settled; or, still under the lease, other rules to be carried out: the change was taken back, or the meeting
        turned out to be read more strictly. Raises `Conflict` if what the orders were derived from has moved,
        `OutOfTime` if they don't get through.
        """
        user = _user(carried)
        if self._is_overdue(carried, user):
            return self._take_back(carried, user, ordering)
        began = self._world.surroundings.now()
        target = wanted(self._world, carried.meeting, user)
        seats = []
        try:
            for present in user.present:
                seat = present
                # What waited may be done already, by a later change of the same person or of everybody.
                looks_first = ordering.in_background or not carried.change.is_open
                if not (looks_first and self._has(carried, user, seat, if_missing=False)):
                    taken = ordering.order(seat.attendee_id, target)
                    seat = replace(seat, gone=taken is None)
                known = replace(seat, known=target, drifted=False, noted_at=self._world.surroundings.now())
                seats.append(seat if seat.gone else known)
        except NotTaken:
            return self._after_refusal(carried, user, ordering)
        return self._settle(carried, user, tuple(seats), ordering, began)

    def _settle(
        self, carried: Carried, user: User, seats: tuple[Seat, ...], ordering: Ordering, began: datetime
    ) -> Carried:
        """Closes the change, if everything that the orders were derived from still stands."""
        change, meeting = carried.change, carried.meeting
        noted = replace(user, seats={**user.seats, **{seat.attendee_id: seat for seat in seats}})
        now = self._world.surroundings.now()
        kept = closed(change, _status(change, meeting, user, seats, now), ordering, began, now)
        if change.is_open:
            later = meeting.revised_by if user.revised_by == change.id else user.revised_by
            superseded_by = later if kept.status is Status.SUPERSEDED else None
            answer = attendee(self._world, meeting, noted, change.attendee_id)
            kept = replace(kept, closed_by=superseded_by, answer=answer)
        settled = Carried(kept, meeting, noted)
        revision_stands: Clause = (
            SeatsNoted(meeting.id, user.id, user.revision, seats)
            if seats
            else UserIs(meeting.id, user.id, user.revision)
        )
        clauses = [
            MeetingIs(meeting.id, meeting.revision),
            revision_stands,
            ChangeKept(kept, ordering.lease.token),
            *(self._told(settled, user, seats) if change.is_open else []),
        ]
        persistently(self._world, clauses, ordering.lease.until)
        return settled

    def _told(self, settled: Carried, user: User, seats: tuple[Seat, ...]) -> list[Clause]:
        """What Chime had before is told, which the rules may have been ahead of. `user` is as he was known till now."""
        change = settled.change
        if change.status is Status.SUPERSEDED:
            adds = {"supersededBy": change.closed_by}
            return [EntryWritten(entry(self._world, settled, SUPERSEDED, adds))]
        attendees = []
        for seat in seats:
            known = user.seats[seat.attendee_id].known
            before = change.before if known is None else known
            if not seat.gone and before is not None and seat.known is not None:
                attendees.append(changed(seat.attendee_id, user.id, before, seat.known, change.effects))
        if change.status is not Status.APPLIED or not attendees:
            return []
        return [EntryWritten(entry(self._world, settled, CAPABILITIES_CHANGED, {"attendees": attendees}))]

    def _is_overdue(self, carried: Carried, user: User) -> bool:
        """Whether a widening has waited too long, and Chime still has not taken it."""
        change = carried.change
        if not change.is_open or change.narrows or self._world.surroundings.now() < change.committed_at + PATIENCE:
            return False
        return not all(self._has(carried, user, seat, if_missing=True) for seat in user.present)

    def _has(self, carried: Carried, user: User, seat: Seat, *, if_missing: bool) -> bool:
        """Whether Chime holds what the rules want. What can't be seen is not there."""
        try:
            found = self._world.chime.seat(carried.meeting.id, seat.attendee_id)
        except Missing:
            return if_missing
        except ChimeFailure:
            return False
        return found.capabilities == wanted(self._world, carried.meeting, user)

    def _after_refusal(self, carried: Carried, user: User, ordering: Ordering) -> Carried:
        """Chime refused for good: either it reads its own rules more strictly than we did, or what widens is taken
        back. What narrows is never given up.
        """
        strict = self._found_out(carried, user, ordering)
        if strict is not None:
            return strict
        if carried.change.is_open and not carried.change.narrows:
            return self._take_back(carried, user, ordering)
        raise RefusedForGood

    def _found_out(self, carried: Carried, user: User, ordering: Ordering) -> Carried | None:
        """Tries the strict reading of a meeting without video; if Chime takes it, that is what the meeting is."""
        meeting = carried.meeting
        if not meeting.features.may_be_refused:
            return None
        strict = with_strict_reading(meeting, carried.change.id)
        try:
            for seat in user.present:
                ordering.order(seat.attendee_id, wanted(self._world, strict, user))
        except NotTaken:
            return None
        persistently(self._world, [MeetingRevised(strict, meeting.revision)], ordering.lease.until)
        return replace(carried, meeting=strict)

    def _take_back(self, carried: Carried, user: User, ordering: Ordering) -> Carried:
        """A commit like any other: the rules as if the change had not been made. What follows makes Chime have them."""
        change = carried.change
        restored = replace(user, rules=taken_back(change, user.rules), revision=user.revision + 1, revised_by=change.id)
        given_up = Carried(replace(change, status=Status.ABANDONED), carried.meeting, restored)
        adds = {"attendees": [concerning(attendee_id, user.id) for attendee_id in user.seats]}
        clauses: list[Clause] = [
            UserRevised(carried.meeting.id, restored, user.revision),
            ChangeKept(given_up.change, ordering.lease.token),
            EntryWritten(entry(self._world, given_up, ABANDONED, adds)),
        ]
        persistently(self._world, clauses, ordering.lease.until)
        return given_up


def _user(carried: Carried) -> User:
    if carried.user is None:
        raise ValueError("a change of one person needs the person")
    return carried.user


def _status(change: Change, meeting: Meeting, user: User, seats: tuple[Seat, ...], now: datetime) -> Status:
    if not change.is_open:
        return change.status
    if not stands(change, user.rules, now) or is_bound_again(change, meeting.rules):
        return Status.SUPERSEDED
    return Status.GONE if seats and all(seat.gone for seat in seats) else Status.APPLIED
