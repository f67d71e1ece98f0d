"""An in-memory Chime with the operations that Gavel uses. It fails on demand."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from moderation.domain.capability import EVERYTHING, Capabilities, coherent
from moderation.domain.meeting import Features
from moderation.ports import ChimeAttendee, ChimeNotFoundError, ChimeRejectedError, MeetingInChime

Fault = Callable[[], None]


@dataclass
class Room:
    features: Features = field(default_factory=Features)
    attendees: dict[str, ChimeAttendee] = field(default_factory=dict)
    strict: bool = False
    """Whether Video `Receive` is refused while video is off."""


@dataclass(frozen=True)
class Call:
    operation: str
    meeting_id: str
    attendee_id: str | None = None
    capabilities: Capabilities | None = None
    excluded: tuple[str, ...] = ()


class MemoryChime:
    """Each call takes one of `faults`, which may raise. `before` runs before the call's effect, `after` after it."""

    def __init__(self) -> None:
        self.rooms: dict[str, Room] = {}
        self.calls: list[Call] = []
        self.before: list[Fault | None] = []
        self.after: list[Fault | None] = []

    def open(
        self, meeting_id: str, attendees: dict[str, str], features: Features | None = None, strict: bool = False
    ) -> Room:
        """Opens a meeting. `attendees`: AttendeeId → ExternalUserId, all created with every capability."""
        room = Room(features or Features(), strict=strict)
        for attendee_id, user_id in attendees.items():
            room.attendees[attendee_id] = ChimeAttendee(attendee_id, user_id, EVERYTHING)
        self.rooms[meeting_id] = room
        return room

    def held(self, meeting_id: str, attendee_id: str) -> Capabilities:
        return self.rooms[meeting_id].attendees[attendee_id].capabilities

    def updates(self) -> list[Call]:
        return [call for call in self.calls if call.operation in ("update", "update_except")]

    def meeting(self, meeting_id: str) -> MeetingInChime:
        self.calls.append(Call("meeting", meeting_id))
        room = self._room(meeting_id)
        return MeetingInChime(f"external-{meeting_id}", room.features)

    def attendee(self, meeting_id: str, attendee_id: str) -> ChimeAttendee:
        self.calls.append(Call("attendee", meeting_id, attendee_id))
        return self._attendee(meeting_id, attendee_id)

    def roster(self, meeting_id: str) -> Sequence[ChimeAttendee]:
        self.calls.append(Call("roster", meeting_id))
        return tuple(self._room(meeting_id).attendees.values())

    def update(self, meeting_id: str, attendee_id: str, capabilities: Capabilities) -> Capabilities:
        self.calls.append(Call("update", meeting_id, attendee_id, capabilities))
        self._fault(self.before)
        attendee = self._attendee(meeting_id, attendee_id)
        self._check(self._room(meeting_id), capabilities)
        self.write(meeting_id, attendee, capabilities)
        self._fault(self.after)
        return self.held(meeting_id, attendee_id)

    def update_except(self, meeting_id: str, excluded: Sequence[str], capabilities: Capabilities) -> None:
        self.calls.append(Call("update_except", meeting_id, None, capabilities, tuple(excluded)))
        self._fault(self.before)
        room = self._room(meeting_id)
        self._check(room, capabilities)
        if not 1 <= len(excluded) <= 250:
            raise ChimeRejectedError("exclusions")
        for attendee in list(room.attendees.values()):
            if attendee.attendee_id not in excluded:
                self.write(meeting_id, attendee, capabilities)
        self._fault(self.after)

    def remove(self, meeting_id: str, attendee_id: str) -> None:
        self.calls.append(Call("remove", meeting_id, attendee_id))
        self._fault(self.before)
        self._attendee(meeting_id, attendee_id)
        self.take_away(meeting_id, attendee_id)
        self._fault(self.after)

    def end(self, meeting_id: str) -> None:
        self.calls.append(Call("end", meeting_id))
        self._fault(self.before)
        self._room(meeting_id)
        self.close(meeting_id)
        self._fault(self.after)

    def take_away(self, meeting_id: str, attendee_id: str) -> None:
        del self.rooms[meeting_id].attendees[attendee_id]

    def close(self, meeting_id: str) -> None:
        del self.rooms[meeting_id]

    def write(self, meeting_id: str, attendee: ChimeAttendee, capabilities: Capabilities) -> None:
        new = ChimeAttendee(attendee.attendee_id, attendee.user_id, capabilities)
        self.rooms[meeting_id].attendees[attendee.attendee_id] = new

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

    def _attendee(self, meeting_id: str, attendee_id: str) -> ChimeAttendee:
        if attendee_id not in self._room(meeting_id).attendees:
            raise ChimeNotFoundError(attendee_id)
        return self._room(meeting_id).attendees[attendee_id]
