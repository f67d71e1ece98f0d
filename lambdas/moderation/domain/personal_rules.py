"""What stands on one person besides restrictions: a ban, a hold, a turn to speak, a question that waits for his answer.

All of it is stored as it was decided; what follows from it is derived.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from .actor import Actor
from .capability import Medium

COOL_DOWN = timedelta(seconds=60)
"""How long whoever was turned away in the lobby has to wait before hosts are asked again."""
ANSWER_WITHIN = timedelta(seconds=60)
"""How long a request to unmute waits for the person's answer."""


@dataclass(frozen=True, slots=True)
class Ban:
    """Out of the meeting, on all seats, whoever lets him in. It counts until the clock has taken it away."""

    actor: Actor
    since: datetime
    reason: str | None = None
    until: datetime | None = None

    def holds_at(self, moment: datetime) -> bool:
        return self.until is None or moment < self.until


@dataclass(frozen=True, slots=True)
class Hold:
    """In the meeting, and cut off from it: nothing is sent or received until released."""

    actor: Actor
    since: datetime
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """In the lobby. `declined_at`: a host has turned the user away. `left`: the user has given up.

    Whoever is not let in stays held on any attendee of theirs, so neither of the two takes the record away.
    """

    since: datetime
    declined_at: datetime | None = None
    left: bool = False

    @property
    def is_open(self) -> bool:
        """Whether a host has still to answer."""
        return self.declined_at is None and not self.left

    def may_ask_again_at(self) -> datetime | None:
        """From when on the user may ask again, if a host has turned them away."""
        return self.declined_at + COOL_DOWN if self.declined_at is not None else None


@dataclass(frozen=True, slots=True)
class Floor:
    """A turn to speak. `turns` are the meeting's turns of these media when it was granted: a mute-all or an exclusive
    floor begins a new one, and thereby ends it without anybody's record being touched.
    """

    media: tuple[Medium, ...]
    turns: tuple[str, ...]
    actor: Actor
    since: datetime
    until: datetime
    reason: str | None = None

    def holds_at(self, moment: datetime) -> bool:
        return moment < self.until


@dataclass(frozen=True, slots=True)
class ConsentRequest:
    """A request to unmute that waits for the person. `change_id` is the change that goes on if the person agrees.

    Until then everything stays as it is. What the agreement does: `lifts` the restrictions on sending audio that stood
    when it was asked, spares the person of the mute-alls in `spares`, `gives` audio to whom it was not granted.
    """

    change_id: str
    actor: Actor
    since: datetime
    until: datetime
    lifts: bool = False
    spares: frozenset[str] = frozenset()
    gives: bool = False

    def is_open(self, now: datetime) -> bool:
        return now < self.until


@dataclass(frozen=True, slots=True)
class Agreement:
    """He agreed to be heard. It serves for what he was asked: as long as a widening is pursued, and while nobody has
    changed the meeting since.
    """

    until: datetime
    meeting_revision: int
