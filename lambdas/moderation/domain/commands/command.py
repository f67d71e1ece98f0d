"""What a command is, and the registry of all commands."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, TypeVar

from ..capability import Medium
from ..entry import iso


class Target(StrEnum):
    USER = "user"
    """One user, named by their ExternalUserId or by one of their AttendeeIds."""
    MEETING = "meeting"


class Invoker(StrEnum):
    """Who sends a command."""

    MODERATOR = "moderator"
    """Those to whom the policies permit its action."""
    ONESELF = "oneself"
    """The user on whom it is. In `GET /me` it stands among what the caller may do to themselves."""
    BACK_END = "back-end"
    """The customer's back end. It is not in `GET /me`."""
    CLOCK = "clock"
    """Gavel itself. The policies are not asked."""


class Command:
    """The base of all commands. Parameters are named as in the contract, in the history as on the bus."""

    __slots__ = ()
    name: ClassVar[str]
    names: ClassVar[tuple[str, ...]] = ()
    """All its names in the history, if there are more than one."""
    target: ClassVar[Target]
    invoker: ClassVar[Invoker] = Invoker.MODERATOR
    by_event: ClassVar[bool] = False
    own_action: ClassVar[str | None] = None
    """The Cedar action that permits it on oneself to those who may not do it to others."""
    needs_fresh_context: ClassVar[bool] = False
    """Whether it rests on more than its commit checks: a raised hand, how many hosts there are, what Chime holds."""
    lowers_hand: ClassVar[bool] = False
    """Whether the user's raised hand comes down with it."""
    is_final: ClassVar[bool] = False
    """Whether it can't be taken back: a late event of it is refused."""
    is_undoable: ClassVar[bool] = True
    """Whether `undo` may restore what it replaced."""
    sentence: ClassVar[str]
    """What the history says after the actor's name: `{users}` are those concerned, `{named}` those in the parameters;
    `{media}`, `{duration}` and `{until}` are parameters in words; other parameters stand under their own names.
    """

    @property
    def reason(self) -> str | None:
        return None

    @property
    def actions(self) -> tuple[str, ...]:
        """The Cedar actions that are asked about it; each has to be permitted."""
        return self.actions_for(self.parameters())

    @property
    def lifted_by(self) -> "Command | None":
        """The command that has to be permitted too, if this one binds less than what it replaces."""
        return None

    def parameters(self) -> dict[str, object]:
        """Without the reason, which stands beside them."""
        return {}

    @classmethod
    def actions_for(cls, parameters: Mapping[str, object]) -> tuple[str, ...]:  # noqa: ARG003
        return (cls.name,)

    @classmethod
    def sentence_for(cls, parameters: Mapping[str, Any]) -> str:  # noqa: ARG003
        return cls.sentence

    @classmethod
    def policy_actions(cls) -> tuple[str, ...]:
        """All Cedar actions that may be asked about it, on oneself included."""
        own = (cls.own_action,) if cls.own_action else ()
        return () if cls.invoker is Invoker.CLOCK else (*cls.permitted_names(), *own)

    @classmethod
    def permitted_names(cls) -> tuple[str, ...]:
        """Its names that are Cedar actions; by event it comes under them as well."""
        return (cls.name,)

    @classmethod
    def event_names(cls) -> tuple[str, ...]:
        return cls.permitted_names() if cls.by_event else ()


class UserCommand(Command):
    __slots__ = ()
    target: ClassVar[Target] = Target.USER


class MeetingCommand(Command):
    __slots__ = ()
    target: ClassVar[Target] = Target.MEETING


C = TypeVar("C", bound=type[Command])
COMMANDS: dict[str, type[Command]] = {}
"""Every name of a command in the history → the command."""


def registered(command: C) -> C:
    COMMANDS.update(dict.fromkeys(command.names or (command.name,), command))
    return command


def is_undoable(name: str) -> bool:
    return name not in COMMANDS or COMMANDS[name].is_undoable


def media_parameter(media: tuple[Medium, ...]) -> dict[str, object]:
    return {"media": [medium.value for medium in media]}


def duration_parameter(seconds: int | None) -> dict[str, object]:
    return {"durationSeconds": seconds} if seconds is not None else {}


def until_parameter(until: datetime | None) -> dict[str, object]:
    return {"until": iso(until)} if until is not None else {}
