"""Drift: Chime differs from the rules though nothing is under way. Wider is put right, narrower is told and left."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from ..core.actor import Actor, ActorKind
from ..core.capability import NOTHING, Capabilities, in_words, is_narrower
from ..core.command import Bind
from ..core.decision import effects
from ..core.entry import DRIFT_FOUND, Entry, concerning
from ..core.meeting import Meeting, Seat, User, is_pipeline, revision_of
from ..ports import Clause, EntryWritten, MeetingIs, SeatInChime, SeatsNoted, UserRevised, World
from .carried import Carried, wanted
from .enforcement import Enforcement
from .opening import committed, deadline, decided_entry, opened
from .persistence import persistently
from .request import Request

CHIME = Actor(ActorKind.CHIME, "chime")
QUIET = timedelta(seconds=60)
"""What differs sooner after it was noted is something under way, not drift."""
WRITTEN_WITHIN = timedelta(seconds=5)


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
    def __init__(self, world: World, enforcement: Enforcement) -> None:
        self._world = world
        self._enforcement = enforcement

    def compare(self, meeting: Meeting, user: User, found: Sequence[SeatInChime]) -> int:
        """One person's seats, freshly read. Returns how many had drifted. Raises `Conflict` if he was just changed."""
        if meeting.ended_at is not None or is_pipeline(user.id):
            return 0
        self._note_what_is_right_again(meeting, user, found)
        differences = [d for seat in found if (d := self._difference(meeting, user, seat)) is not None]
        if not differences or self._is_under_way(meeting, user):
            return 0
        wider = [d for d in differences if d.is_wider]
        narrower = [d for d in differences if not d.is_wider]
        if narrower and not wider:
            self._tell(meeting, user, narrower)
        if wider:
            self._put_right(meeting, user, wider)
        return len(differences)

    def is_expected(self, meeting: Meeting, user: User, attendee_id: str) -> bool:
        """Whether a change of the seat's capabilities need not be looked into: it is most likely our own doing. What
        drifts at such a moment all the same is found by the next sweep.
        """
        seat = user.seats[attendee_id]
        fresh = seat.noted_at is not None and self._world.surroundings.now() < seat.noted_at + QUIET
        return (fresh and not seat.drifted) or self._is_under_way(meeting, user)

    def _difference(self, meeting: Meeting, user: User, found: SeatInChime) -> Difference | None:
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
        if seat.noted_at is not None and self._world.surroundings.now() < seat.noted_at + QUIET:
            return None
        return Difference(seat, found.capabilities, target)

    def _is_under_way(self, meeting: Meeting, user: User) -> bool:
        """Whether a change of his or of everybody's rules is still to be carried out, or to be looked at again."""
        latest = {by for by in (meeting.revised_by, user.revised_by) if by is not None}
        changes = [self._world.ledger.change(meeting.id, change_id) for change_id in latest]
        return any(change is not None and change.due_at is not None for change in changes)

    def _note_what_is_right_again(self, meeting: Meeting, user: User, found: Sequence[SeatInChime]) -> None:
        now, target = self._world.surroundings.now(), wanted(self._world, meeting, user)
        owned = [user.seats[f.attendee_id] for f in found if f.attendee_id in user.seats and f.capabilities == target]
        right = tuple(replace(seat, known=target, drifted=False, noted_at=now) for seat in owned if seat.drifted)
        if right:
            clauses: list[Clause] = [
                MeetingIs(meeting.id, meeting.revision),
                SeatsNoted(meeting.id, user.id, user.revision, right),
            ]
            persistently(self._world, clauses, now + WRITTEN_WITHIN)

    def _tell(self, meeting: Meeting, user: User, narrower: Sequence[Difference]) -> None:
        now = self._world.surroundings.now()
        seats = tuple(replace(d.seat, known=d.found, drifted=True, noted_at=now) for d in narrower)
        clauses: list[Clause] = [
            MeetingIs(meeting.id, meeting.revision),
            SeatsNoted(meeting.id, user.id, user.revision, seats),
            EntryWritten(self._entry(meeting, user, narrower, corrected=False)),
        ]
        persistently(self._world, clauses, now + WRITTEN_WITHIN)

    def _put_right(self, meeting: Meeting, user: User, wider: Sequence[Difference]) -> None:
        """A change that leaves the rules as they are, and orders them again."""
        change_id = self._world.surroundings.new_id()
        seen = {d.seat.attendee_id: replace(d.seat, known=d.found) for d in wider}
        revised = replace(user, seats={**user.seats, **seen}, revision=user.revision + 1, revised_by=change_id)
        found, target = wider[0].found, wider[0].wanted
        change = opened(
            self._world,
            _request(meeting),
            meeting,
            change_id,
            (),
            revision=revision_of(revised, meeting),
            subject=user.id,
            attendee_id=wider[0].seat.attendee_id,
            replaced=user.rules,
            made=user.rules,
            before=found,
            after=target,
            effects=effects(found, target),
            widens=False,
        )
        entry = self._entry(meeting, user, wider, corrected=True, change_id=change_id)
        clauses: list[Clause] = [
            MeetingIs(meeting.id, meeting.revision),
            UserRevised(meeting.id, revised, user.revision),
        ]
        if committed(self._world, _request(meeting), change, entry, clauses):
            until = deadline(self._world.surroundings.now())
            self._enforcement.carry_out(Carried(change, meeting, revised), until, in_background=True)

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
        return replace(told, type=DRIFT_FOUND, command="drift", adds={"attendees": attendees})


def _request(meeting: Meeting) -> Request:
    return Request(meeting.id, CHIME, Bind())
