"""Commands on what a user may send and receive."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ..capability import Capabilities, Medium, word
from ..restriction import LiftableBy
from .command import Command, Invoker, UserCommand, duration_parameter, media_parameter, registered


@registered
@dataclass(frozen=True, slots=True)
class Mute(UserCommand):
    """Withholds `send` of the media. `seconds` None: until lifted. `liftable_by` None: as is usual."""

    name: ClassVar[str] = "mute"
    own_action: ClassVar[str] = "mute-self"
    by_event: ClassVar[bool] = True
    sentence: ClassVar[str] = "muted {users}'s {media}{duration}"
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
    """Lifts what the caller may lift of `send` of the media; never adds what was not granted."""

    name: ClassVar[str] = "unmute"
    own_action: ClassVar[str] = "unmute-self"
    by_event: ClassVar[bool] = True
    sentence: ClassVar[str] = "unmuted {users}'s {media}"
    media: tuple[Medium, ...] = (Medium.AUDIO,)
    reason: str | None = None

    def parameters(self) -> dict[str, object]:
        return media_parameter(self.media)


@registered
@dataclass(frozen=True, slots=True)
class SetCapabilities(UserCommand):
    """Make it so: for each medium named exactly these bits, or an error."""

    name: ClassVar[str] = "set-capabilities"
    by_event: ClassVar[bool] = True
    wanted: Mapping[Medium, Capabilities] = field(default_factory=dict)
    reason: str | None = None

    def parameters(self) -> dict[str, object]:
        return {m.value: word(bits, m) for m, bits in self.wanted.items()}

    @classmethod
    def sentence_for(cls, parameters: Mapping[str, Any]) -> str:
        return "set {users} to " + ", ".join(f"{medium} {{{medium}}}" for medium in parameters)


@registered
@dataclass(frozen=True, slots=True)
class Hold(UserCommand):
    """Withholds everything, receiving too, from a user who stays in the meeting."""

    name: ClassVar[str] = "hold"
    by_event: ClassVar[bool] = True
    sentence: ClassVar[str] = "put {users} on hold"
    reason: str | None = None


@registered
@dataclass(frozen=True, slots=True)
class Release(UserCommand):
    """Gives back exactly what the user had before they were put on hold."""

    name: ClassVar[str] = "release"
    by_event: ClassVar[bool] = True
    sentence: ClassVar[str] = "released {users} from hold"
    reason: str | None = None


@registered
@dataclass(frozen=True, slots=True)
class GrantFloor(UserCommand):
    """A turn to speak. `exclusive` ends all other floors of these media with it."""

    name: ClassVar[str] = "grant-floor"
    by_event: ClassVar[bool] = True
    needs_fresh_context: ClassVar[bool] = True
    lowers_hand: ClassVar[bool] = True
    seconds: int = 120
    media: tuple[Medium, ...] = (Medium.AUDIO,)
    exclusive: bool = False
    reason: str | None = None

    def parameters(self) -> dict[str, object]:
        return media_parameter(self.media) | duration_parameter(self.seconds) | {"exclusive": self.exclusive}

    @classmethod
    def sentence_for(cls, parameters: Mapping[str, Any]) -> str:
        alone = "alone " if parameters["exclusive"] else ""
        media = " ({media})" if parameters["media"] != [Medium.AUDIO.value] else ""
        return f"gave {{users}} {alone}the floor{media}{{duration}}"


@registered
@dataclass(frozen=True, slots=True)
class EndFloor(UserCommand):
    name: ClassVar[str] = "end-floor"
    by_event: ClassVar[bool] = True
    sentence: ClassVar[str] = "took the floor from {users}"
    reason: str | None = None


@registered
@dataclass(frozen=True, slots=True)
class Consent(UserCommand):
    """The user's answer to a request to unmute. `change_id` names the request."""

    name: ClassVar[str] = "consent"
    invoker: ClassVar[Invoker] = Invoker.ONESELF
    needs_fresh_context: ClassVar[bool] = True
    change_id: str = ""
    accept: bool = False
    reason: str | None = None

    def parameters(self) -> dict[str, object]:
        return {"changeId": self.change_id, "accept": self.accept}

    @classmethod
    def sentence_for(cls, parameters: Mapping[str, Any]) -> str:
        return f"{'agreed' if parameters['accept'] else 'declined'} to unmute"
