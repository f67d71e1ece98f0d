"""Faults: the next calls of an operation fail in a chosen way."""

from dataclasses import dataclass
from typing import Any

from chime_simulator.errors import Json

NOW, LATER, NEVER = "now", "later", "never"

_TYPES: dict[str, type] = {
    "operation": str,
    "count": int,
    "status": int,
    "delayMs": int,
    "dropConnection": str,
    "effectAfterMs": int,
    "effect": str,
    "answerCapabilities": dict,
    "meetingId": str,
    "attendeeId": str,
    "success": int,
}
IN_FRONT_OF_CHIME = {502, 504, 529}
"""Statuses of servers in front of the service; the service model does not list them."""

_CHOICES: dict[str, tuple[str | int, ...]] = {
    "dropConnection": ("before", "after"),
    "effect": ("none", "done"),
    "success": (0,),
}


@dataclass
class Fault:
    """A requested fault. `count` is the number of calls that it still hits."""

    order: Json
    count: int

    def fits(self, operation: str, meeting_id: str | None, attendee_id: str | None) -> bool:
        return (
            self.order["operation"] in {operation, "*"}
            and self.order.get("meetingId", meeting_id) == meeting_id
            and self.order.get("attendeeId", attendee_id) == attendee_id
        )

    @property
    def effect(self) -> str:
        """When the call takes effect: at once, some time after the answer, or never."""
        if self.order.get("effect") == "none":
            return NEVER
        if "effectAfterMs" in self.order:
            return LATER
        if self.order.get("effect") == "done":
            return NOW
        failed = self.order.get("dropConnection") == "before" or self.is_error
        return NEVER if failed else NOW

    @property
    def is_error(self) -> bool:
        return bool(self.order.get("status", 200) >= 400)

    @property
    def drops(self) -> bool:
        return "dropConnection" in self.order

    @property
    def is_lost_in_media(self) -> bool:
        """Whether the answer is 200 but the media servers do not apply the change, as a later event says."""
        return "success" in self.order

    def seconds(self, name: str) -> float:
        return float(self.order.get(name, 0)) / 1000

    def described(self) -> Json:
        return {name: value for name, value in self.order.items() if name != "count"}


class Faults:
    """The faults that no call has met yet, oldest first."""

    def __init__(self, operations: set[str], statuses: set[int]) -> None:
        self._operations = operations | {"*"}
        self._statuses = statuses | IN_FRONT_OF_CHIME | {200}
        self._waiting: list[Fault] = []

    def add(self, order: Json) -> None:
        """Adds a fault. Raises `ValueError` if it makes no sense. `count` 0 removes the faults of the operation."""
        self._check(order)
        if order["count"]:
            self._waiting.append(Fault(order, order["count"]))
        elif order["operation"] == "*":
            self._waiting.clear()
        else:
            self._waiting = [fault for fault in self._waiting if fault.order["operation"] != order["operation"]]

    def take(self, operation: str, meeting_id: str | None, attendee_id: str | None) -> Fault | None:
        """The fault that hits this call. Uses it up by one."""
        for fault in self._waiting:
            if fault.fits(operation, meeting_id, attendee_id):
                fault.count -= 1
                if not fault.count:
                    self._waiting.remove(fault)
                return fault
        return None

    def active(self) -> list[Json]:
        return [{**fault.order, "count": fault.count} for fault in self._waiting]

    def clear(self) -> None:
        self._waiting.clear()

    def _check(self, order: Json) -> None:
        for name, value in order.items():
            _check_member(name, value)
        for name in ("operation", "count"):
            if name not in order:
                raise ValueError(f"`{name}` is missing")
        if order["operation"] not in self._operations:
            raise ValueError(f"unknown operation `{order['operation']}`")
        if order.get("status", 200) not in self._statuses:
            raise ValueError(f"`status` must be one of {sorted(self._statuses)}")


def _check_member(name: str, value: Any) -> None:
    if name not in _TYPES:
        raise ValueError(f"unknown member `{name}`")
    kind = _TYPES[name]
    if not isinstance(value, kind) or isinstance(value, bool):
        raise ValueError(f"`{name}` must be of type {kind.__name__}")
    if isinstance(value, int) and value < 0:
        raise ValueError(f"`{name}` must not be negative")
    if name in _CHOICES and value not in _CHOICES[name]:
        raise ValueError(f"`{name}` must be one of {', '.join(map(str, _CHOICES[name]))}")
