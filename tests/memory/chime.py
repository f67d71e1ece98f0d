"""A Chime in memory, as far as the moderator sees it, that fails on demand."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from moderation.domain.capability import EVERYTHING, Capabilities, coherent
from moderation.domain.meeting import Features
from moderation.ports import ChimeNotFoundError, ChimeRejectedError, MeetingInChime, SeatInChime

Fault = Callable[[], None]


@dataclass
class Room:
    features: Features = field(default_factory=Features)
    seats: dict[str, SeatInChime] = field(default_factory=dict)
    strict: bool = False
    """Whether Video `Receive` is refused where video is off."""


@dataclass(frozen=True)
class Call:
    operation: str
    meeting_id: str
    attendee_id: str | None = None
    capabilities: Capabilities | None = None
    excluded: tuple[str, ...] = ()


class MemoryChime:
    """`faults` are taken one a call; each may raise. `before` comes before the deed, `after` after it."""

    def __init__(self) -> None:
        self.rooms: dict[str, Room] = {}
        self.calls: list[Call] = []
        self.before: list[Fault | None] = []
        self.after: list[Fault | None] = []

    def open(
        self, meeting_id: str, seats: dict[str, str], features: Features | None = None, strict: bool = False
    ) -> Room:
        """`seats`: attendee → user, created with everything."""
        room = Room(features or Features(), strict=strict)
        for attendee_id, user_id in seats.items():
            room.seats[attendee_id] = SeatInChime(attendee_id, user_id, EVERYTHING)
        self.rooms[meeting_id] = room
        return room

    def held(self, meeting_id: str, attendee_id: str) -> Capabilities:
        return self.rooms[meeting_id].seats[attendee_id].capabilities

    def orders(self) -> list[Call]:
        return [call for call in self.calls if call.operation in ("order", "order_except")]

    def meeting(self, meeting_id: str) -> MeetingInChime:
        self.calls.append(Call("meeting", meeting_id))
        room = self._room(meeting_id)
        return MeetingInChime(f"external-{meeting_id}", room.features)

    def seat(self, meeting_id: str, attendee_id: str) -> SeatInChime:
        self.calls.append(Call("seat", meeting_id, attendee_id))
        return self._seat(meeting_id, attendee_id)

    def roster(self, meeting_id: str) -> Sequence[SeatInChime]:
        self.calls.append(Call("roster", meeting_id))
        return tuple(self._room(meeting_id).seats.values())

    def order(self, meeting_id: str, attendee_id: str, capabilities: Capabilities) -> Capabilities:
        self.calls.append(Call("order", meeting_id, attendee_id, capabilities))
        self._fault(self.before)
        seat = self._seat(meeting_id, attendee_id)
        self._check(self._room(meeting_id), capabilities)
        self.write(meeting_id, seat, capabilities)
        self._fault(self.after)
        return self.held(meeting_id, attendee_id)

    def order_except(self, meeting_id: str, excluded: Sequence[str], capabilities: Capabilities) -> None:
        self.calls.append(Call("order_except", meeting_id, None, capabilities, tuple(excluded)))
        self._fault(self.before)
        room = self._room(meeting_id)
        self._check(room, capabilities)
        if not 1 <= len(excluded) <= 250:
            raise ChimeRejectedError("exclusions")
        for seat in list(room.seats.values()):
            if seat.attendee_id not in excluded:
                self.write(meeting_id, seat, capabilities)
        self._fault(self.after)

    def remove(self, meeting_id: str, attendee_id: str) -> None:
        self.calls.append(Call("remove", meeting_id, attendee_id))
        self._fault(self.before)
        self._seat(meeting_id, attendee_id)
        self.take_away(meeting_id, attendee_id)
        self._fault(self.after)

    def end(self, meeting_id: str) -> None:
        self.calls.append(Call("end", meeting_id))
        self._fault(self.before)
        self._room(meeting_id)
        self.close(meeting_id)
        self._fault(self.after)

    def take_away(self, meeting_id: str, attendee_id: str) -> None:
        del self.rooms[meeting_id].seats[attendee_id]

    def close(self, meeting_id: str) -> None:
        del self.rooms[meeting_id]

    def write(self, meeting_id: str, seat: SeatInChime, capabilities: Capabilities) -> None:
        new = SeatInChime(seat.attendee_id, seat.user_id, capabilities)
        self.rooms[meeting_id].seats[seat.attendee_id] = new

    def _fault(self, faults: list[Fault | None]) -> None:
        fault = faults.pop(0) if faults else None
        if fault is not None:
            fault()

    def _check(self, room: Room, capabilities: Capabilities) -> None:
        withheld = Features(room.features.video, room.features.content, not room.strict).withheld
        if capabilities & withheld or coherent(capabilities) != capabilities:
            raise ChimeRejectedError("invalid")

    def _room(self, meeting_id: str) -> Room:
        if meeting_id not in self.rooms:
            raise ChimeNotFoundError(meeting_id)
        return self.rooms[meeting_id]

    def _seat(self, meeting_id: str, attendee_id: str) -> SeatInChime:
        if attendee_id not in self._room(meeting_id).seats:
            raise ChimeNotFoundError(attendee_id)
        return self._room(meeting_id).seats[attendee_id]
