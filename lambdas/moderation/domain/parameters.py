"""Commands in the words in which the history and the bus tell of them."""

from datetime import datetime

from .capability import word
from .commands import (
    Admit,
    Ban,
    Command,
    Consent,
    GrantFloor,
    LetIn,
    Mute,
    MuteEverybody,
    Register,
    Remove,
    SetCapabilities,
    SetMeeting,
    SetRole,
    Undo,
    Unmute,
    UnmuteEverybody,
)
from .entry import iso


def parameters_of(command: Command) -> dict[str, object]:  # noqa: C901, PLR0911, PLR0912 - one case a command
    """The command as the history and the bus write it, without the reason, which stands beside it."""
    match command:
        case Mute(media, seconds, _, liftable_by):
            said: dict[str, object] = {"media": [m.value for m in media]}
            if seconds is not None:
                said["durationSeconds"] = seconds
            if liftable_by is not None:
                said["liftableBy"] = liftable_by.value
            return said
        case Unmute(media) | UnmuteEverybody(media):
            return {"media": [m.value for m in media]}
        case SetRole(role):
            return {"role": role}
        case Remove(ban, until):
            return {"ban": ban} | _until(until)
        case Ban(until):
            return _until(until)
        case LetIn(admit):
            return {"admit": admit}
        case GrantFloor(seconds, media, exclusive):
            return {"media": [m.value for m in media], "durationSeconds": seconds, "exclusive": exclusive}
        case Consent(change_id, accept):
            return {"changeId": change_id, "accept": accept}
        case Undo(change_id):
            return {"changeId": change_id}
        case Admit(people):
            return {"users": [{"externalUserId": user_id, "role": role} for user_id, role in people.items()]}
        case MuteEverybody():
            return _spoken_mute_all(command)
        case SetMeeting():
            said = {
                "mode": command.mode,
                "frozen": command.frozen,
                "defaultRole": command.default_role,
                "unmuteConsent": command.unmute_consent.value if command.unmute_consent else None,
                "lobby": command.lobby,
            }
            return {key: value for key, value in said.items() if value is not None}
        case SetCapabilities(wanted):
            return {m.value: word(bits, m) for m, bits in wanted.items()}
        case Register():
            roles = {"roles": dict(command.roles)} if command.roles is not None else {}
            return roles | {
                "defaultRole": command.default_role,
                "mode": command.mode,
                "unmuteConsent": command.unmute_consent.value,
                "lobby": command.lobby,
            }
        case _:
            return {}


def _until(until: datetime | None) -> dict[str, object]:
    return {"until": iso(until)} if until is not None else {}


def _spoken_mute_all(command: MuteEverybody) -> dict[str, object]:
    said: dict[str, object] = {
        "media": [m.value for m in command.media],
        "except": {
            "attendeeIds": list(command.spared_attendees),
            "externalUserIds": list(command.spared_users),
            "roles": list(command.spared_roles),
        },
        "liftableBy": command.liftable_by.value,
    }
    return said if command.seconds is None else said | {"durationSeconds": command.seconds}
