"""Rules of one user besides restrictions: ban, hold, lobby, floor, request to unmute.

They are stored as they were decided; everything else is derived from them.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from .actor import Actor
from .capability import Medium

COOL_DOWN = timedelta(seconds=60)
"""The time that a user who was declined in the lobby has to wait before they may ask again."""
ANSWER_WITHIN = timedelta(seconds=60)
"""How long a request to unmute waits for the user's answer."""


@dataclass(frozen=True, slots=True)
class Ban:
    """Keeps a user out of the meeting on all attendees. A timed ban counts until the reconciler has ended it."""

    actor: Actor
    since: datetime
    reason: str | None = None
    until: datetime | None = None

    def holds_at(self, moment: datetime) -> bool:
        return self.until is None or moment < self.until


@dataclass(frozen=True, slots=True)
class Hold:
    """Cuts a user off from the meeting: they send and receive nothing until a host releases them."""

    actor: Actor
    since: datetime
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A user's request to be admitted.

    `declined_at`: a host has declined it. `left`: the user has left the lobby. The record stays in both cases, so that
    an attendee of a user who was not admitted stays held.
    """

    since: datetime
    declined_at: datetime | None = None
    left: bool = False

    @property
    def is_open(self) -> bool:
        """Whether the request still waits for a host's answer."""
        return self.declined_at is None and not self.left

    def may_ask_again_at(self) -> datetime | None:
        """When the user may ask again; `None` if no host has declined the request."""
        return self.declined_at + COOL_DOWN if self.declined_at is not None else None


@dataclass(frozen=True, slots=True)
class Floor:
    """A turn to speak, through mute-alls and the mode.

    `generations` are the meeting's floor generations of these media when the floor was granted. A mute-all or an
    exclusive floor begins a new generation: that ends all earlier floors without a write to the users' records.
    """

    media: tuple[Medium, ...]
    generations: tuple[str, ...]
    actor: Actor
    since: datetime
    until: datetime
    reason: str | None = None

    def holds_at(self, moment: datetime) -> bool:
        return moment < self.until


@dataclass(frozen=True, slots=True)
class ConsentRequest:
    """A request to unmute that waits for the user's answer. Until then nothing changes.

    If the user agrees, the change `change_id` continues: `lifts` removes the restrictions on sending audio that existed
    at the time of the request, `spares` names the mute-alls that no longer bind the user, and `gives` grants audio.
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
    """A user's agreement to be heard.

    It is valid for the request that was answered, until its change is settled or the meeting's rules change.
    """

    until: datetime
    meeting_revision: int
