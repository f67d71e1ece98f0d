"""order · settle for one person, on all his seats."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from ..core.capability import NOTHING, Capabilities, is_narrower
from ..core.change import PATIENCE, Change, Status, is_bound_again, stands, taken_back, withholding
from ..core.effective import effective
from ..core.effects import SeatChange, seat_changes
from ..core.entry import ABANDONED, CAPABILITIES_CHANGED, SUPERSEDED, changed, concerning
from ..core.meeting import Meeting, Seat, UnmuteConsent, User, UserRules, has_agreed, host_count, loses_its_hosts
from ..ports import (
    ChangeKept,
    ChimeFailure,
    Clause,
    Conflict,
    EntryWritten,
    LedgerUnavailable,
    MeetingIs,
    MeetingRevised,
    Missing,
    NotTaken,
    Reminder,
    SeatsNoted,
    UserRevised,
    World,
)
from .answers import as_held, attendee
from .carried import Carried, about, closed, entry, overruled_by, removed, wanted, with_strict_reading
from .opening import counting
from .ordering import MeetingOver, Ordering, OutOfTime, RefusedForGood
from .persistence import patiently, persistently
from .transactions import SEATS_TOGETHER, chunks

ONE_BY_ONE = 8
"""Seats of one user that have joined, beyond which a plan for the whole meeting takes fewer calls."""


class OnePerson:
    def __init__(self, world: World) -> None:
        self._world = world

    def order_and_settle(self, carried: Carried, ordering: Ordering) -> Carried:
        """Settled; or, still under the lease, other rules to be carried out: the change was taken back, or the meeting
        turned out to be read more strictly. Raises `Conflict` if what the orders were derived from has moved,
        `OutOfTime` if they don't get through.
        """
        stored = _user(carried)
        if self._is_overdue(carried, stored):
            return self._take_back(carried, stored, ordering)
        began = self._world.surroundings.now()
        user = self._as_chime_has_him(carried, stored)
        carried, target = replace(carried, user=user), wanted(self._world, carried.meeting, user)
        if self._is_a_crowd(carried, user, target, ordering):
            if not ordering.in_background:
                raise OutOfTime
            return replace(carried, change=replace(carried.change, everybody=True), user=None)
        try:
            seats = tuple(self._ordered(carried, user, seat, target, ordering) for seat in user.present)
        except NotTaken:
            return self._after_refusal(carried, user, ordering)
        if seats and all(seat.gone for seat in seats) and self._is_over(carried.meeting):
            raise MeetingOver
        return self._settle(carried, stored, seats, ordering, began)

    def _is_over(self, meeting: Meeting) -> bool:
        """Whether nobody is found because Chime has ended the meeting."""
        if meeting.ended_at is not None:
            return False
        try:
            patiently(self._world, lambda: self._world.chime.roster(meeting.id))
        except Missing:
            return True
        except ChimeFailure:
            return False
        return False

    def _ordered(self, carried: Carried, user: User, seat: Seat, target: Capabilities, ordering: Ordering) -> Seat:
        is_wanted = partial(self._is_wanted, carried, carried.meeting, user, target)
        if user.is_out(seat.attendee_id):
            ordering.remove(seat.attendee_id, is_wanted)
            return self._gone(seat)
        change = carried.change
        if _is_in_place(change, seat, target, ordering):
            return seat if ordering.reached.get(seat.attendee_id) != target else self._noted(seat, target)
        # What waited may be done already: by a later change of the same person or of everybody, or before he was asked.
        looks_first = ordering.in_background or not change.is_open or change.lapsed is not None
        looks_first = looks_first and not seat.not_taken
        is_in_place = looks_first and self._has(carried, seat, target, if_missing=False)
        widens = not is_narrower(target, NOTHING if seat.known is None else seat.known)
        if not is_in_place and ordering.order(seat.attendee_id, target, is_wanted, widens=widens) is None:
            return self._gone(seat)
        return self._noted(seat, target)

    def _noted(self, seat: Seat, held: Capabilities) -> Seat:
        return seat.noted(held, self._world.surroundings.now())

    def _gone(self, seat: Seat) -> Seat:
        return replace(seat, gone=True, noted_at=self._world.surroundings.now())

    def _is_a_crowd(self, carried: Carried, user: User, target: Capabilities, ordering: Ordering) -> bool:
        """Whether so many have joined as one user that the plan for the whole meeting serves them in fewer calls."""
        if not carried.change.is_join or any(user.is_out(seat.attendee_id) for seat in user.present):
            return False
        left = [seat for seat in user.present if not _is_in_place(carried.change, seat, target, ordering)]
        return len(left) > ONE_BY_ONE

    def _is_wanted(self, carried: Carried, meeting: Meeting, user: User, target: Capabilities) -> bool:
        """Whether nobody has changed the rules since they were read, and time has not either. `meeting` is the one that
        the target was derived from: as it is stored, or read more strictly.
        """
        loaded = self._world.ledger.load(carried.meeting.id, [user.id])
        stored, now = loaded.meeting, loaded.users[user.id]
        is_same = stored is not None and (stored.revision, now.revision) == (carried.meeting.revision, user.revision)
        return is_same and wanted(self._world, meeting, user) == target

    def _as_chime_has_him(self, carried: Carried, user: User) -> User:
        """Where a microphone opens only by consent, it counts what Chime holds and not what was noted last: an order
        whose note is still to come may have shut it, or opened it before his agreement ran out.
        """
        meeting, now = carried.meeting, self._world.surroundings.now()
        if meeting.rules.unmute_consent is UnmuteConsent.NONE or has_agreed(user, meeting, now):
            return user
        holds, had_agreed = self._world.policies.held, carried.change.is_open and carried.change.agreed_at is not None
        if Capabilities.SEND_AUDIO not in effective(meeting, user, holds, now, consented=had_agreed):
            return user
        seats = dict(user.seats)
        for seat in user.present:
            try:
                held = self._look(meeting.id, seat)
            except Missing:
                held = None
            seats[seat.attendee_id] = replace(seat, known=held)
        return replace(user, seats=seats)

    def _settle(
        self, carried: Carried, user: User, seats: tuple[Seat, ...], ordering: Ordering, began: datetime
    ) -> Carried:
        """Closes the change, if everything that the orders were derived from still stands. `user`: as noted before it;
        what Chime shows since may be what this change has done already, and has told nobody.
        """
        change, meeting = carried.change, carried.meeting
        now_held = {**user.seats, **{seat.attendee_id: seat for seat in seats}}
        new = [seat for seat in seats if seat != user.seats[seat.attendee_id]]
        notes = list(chunks(new, SEATS_TOGETHER))
        noted = replace(user, seats=now_held, notes=user.notes + len(notes))
        had = [replace(seat, known=change.untold.get(seat.attendee_id, seat.known)) for seat in user.present]
        made = seat_changes(had, seats, change.before, withholding(change))
        now = self._world.surroundings.now()
        kept = closed(change, _status(change, meeting, noted, seats, now), ordering, began, now)
        if change.awaits_consent:
            kept = waiting(change, user, ordering, now)
        elif change.is_open:
            superseded_by = overruled_by(change, meeting, user) if kept.status is Status.SUPERSEDED else None
            answer = attendee(self._world, meeting, noted, change.attendee_id)
            kept = as_held(replace(kept, closed_by=superseded_by, answer=answer), noted, made)
        settled = Carried(kept, meeting, noted)
        stands = self._check_meeting(meeting, user)
        *before, last = notes or [()]
        for position, some in enumerate(before):
            note = SeatsNoted(meeting.id, user.id, user.revision, tuple(some), user.notes + position)
            persistently(self._world, [*stands, note], ordering.lease.until)
        clauses: list[Clause] = [
            *stands,
            SeatsNoted(meeting.id, user.id, user.revision, tuple(last), user.notes + len(before)),
            ChangeKept(kept, ordering.lease.token),
            *self._taken_out(settled, user, seats),
            *(self._told(settled, user, made) if change.is_open else []),
        ]
        persistently(self._world, clauses, ordering.lease.until)
        if kept.awaits_consent and kept.due_at is not None:
            self._world.reminders.remind(Reminder(meeting.id, change_id=kept.id), kept.due_at - now)
        return settled

    def _check_meeting(self, meeting: Meeting, user: User) -> list[Clause]:
        """Raises `Conflict` if the meeting has moved. A read is enough: all calls of this change have ended before it.
        A change of the meeting that commits after it reads a roster that shows what they did, and notes what it makes
        of that. In the transaction the check would make all attendees of a meeting contend; it is returned for it only
        if the meeting can't be read.
        """
        stands = MeetingIs(meeting.id, meeting.revision, user.id)
        try:
            now = self._world.ledger.load(meeting.id).meeting
        except LedgerUnavailable:
            return [stands]
        if now is None or now.revision != meeting.revision:
            raise Conflict([stands])
        return []

    def _taken_out(self, settled: Carried, user: User, seats: tuple[Seat, ...]) -> list[Clause]:
        """Told whatever becomes of the change: a seat that is gone is told of by whoever notes it, or never."""
        left = [seat.attendee_id for seat in seats if seat.gone and user.is_out(seat.attendee_id)]
        return [EntryWritten(removed(self._world, settled, user, left))] if left else []

    def _told(self, settled: Carried, user: User, made: tuple[SeatChange, ...]) -> list[Clause]:
        """What it made Chime hold, by what Chime held before, which the rules may have been ahead of. That is told of a
        change that was overruled as well: by the rules of this moment it may have carried out another's.
        """
        change = settled.change
        told: list[Clause] = []
        if change.status is Status.SUPERSEDED and change.lapsed is None:
            adds = {"supersededBy": change.closed_by, **about(change)}
            told.append(EntryWritten(entry(self._world, settled, SUPERSEDED, adds)))
        is_whole = change.status is Status.APPLIED
        attendees = [
            changed(seat.attendee_id, user.id, seat.before, seat.after, seat.effects)
            for seat in made
            if is_whole or seat.before != seat.after
        ]
        if attendees:
            told.append(EntryWritten(entry(self._world, settled, CAPABILITIES_CHANGED, {"attendees": attendees})))
        return told

    def _is_overdue(self, carried: Carried, user: User) -> bool:
        """Whether a widening has waited too long, and Chime still has not taken it. What nobody agreed to opens nothing
        by surprise.
        """
        change = carried.change
        if not change.is_open or change.narrows or change.awaits_consent or change.lapsed is not None:
            return False
        if self._world.surroundings.now() < change.patient_since + PATIENCE or not self._may_be_taken_back(carried):
            return False
        meeting, holds, now = carried.meeting, self._world.policies.held, self._world.surroundings.now()
        # What he agreed to has run out by now: it counts what he would have had by it.
        target = effective(meeting, user, holds, now, consented=change.agreed_at is not None)
        return not all(self._has(carried, seat, target, if_missing=True) for seat in user.present)

    def _has(self, carried: Carried, seat: Seat, target: Capabilities, *, if_missing: bool) -> bool:
        """Whether Chime holds this. What can't be seen is not there."""
        try:
            return self._look(carried.meeting.id, seat) == target
        except Missing:
            return if_missing
        except ChimeFailure:
            return False

    def _look(self, meeting_id: str, seat: Seat) -> Capabilities:
        """What Chime holds. Raises `ChimeFailure`s."""
        return patiently(self._world, lambda: self._world.chime.seat(meeting_id, seat.attendee_id)).capabilities

    def _after_refusal(self, carried: Carried, user: User, ordering: Ordering) -> Carried:
        """Chime refused for good: either it reads its own rules more strictly than we did, or what widens is taken
        back. What narrows is never given up.
        """
        strict = self._found_out(carried, user, ordering)
        if strict is not None:
            return strict
        if carried.change.is_open and not carried.change.narrows and self._may_be_taken_back(carried):
            return self._take_back(carried, user, ordering)
        raise RefusedForGood

    def _may_be_taken_back(self, carried: Carried) -> bool:
        """Not who was made a host, and is the last one by now: that is pursued."""
        user = _user(carried)
        more = host_count(user.rules, taken_back(carried.change, user.rules))
        return not loses_its_hosts(carried.meeting, more)

    def _found_out(self, carried: Carried, user: User, ordering: Ordering) -> Carried | None:
        """Tries the strict reading of a meeting without video; if Chime takes it, that is what the meeting is."""
        meeting = carried.meeting
        if not meeting.features.may_be_refused:
            return None
        strict = with_strict_reading(meeting, carried.change.id)
        try:
            for seat in user.present:
                target = wanted(self._world, strict, user)
                is_wanted = partial(self._is_wanted, carried, strict, user, target)
                ordering.order(seat.attendee_id, target, is_wanted, widens=True)
        except NotTaken:
            return None
        persistently(self._world, [MeetingRevised(strict, meeting.revision)], ordering.lease.until)
        return replace(carried, meeting=strict)

    def _take_back(self, carried: Carried, user: User, ordering: Ordering) -> Carried:
        """A commit like any other: the rules as if the change had not been made. What follows makes Chime have them."""
        change = carried.change
        rules, was = taken_back(change, user.rules), carried.meeting
        restored = replace(user, rules=rules, revision=user.revision + 1, revised_by=change.id)
        meeting = counting(was, user.rules, rules, change.id)
        left = replace(change, status=Status.ABANDONED, lease=ordering.lease.renewed())
        given_up = Carried(left, meeting, restored)
        adds = {"attendees": [concerning(attendee_id, user.id) for attendee_id in user.seats]}
        clauses: list[Clause] = [
            *([MeetingRevised(meeting, was.revision)] if meeting is not was else []),
            UserRevised(meeting.id, restored, user.revision),
            ChangeKept(given_up.change, ordering.lease.token),
            EntryWritten(entry(self._world, given_up, ABANDONED, adds)),
        ]
        persistently(self._world, clauses, ordering.lease.until)
        return given_up


def _is_in_place(change: Change, seat: Seat, target: Capabilities, ordering: Ordering) -> bool:
    """Whether Chime took this for the seat since the change was made, so that no order and no look is needed. Who was
    there when others joined has what the rules say, or is being given it by the change that made them.
    """
    if not change.is_open or change.lapsed is not None or seat.not_taken:
        return False
    reached = ordering.reached.get(seat.attendee_id)
    if reached is not None:
        return reached == target and (seat.known == target or not ordering.is_noted_since(seat))
    if seat.known != target:
        return False
    began = change.patient_since
    last_call = ordering.reached_at.get(seat.attendee_id, began)
    uncertain_until = max(change.notes_count_from or began, ordering.unsure_until or began, last_call)
    if change.is_join and seat.attendee_id != change.attendee_id and uncertain_until == began:
        return True
    return seat.noted_at is not None and seat.noted_at > uncertain_until


def _user(carried: Carried) -> User:
    if carried.user is None:
        raise ValueError("a change of one person needs the person")
    return carried.user


def waiting(change: Change, user: User, ordering: Ordering, now: datetime) -> Change:
    """What could be done without him is done; the rest goes on with his answer, or ends when none has come."""
    asked = user.rules.asked
    ends_at = asked.until if asked is not None and asked.change_id == change.id else now
    unsure = ordering.unsure_until if ordering.unsure_until is not None and ordering.unsure_until > now else None
    return replace(
        change,
        lease=ordering.lease.given_back(now),
        due_at=min(ends_at, unsure or ends_at),
        unsure_until=unsure,
    )


def _status(change: Change, meeting: Meeting, user: User, seats: Sequence[Seat], now: datetime) -> Status:
    if not change.is_open:
        return change.status
    if change.lapsed is not None:
        return change.lapsed
    is_overruled = not stands(change, user.rules, now) or is_bound_again(change, meeting.rules)
    if is_overruled or _is_unheard(change, meeting, user):
        return Status.SUPERSEDED
    return Status.GONE if _has_left(change, user, seats) else Status.APPLIED


def _has_left(change: Change, user: User, seats: Sequence[Seat]) -> bool:
    """Whether the user has left on all attendees: the change's own calls found them gone, or another process has noted
    it since. An attendee that the change itself takes out is not lost.
    """
    since = change.patient_since
    left = {seat.attendee_id for seat in seats if seat.gone}
    left |= {key for key, seat in user.seats.items() if seat.gone and seat.noted_at and seat.noted_at > since}
    then = replace(user, rules=change.made) if isinstance(change.made, UserRules) else user
    return bool(left) and not user.present and not any(then.is_out(key) for key in left)


def _is_unheard(change: Change, meeting: Meeting, user: User) -> bool:
    """Whether he agreed to be heard, and is not: the meeting was changed between his answer and the order."""
    present, agreed = user.present, user.rules.agreed
    if change.agreed_at is None or not present or change.after is None or Capabilities.SEND_AUDIO not in change.after:
        return False
    if agreed is not None and agreed.meeting_revision == meeting.revision:
        return False
    return not any(seat.known is not None and Capabilities.SEND_AUDIO in seat.known for seat in present)
