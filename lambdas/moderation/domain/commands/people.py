"""Commands on a user as a whole: their role, their hand, and whether they are in the meeting."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from .command import Command, Invoker, UserCommand, registered, until_parameter


@registered
@dataclass(frozen=True, slots=True)
class SetRole(UserCommand):
    name: ClassVar[str] = "set-role"
    by_event: ClassVar[bool] = True
    needs_fresh_context: ClassVar[bool] = True
    sentence: ClassVar[str] = "made {users} {role}"
    role: str = "participant"
    reason: str | None = None

    def parameters(self) -> dict[str, object]:
        return {"role": self.role}


@registered
@dataclass(frozen=True, slots=True)
class Remove(UserCommand):
    """Takes the user out of the meeting, on all their attendees; with `ban` they stay out."""

    name: ClassVar[str] = "remove"
    by_event: ClassVar[bool] = True
    needs_fresh_context: ClassVar[bool] = True
    lowers_hand: ClassVar[bool] = True
    is_final: ClassVar[bool] = True
    ban: bool = False
    until: datetime | None = None
    reason: str | None = None

    @property
    def lifted_by(self) -> Command:
        return Unban()

    def parameters(self) -> dict[str, object]:
        return {"ban": self.ban} | until_parameter(self.until)

    @classmethod
    def actions_for(cls, parameters: Mapping[str, object]) -> tuple[str, ...]:
        return (cls.name, Ban.name) if parameters.get("ban") else (cls.name,)

    @classmethod
    def sentence_for(cls, parameters: Mapping[str, Any]) -> str:
        return f"removed {'and banned ' if parameters['ban'] else ''}{{users}}{{until}}"


@registered
@dataclass(frozen=True, slots=True)
class Ban(UserCommand):
    """Keeps the user out, and takes them out if they are in. `until` None: until lifted."""

    name: ClassVar[str] = "ban"
    by_event: ClassVar[bool] = True
    needs_fresh_context: ClassVar[bool] = True
    lowers_hand: ClassVar[bool] = True
    is_final: ClassVar[bool] = True
    sentence: ClassVar[str] = "banned {users}{until}"
    until: datetime | None = None
    reason: str | None = None

    @property
    def lifted_by(self) -> Command:
        return Unban()

    def parameters(self) -> dict[str, object]:
        return until_parameter(self.until)


@registered
@dataclass(frozen=True, slots=True)
class Unban(UserCommand):
    name: ClassVar[str] = "unban"
    by_event: ClassVar[bool] = True
    needs_fresh_context: ClassVar[bool] = True
    sentence: ClassVar[str] = "lifted the ban on {users}"
    reason: str | None = None


@registered
@dataclass(frozen=True, slots=True)
class LetIn(UserCommand):
    """A host's answer to a user who waits in the lobby."""

    name: ClassVar[str] = "admit"
    admit: bool = True
    reason: str | None = None

    def parameters(self) -> dict[str, object]:
        return {"admit": self.admit}

    @classmethod
    def sentence_for(cls, parameters: Mapping[str, Any]) -> str:
        return "let {users} in" if parameters["admit"] else "did not let {users} in"


@registered
@dataclass(frozen=True, slots=True)
class LeaveLobby(UserCommand):
    """The user gives up waiting to be let in."""

    name: ClassVar[str] = "leave-lobby"
    invoker: ClassVar[Invoker] = Invoker.ONESELF
    needs_fresh_context: ClassVar[bool] = True
    sentence: ClassVar[str] = "ended {users}'s wait in the lobby"
    reason: str | None = None


@registered
@dataclass(frozen=True, slots=True)
class RaiseHand(UserCommand):
    name: ClassVar[str] = "raise-hand"
    invoker: ClassVar[Invoker] = Invoker.ONESELF
    by_event: ClassVar[bool] = True
    needs_fresh_context: ClassVar[bool] = True
    sentence: ClassVar[str] = "raised {users}'s hand"
    reason: str | None = None


@registered
@dataclass(frozen=True, slots=True)
class LowerHand(UserCommand):
    name: ClassVar[str] = "lower-hand"
    own_action: ClassVar[str] = "lower-own-hand"
    by_event: ClassVar[bool] = True
    needs_fresh_context: ClassVar[bool] = True
    sentence: ClassVar[str] = "lowered {users}'s hand"
    reason: str | None = None


@registered
@dataclass(frozen=True, slots=True)
class Bind(UserCommand):
    """Makes an attendee that Chime shows known, and gives it what the rules say."""

    name: ClassVar[str] = "bind"
    invoker: ClassVar[Invoker] = Invoker.BACK_END
    needs_fresh_context: ClassVar[bool] = True
    is_undoable: ClassVar[bool] = False
    sentence: ClassVar[str] = "gave {users} what the rules say"
    reason: str | None = None


@registered
@dataclass(frozen=True, slots=True)
class Expire(UserCommand):
    """What was to last until now has ended: the clock's own command."""

    name: ClassVar[str] = "expire"
    invoker: ClassVar[Invoker] = Invoker.CLOCK
    is_undoable: ClassVar[bool] = False
    sentence: ClassVar[str] = "ended what was to last until now for {users}"
    reason: str | None = None
