"""Commands on the whole meeting."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..actor import COHOST, HOST
from ..capability import LiftableBy, Medium
from ..meeting import UnmuteConsent
from ..wording import Affected, devices, duration, listed, users_in_words
from .command import Command, Invoker, MeetingCommand, duration_parameter, media_parameter, registered


@registered
@dataclass(frozen=True, slots=True)
class MuteEverybody(MeetingCommand):
    """Withholds `send` of the media from all users except the spared ones, also from users who join later."""

    name = "mute-all"
    by_event = True
    intent = "mute everyone"
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

    @classmethod
    def sentence_for(cls, parameters: Mapping[str, Any], affected: Affected) -> str:  # noqa: ARG003
        """The sentence. The history has no names of users who are excepted by AttendeeId, so it counts them."""
        spared = parameters["except"]
        excepted = [f"{role}s" for role in spared["roles"]] + list(spared["externalUserIds"])
        if count := len(spared["attendeeIds"]):
            excepted.append("1 attendee" if count == 1 else f"{count} attendees")
        everyone = f"everyone except {listed(excepted)}" if excepted else "everyone"
        return f"muted {_of_all(parameters, everyone)}{duration(parameters)}"


@registered
@dataclass(frozen=True, slots=True)
class UnmuteEverybody(MeetingCommand):
    """Lifts the mute-all of the media; each user's own restrictions stay."""

    name = "unmute-all"
    by_event = True
    intent = "unmute everyone"
    media: tuple[Medium, ...] = (Medium.AUDIO,)
    reason: str | None = None

    def parameters(self) -> dict[str, object]:
        return media_parameter(self.media)

    @classmethod
    def sentence_for(cls, parameters: Mapping[str, Any], affected: Affected) -> str:  # noqa: ARG003
        return f"unmuted {_of_all(parameters, 'everyone')}"


def _of_all(parameters: Mapping[str, Any], everyone: str) -> str:
    media = parameters["media"]
    return everyone if media == [Medium.AUDIO.value] else f"the {devices(media, plural=True)} of {everyone}"


CONSENT_SETTINGS = {
    UnmuteConsent.NONE: "turned consent to unmuting off",
    UnmuteConsent.MUTED_FIRST: "made clients mute themselves before they are unmuted",
    UnmuteConsent.REQUIRED: "made unmuting a matter of consent",
}


@registered
@dataclass(frozen=True, slots=True)
class SetMeeting(MeetingCommand):
    """Sets the meeting's mode, freeze and settings, as far as they are not None. A command that sets one part has that
    part's name.
    """

    names = ("set-mode", "freeze", "unfreeze", "set-settings", "set-meeting")
    by_event = True
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
        values = {
            "mode": self.mode,
            "frozen": self.frozen,
            "defaultRole": self.default_role,
            "unmuteConsent": self.unmute_consent.value if self.unmute_consent else None,
            "lobby": self.lobby,
        }
        return {key: value for key, value in values.items() if value is not None}

    @classmethod
    def actions_for(cls, parameters: Mapping[str, object]) -> tuple[str, ...]:
        freeze = "freeze" if parameters.get("frozen") else "unfreeze"
        actions = {"mode": "set-mode", "frozen": freeze}
        return tuple(dict.fromkeys(actions.get(parameter, "set-settings") for parameter in parameters))

    @classmethod
    def sentence_for(cls, parameters: Mapping[str, Any], affected: Affected) -> str:  # noqa: ARG003
        parts = []
        if "mode" in parameters:
            parts.append(f"switched the meeting to {parameters['mode']} mode")
        if "frozen" in parameters:
            parts.append("froze the meeting" if parameters["frozen"] else "unfroze the meeting")
        if "defaultRole" in parameters:
            parts.append(f"made {parameters['defaultRole']} the default role")
        if "unmuteConsent" in parameters:
            parts.append(CONSENT_SETTINGS[UnmuteConsent(parameters["unmuteConsent"])])
        if "lobby" in parameters:
            parts.append(f"turned the lobby {'on' if parameters['lobby'] else 'off'}")
        return listed(parts) if parts else "left the meeting's settings as they are"

    @classmethod
    def intent_for(cls, name: str) -> str:
        intents = {"freeze": "freeze the meeting", "unfreeze": "unfreeze the meeting", "set-mode": "change the mode"}
        return intents.get(name, "change the meeting's settings")

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

    name = "lower-all-hands"
    by_event = True
    sentence = "lowered all hands"
    intent = "lower all hands"
    reason: str | None = None


@registered
@dataclass(frozen=True, slots=True)
class Undo(MeetingCommand):
    """Restores the rules that a change replaced: a user's or the meeting's."""

    name = "undo"
    by_event = True
    intent = "undo an earlier change"
    change_id: str = ""
    reason: str | None = None

    def parameters(self) -> dict[str, object]:
        return {"changeId": self.change_id}

    @classmethod
    def sentence_for(cls, parameters: Mapping[str, Any], affected: Affected) -> str:  # noqa: ARG003
        return "undid an earlier change" + (f" for {affected.users}" if affected.names else "")


@registered
@dataclass(frozen=True, slots=True)
class End(MeetingCommand):
    """Ends the meeting for everybody."""

    name = "end"
    by_event = True
    is_final = True
    sentence = "ended the meeting"
    intent = "end the meeting"
    reason: str | None = None


@registered
@dataclass(frozen=True, slots=True)
class Register(MeetingCommand):
    """Registers a meeting with Gavel. `roles` None leaves the roles of users unchanged."""

    name = "register"
    invoker = Invoker.BACK_END
    is_undoable = False
    intent = "register the meeting"
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

    @classmethod
    def sentence_for(cls, parameters: Mapping[str, Any], affected: Affected) -> str:  # noqa: ARG003
        return f"registered the meeting in {parameters['mode']} mode"


@registered
@dataclass(frozen=True, slots=True)
class Admit(MeetingCommand):
    """Lets users in, each with a role; None is the meeting's default role.

    Display names are no parameters, because parameters are published and kept in the history.
    """

    name = "admit-users"
    invoker = Invoker.BACK_END
    intent = "admit users"
    users: Mapping[str, str | None] = field(default_factory=dict)
    display_names: Mapping[str, str] = field(default_factory=dict)
    reason: str | None = None

    def parameters(self) -> dict[str, object]:
        return {"users": [{"externalUserId": user_id, "role": role} for user_id, role in self.users.items()]}

    @classmethod
    def sentence_for(cls, parameters: Mapping[str, Any], affected: Affected) -> str:  # noqa: ARG003
        return f"admitted {users_in_words([user['externalUserId'] for user in parameters['users']])}"
