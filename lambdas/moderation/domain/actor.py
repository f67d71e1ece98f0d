"""Who asks, and what the policies answered him."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from .capability import Capabilities

HOST = "host"
COHOST = "cohost"
NO_PERMIT = "no-permit"
"""The policy id of a verdict that no policy decided: Cedar gives no reason where nothing permits."""


class ActorKind(StrEnum):
    USER = "user"
    SERVICE = "service"
    ADMIN = "admin"
    CLOCK = "clock"
    CHIME = "chime"


@dataclass(frozen=True, slots=True)
class Actor:
    """`via` names the back end that acts for a user."""

    kind: ActorKind
    id: str
    via: str | None = None

    def is_user(self, user_id: str) -> bool:
        return self.kind is ActorKind.USER and self.id == user_id


CHIME = Actor(ActorKind.CHIME, "chime")
"""What is done because Chime told of it or was seen to differ; nobody commanded it."""


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """May this principal do this to that person, or, where no person is named, to the meeting?"""

    principal: Actor
    role: str | None
    """The principal's role in this meeting; None for services, admins and people who are nobody here."""
    action: str
    meeting_id: str
    mode: str
    frozen: bool = False
    person: str | None = None
    person_role: str | None = None
    person_is_banned: bool = False
    person_waits: bool = False
    """Whether they have asked to be let in, and are not."""


@dataclass(frozen=True, slots=True)
class Authorization:
    """Allowed or not, with the ids of the policies that decided."""

    allowed: bool
    policies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PolicyCapabilities:
    """What a seat of one role may hold in one mode, and which policies withhold the rest, bit by bit."""

    capabilities: Capabilities
    withheld_by: Mapping[Capabilities, tuple[str, ...]] = field(default_factory=dict)
