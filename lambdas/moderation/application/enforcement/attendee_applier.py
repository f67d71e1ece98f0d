"""order · settle for one person, on all his seats."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from ...domain.capability import NOTHING, Capabilities, is_narrower
from ...domain.change import GIVE_UP_AFTER, Change, Status, is_bound_again, is_in_effect, reverted, withholding
from ...domain.effective import effective
from ...domain.effects import SeatChange, seat_changes
from ...domain.entry import ABANDONED, CAPABILITIES_CHANGED, SUPERSEDED, changed, concerning
from ...domain.meeting import (
    Meeting,
    Seat,
    UnmuteConsent,
    User,
    UserRules,
    has_agreed,
    host_count,
    loses_its_hosts,
    with_host_count,
)
from ...ports import (
    ChangeKept,
    ChimeError,
    ChimeNotFoundError,
    ChimeRejectedError,
    Clause,
    ConditionFailedError,
    EntryWritten,
    LedgerUnavailableError,
    MeetingIs,
    MeetingRevised,
    SeatsNoted,
    UserRevised,
    Wakeup,
    World,
)
from ..answers import as_held, attendee
from .change_in_progress import (
    ChangeInProgress,
    about,
    closed,
    entry,
    overruled_by,
    removed,
    wanted,
    with_strict_reading,
)
from .chime_calls import ChimeCalls, ChimeRefusedError, DeadlineExceededError, MeetingOverError
from .retries import call_with_retry, transact_with_retry
from .transaction_batches import SEATS_TOGETHER, chunks

ONE_BY_ONE = 8
"""Seats of one user that have joined, beyond which a plan for the whole meeting takes fewer calls."""


class AttendeeApplier:
    def __init__(self, world: World) -> None:
        self._world = world

    def apply_and_settle(self, in_progress: ChangeInProgress, calls: ChimeCalls) -> ChangeInProgress:
        """Settled; or, still under the lease, other rules to be carried out: the change was taken back, or the meeting
        turned out to be read more strictly. Raises `Conflict` if what the orders were derived from has moved,
        `OutOfTime` if they don't get through.
        """
        stored = _user(in_progress)
        if self._is_overdue(in_progress, stored):
            return self._take_back(in_progress, stored, calls)
        began = self._world.surroundings.now()
        user = self._as_chime_has_him(in_progress, stored)
        in_progress, target = replace(in_progress, user=user), wanted(self._world, in_progress.meeting, user)
        if self._is_a_crowd(in_progress, user, target, calls):
            if not calls.in_background:
                raise DeadlineExceededError
            return replace(in_progress, change=replace(in_progress.change, everybody=True), user=None)
        try:
            seats = tuple(self._ordered(in_progress, user, seat, target, calls) for seat in user.present)
        except ChimeRejectedError:
            return self._after_refusal(in_progress, user, calls)
        if seats and all(seat.gone for seat in seats) and self._is_over(in_progress.meeting):
            raise MeetingOverError
        return self._settle(in_progress, stored, seats, calls, began)

    def _is_over(self, meeting: Meeting) -> bool:
        """Whether nobody is found because Chime has ended the meeting."""
        if meeting.ended_at is not None:
            return False
        try:
            call_with_retry(self._world, lambda: self._world.chime.roster(meeting.id))
        except ChimeNotFoundError:
            return True
        except ChimeError:
            return False
        return False

    def _ordered(
        self, in_progress: ChangeInProgress, user: User, seat: Seat, target: Capabilities, calls: ChimeCalls
    ) -> Seat:
        is_wanted = partial(self._is_wanted, in_progress, in_progress.meeting, user, target)
        if user.is_out(seat.attendee_id):
            calls.remove(seat.attendee_id, is_wanted)
            return self._gone(seat)
        change = in_progress.change
        if _is_in_place(change, seat, target, calls):
            return seat if calls.reached.get(seat.attendee_id) != target else self._noted(seat, target)
        # What waited may be done already: by a later change of the same person or of everybody, or before he was asked.
        looks_first = calls.in_background or not change.is_open or change.lapsed is not None
        looks_first = looks_first and not seat.not_taken
        is_in_place = looks_first and self._has(in_progress, seat, target, if_missing=False)
        widens = not is_narrower(target, NOTHING if seat.known is None else seat.known)
        if not is_in_place and calls.order(seat.attendee_id, target, is_wanted, widens=widens) is None:
            return self._gone(seat)
        return self._noted(seat, target)

    def _noted(self, seat: Seat, held: Capabilities) -> Seat:
        return seat.noted(held, self._world.surroundings.now())

    def _gone(self, seat: Seat) -> Seat:
        return replace(seat, gone=True, noted_at=self._world.surroundings.now())

    def _is_a_crowd(self, in_progress: ChangeInProgress, user: User, target: Capabilities, calls: ChimeCalls) -> bool:
        """Whether so many have joined as one user that the plan for the whole meeting serves them in fewer calls."""
        if not in_progress.change.is_join or any(user.is_out(seat.attendee_id) for seat in user.present):
            return False
        left = [seat for seat in user.present if not _is_in_place(in_progress.change, seat, target, calls)]
        return len(left) > ONE_BY_ONE

    def _is_wanted(self, in_progress: ChangeInProgress, meeting: Meeting, user: User, target: Capabilities) -> bool:
        """Whether nobody has changed the rules since they were read, and time has not either. `meeting` is the one that
        the target was derived from: as it is stored, or read more strictly.
        """
        loaded = self._world.ledger.load(in_progress.meeting.id, [user.id])
        stored, now = loaded.meeting, loaded.users[user.id]
        is_same = stored is not None and (stored.revision, now.revision) == (
            in_progress.meeting.revision,
            user.revision,
        )
        return is_same and wanted(self._world, meeting, user) == target

    def _as_chime_has_him(self, in_progress: ChangeInProgress, user: User) -> User:
        """Where a microphone opens only by consent, it counts what Chime holds and not what was noted last: an order
        whose note is still to come may have shut it, or opened it before his agreement ran out.
        """
        meeting, now = in_progress.meeting, self._world.surroundings.now()
        if meeting.rules.unmute_consent is UnmuteConsent.NONE or has_agreed(user, meeting, now):
            return user
        holds, had_agreed = (
            self._world.policies.capabilities_for,
            in_progress.change.is_open and in_progress.change.agreed_at is not None,
        )
        if Capabilities.SEND_AUDIO not in effective(meeting, user, holds, now, consented=had_agreed):
            return user
        seats = dict(user.seats)
        for seat in user.present:
            try:
                held = self._look(meeting.id, seat)
            except ChimeNotFoundError:
                held = None
            seats[seat.attendee_id] = replace(seat, known=held)
        return replace(user, seats=seats)

    def _settle(
        self, in_progress: ChangeInProgress, user: User, seats: tuple[Seat, ...], calls: ChimeCalls, began: datetime
    ) -> ChangeInProgress:
        """Closes the change, if everything that the orders were derived from still stands. `user`: as noted before it;
        what Chime shows since may be what this change has done already, and has told nobody.
        """
        change, meeting = in_progress.change, in_progress.meeting
        now_held = {**user.seats, **{seat.attendee_id: seat for seat in seats}}
        new = [seat for seat in seats if seat != user.seats[seat.attendee_id]]
        notes = list(chunks(new, SEATS_TOGETHER))
        noted = replace(user, seats=now_held, notes=user.notes + len(notes))
        had = [replace(seat, known=change.untold.get(seat.attendee_id, seat.known)) for seat in user.present]
        made = seat_changes(had, seats, change.before, withholding(change))
        now = self._world.surroundings.now()
        kept = closed(change, _status(change, meeting, noted, seats, now), calls, began, now)
        if change.awaits_consent:
            kept = waiting(change, user, calls, now)
        elif change.is_open:
            superseded_by = overruled_by(change, meeting, user) if kept.status is Status.SUPERSEDED else None
            answer = attendee(self._world, meeting, noted, change.attendee_id)
            kept = as_held(replace(kept, closed_by=superseded_by, answer=answer), noted, made)
        settled = ChangeInProgress(kept, meeting, noted)
        is_in_effect = self._check_meeting(meeting, user)
        *before, last = notes or [()]
        for position, some in enumerate(before):
            note = SeatsNoted(meeting.id, user.id, user.revision, tuple(some), user.notes + position)
            transact_with_retry(self._world, [*is_in_effect, note], calls.lease.until)
        clauses: list[Clause] = [
            *is_in_effect,
            SeatsNoted(meeting.id, user.id, user.revision, tuple(last), user.notes + len(before)),
            ChangeKept(kept, calls.lease.token),
            *self._taken_out(settled, user, seats),
            *(self._told(settled, user, made) if change.is_open else []),
        ]
        transact_with_retry(self._world, clauses, calls.lease.until)
        if kept.awaits_consent and kept.due_at is not None:
            self._world.wakeups.schedule(Wakeup(meeting.id, change_id=kept.id), kept.due_at - now)
        return settled

    def _check_meeting(self, meeting: Meeting, user: User) -> list[Clause]:
        """Raises `Conflict` if the meeting has moved. A read is enough: all calls of this change have ended before it.
        A change of the meeting that commits after it reads a roster that shows what they did, and notes what it makes
        of that. In the transaction the check would make all attendees of a meeting contend; it is returned for it only
        if the meeting can't be read.
        """
        is_in_effect = MeetingIs(meeting.id, meeting.revision, user.id)
        try:
            now = self._world.ledger.load(meeting.id).meeting
        except LedgerUnavailableError:
            return [is_in_effect]
        if now is None or now.revision != meeting.revision:
            raise ConditionFailedError([is_in_effect])
        return []

    def _taken_out(self, settled: ChangeInProgress, user: User, seats: tuple[Seat, ...]) -> list[Clause]:
        """Told whatever becomes of the change: a seat that is gone is told of by whoever notes it, or never."""
        left = [seat.attendee_id for seat in seats if seat.gone and user.is_out(seat.attendee_id)]
        return [EntryWritten(removed(self._world, settled, user, left))] if left else []

    def _told(self, settled: ChangeInProgress, user: User, made: tuple[SeatChange, ...]) -> list[Clause]:
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

    def _is_overdue(self, in_progress: ChangeInProgress, user: User) -> bool:
        """Whether a widening has waited too long, and Chime still has not taken it. What nobody agreed to opens nothing
        by surprise.
        """
        change = in_progress.change
        if not change.is_open or change.narrows or change.awaits_consent or change.lapsed is not None:
            return False
        if self._world.surroundings.now() < change.deadline_starts_at + GIVE_UP_AFTER or not self._may_be_taken_back(
            in_progress
        ):
            return False
        meeting, holds, now = in_progress.meeting, self._world.policies.capabilities_for, self._world.surroundings.now()
        # What he agreed to has run out by now: it counts what he would have had by it.
        target = effective(meeting, user, holds, now, consented=change.agreed_at is not None)
        return not all(self._has(in_progress, seat, target, if_missing=True) for seat in user.present)

    def _has(self, in_progress: ChangeInProgress, seat: Seat, target: Capabilities, *, if_missing: bool) -> bool:
        """Whether Chime holds this. What can't be seen is not there."""
        try:
            return self._look(in_progress.meeting.id, seat) == target
        except ChimeNotFoundError:
            return if_missing
        except ChimeError:
            return False

    def _look(self, meeting_id: str, seat: Seat) -> Capabilities:
        """What Chime holds. Raises `ChimeFailure`s."""
        return call_with_retry(self._world, lambda: self._world.chime.seat(meeting_id, seat.attendee_id)).capabilities

    def _after_refusal(self, in_progress: ChangeInProgress, user: User, calls: ChimeCalls) -> ChangeInProgress:
        """Chime refused for good: either it reads its own rules more strictly than we did, or what widens is taken
        back. What narrows is never given up.
        """
        strict = self._found_out(in_progress, user, calls)
        if strict is not None:
            return strict
        if in_progress.change.is_open and not in_progress.change.narrows and self._may_be_taken_back(in_progress):
            return self._take_back(in_progress, user, calls)
        raise ChimeRefusedError

    def _may_be_taken_back(self, in_progress: ChangeInProgress) -> bool:
        """Not who was made a host, and is the last one by now: that is pursued."""
        user = _user(in_progress)
        more = host_count(user.rules, self._taken_back(in_progress, user))
        return not loses_its_hosts(in_progress.meeting, more)

    def _taken_back(self, in_progress: ChangeInProgress, user: User) -> UserRules:
        moment = in_progress.meeting.rules.moment(self._world.surroundings.now())
        return reverted(in_progress.change, user.rules, moment)

    def _found_out(self, in_progress: ChangeInProgress, user: User, calls: ChimeCalls) -> ChangeInProgress | None:
        """Tries the strict reading of a meeting without video; if Chime takes it, that is what the meeting is."""
        meeting = in_progress.meeting
        if not meeting.features.may_be_refused:
            return None
        strict = with_strict_reading(meeting, in_progress.change.id)
        try:
            for seat in user.present:
                target = wanted(self._world, strict, user)
                is_wanted = partial(self._is_wanted, in_progress, strict, user, target)
                calls.order(seat.attendee_id, target, is_wanted, widens=True)
        except ChimeRejectedError:
            return None
        transact_with_retry(self._world, [MeetingRevised(strict, meeting.revision)], calls.lease.until)
        return replace(in_progress, meeting=strict)

    def _take_back(self, in_progress: ChangeInProgress, user: User, calls: ChimeCalls) -> ChangeInProgress:
        """A commit like any other: the rules as if the change had not been made. What follows makes Chime have them."""
        change = in_progress.change
        rules, was = self._taken_back(in_progress, user), in_progress.meeting
        restored = replace(user, rules=rules, revision=user.revision + 1, revised_by=change.id)
        meeting = with_host_count(was, user.rules, rules, change.id)
        left = replace(change, status=Status.ABANDONED, lease=calls.lease.rotated())
        given_up = ChangeInProgress(left, meeting, restored)
        adds = {"attendees": [concerning(attendee_id, user.id) for attendee_id in user.seats]}
        clauses: list[Clause] = [
            *([MeetingRevised(meeting, was.revision)] if meeting is not was else []),
            UserRevised(meeting.id, restored, user.revision),
            ChangeKept(given_up.change, calls.lease.token),
            EntryWritten(entry(self._world, given_up, ABANDONED, adds)),
        ]
        transact_with_retry(self._world, clauses, calls.lease.until)
        return given_up


def _is_in_place(change: Change, seat: Seat, target: Capabilities, calls: ChimeCalls) -> bool:
    """Whether Chime took this for the seat since the change was made, so that no order and no look is needed. Who was
    there when others joined has what the rules say, or is being given it by the change that made them.
    """
    if not change.is_open or change.lapsed is not None or seat.not_taken:
        return False
    reached = calls.reached.get(seat.attendee_id)
    if reached is not None:
        return reached == target and (seat.known == target or not calls.is_noted_since(seat))
    if seat.known != target:
        return False
    began = change.deadline_starts_at
    last_call = calls.reached_at.get(seat.attendee_id, began)
    uncertain_until = max(change.notes_count_from or began, calls.uncertain_until or began, last_call)
    if change.is_join and seat.attendee_id != change.attendee_id and uncertain_until == began:
        return True
    return seat.noted_at is not None and seat.noted_at > uncertain_until


def _user(in_progress: ChangeInProgress) -> User:
    if in_progress.user is None:
        raise ValueError("a change of one person needs the person")
    return in_progress.user


def waiting(change: Change, user: User, calls: ChimeCalls, now: datetime) -> Change:
    """What could be done without him is done; the rest goes on with his answer, or ends when none has come."""
    asked = user.rules.asked
    ends_at = asked.until if asked is not None and asked.change_id == change.id else now
    unsure = calls.uncertain_until if calls.uncertain_until is not None and calls.uncertain_until > now else None
    return replace(
        change,
        lease=calls.lease.released(now),
        due_at=min(ends_at, unsure or ends_at),
        uncertain_until=unsure,
    )


def _status(change: Change, meeting: Meeting, user: User, seats: Sequence[Seat], now: datetime) -> Status:
    if not change.is_open:
        return change.status
    if change.lapsed is not None:
        return change.lapsed
    is_overruled = not is_in_effect(change, user.rules, now) or is_bound_again(change, meeting.rules)
    if is_overruled or _is_unheard(change, meeting, user):
        return Status.SUPERSEDED
    return Status.GONE if _has_left(change, user, seats) else Status.APPLIED


def _has_left(change: Change, user: User, seats: Sequence[Seat]) -> bool:
    """Whether the user has left on all attendees: the change's own calls found them gone, or another process has noted
    it since. An attendee that the change itself takes out is not lost.
    """
    since = change.deadline_starts_at
    left = {seat.attendee_id for seat in seats if seat.gone}
    left |= {key for key, seat in user.seats.items() if seat.gone and seat.noted_at and seat.noted_at > since}
    then = replace(user, rules=change.rules_after) if isinstance(change.rules_after, UserRules) else user
    return bool(left) and not user.present and not any(then.is_out(key) for key in left)


def _is_unheard(change: Change, meeting: Meeting, user: User) -> bool:
    """Whether he agreed to be heard, and is not: the meeting was changed between his answer and the order."""
    present, agreed = user.present, user.rules.agreed
    if change.agreed_at is None or not present or change.after is None or Capabilities.SEND_AUDIO not in change.after:
        return False
    if agreed is not None and agreed.meeting_revision == meeting.revision:
        return False
    return not any(seat.known is not None and Capabilities.SEND_AUDIO in seat.known for seat in present)
