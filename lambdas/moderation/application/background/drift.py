"""Drift: Chime differs from the rules though nothing is under way. Wider is put right, narrower is told and left."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from ...domain.actor import CHIME
from ...domain.capability import NOTHING, Capabilities, in_words, is_narrower
from ...domain.commands import Bind
from ...domain.effects import effects
from ...domain.entry import DELAYED, DRIFT_FOUND, Entry, concerning, iso
from ...domain.meeting import Meeting, Seat, User, is_pipeline, revision_of
from ...ports import Clause, EntryWritten, MeetingIs, SeatInChime, SeatsNoted, UserRevised, World
from ..commands.commits import commit_change, deadline, decided_entry, new_change
from ..enforcement.change_applier import ChangeApplier
from ..enforcement.change_in_progress import ChangeInProgress, wanted
from ..enforcement.meeting_end import WRITTEN_WITHIN
from ..enforcement.retries import transact_with_retry
from ..requests import Request

QUIET = timedelta(seconds=60)
"""What differs sooner after it was noted is something under way, not drift."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One seat as Chime was just seen to hold it."""

    seat: Seat
    found: Capabilities
    wanted: Capabilities
    is_out: bool = False
    """Whether it should not be there at all."""

    @property
    def is_wider(self) -> bool:
        return self.is_out or not is_narrower(self.found, self.wanted)


class Drift:
    def __init__(self, world: World, applier: ChangeApplier) -> None:
        self._world = world
        self._applier = applier

    def compare(self, meeting: Meeting, user: User, found: Sequence[SeatInChime], *, told: bool = False) -> int:
        """One user's attendees, read from Chime after the meeting and the user were read. Returns how many had drifted.
        Raises `Conflict` if anything was changed or noted since then: what was found may be older. `told`: whether
        Chime has told of it, so that it is no update of ours that is under way.
        """
        if meeting.ended_at is not None or is_pipeline(user.id):
            return 0
        user = self._with_the_returned(meeting, user, found)
        user = self._with_what_is_right_again(meeting, user, found)
        differences = [d for seat in found if (d := self._difference(meeting, user, seat, told=told)) is not None]
        refused = [seat for f in found if (seat := user.seats.get(f.attendee_id)) is not None and seat.not_taken]
        if not (differences or refused) or self._is_under_way(meeting, user):
            return 0
        if refused:
            self._apply_again(meeting, user, refused)
            return len(refused)
        wider = [d for d in differences if d.is_wider]
        narrower = [d for d in differences if not d.is_wider]
        if narrower and not wider:
            self._tell(meeting, user, narrower)
        if wider:
            self._put_right(meeting, user, wider)
        return len(differences)

    def is_expected(self, meeting: Meeting, user: User, attendee_id: str, told: Capabilities | None = None) -> bool:
        """Whether a change of the seat's capabilities need not be looked into: it is most likely our own doing, unless
        it is said to give more than the rules do. What drifts at such a moment all the same is found by the next sweep.
        """
        seat = user.seats[attendee_id]
        if told is not None and not is_narrower(told, wanted(self._world, meeting, user)):
            return self._is_under_way(meeting, user)
        fresh = seat.noted_at is not None and self._world.surroundings.now() < seat.noted_at + QUIET
        return (fresh and not (seat.drifted or seat.not_taken)) or self._is_under_way(meeting, user)

    def not_taken(self, meeting: Meeting, user: User, attendee_id: str, told: Capabilities | None) -> bool:
        """Chime's media servers did not take what its API took: it is applied again, at once or, if that was just
        tried, by the next sweep. False if a change is under way that may settle it. Raises `Conflict` if the user was
        just changed.
        """
        seat = user.seats[attendee_id]
        is_old = told is not None and told != wanted(self._world, meeting, user)
        if is_old or seat.gone or seat.not_taken or user.is_out(attendee_id):
            return True
        if self._is_under_way(meeting, user):
            return False
        noted = replace(seat, not_taken=True)
        clauses: list[Clause] = [
            MeetingIs(meeting.id, meeting.revision, user.id),
            SeatsNoted(meeting.id, user.id, user.revision, (noted,), user.notes),
        ]
        transact_with_retry(self._world, clauses, self._world.surroundings.now() + WRITTEN_WITHIN)
        if not self._was_just_applied_again(meeting, user):
            self._apply_again(meeting, user.with_notes([noted]), [noted])
        return True

    def _was_just_applied_again(self, meeting: Meeting, user: User) -> bool:
        change = self._world.ledger.change(meeting.id, user.revised_by) if user.revised_by else None
        if change is None or change.actor != CHIME:
            return False
        return self._world.surroundings.now() < change.committed_at + QUIET

    def _with_the_returned(self, meeting: Meeting, user: User, found: Sequence[SeatInChime]) -> User:
        """Attendees whom the ledger took for gone, and whom Chime holds. A change under way notes and tells what it has
        made of them.
        """
        gone = [(user.seats[f.attendee_id], f) for f in found if f.attendee_id in user.seats]
        there = tuple(
            replace(seat, gone=False, known=f.capabilities)
            for seat, f in gone
            if seat.gone and not user.is_out(seat.attendee_id)
        )
        if not there or self._is_under_way(meeting, user):
            return user
        until = self._world.surroundings.now() + WRITTEN_WITHIN
        transact_with_retry(self._world, [SeatsNoted(meeting.id, user.id, user.revision, there, user.notes)], until)
        return user.with_notes(there)

    def _difference(self, meeting: Meeting, user: User, found: SeatInChime, *, told: bool = False) -> Difference | None:
        """Narrower than what has never been noted is what an end of time may yet give, so it is no drift."""
        seat = user.seats.get(found.attendee_id)
        target = wanted(self._world, meeting, user)
        if seat is None:
            return None
        if user.is_out(seat.attendee_id):
            return Difference(replace(seat, gone=False), found.capabilities, NOTHING, is_out=True)
        if found.capabilities == target:
            return None
        if (seat.drifted or seat.known != target) and is_narrower(found.capabilities, target):
            return None
        is_fresh = seat.noted_at is not None and self._world.surroundings.now() < seat.noted_at + QUIET
        if is_fresh and not told:
            return None
        return Difference(seat, found.capabilities, target)

    def _is_under_way(self, meeting: Meeting, user: User) -> bool:
        """Whether a change of his or of everybody's rules is still to be carried out, or to be looked at again."""
        latest = {by for by in (meeting.revised_by, user.revised_by) if by is not None}
        changes = [self._world.ledger.change(meeting.id, change_id) for change_id in latest]
        return any(change is not None and change.due_at is not None for change in changes)

    def _with_what_is_right_again(self, meeting: Meeting, user: User, found: Sequence[SeatInChime]) -> User:
        now, target = self._world.surroundings.now(), wanted(self._world, meeting, user)
        owned = [user.seats[f.attendee_id] for f in found if f.attendee_id in user.seats and f.capabilities == target]
        right = tuple(seat.noted(target, now) for seat in owned if seat.drifted and not seat.not_taken)
        if not right or self._is_under_way(meeting, user):
            return user
        clauses: list[Clause] = [
            MeetingIs(meeting.id, meeting.revision, user.id),
            SeatsNoted(meeting.id, user.id, user.revision, right, user.notes),
        ]
        transact_with_retry(self._world, clauses, now + WRITTEN_WITHIN)
        return user.with_notes(right)

    def _tell(self, meeting: Meeting, user: User, narrower: Sequence[Difference]) -> None:
        now = self._world.surroundings.now()
        seats = tuple(replace(d.seat, known=d.found, drifted=True, noted_at=now) for d in narrower)
        clauses: list[Clause] = [
            MeetingIs(meeting.id, meeting.revision, user.id),
            SeatsNoted(meeting.id, user.id, user.revision, seats, user.notes),
            EntryWritten(self._entry(meeting, user, narrower, corrected=False)),
        ]
        transact_with_retry(self._world, clauses, now + WRITTEN_WITHIN)

    def _put_right(self, meeting: Meeting, user: User, wider: Sequence[Difference]) -> None:
        change_id = self._world.surroundings.new_id()
        entry = self._entry(meeting, user, wider, corrected=True, change_id=change_id)
        seats = [replace(d.seat, known=d.found) for d in wider]
        self._reorder(meeting, user, seats, wider[0].found, wider[0].wanted, entry)

    def _apply_again(self, meeting: Meeting, user: User, seats: Sequence[Seat]) -> None:
        """What Chime's API holds already, and its media servers don't."""
        now, change_id = self._world.surroundings.now(), self._world.surroundings.new_id()
        since = min((seat.noted_at for seat in seats if seat.noted_at is not None), default=now)
        attendees = [concerning(seat.attendee_id, user.id) for seat in seats]
        revision = revision_of(user, meeting)
        entry = decided_entry(self._world, _request(meeting), meeting, revision, (), attendees, change_id=change_id)
        entry = replace(entry, type=DELAYED, extra={"pendingSince": iso(since), "attendees": attendees})
        target = wanted(self._world, meeting, user)
        self._reorder(meeting, user, seats, target, target, entry)

    def _reorder(
        self,
        meeting: Meeting,
        user: User,
        seats: Sequence[Seat],
        found: Capabilities,
        target: Capabilities,
        entry: Entry,
    ) -> None:
        """A change that leaves the rules as they are, and applies them again."""
        change_id, seen = entry.change_id or "", {seat.attendee_id: seat for seat in seats}
        revised = replace(user, seats={**user.seats, **seen}, revision=user.revision + 1, revised_by=change_id)
        change = new_change(
            self._world,
            _request(meeting),
            meeting,
            change_id,
            (),
            revision=revision_of(revised, meeting),
            subject=user.id,
            attendee_id=seats[0].attendee_id,
            rules_before=user.rules,
            rules_after=user.rules,
            before=found,
            after=target,
            effects=effects(found, target),
            widens=False,
        )
        clauses: list[Clause] = [
            MeetingIs(meeting.id, meeting.revision, user.id),
            UserRevised(meeting.id, revised, user.revision, notes=user.notes),
        ]
        if commit_change(self._world, _request(meeting), change, entry, clauses):
            until = deadline(self._world.surroundings.now())
            self._applier.apply(ChangeInProgress(change, meeting, revised), until, in_background=True)

    def _entry(
        self,
        meeting: Meeting,
        user: User,
        differences: Sequence[Difference],
        *,
        corrected: bool,
        change_id: str | None = None,
    ) -> Entry:
        attendees = [
            concerning(d.seat.attendee_id, user.id)
            | {"found": in_words(d.found), "wanted": in_words(d.wanted), "corrected": corrected}
            for d in differences
        ]
        told = decided_entry(
            self._world, _request(meeting), meeting, revision_of(user, meeting), (), attendees, change_id=change_id
        )
        return replace(told, type=DRIFT_FOUND, command="drift", extra={"attendees": attendees})


def _request(meeting: Meeting) -> Request:
    return Request(meeting.id, CHIME, Bind())
