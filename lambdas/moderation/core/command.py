"""What somebody asks, in the imperative: the same objects from REST, from the bus and from the clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from .capability import Capabilities, Medium, word
from .meeting import UnmuteConsent
from .restriction import LiftableBy


@dataclass(frozen=True, slots=True)
class Mute:
    """Withholds `send` of the media. `seconds` None: until lifted. `liftable_by` None: whatever is usual."""

    name: ClassVar[str] = "mute"
    media: tuple[Medium, ...] = (Medium.AUDIO,)
    seconds: int | None = None
    reason: str | None = None
    liftable_by: LiftableBy | None = None


@dataclass(frozen=True, slots=True)
class Unmute:
    """Lifts what the caller may lift of `send` of the media; never adds what was not granted."""

    name: ClassVar[str] = "unmute"
    media: tuple[Medium, ...] = (Medium.AUDIO,)
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class SetCapabilities:
    """Make it so: for each medium named exactly these bits, or an error."""

    name: ClassVar[str] = "set-capabilities"
    wanted: Mapping[Medium, Capabilities] = field(default_factory=dict)
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Register:
    """Puts a meeting under Gavel. `roles` None leaves the roles that people have."""

    name: ClassVar[str] = "register"
    roles: Mapping[str, str] | None = None
    default_role: str = "participant"
    mode: str = "open"
    unmute_consent: UnmuteConsent = UnmuteConsent.NONE
    lobby: bool = False
    reason: str | None = None


UserCommand = Mute | Unmute | SetCapabilities
Command = UserCommand | Register


def spoken(command: Command) -> dict[str, object]:
    """The command as the history and the bus write it, without the reason, which stands beside it."""
    match command:
        case Mute(media, seconds, _, liftable_by):
            said: dict[str, object] = {"media": [m.value for m in media]}
            if seconds is not None:
                said["durationSeconds"] = seconds
            if liftable_by is not None:
                said["liftableBy"] = liftable_by.value
            return said
        case Unmute(media):
            return {"media": [m.value for m in media]}
        case SetCapabilities(wanted):
            return {m.value: word(bits, m) for m, bits in wanted.items()}
        case Register():
            return {
                "defaultRole": command.default_role,
                "mode": command.mode,
                "unmuteConsent": command.unmute_consent.value,
                "lobby": command.lobby,
            }
