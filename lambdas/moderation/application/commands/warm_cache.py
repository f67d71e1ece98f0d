"""What a warm function keeps in mind between requests."""

from dataclasses import dataclass, field
from typing import TypeVar

from ...domain.meeting import Meeting, User

MOST_REMEMBERED = 10_000

K = TypeVar("K")
V = TypeVar("V")


class Bounded(dict[K, V]):
    """Starts anew when it is full: what is forgotten costs one read."""

    def __setitem__(self, key: K, value: V) -> None:
        if len(self) >= MOST_REMEMBERED and key not in self:
            self.clear()
        super().__setitem__(key, value)


@dataclass(slots=True)
class WarmCache:
    """Never the ground for an answer that commits nothing; the commit checks what does."""

    meetings: Bounded[str, Meeting] = field(default_factory=Bounded)
    people: Bounded[tuple[str, str], User] = field(default_factory=Bounded)
    owners: Bounded[tuple[str, str], str] = field(default_factory=Bounded)
    """meeting, attendee → user: a seat never changes hands."""
