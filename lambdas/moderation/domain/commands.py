"""What somebody asks, in the imperative: the same objects from REST, from the bus and from the clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from .actor import COHOST, HOST
from .capability import Capabilities, Medium
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


@dataclass(frozen=True, slots=True)
class Bind:
    """Makes a seat that Chime shows known, and gives it what the rules say."""

    name: ClassVar[str] = "bind"
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Admit:
    """Lets people in: each with the role he shall have, None for the meeting's default."""

    name: ClassVar[str] = "admit-users"
    people: Mapping[str, str | None] = field(default_factory=dict)
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Expire:
    """What was to last until now has ended: the clock's own command."""

    name: ClassVar[str] = "expire"
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class MuteEverybody:
    """Withholds `send` of the media from all but the spared, whoever comes later among them."""

    name: ClassVar[str] = "mute-all"
    media: tuple[Medium, ...] = (Medium.AUDIO,)
    spared_roles: tuple[str, ...] = (HOST, COHOST)
    spared_users: tuple[str, ...] = ()
    spared_attendees: tuple[str, ...] = ()
    seconds: int | None = None
    reason: str | None = None
    liftable_by: LiftableBy = LiftableBy.HOST


@dataclass(frozen=True, slots=True)
class UnmuteEverybody:
    """Lifts the mute-all of the media; each one's own restrictions stay."""

    name: ClassVar[str] = "unmute-all"
    media: tuple[Medium, ...] = (Medium.AUDIO,)
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class SetMeeting:
    """What of a meeting's mode, freeze and settings is not None becomes so."""

    mode: str | None = None
    frozen: bool | None = None
    default_role: str | None = None
    unmute_consent: UnmuteConsent | None = None
    lobby: bool | None = None
    reason: str | None = None

    @property
    def actions(self) -> tuple[str, ...]:
        """What the policies are asked about it; each has to be permitted."""
        asked = []
        if self.mode is not None:
            asked.append("set-mode")
        if self.frozen is not None:
            asked.append("freeze" if self.frozen else "unfreeze")
        if (self.default_role, self.unmute_consent, self.lobby) != (None, None, None):
            asked.append("set-settings")
        return tuple(asked)

    @property
    def name(self) -> str:
        """One deed goes by its own name."""
        return self.actions[0] if len(self.actions) == 1 else "set-meeting"


@dataclass(frozen=True, slots=True)
class Hold:
    """Withholds everything, receiving too, from somebody who stays in the meeting."""

    name: ClassVar[str] = "hold"
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """Gives back exactly what somebody had before he was put on hold."""

    name: ClassVar[str] = "release"
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class SetRole:
    name: ClassVar[str] = "set-role"
    role: str = "participant"
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Remove:
    """Out of the meeting, on all seats; with `ban` he stays out."""

    name: ClassVar[str] = "remove"
    ban: bool = False
    until: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Ban:
    """Keeps somebody out, and takes him out if he is in. `until` None: until lifted."""

    name: ClassVar[str] = "ban"
    until: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Unban:
    name: ClassVar[str] = "unban"
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class LetIn:
    """A host's answer to somebody in the lobby."""

    name: ClassVar[str] = "admit"
    admit: bool = True
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class LeaveLobby:
    """The user gives up waiting to be let in."""

    name: ClassVar[str] = "leave-lobby"
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class RaiseHand:
    name: ClassVar[str] = "raise-hand"
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class LowerHand:
    name: ClassVar[str] = "lower-hand"
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class GrantFloor:
    """A turn to speak. `exclusive` ends all other floors of these media with it."""

    name: ClassVar[str] = "grant-floor"
    seconds: int = 120
    media: tuple[Medium, ...] = (Medium.AUDIO,)
    exclusive: bool = False
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class EndFloor:
    name: ClassVar[str] = "end-floor"
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Consent:
    """What somebody who was asked to unmute says to it. `change_id` names the request."""

    name: ClassVar[str] = "consent"
    change_id: str = ""
    accept: bool = False
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Undo:
    """Restores the rules that a change replaced."""

    name: ClassVar[str] = "undo"
    change_id: str = ""
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class End:
    """Ends the meeting for everybody."""

    name: ClassVar[str] = "end"
    reason: str | None = None


UserCommand = (
    Mute
    | Unmute
    | SetCapabilities
    | Bind
    | Hold
    | Release
    | SetRole
    | Remove
    | Ban
    | Unban
    | LetIn
    | LeaveLobby
    | GrantFloor
    | EndFloor
)
HandCommand = RaiseHand | LowerHand
MeetingCommand = MuteEverybody | UnmuteEverybody | SetMeeting | End
Command = UserCommand | HandCommand | MeetingCommand | Register | Admit | Expire | Consent | Undo
