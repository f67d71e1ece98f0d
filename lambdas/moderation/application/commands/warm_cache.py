"""The warm cache: records that a function's process keeps from request to request."""

from dataclasses import dataclass, field
from typing import TypeVar

from ...domain.meeting import Meeting, User

MOST_REMEMBERED = 10_000

K = TypeVar("K")
V = TypeVar("V")


class Bounded(dict[K, V]):
    """A dictionary that is cleared when it is full. A lost item costs one read."""

    def __setitem__(self, key: K, value: V) -> None:
        if len(self) >= MOST_REMEMBERED and key not in self:
            self.clear()
        super().__setitem__(key, value)


@dataclass(slots=True)
class WarmCache:
    """Users, meetings and attendees of earlier requests. Each commit checks what it takes from the cache; a decision
    that commits nothing never rests on it.
    """

    meetings: Bounded[str, Meeting] = field(default_factory=Bounded)
    users: Bounded[tuple[str, str], User] = field(default_factory=Bounded)
    owners: Bounded[tuple[str, str | None], str] = field(default_factory=Bounded)
    """(meeting, AttendeeId) → ExternalUserId, which never changes."""
