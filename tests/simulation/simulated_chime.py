"""A simulated Chime: calls are throttled, slow, or have an effect without an answer."""

from collections.abc import Callable, Container, Mapping, Sequence
from typing import TypeVar

from moderation.domain.capability import EVERYTHING, Capabilities
from moderation.domain.change import CALL_LIFE, CALL_TIMEOUT
from moderation.ports import ChimeAttendee, ChimeError, ChimeRetryableError, MeetingInChime, OutcomeUnknownError

from tests.memory.chime import MemoryChime

from .faults import CHIME_FAULTS, CRASHES
from .grounds import Ground, GroundOf
from .machine import Machine
from .microphones import Looks
from .monitor import Monitor
from .scheduler import Crash

CHIME_MS = 30
LATE_CHIME = (0.2, 2.0, 6.0, 12.0, 18.0, 25.0, 29.9)
"""Seconds after its start at which a call of unknown outcome takes effect, less than `CALL_LIFE`."""
SLOW = (1.0, 3.9)
"""Seconds of a slow call with an answer, less than `CALL_TIMEOUT`."""

T = TypeVar("T")


class WatchedChime(MemoryChime):
    """Reports each attendee's capabilities to the monitor of the meeting."""

    def __init__(self) -> None:
        super().__init__()
        self.started = 0
        self.ground_of: GroundOf = lambda user_id, attendee: Ground(0)
        self.looks: Looks = {}
        """When the process that began the call last read the attendees."""
        self.monitors: Mapping[str, Monitor] = {}
        """Meeting → its monitor."""
        self.outage_ms: Container[int] = ()
        """When every call is throttled, whatever faults a run has."""
        self._newest: dict[str, int] = {}
        """Attendee → the start of the last call that has taken effect."""

    def write(self, meeting_id: str, attendee: ChimeAttendee, capabilities: Capabilities) -> None:
        monitor = self.monitors[meeting_id]
        monitor.wrote(attendee, capabilities, self.started, self.looks, self.ground_of)
        super().write(meeting_id, attendee, capabilities)
        newest = self._newest.get(attendee.attendee_id, 0)
        self._newest[attendee.attendee_id] = max(newest, self.started)
        held = self.rooms[meeting_id].attendees[attendee.attendee_id]
        monitor.holds(held, by_gavel=True, is_older=self.started < newest, started_ms=self.started)

    def take_away(self, meeting_id: str, attendee_id: str) -> None:
        attendee = self.rooms[meeting_id].attendees[attendee_id]
        super().take_away(meeting_id, attendee_id)
        self.monitors[meeting_id].took_away(attendee)


class SimulatedChime:
    def __init__(self, machine: Machine, rooms: WatchedChime) -> None:
        self._machine = machine
        self.rooms = rooms

    def meeting(self, meeting_id: str) -> MeetingInChime:
        return self._machine.read("get meeting", lambda: self.rooms.meeting(meeting_id), CHIME_MS, ChimeRetryableError)

    def attendee(self, meeting_id: str, attendee_id: str) -> ChimeAttendee:
        found = self._machine.read(
            "get attendee", lambda: self.rooms.attendee(meeting_id, attendee_id), CHIME_MS, ChimeRetryableError
        )
        self._machine.monitors[meeting_id].microphones.looked([found])
        return found

    def roster(self, meeting_id: str) -> Sequence[ChimeAttendee]:
        found = self._machine.read("roster", lambda: self.rooms.roster(meeting_id), CHIME_MS, ChimeRetryableError)
        self._machine.monitors[meeting_id].microphones.looked(found)
        return found

    def update(self, meeting_id: str, attendee_id: str, capabilities: Capabilities) -> Capabilities:
        operation = f"order {attendee_id[:8]} {capabilities.value:06b}"
        call = lambda: self.rooms.update(meeting_id, attendee_id, capabilities)  # noqa: E731
        answer = self._call(meeting_id, operation, call, attendee_id)
        return capabilities ^ EVERYTHING if answer is None else answer

    def update_except(self, meeting_id: str, excluded: Sequence[str], capabilities: Capabilities) -> None:
        names = ",".join(attendee_id[:8] for attendee_id in excluded)
        operation = f"order all but {names} {capabilities.value:06b}"
        self._call(
            meeting_id, operation, lambda: self.rooms.update_except(meeting_id, excluded, capabilities), silent=True
        )

    def remove(self, meeting_id: str, attendee_id: str) -> None:
        call = lambda: self.rooms.remove(meeting_id, attendee_id)  # noqa: E731
        self._call(meeting_id, f"remove {attendee_id[:8]}", call, silent=True)

    def end(self, meeting_id: str) -> None:
        self._call(meeting_id, "end the meeting", lambda: self.rooms.end(meeting_id), silent=True)

    def _call(
        self,
        meeting_id: str,
        operation: str,
        call: Callable[[], T],
        attendee_id: str | None = None,
        *,
        silent: bool = False,
    ) -> T | None:
        """Makes a call, which takes less than `CALL_TIMEOUT` if it has an answer. `None`: answered with other
        capabilities than requested. `silent`: the answer has no capabilities.
        """
        machine = self._machine
        started = machine.scheduler.now_ms
        call = self._timed(meeting_id, call, started, attendee_id)
        machine.scheduler.tick(CHIME_MS)
        self._on_the_way()
        if started in self.rooms.outage_ms:
            machine.scheduler.say(operation, "throttled")
            raise ChimeRetryableError
        kind = machine.faults.pick((*CHIME_FAULTS[: -1 if silent else None], *CRASHES))
        if kind is not None:
            self._act_out(kind, operation, call, started)
            return None
        answer = call()
        machine.scheduler.say(operation, "ok")
        machine.stall()
        return answer

    def _timed(self, meeting_id: str, call: Callable[[], T], started: int, attendee_id: str | None) -> Callable[[], T]:
        monitor = self._machine.monitors[meeting_id]
        looks, ground_of = monitor.microphones.looks(), monitor.starts(attendee_id)

        def at_last() -> T:
            self.rooms.started, self.rooms.looks, self.rooms.ground_of = started, looks, ground_of
            return call()

        return at_last

    def _on_the_way(self) -> None:
        scheduler = self._machine.scheduler
        slow = self._machine.faults.seconds_on_the_way(SLOW)
        scheduler.pause(slow) if slow else scheduler.switch()

    def _act_out(self, kind: str, operation: str, call: Callable[[], object], started: int) -> None:
        machine = self._machine
        machine.scheduler.say(operation, kind)
        if kind == "throttled":
            raise ChimeRetryableError
        if kind in ("unknown end, done", "crash after"):
            self._unheard(call)
        if kind.endswith("done later"):
            latest = LATE_CHIME[machine.scheduler.choices.pick([1.0] * len(LATE_CHIME))]
            left = latest - (machine.scheduler.now_ms - started) / 1000
            machine.later(max(left, 0.001), operation, lambda: self._unheard(call))
        if kind.startswith("crash"):
            raise Crash
        if kind.startswith("unknown end"):
            cut_off = started + round(CALL_TIMEOUT.total_seconds() * 1000)
            machine.scheduler.pause(max(0.001, (cut_off - machine.scheduler.now_ms) / 1000))
            raise OutcomeUnknownError

    def _unheard(self, call: Callable[[], object]) -> None:
        """The effect of a call without an answer. Chime may refuse it, too."""
        try:
            call()
        except ChimeError:
            return


assert max(LATE_CHIME) < CALL_LIFE.total_seconds()
