"""Who is in a meeting, as Chime shows it and the ledger knows them; and who has to leave."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from ...domain.capability import EVERYTHING, Capabilities
from ...domain.meeting import Meeting, UnmuteConsent, User, is_pipeline
from ...ports import (
    ChangeKept,
    ChimeNotFoundError,
    Clause,
    EntryWritten,
    MeetingIs,
    SeatInChime,
    SeatsNoted,
    UserRevised,
    World,
)
from .attendee_binding import bind
from .change_in_progress import ChangeInProgress, removed, wanted
from .chime_calls import ChimeCalls, MeetingOverError
from .retries import call_with_retry, transact_with_retry
from .roster_snapshot import RosterSnapshot
from .transaction_batches import SEATS_TOGETHER, chunks


class RosterReader:
    def __init__(self, world: World) -> None:
        self._world = world

    def crowd(self, in_progress: ChangeInProgress, calls: ChimeCalls) -> RosterSnapshot:
        """Raises `MeetingOver`, `ChimeFailure`s, and `Conflict` as `again` does."""
        meeting = in_progress.meeting
        roster = self._roster(meeting)
        people = self._bound(in_progress, roster, calls)
        moderated = [seat for seat in roster if not is_pipeline(seat.user_id)]
        return RosterSnapshot(
            seats={seat.attendee_id: seat.user_id for seat in moderated},
            before={s.attendee_id: _before(people[s.user_id], s, calls) for s in moderated},
            pipelines=tuple(seat.attendee_id for seat in roster if is_pipeline(seat.user_id)),
            people=people,
            held={s.attendee_id: _shown(people[s.user_id], s) for s in moderated},
        )

    def again(self, in_progress: ChangeInProgress, snapshot: RosterSnapshot, calls: ChimeCalls) -> Mapping[str, User]:
        """Everybody as the ledger has them by now, and whoever came between the roster and a batch, which reached him
        too: what he holds, or was bound with meanwhile, is that batch's doing and not what he was created with. A batch
        doesn't tell who has left: the roster does. Raises `Conflict` if another process holds the lease: only the
        holder applies the rules to those who are bound, and what a corrected grant gives.
        """
        meeting = in_progress.meeting
        if not snapshot.batched:
            return self._world.ledger.everybody(meeting.id)
        roster = self._roster(meeting)
        snapshot.gone |= snapshot.before.keys() - {seat.attendee_id for seat in roster}
        came = [seat for seat in roster if seat.attendee_id not in snapshot.seats]
        seen = [replace(s, capabilities=EVERYTHING) if s.capabilities in snapshot.batched else s for s in came]
        people = self._bound(in_progress, seen, calls)
        came_since = [user for user_id, user in people.items() if user_id not in snapshot.people]
        mistaken = [user for user in came_since if user.rules.grant in snapshot.batched - {EVERYTHING}]
        for user in mistaken:
            granted = replace(user, rules=replace(user.rules, grant=EVERYTHING), revision=user.revision + 1)
            clauses: list[Clause] = [UserRevised(meeting.id, granted, user.revision), _held(in_progress, calls)]
            transact_with_retry(self._world, clauses, calls.lease.until)
        snapshot.batched.clear()
        return self._world.ledger.everybody(meeting.id) if mistaken else people

    def look_at_the_unclear(self, meeting: Meeting, snapshot: RosterSnapshot) -> None:
        """Where a microphone opens only by consent, whoever was changed since the roster was read is looked at: what
        was noted of him may be older than what has shut it. Raises `ChimeFailure`s.
        """
        if meeting.rules.unmute_consent is UnmuteConsent.NONE:
            return
        for seat, user_id in snapshot.seats.items():
            is_unclear = snapshot.held[seat] is None and seat not in snapshot.shown and seat not in snapshot.gone
            if not is_unclear or Capabilities.SEND_AUDIO not in wanted(self._world, meeting, snapshot.seen(user_id)):
                continue
            try:
                found = call_with_retry(self._world, partial(self._world.chime.seat, meeting.id, seat))
            except ChimeNotFoundError:
                snapshot.gone.add(seat)
            else:
                snapshot.shown[seat] = found.capabilities

    def take_out(self, calls: ChimeCalls, in_progress: ChangeInProgress, snapshot: RosterSnapshot, user: User) -> None:
        """Told with the note that they are gone: nobody who finds them gone tells it. Raises `Conflict` if the meeting
        or he was changed at this moment, or the lease is somebody else's, who tells it.
        """
        leaving = [seat for seat in user.present if user.is_out(seat.attendee_id)]
        if not leaving:
            return
        for seat in leaving:
            calls.remove(seat.attendee_id)
        meeting, now = in_progress.meeting, self._world.surroundings.now()
        for gone in chunks([replace(seat, gone=True, noted_at=now) for seat in leaving], SEATS_TOGETHER):
            clauses: list[Clause] = [
                MeetingIs(meeting.id, meeting.revision, user.id),
                SeatsNoted(meeting.id, user.id, user.revision, tuple(gone)),
                ChangeKept(in_progress.change, calls.lease.token),
                EntryWritten(removed(self._world, in_progress, user, [seat.attendee_id for seat in gone])),
            ]
            transact_with_retry(self._world, clauses, calls.lease.until)
            snapshot.are_gone(user, gone)

    def _bound(
        self, in_progress: ChangeInProgress, roster: Sequence[SeatInChime], calls: ChimeCalls
    ) -> Mapping[str, User]:
        people = self._world.ledger.everybody(in_progress.meeting.id)
        return bind(self._world, in_progress.meeting, roster, people, [_held(in_progress, calls)])

    def _roster(self, meeting: Meeting) -> Sequence[SeatInChime]:
        try:
            return call_with_retry(self._world, lambda: self._world.chime.roster(meeting.id))
        except ChimeNotFoundError:
            raise MeetingOverError from None


def _held(in_progress: ChangeInProgress, calls: ChimeCalls) -> ChangeKept:
    """The change is still under this lease."""
    return ChangeKept(in_progress.change, calls.lease.token)


def _before(user: User, seat: SeatInChime, calls: ChimeCalls) -> Capabilities:
    """What the attendee had when the change first looked. If it was taken over, Chime may show what it has done before,
    which nobody was told: then what was noted last counts.
    """
    known = user.seats.get(seat.attendee_id)
    noted = known.known if known is not None and calls.is_resumed else None
    return calls.before.setdefault(seat.attendee_id, seat.capabilities if noted is None else noted)


def _shown(user: User, seat: SeatInChime) -> Capabilities | None:
    """None where Chime's media servers are known not to hold what its API says."""
    known = user.seats.get(seat.attendee_id)
    return None if known is not None and known.not_taken else seat.capabilities
