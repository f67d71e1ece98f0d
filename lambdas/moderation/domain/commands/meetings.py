"""Commands on the whole meeting."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ..actor import COHOST, HOST
from ..capability import Medium
from ..meeting import UnmuteConsent
from ..restriction import LiftableBy
from .command import Command, Invoker, MeetingCommand, duration_parameter, media_parameter, registered


@registered
@dataclass(frozen=True, slots=True)
class MuteEverybody(MeetingCommand):
    """Withholds `send` of the media from all but the spared, those who come later included."""

    name: ClassVar[str] = "mute-all"
    by_event: ClassVar[bool] = True
    sentence: ClassVar[str] = "muted everybody's {media}{duration}"
    media: tuple[Medium, ...] = (Medium.AUDIO,)
    spared_roles: tuple[str, ...] = (HOST, COHOST)
    spared_users: tuple[str, ...] = ()
    spared_attendees: tuple[str, ...] = ()
    seconds: int | None = None
    reason: str | None = None
    liftable_by: LiftableBy = LiftableBy.HOST

    @property
    def lifted_by(self) -> Command:
        return UnmuteEverybody()

    def parameters(self) -> dict[str, object]:
        spared = {
            "attendeeIds": list(self.spared_attendees),
            "externalUserIds": list(self.spared_users),
            "roles": list(self.spared_roles),
        }
        liftable_by = {"liftableBy": self.liftable_by.value}
        return media_parameter(self.media) | {"except": spared} | liftable_by | duration_parameter(self.seconds)


@registered
@dataclass(frozen=True, slots=True)
class UnmuteEverybody(MeetingCommand):
    """Lifts the mute-all of the media; each user's own restrictions stay."""

    name: ClassVar[str] = "unmute-all"
    by_event: ClassVar[bool] = True
    sentence: ClassVar[str] = "unmuted everybody's {media}"
    media: tuple[Medium, ...] = (Medium.AUDIO,)
    reason: str | None = None

    def parameters(self) -> dict[str, object]:
        return media_parameter(self.media)


@registered
@dataclass(frozen=True, slots=True)
class SetMeeting(MeetingCommand):
    """What of a meeting's mode, freeze and settings is not None becomes so. One part alone goes by its own name."""

    names: ClassVar[tuple[str, ...]] = ("set-mode", "freeze", "unfreeze", "set-settings", "set-meeting")
    by_event: ClassVar[bool] = True
    mode: str | None = None
    frozen: bool | None = None
    default_role: str | None = None
    unmute_consent: UnmuteConsent | None = None
    lobby: bool | None = None
    reason: str | None = None

    @property
    def name(self) -> str:  # type: ignore[override]
        return self.actions[0] if len(self.actions) == 1 else "set-meeting"

    def parameters(self) -> dict[str, object]:
        said = {
            "mode": self.mode,
            "frozen": self.frozen,
            "defaultRole": self.default_role,
            "unmuteConsent": self.unmute_consent.value if self.unmute_consent else None,
            "lobby": self.lobby,
        }
        return {key: value for key, value in said.items() if value is not None}

    @classmethod
    def actions_for(cls, parameters: Mapping[str, object]) -> tuple[str, ...]:
        freeze = "freeze" if parameters.get("frozen") else "unfreeze"
        actions = {"mode": "set-mode", "frozen": freeze}
        return tuple(dict.fromkeys(actions.get(parameter, "set-settings") for parameter in parameters))

    @classmethod
    def sentence_for(cls, parameters: Mapping[str, Any]) -> str:
        if parameters.keys() == {"frozen"}:
            return f"{'froze' if parameters['frozen'] else 'unfroze'} the meeting"
        return ", ".join(f"set {parameter} to {{{parameter}}}" for parameter in parameters)

    @classmethod
    def permitted_names(cls) -> tuple[str, ...]:
        return cls.names[:-1]

    @classmethod
    def event_names(cls) -> tuple[str, ...]:
        """Settings are not changed by event."""
        return cls.names[:3]


@registered
@dataclass(frozen=True, slots=True)
class LowerAllHands(MeetingCommand):
    """Lowers the hands of all users."""

    name: ClassVar[str] = "lower-all-hands"
    by_event: ClassVar[bool] = True
    sentence: ClassVar[str] = "lowered all hands"
    reason: str | None = None


@registered
@dataclass(frozen=True, slots=True)
class Undo(MeetingCommand):
    """Restores the rules that a change replaced: a user's or the meeting's."""

    name: ClassVar[str] = "undo"
    by_event: ClassVar[bool] = True
    sentence: ClassVar[str] = "undid the change {changeId} for {users}"
    change_id: str = ""
    reason: str | None = None

    def parameters(self) -> dict[str, object]:
        return {"changeId": self.change_id}


@registered
@dataclass(frozen=True, slots=True)
class End(MeetingCommand):
    """Ends the meeting for everybody."""

    name: ClassVar[str] = "end"
    by_event: ClassVar[bool] = True
    is_final: ClassVar[bool] = True
    sentence: ClassVar[str] = "ended the meeting"
    reason: str | None = None


@registered
@dataclass(frozen=True, slots=True)
class Register(MeetingCommand):
    """Puts a meeting under Gavel. `roles` None leaves the roles that people have."""

    name: ClassVar[str] = "register"
    invoker: ClassVar[Invoker] = Invoker.BACK_END
    is_undoable: ClassVar[bool] = False
    sentence: ClassVar[str] = "registered the meeting in mode {mode}"
    roles: Mapping[str, str] | None = None
    default_role: str = "participant"
    mode: str = "open"
    unmute_consent: UnmuteConsent = UnmuteConsent.NONE
    lobby: bool = False
    reason: str | None = None

    def parameters(self) -> dict[str, object]:
        roles = {"roles": dict(self.roles)} if self.roles is not None else {}
        return roles | {
            "defaultRole": self.default_role,
            "mode": self.mode,
            "unmuteConsent": self.unmute_consent.value,
            "lobby": self.lobby,
        }


@registered
@dataclass(frozen=True, slots=True)
class Admit(MeetingCommand):
    """Lets users in: each with the role they are to have, None for the meeting's default."""

    name: ClassVar[str] = "admit-users"
    invoker: ClassVar[Invoker] = Invoker.BACK_END
    sentence: ClassVar[str] = "admitted {named}"
    people: Mapping[str, str | None] = field(default_factory=dict)
    reason: str | None = None

    def parameters(self) -> dict[str, object]:
        return {"users": [{"externalUserId": user_id, "role": role} for user_id, role in self.people.items()]}
