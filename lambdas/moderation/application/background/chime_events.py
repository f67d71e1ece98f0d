"""What Chime tells of a meeting: who came, what changed, that it is over. Hints: each is looked up before it counts."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TypeVar

from ...domain.actor import CHIME
from ...domain.capability import Capabilities
from ...domain.commands import Bind, LowerHand
from ...domain.meeting import Meeting, Seat, User, is_pipeline
from ...ports import Budget, ChimeNotFoundError, ConditionFailedError, InfrastructureError, SeatInChime, SeatSeen, World
from ..commands.hands import lowered
from ..commands.pipeline import CommandPipeline
from ..enforcement.departures import note_gone
from ..enforcement.meeting_end import WRITTEN_WITHIN, close
from ..enforcement.retries import call_with_retry, transact_with_retry
from ..requests import WORTH_REPEATING, Refused, Request
from .drift import Drift
from .unexpected_errors import UnexpectedError, where

Found = TypeVar("Found")


@dataclass(slots=True)
class ComparisonResult:
    """What a sweep came to: how many seats had drifted, and what failed for no foreseen reason."""

    drifted: int = 0
    faults: list[UnexpectedError] = field(default_factory=list)


class NotSettledError(Exception):
    """It could not be seen to now; whoever brought it shall bring it again."""


class ChimeEventHandler:
    """May raise `MachineFailure`s, `Conflict` among them, and `NotSettled`: all mean `again`."""

    def __init__(self, world: World, commands: CommandPipeline, drift: Drift) -> None:
        self._world = world
        self._commands = commands
        self._drift = drift

    def on_joined(self, meeting_id: str, attendee_id: str, connected_at: datetime | None = None) -> None:
        """Binds the seat and gives it what the rules say, if it hasn't that already. `connected_at`: since when
        somebody is connected as this attendee, if that is what was told.
        """
        if self._registered(meeting_id) is None:
            return
        outcome = self._commands.perform(Request(meeting_id, CHIME, Bind(), attendee_id=attendee_id))
        if isinstance(outcome, Refused) and outcome.code in WORTH_REPEATING:
            raise NotSettledError
        if connected_at is not None:
            self._is_latest(SeatSeen(meeting_id, attendee_id, connected_at, connected=True))

    def on_left(self, meeting_id: str, attendee_id: str, at: datetime | None = None) -> None:
        """A user who has left on all their devices takes their hand down. News from before they came back, or before
        they raised it, is old.
        """
        found = self._found(meeting_id, attendee_id)
        if found is None:
            return
        meeting, user = found
        at = at or self._world.surroundings.now()
        if self._is_latest(SeatSeen(meeting_id, attendee_id, at, connected=False)):
            self._lower_hand(meeting, user, {attendee_id}, at)

    def on_deleted(self, meeting_id: str, attendee_id: str, at: datetime | None = None) -> None:
        """The attendee is gone for good, if Chime has them no more. One that Gavel takes out itself is noted, and told
        of, by the change that does so.
        """
        found = self._found(meeting_id, attendee_id)
        if found is None:
            return
        meeting, user = found
        seat = user.seats.get(attendee_id)
        if seat is None:
            return
        if not (seat.gone or user.is_out(attendee_id)):
            try:
                self._look(meeting_id, attendee_id)
            except ChimeNotFoundError:
                note_gone(self._world, meeting, user, [seat])
            else:
                return
        self._lower_hand(meeting, user, {attendee_id}, at or self._world.surroundings.now())

    def _look(self, meeting_id: str, attendee_id: str) -> SeatInChime | None:
        """The seat as Chime has it, not as an event tells. None if no call is left for it: then the sweep looks."""
        if not self._world.ledger.acquire_background_calls(1, self._world.surroundings.now(), Budget.LOOKS):
            return None
        return call_with_retry(self._world, lambda: self._world.chime.seat(meeting_id, attendee_id))

    def on_capabilities_updated(
        self, meeting_id: str, attendee_id: str, told: Capabilities | None = None, *, is_taken: bool = True
    ) -> None:
        """Compares the seat with the rules, by what Chime says now and not by what it told. `is_taken`: whether Chime's
        media servers took what its API took.

        Every order of ours is echoed, 250 at a time after a mute-all: such an echo costs no call to Chime.
        """
        found = self._found(meeting_id, attendee_id)
        if found is None:
            self.on_joined(meeting_id, attendee_id)
            return
        meeting, user = found
        if not is_taken:
            if not self._drift.not_taken(meeting, user, attendee_id, told):
                raise NotSettledError
            return
        if self._drift.is_expected(meeting, user, attendee_id, told):
            return
        try:
            seen = self._look(meeting_id, attendee_id)
        except ChimeNotFoundError:
            return
        if seen is not None:
            self._drift.compare(meeting, user, [seen], told=told is not None)

    def on_ended(self, meeting_id: str) -> None:
        meeting = self._registered(meeting_id)
        if meeting is None:
            return
        try:
            call_with_retry(self._world, lambda: self._world.chime.meeting(meeting_id))
        except ChimeNotFoundError:
            close(self._world, meeting)

    def sweep(self, meeting: Meeting, deadline: datetime | None = None) -> ComparisonResult:
        """Everybody whom Chime holds: strangers are bound, drift is seen to, attendees whom Chime doesn't hold any more
        are gone, a meeting that is gone is closed. What there is no time for is found by the next sweep. So are
        attendees that were bound after the roster was read: the roster says nothing about them.
        """
        swept = ComparisonResult()
        known = self._world.ledger.everybody(meeting.id)
        try:
            roster = call_with_retry(self._world, lambda: self._world.chime.roster(meeting.id))
        except ChimeNotFoundError:
            close(self._world, meeting)
            return swept
        people = self._world.ledger.everybody(meeting.id)
        self._look_for_the_gone(meeting, known, people, {seat.attendee_id for seat in roster}, swept)
        bound = {seat for user in people.values() for seat in user.seats}
        together: dict[str, list[SeatInChime]] = {}
        for seat in roster:
            if is_pipeline(seat.user_id):
                continue
            if seat.user_id in known and seat.attendee_id in known[seat.user_id].seats:
                together.setdefault(seat.user_id, []).append(seat)
            elif seat.attendee_id not in bound and (deadline is None or self._world.surroundings.now() < deadline):
                _alone(partial(self.on_joined, meeting.id, seat.attendee_id), swept, meeting.id, seat.user_id)
        for user_id, seats in together.items():
            look = partial(self._drift.compare, meeting, known[user_id], seats)
            swept.drifted += _alone(look, swept, meeting.id, user_id) or 0
        return swept

    def _look_for_the_gone(
        self,
        meeting: Meeting,
        known: Mapping[str, User],
        people: Mapping[str, User],
        there: Collection[str],
        swept: ComparisonResult,
    ) -> None:
        """Of the attendees who were `known` before the roster was read: who was bound since may have come after it."""
        for user_id, user in people.items():
            before = known[user_id].seats if user_id in known else {}
            lacking = [seat for seat in user.present if seat.attendee_id in before.keys() - there]
            gone = [seat for seat in lacking if not user.is_out(seat.attendee_id)]
            if gone:
                _alone(partial(self._are_gone, meeting, user, gone), swept, meeting.id, user_id)

    def _are_gone(self, meeting: Meeting, user: User, seats: Sequence[Seat]) -> None:
        note_gone(self._world, meeting, user, seats)
        self._lower_hand(meeting, user, {seat.attendee_id for seat in seats}, self._world.surroundings.now())

    def _lower_hand(self, meeting: Meeting, user: User, left: Collection[str], at: datetime) -> None:
        """Unless it was raised later, or the user is still connected as another attendee."""
        others = [seat.attendee_id for seat in user.present if seat.attendee_id not in left]
        loaded = self._world.ledger.load(meeting.id, [user.id], others)
        user = loaded.users[user.id]
        if user.hand is None or user.hand > at or set(others) - loaded.away:
            return
        clauses = lowered(self._world, meeting, user, CHIME, LowerHand.name)
        transact_with_retry(self._world, clauses, self._world.surroundings.now() + WRITTEN_WITHIN)

    def _is_latest(self, seen: SeatSeen) -> bool:
        """Notes it; False if something later is known, or nothing at all of this attendee."""
        try:
            transact_with_retry(self._world, [seen], self._world.surroundings.now() + WRITTEN_WITHIN)
        except ConditionFailedError:
            return False
        return True

    def _found(self, meeting_id: str, attendee_id: str) -> tuple[Meeting, User] | None:
        """None for a meeting or an attendee that Gavel doesn't know."""
        loaded = self._world.ledger.load(meeting_id, seats=[attendee_id])
        meeting, owner = loaded.meeting, loaded.seats.get(attendee_id)
        if meeting is None or meeting.ended_at is not None or owner is None:
            return None
        return meeting, self._world.ledger.load(meeting_id, [owner]).users[owner]

    def _registered(self, meeting_id: str) -> Meeting | None:
        """Meetings that Gavel doesn't know are none of its business."""
        meeting = self._world.ledger.load(meeting_id).meeting
        return meeting if meeting is not None and meeting.ended_at is None else None


def _alone(look: Callable[[], Found], swept: ComparisonResult, meeting_id: str, user_id: str) -> Found | None:
    """Whoever was just changed, or can't be seen to now, is found by the next sweep, and keeps nobody else waiting."""
    try:
        return look()
    except (InfrastructureError, NotSettledError):
        return None
    except Exception as error:
        swept.faults.append(UnexpectedError(where(error), meeting_id, user_id=user_id))
        return None
