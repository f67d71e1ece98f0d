"""Who is in a meeting, as Chime shows it and the ledger knows them; and who has to leave."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from ..core.capability import EVERYTHING, Capabilities
from ..core.meeting import Meeting, UnmuteConsent, User, is_pipeline
from ..ports import (
    ChangeKept,
    Clause,
    EntryWritten,
    MeetingIs,
    Missing,
    SeatInChime,
    SeatsNoted,
    UserRevised,
    World,
)
from .binding import bind
from .carried import Carried, removed, wanted
from .crowd import Crowd
from .ordering import MeetingOver, Ordering
from .persistence import patiently, persistently
from .transactions import SEATS_TOGETHER, chunks


class RollCall:
    def __init__(self, world: World) -> None:
        self._world = world

    def crowd(self, carried: Carried, ordering: Ordering) -> Crowd:
        """Raises `MeetingOver`, `ChimeFailure`s, and `Conflict` as `again` does."""
        meeting = carried.meeting
        roster = self._roster(meeting)
        people = self._bound(carried, roster, ordering)
        moderated = [seat for seat in roster if not is_pipeline(seat.user_id)]
        return Crowd(
            seats={seat.attendee_id: seat.user_id for seat in moderated},
            before={s.attendee_id: _before(people[s.user_id], s, ordering) for s in moderated},
            pipelines=tuple(seat.attendee_id for seat in roster if is_pipeline(seat.user_id)),
            people=people,
            held={s.attendee_id: _shown(people[s.user_id], s) for s in moderated},
        )

    def again(self, carried: Carried, crowd: Crowd, ordering: Ordering) -> Mapping[str, User]:
        """Everybody as the ledger has them by now, and whoever came between the roster and a batch, which reached him
        too: what he holds, or was bound with meanwhile, is that batch's doing and not what he was created with. A batch
        doesn't tell who has left: the roster does. Raises `Conflict` if another process holds the lease: only the
        holder applies the rules to those who are bound, and what a corrected grant gives.
        """
        meeting = carried.meeting
        if not crowd.batched:
            return self._world.ledger.everybody(meeting.id)
        roster = self._roster(meeting)
        crowd.gone |= crowd.before.keys() - {seat.attendee_id for seat in roster}
        came = [seat for seat in roster if seat.attendee_id not in crowd.seats]
        seen = [replace(s, capabilities=EVERYTHING) if s.capabilities in crowd.batched else s for s in came]
        people = self._bound(carried, seen, ordering)
        came_since = [user for user_id, user in people.items() if user_id not in crowd.people]
        mistaken = [user for user in came_since if user.rules.grant in crowd.batched - {EVERYTHING}]
        for user in mistaken:
            granted = replace(user, rules=replace(user.rules, grant=EVERYTHING), revision=user.revision + 1)
            clauses: list[Clause] = [UserRevised(meeting.id, granted, user.revision), _held(carried, ordering)]
            persistently(self._world, clauses, ordering.lease.until)
        crowd.batched.clear()
        return self._world.ledger.everybody(meeting.id) if mistaken else people

    def look_at_the_unclear(self, meeting: Meeting, crowd: Crowd) -> None:
        """Where a microphone opens only by consent, whoever was changed since the roster was read is looked at: what
        was noted of him may be older than what has shut it. Raises `ChimeFailure`s.
        """
        if meeting.rules.unmute_consent is UnmuteConsent.NONE:
            return
        for seat, user_id in crowd.seats.items():
            is_unclear = crowd.held[seat] is None and seat not in crowd.shown and seat not in crowd.gone
            if not is_unclear or Capabilities.SEND_AUDIO not in wanted(self._world, meeting, crowd.seen(user_id)):
                continue
            try:
                found = patiently(self._world, partial(self._world.chime.seat, meeting.id, seat))
            except Missing:
                crowd.gone.add(seat)
            else:
                crowd.shown[seat] = found.capabilities

    def take_out(self, ordering: Ordering, carried: Carried, crowd: Crowd, user: User) -> None:
        """Told with the note that they are gone: nobody who finds them gone tells it. Raises `Conflict` if the meeting
        or he was changed at this moment, or the lease is somebody else's, who tells it.
        """
        leaving = [seat for seat in user.present if user.is_out(seat.attendee_id)]
        if not leaving:
            return
        for seat in leaving:
            ordering.remove(seat.attendee_id)
        meeting, now = carried.meeting, self._world.surroundings.now()
        for gone in chunks([replace(seat, gone=True, noted_at=now) for seat in leaving], SEATS_TOGETHER):
            clauses: list[Clause] = [
                MeetingIs(meeting.id, meeting.revision, user.id),
                SeatsNoted(meeting.id, user.id, user.revision, tuple(gone)),
                ChangeKept(carried.change, ordering.lease.token),
                EntryWritten(removed(self._world, carried, user, [seat.attendee_id for seat in gone])),
            ]
            persistently(self._world, clauses, ordering.lease.until)
            crowd.are_gone(user, gone)

    def _bound(self, carried: Carried, roster: Sequence[SeatInChime], ordering: Ordering) -> Mapping[str, User]:
        people = self._world.ledger.everybody(carried.meeting.id)
        return bind(self._world, carried.meeting, roster, people, [_held(carried, ordering)])

    def _roster(self, meeting: Meeting) -> Sequence[SeatInChime]:
        try:
            return patiently(self._world, lambda: self._world.chime.roster(meeting.id))
        except Missing:
            raise MeetingOver from None


def _held(carried: Carried, ordering: Ordering) -> ChangeKept:
    """The change is still under this lease."""
    return ChangeKept(carried.change, ordering.lease.token)


def _before(user: User, seat: SeatInChime, ordering: Ordering) -> Capabilities:
    """What the attendee had when the change first looked. If it was taken over, Chime may show what it has done before,
    which nobody was told: then what was noted last counts.
    """
    known = user.seats.get(seat.attendee_id)
    noted = known.known if known is not None and ordering.is_resumed else None
    return ordering.before.setdefault(seat.attendee_id, seat.capabilities if noted is None else noted)


def _shown(user: User, seat: SeatInChime) -> Capabilities | None:
    """None where Chime's media servers are known not to hold what its API says."""
    known = user.seats.get(seat.attendee_id)
    return None if known is not None and known.not_taken else seat.capabilities
