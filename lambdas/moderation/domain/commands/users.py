"""Commands on a user as a whole: their role, their hand, and whether they are in the meeting."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..wording import Affected, a, until
from .command import Command, Invoker, UserCommand, registered, until_parameter


@registered
@dataclass(frozen=True, slots=True)
class SetRole(UserCommand):
    """Gives the user another role."""

    name = "set-role"
    by_event = True
    needs_fresh_context = True
    intent = "change the role of {users}"
    role: str = "participant"
    reason: str | None = None

    def parameters(self) -> dict[str, object]:
        return {"role": self.role}

    @classmethod
    def sentence_for(cls, parameters: Mapping[str, Any], affected: Affected) -> str:
        return f"made {affected.users} {a(parameters['role'])}"


@registered
@dataclass(frozen=True, slots=True)
class Remove(UserCommand):
    """Removes the user from the meeting on all their attendees. With `ban` they may not return."""

    name = "remove"
    by_event = True
    needs_fresh_context = True
    lowers_hand = True
    is_final = True
    intent = "remove {users}"
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
    def sentence_for(cls, parameters: Mapping[str, Any], affected: Affected) -> str:
        return f"removed {'and banned ' if parameters['ban'] else ''}{affected.users}{until(parameters)}"


@registered
@dataclass(frozen=True, slots=True)
class Ban(UserCommand):
    """Keeps the user out of the meeting, and removes them if they are in it. `until` None: until the ban is lifted."""

    name = "ban"
    by_event = True
    needs_fresh_context = True
    lowers_hand = True
    is_final = True
    sentence = "banned {users}{until}"
    intent = "ban {users}"
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
    """Lifts the ban of the user."""

    name = "unban"
    by_event = True
    needs_fresh_context = True
    sentence = "lifted the ban on {users}"
    intent = "lift the ban on {users}"
    reason: str | None = None


@registered
@dataclass(frozen=True, slots=True)
class LetIn(UserCommand):
    """A host's answer to a user who waits in the lobby."""

    name = "admit"
    intent = "answer for {users} in the lobby"
    admit: bool = True
    reason: str | None = None

    def parameters(self) -> dict[str, object]:
        return {"admit": self.admit}

    @classmethod
    def sentence_for(cls, parameters: Mapping[str, Any], affected: Affected) -> str:
        return f"let {affected.users} in" if parameters["admit"] else f"turned {affected.users} away"


@registered
@dataclass(frozen=True, slots=True)
class LeaveLobby(UserCommand):
    """Ends the user's wait in the lobby."""

    name = "leave-lobby"
    invoker = Invoker.ONESELF
    needs_fresh_context = True
    sentence = "took {users} out of the lobby"
    own_sentence = "left the lobby"
    intent = "leave the lobby"
    reason: str | None = None


@registered
@dataclass(frozen=True, slots=True)
class RaiseHand(UserCommand):
    """Raises the user's hand: they ask for a turn to speak."""

    name = "raise-hand"
    invoker = Invoker.ONESELF
    by_event = True
    needs_fresh_context = True
    sentence = "raised {their} hand"
    own_sentence = "raised their hand"
    intent = "raise the hand of {users}"
    reason: str | None = None


@registered
@dataclass(frozen=True, slots=True)
class LowerHand(UserCommand):
    """Lowers the user's hand."""

    name = "lower-hand"
    own_action = "lower-own-hand"
    by_event = True
    needs_fresh_context = True
    sentence = "lowered {their} hand"
    own_sentence = "lowered their hand"
    intent = "lower the hand of {users}"
    reason: str | None = None


@registered
@dataclass(frozen=True, slots=True)
class Bind(UserCommand):
    """Records the user of an attendee in Chime, and gives the attendee what the rules say.

    The display name is no parameter, because parameters are published and kept in the history.
    """

    name = "bind"
    invoker = Invoker.BACK_END
    needs_fresh_context = True
    is_undoable = False
    sentence = "applied the meeting's rules to {users}"
    intent = "apply the meeting's rules to {users}"
    display_name: str | None = None
    reason: str | None = None


@registered
@dataclass(frozen=True, slots=True)
class Expire(UserCommand):
    """Ends rules whose time has passed: the clock's own command. `ended` names them: `mute`, `floor`, `ban`,
    `mute-all`.
    """

    name = "expire"
    invoker = Invoker.CLOCK
    is_undoable = False
    intent = "end what was set for a limited time"
    ended: tuple[str, ...] = ()
    reason: str | None = None

    def parameters(self) -> dict[str, object]:
        return {"ended": list(self.ended)} if self.ended else {}
