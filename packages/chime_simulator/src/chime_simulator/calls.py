"""The log of calls: answered, refused, throttled or cut off. It never holds a JoinToken."""

from collections import deque
from collections.abc import Callable
from typing import Any

from chime_simulator.clock import timestamp
from chime_simulator.errors import Json
from chime_simulator.model import Route

LONGEST_LOG = 100_000


class CallLog:
    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._calls: deque[Json] = deque(maxlen=LONGEST_LOG)

    def begin(self, route: Route | None) -> Json:
        """Notes a call. The caller completes `status` (None if there is no answer) and `fault`."""
        call: Json = {"operation": None, "meetingId": None, "attendeeId": None, "time": timestamp(self._clock())}
        if route:
            call |= {"operation": route.operation.name, "meetingId": route.at("MeetingId")}
            call |= {"attendeeId": route.at("AttendeeId"), **_ordered(route.document)}
        call["status"] = None
        self._calls.append(call)
        return call

    def matching(self, wanted: dict[str, str]) -> list[Json]:
        return [dict(call) for call in self._calls if all(call.get(name) == value for name, value in wanted.items())]

    def clear(self) -> None:
        self._calls.clear()


def _ordered(document: Any) -> Json:
    """The parameters as they were sent: of a refused call they show the mistake."""
    if not isinstance(document, dict):
        return {}
    found = {}
    if "Capabilities" in document:
        found["capabilities"] = document["Capabilities"]
    excluded = document.get("ExcludedAttendeeIds")
    if isinstance(excluded, list):
        found["excludedAttendeeIds"] = [item.get("AttendeeId") for item in excluded if isinstance(item, dict)]
    return found
