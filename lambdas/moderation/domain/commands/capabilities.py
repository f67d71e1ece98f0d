"""Commands on what a user may send and receive."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..capability import Capabilities, LiftableBy, Medium, word
from ..wording import Affected, devices, duration, may
from .command import Command, Invoker, UserCommand, duration_parameter, media_parameter, registered


@registered
@dataclass(frozen=True, slots=True)
class Mute(UserCommand):
    """Withholds `send` of the media.

    `seconds` None: until it is lifted. `liftable_by` None: the user may lift their own mute, moderators any.
    """

    name = "mute"
    own_action = "mute-self"
    by_event = True
    sentence = "muted {their} {media}{duration}"
    intent = "mute {users}"
    media: tuple[Medium, ...] = (Medium.AUDIO,)
    seconds: int | None = None
    reason: str | None = None
    liftable_by: LiftableBy | None = None

    @property
    def lifted_by(self) -> Command:
        return Unmute()

    def parameters(self) -> dict[str, object]:
        liftable_by = {"liftableBy": self.liftable_by.value} if self.liftable_by is not None else {}
        return media_parameter(self.media) | duration_parameter(self.seconds) | liftable_by


@registered
@dataclass(frozen=True, slots=True)
class Unmute(UserCommand):
    """Lifts the rules that withhold `send` of the media, as far as the caller may lift them. Adds nothing that was not
    granted.
    """

    name = "unmute"
    own_action = "unmute-self"
    by_event = True
    sentence = "unmuted {their} {media}"
    intent = "unmute {users}"
    media: tuple[Medium, ...] = (Medium.AUDIO,)
    reason: str | None = None

    def parameters(self) -> dict[str, object]:
        return media_parameter(self.media)


@registered
@dataclass(frozen=True, slots=True)
class SetCapabilities(UserCommand):
    """Sets exactly these capabilities for each medium that is named, or is refused."""

    name = "set-capabilities"
    by_event = True
    intent = "change what {users} may do"
    wanted: Mapping[Medium, Capabilities] = field(default_factory=dict)
    reason: str | None = None

    def parameters(self) -> dict[str, object]:
        return {m.value: word(bits, m) for m, bits in self.wanted.items()}

    @classmethod
    def sentence_for(cls, parameters: Mapping[str, Any], affected: Affected) -> str:
        return f"changed what {'they' if affected.is_actor else affected.users} may do ({may(parameters)})"


@registered
@dataclass(frozen=True, slots=True)
class Hold(UserCommand):
    """Withholds everything, receiving too, from a user who stays in the meeting."""

    name = "hold"
    by_event = True
    sentence = "put {users} on hold"
    intent = "put {users} on hold"
    reason: str | None = None


@registered
@dataclass(frozen=True, slots=True)
class Release(UserCommand):
    """Gives back exactly what the user had before they were put on hold."""

    name = "release"
    by_event = True
    sentence = "released {users} from hold"
    intent = "release {users} from hold"
    reason: str | None = None


@registered
@dataclass(frozen=True, slots=True)
class GrantFloor(UserCommand):
    """Gives the user a turn to speak. `exclusive`: ends all other floors of these media."""

    name = "grant-floor"
    by_event = True
    needs_fresh_context = True
    lowers_hand = True
    intent = "give {users} the floor"
    seconds: int = 120
    media: tuple[Medium, ...] = (Medium.AUDIO,)
    exclusive: bool = False
    reason: str | None = None

    def parameters(self) -> dict[str, object]:
        return media_parameter(self.media) | duration_parameter(self.seconds) | {"exclusive": self.exclusive}

    @classmethod
    def sentence_for(cls, parameters: Mapping[str, Any], affected: Affected) -> str:
        alone = " alone" if parameters["exclusive"] else ""
        media = "" if parameters["media"] == [Medium.AUDIO.value] else f" ({devices(parameters['media'])})"
        return f"gave {affected.users}{alone} the floor{media}{duration(parameters)}"


@registered
@dataclass(frozen=True, slots=True)
class EndFloor(UserCommand):
    """Ends the user's turn to speak."""

    name = "end-floor"
    by_event = True
    sentence = "took the floor from {users}"
    own_sentence = "gave up the floor"
    intent = "take the floor from {users}"
    reason: str | None = None


@registered
@dataclass(frozen=True, slots=True)
class Consent(UserCommand):
    """The user's answer to a request to unmute. `change_id` names the request."""

    name = "consent"
    invoker = Invoker.ONESELF
    needs_fresh_context = True
    intent = "answer a request to unmute"
    change_id: str = ""
    accept: bool = False
    reason: str | None = None

    def parameters(self) -> dict[str, object]:
        return {"changeId": self.change_id, "accept": self.accept}

    @classmethod
    def sentence_for(cls, parameters: Mapping[str, Any], affected: Affected) -> str:  # noqa: ARG003
        return f"{'agreed' if parameters['accept'] else 'declined'} to unmute"
