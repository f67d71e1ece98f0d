"""Actors, and authorization: the request to the policies and their decision."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

HOST = "host"
COHOST = "cohost"
NO_PERMIT = "no-permit"
"""The policy id of a denial without a policy: Cedar gives no reason where no policy permits the action."""


class ActorKind(StrEnum):
    """The kinds of actors."""

    USER = "user"
    SERVICE = "service"
    ADMIN = "admin"
    CLOCK = "clock"
    CHIME = "chime"


@dataclass(frozen=True, slots=True)
class Actor:
    """A user, a service, an admin, or a part of Gavel that acts. `via` names the back end that acts for a user;
    `claims` are those of the user's own token.
    """

    kind: ActorKind
    id: str
    via: str | None = None
    claims: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    @property
    def is_automatic(self) -> bool:
        """Whether there is no caller: time has passed, or Chime has reported something."""
        return self.kind in (ActorKind.CLOCK, ActorKind.CHIME)

    def is_user(self, user_id: str) -> bool:
        return self.kind is ActorKind.USER and self.id == user_id


CHIME = Actor(ActorKind.CHIME, "chime")
"""The actor of changes without a command: those after an event of Chime or a difference in it."""


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """The question whether a principal may do something: to a user, to the meeting if no user is named, or to all
    meetings if no meeting is named.
    """

    principal: Actor
    role: str | None
    """The principal's role in this meeting; `None` for services, admins and users who are no members."""
    action: str
    meeting_id: str | None
    mode: str
    frozen: bool = False
    user_id: str | None = None
    user_role: str | None = None
    user_is_banned: bool = False
    user_waits: bool = False
    """Whether the user waits in the lobby."""
    external_meeting_id: str = ""
    """The name that the customer's back end gave the meeting, or by which meetings are requested."""


@dataclass(frozen=True, slots=True)
class Authorization:
    """The policies' decision, with the ids of the policies that decided."""

    allowed: bool
    policies: tuple[str, ...] = ()
