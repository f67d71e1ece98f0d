"""What a warm function remembers from request to request."""

from dataclasses import dataclass, field
from typing import TypeVar

from ...domain.meeting import Meeting, User

MOST_REMEMBERED = 10_000

K = TypeVar("K")
V = TypeVar("V")


class Bounded(dict[K, V]):
    """A dictionary that is emptied when it is full: what is forgotten costs one read."""

    def __setitem__(self, key: K, value: V) -> None:
        if len(self) >= MOST_REMEMBERED and key not in self:
            self.clear()
        super().__setitem__(key, value)


@dataclass(slots=True)
class WarmCache:
    """No answer that commits nothing rests on it; what commits is checked by the commit."""

    meetings: Bounded[str, Meeting] = field(default_factory=Bounded)
    people: Bounded[tuple[str, str], User] = field(default_factory=Bounded)
    owners: Bounded[tuple[str, str], str] = field(default_factory=Bounded)
    """meeting, attendee → user: that never changes."""
