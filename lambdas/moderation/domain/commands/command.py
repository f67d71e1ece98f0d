"""The base class of commands, and the registry of all commands."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, TypeVar

from ..capability import Medium
from ..entry import iso
from ..wording import Affected, devices, duration, until


class Target(StrEnum):
    """What a command acts on."""

    USER = "user"
    """One user, named by their ExternalUserId or by one of their AttendeeIds."""
    MEETING = "meeting"


class Invoker(StrEnum):
    """The kind of caller that sends a command."""

    MODERATOR = "moderator"
    """Users that the policies permit its action."""
    ONESELF = "oneself"
    """The user that the command is about. `GET /me` lists it among what the caller may do to themselves."""
    BACK_END = "back-end"
    """The customer's back end. The command is not in `GET /me`."""
    CLOCK = "clock"
    """Gavel itself. The policies are not asked."""


class Command:
    """The base class of commands. A class attribute says something about the command; a field is a parameter of it.

    Parameters have the same names in the contract, in the history and on the bus.
    """

    __slots__ = ()
    name: ClassVar[str]
    names: ClassVar[tuple[str, ...]] = ()
    """All names of the command in the history, if it has more than one."""
    target: ClassVar[Target]
    invoker: ClassVar[Invoker] = Invoker.MODERATOR
    by_event: ClassVar[bool] = False
    own_action: ClassVar[str | None] = None
    """The Cedar action with which a user may send the command about themselves."""
    needs_fresh_context: ClassVar[bool] = False
    """Whether the decision rests on more than the commit checks: a raised hand, the number of hosts, capabilities in
    Chime.
    """
    lowers_hand: ClassVar[bool] = False
    """Whether the command lowers the user's raised hand."""
    is_final: ClassVar[bool] = False
    """Whether the command cannot be taken back: a late event with it is refused."""
    is_undoable: ClassVar[bool] = True
    """Whether `undo` may restore the rules that the command replaced."""
    sentence: ClassVar[str]
    """The words after the actor's name in the history, once the command is accepted.

    `{users}` are the affected users, `{their}` stands for `bob's` or `their own`; `{media}`, `{duration}` and `{until}`
    are parameters in words.
    """
    own_sentence: ClassVar[str | None] = None
    """The sentence if the only affected user is the actor."""
    intent: ClassVar[str]
    """The words after `tried to` in the history, without parameters."""

    @property
    def reason(self) -> str | None:
        return None

    @property
    def actions(self) -> tuple[str, ...]:
        """The Cedar actions of the command; each has to be permitted."""
        return self.actions_for(self.parameters())

    @property
    def lifted_by(self) -> "Command | None":
        """The command that lifts what this one may replace. It has to be permitted too if this one binds less than the
        replaced rule.
        """
        return None

    def parameters(self) -> dict[str, object]:
        """The parameters without the reason, which has a field of its own."""
        return {}

    @classmethod
    def actions_for(cls, parameters: Mapping[str, object]) -> tuple[str, ...]:  # noqa: ARG003
        return (cls.name,)

    @classmethod
    def sentence_for(cls, parameters: Mapping[str, Any], affected: Affected) -> str:
        """The sentence with its parameters: `muted bob's microphone for 5 min`."""
        template = cls.own_sentence if affected.is_actor and cls.own_sentence else cls.sentence
        return template.format(
            users=affected.users,
            their=affected.their,
            media=devices(parameters.get("media", ())),
            duration=duration(parameters),
            until=until(parameters),
        )

    @classmethod
    def intent_for(cls, name: str) -> str:  # noqa: ARG003
        return cls.intent

    @classmethod
    def policy_actions(cls) -> tuple[str, ...]:
        """All Cedar actions that the command may need, also about oneself."""
        own = (cls.own_action,) if cls.own_action else ()
        return () if cls.invoker is Invoker.CLOCK else (*cls.permitted_names(), *own)

    @classmethod
    def permitted_names(cls) -> tuple[str, ...]:
        """The names that are Cedar actions. Events may use them too."""
        return (cls.name,)

    @classmethod
    def event_names(cls) -> tuple[str, ...]:
        return cls.permitted_names() if cls.by_event else ()


class UserCommand(Command):
    """A command on one user."""

    __slots__ = ()
    target: ClassVar[Target] = Target.USER


class MeetingCommand(Command):
    """A command on the whole meeting."""

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
