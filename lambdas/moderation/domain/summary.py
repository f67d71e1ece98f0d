"""One English sentence for each entry of the history. Sentences are for users, codes for programs."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .commands import COMMANDS
from .entry import (
    ABANDONED,
    ADMISSION_REQUESTED,
    CAPABILITIES_CHANGED,
    DECIDED,
    DELAYED,
    DRIFT_FOUND,
    HAND_LOWERED,
    HAND_RAISED,
    MEETING_CHANGED,
    MEETING_ENDED,
    REMOVED,
    SUPERSEDED,
    UNMUTE_ANSWERED,
    UNMUTE_REQUESTED,
    Entry,
)
from .wording import Affected, can_now, listed, name_of, users_in_words

WHY = {"banned": "is banned", "waiting": "is waiting to be let in", "too-many": "has sent too many commands"}
"""Reasons of refusals that are about the caller, by code."""
WHY_NOT = {
    "capability-unavailable": "another rule withholds it",
    "content-needs-video": "screen shares need video",
    "last-host": "the meeting would be left without a host",
    "meeting-ended": "the meeting has ended",
    "not-undoable": "it can no longer be undone",
    "no-request": "there was no request",
    "too-late": "the command came too late",
    "bad-time": "the time of the command is wrong",
    "invalid-request": "the command was invalid",
    "meeting-not-found": "the meeting is not registered",
    "attendee-not-found": "no such attendee is known",
    "change-not-found": "there is no such change",
}
ENDED = {"mute": "timed mute", "floor": "turn to speak", "ban": "ban", "mute-all": "timed mute of everyone"}
ANSWERS = {
    "accepted": "agreed to unmute",
    "declined": "declined to unmute",
    "expired": "did not answer the request to unmute",
}


def summary(entry: Entry) -> str:
    """The sentence of an entry: `alice muted bob's microphone for 5 min: noise`."""
    said = _SENTENCES[entry.type](entry) if entry.type in _SENTENCES else f"{name_of(entry.actor)}: {entry.type}"
    return f"{said}: {entry.reason}" if entry.reason else said


def _extra(entry: Entry) -> Mapping[str, Any]:
    return entry.extra


def _names(entry: Entry) -> list[str]:
    return list(dict.fromkeys(attendee["externalUserId"] for attendee in _extra(entry).get("attendees", [])))


def _affected(entry: Entry) -> Affected:
    names = _names(entry)
    return Affected(names, is_actor=len(names) == 1 and entry.actor.is_user(names[0]))


def _intent(command: str, users: str) -> str:
    """The intent of a command: `mute bob`. An entry without a command of the registry is about drift."""
    intent = COMMANDS[command].intent_for(command) if command in COMMANDS else "apply the meeting's rules to {users}"
    return intent.format(users=users)


def _verb(entry: Entry, one: str, several: str) -> str:
    names = _names(entry)
    return f"{users_in_words(names)} {one if len(names) <= 1 else several}"


def _decided(entry: Entry) -> str:
    extra, affected = _extra(entry), _affected(entry)
    if extra["verdict"] == "refused":
        return _refused(entry, affected.users)
    if entry.command == "expire":
        return _expired(entry)
    if entry.command == "bind" and entry.actor.is_automatic:
        return f"{affected.users} joined"
    if entry.command not in COMMANDS:
        return f"{name_of(entry.actor)} changed what {affected.users} may do"
    return f"{name_of(entry.actor)} {COMMANDS[entry.command].sentence_for(extra['parameters'], affected)}"


def _refused(entry: Entry, users: str) -> str:
    who, code = name_of(entry.actor), _extra(entry)["code"]
    what = _intent(entry.command, users)
    if code == "not-permitted":
        return f"{who} is not permitted to {what}"
    why = f"{who} {WHY[code]}" if code in WHY else WHY_NOT.get(code, "the command was refused")
    return f"{who} tried to {what}, but {why}"


def _expired(entry: Entry) -> str:
    ended: Sequence[str] = _extra(entry)["parameters"].get("ended", [])
    what = listed(ENDED[each] for each in ended) if ended else "time limit"
    names = _names(entry)
    return f"{users_in_words(names)}'s {what} ended" if names else f"The {what} ended"


def _capabilities_changed(entry: Entry) -> str:
    """The sentence, in which users with the same change share a clause."""
    alike: dict[str, list[str]] = {}
    for attendee in _extra(entry)["attendees"]:
        names = alike.setdefault(can_now(attendee["before"], attendee["after"]), [])
        if attendee["externalUserId"] not in names:
            names.append(attendee["externalUserId"])
    return "; ".join(
        f"{users_in_words(names)} {what}" if what else f"nothing changed for {users_in_words(names)}"
        for what, names in alike.items()
    )


def _attempt(entry: Entry, fate: str) -> str:
    if entry.actor.is_automatic:
        return f"The attempt to {_intent(entry.command, users_in_words(_names(entry)))} {fate}"
    return f"{name_of(entry.actor, 'attempt')} to {_intent(entry.command, _affected(entry).users)} {fate}"


def _meeting_changed(entry: Entry) -> str:
    if entry.command == "expire":
        return "The timed mute of everyone is over"
    return f"{name_of(entry.actor, 'command')} to {_intent(entry.command, 'everyone')} is in effect"


def _hand(entry: Entry) -> str:
    affected, verb = _affected(entry), "raised" if entry.type == HAND_RAISED else "lowered"
    if entry.actor.is_automatic:
        return f"{affected.users}'s hand was {verb}"
    if len(affected.names) > 1:
        return f"{name_of(entry.actor)} {verb} the hands of {affected.users}"
    return f"{name_of(entry.actor)} {verb} {'their' if affected.is_actor else affected.their} hand"


def _unmute_requested(entry: Entry) -> str:
    if entry.actor.is_automatic:
        return _verb(entry, "was asked to unmute", "were asked to unmute")
    return f"{name_of(entry.actor)} asked {_affected(entry).users} to unmute"


def _unmute_answered(entry: Entry) -> str:
    answer, names = _extra(entry)["answer"], users_in_words(_names(entry))
    if answer == "withdrawn":
        return f"The request to {names} to unmute was withdrawn"
    return f"{names} {ANSWERS[answer]}" + (f" (through {entry.actor.via})" if entry.actor.via else "")


def _drift_found(entry: Entry) -> str:
    names = users_in_words(_names(entry))
    if _extra(entry)["attendees"][0]["corrected"]:
        return f"Chime gave {names} more than the rules allow, which was corrected"
    return f"Chime gives {names} less than the rules allow, which was left as it is"


_SENTENCES: Mapping[str, Callable[[Entry], str]] = {
    DECIDED: _decided,
    CAPABILITIES_CHANGED: _capabilities_changed,
    MEETING_CHANGED: _meeting_changed,
    SUPERSEDED: lambda entry: _attempt(entry, "was overtaken by another change"),
    ABANDONED: lambda entry: _attempt(entry, "failed and was taken back"),
    DELAYED: lambda entry: _attempt(entry, "is still waiting for Chime"),
    DRIFT_FOUND: _drift_found,
    MEETING_ENDED: lambda _: "The meeting ended",
    REMOVED: lambda entry: _verb(entry, "was removed from the meeting", "were removed from the meeting"),
    HAND_RAISED: _hand,
    HAND_LOWERED: _hand,
    UNMUTE_REQUESTED: _unmute_requested,
    UNMUTE_ANSWERED: _unmute_answered,
    ADMISSION_REQUESTED: lambda entry: _verb(entry, "is waiting to be let in", "are waiting to be let in"),
}
