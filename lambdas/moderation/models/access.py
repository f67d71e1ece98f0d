"""Bodies of commands on roles, and on who may be in a meeting."""

from datetime import datetime

from pydantic import Field, ValidationInfo, field_validator

from ..domain import commands
from ..domain.ids import Malformed
from .endpoint import Endpoint, EndpointTarget, Tag
from .fields import NAME_SHOWN, Body, DisplayName, Moment, Name, Reasoned, example


class Binding(Body):
    """No field is needed."""

    model_config = example(displayName="Bob Meyer")

    display_name: DisplayName | None = Field(None, description=NAME_SHOWN)

    def command(self) -> commands.Bind:
        return commands.Bind(self.display_name)


class SetRole(Reasoned):
    """Gives another role. A demotion takes back what the user was given in the old role."""

    model_config = example(role="presenter")
    endpoint = Endpoint(
        method="PUT",
        path="/role",
        target=EndpointTarget.ATTENDEE,
        operation="set-role-of",
        summary="Give another role",
        tag=Tag.ACCESS,
        problems=("last-host", "capability-unavailable"),
    )

    role: Name

    def command(self) -> commands.SetRole:
        return commands.SetRole(self.role, self.reason)


class Remove(Reasoned):
    """Takes the user out of the meeting on all their devices; with `ban` they stay out."""

    model_config = example(ban=True, until="2026-06-01T12:00:00Z", reason="insults")
    endpoint = Endpoint(
        method="POST",
        path="/remove",
        target=EndpointTarget.ATTENDEE,
        operation="remove",
        summary="Remove an attendee from the meeting",
        tag=Tag.ACCESS,
        problems=("last-host",),
    )

    ban: bool = Field(default=False, description="Whether the user stays out.")
    until: Moment | None = Field(None, description="When the ban ends. Without it, the ban lasts until it is lifted.")

    @field_validator("until")
    @classmethod
    def _ends_a_ban(cls, until: datetime | None, rest: ValidationInfo) -> datetime | None:
        if until is not None and rest.data.get("ban") is False:
            raise Malformed("needs `ban`: only a ban has an end")
        return until

    def command(self) -> commands.Remove:
        return commands.Remove(self.ban, self.until, self.reason)


class Ban(Reasoned):
    """Keeps a user out of the meeting, and removes them if they are in it."""

    model_config = example(reason="insults")
    endpoint = Endpoint(
        method="PUT",
        path="/bans/{externalUserId}",
        target=EndpointTarget.USER,
        operation="ban-user",
        summary="Ban a user",
        tag=Tag.ACCESS,
        problems=("last-host",),
    )

    until: Moment | None = Field(None, description="Without it, the ban lasts until it is lifted.")

    def command(self) -> commands.Ban:
        return commands.Ban(self.until, self.reason)


class Unban(Reasoned):
    """Lifts the ban of a user."""

    endpoint = Endpoint(
        method="DELETE",
        path="/bans/{externalUserId}",
        target=EndpointTarget.USER,
        operation="unban-user",
        summary="Lift a ban",
        tag=Tag.ACCESS,
        problems=("capability-unavailable",),
    )

    def command(self) -> commands.Unban:
        return commands.Unban(self.reason)


class LetIn(Reasoned):
    """Admits a user who waits in the lobby, or turns them away: they may ask again a minute later."""

    model_config = example(admit=True)
    endpoint = Endpoint(
        method="PUT",
        path="/lobby/{externalUserId}",
        target=EndpointTarget.USER,
        operation="answer-lobby",
        summary="Admit a user who waits, or turn them away",
        tag=Tag.ACCESS,
        problems=("capability-unavailable",),
    )

    admit: bool

    def command(self) -> commands.LetIn:
        return commands.LetIn(self.admit, self.reason)


class LeaveLobby(Reasoned):
    """Gives up waiting in the lobby."""

    endpoint = Endpoint(
        method="DELETE",
        path="/lobby/{externalUserId}",
        target=EndpointTarget.USER,
        operation="leave-lobby",
        summary="Leave the lobby",
        tag=Tag.ACCESS,
    )

    def command(self) -> commands.LeaveLobby:
        return commands.LeaveLobby(self.reason)
