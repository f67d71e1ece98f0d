"""One English sentence for each entry: what a host reads in the history."""

from collections.abc import Mapping
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

MOST_NAMED = 10
SPANS = ((3600, "h"), (60, "min"), (1, "s"))
ANSWERS = {
    "accepted": "agreed to unmute",
    "declined": "declined to unmute",
    "expired": "did not answer the request to unmute",
    "withdrawn": "need not answer the request to unmute any more",
}


def summary(entry: Entry) -> str:
    """`alice muted bob's audio for 5 min: noise`."""
    said = _said(entry)
    return f"{said}: {entry.reason}" if entry.reason else said


def _said(entry: Entry) -> str:  # noqa: PLR0911 - one case a type
    adds: Mapping[str, Any] = entry.extra
    who = entry.actor.id + (f" (through {entry.actor.via})" if entry.actor.via else "")
    whom = _people(adds.get("attendees", []))
    match entry.type:
        case x if x == DECIDED and adds["verdict"] == "accepted":
            return f"{who} {_decided(entry.command, adds['parameters'], whom)}"
        case x if x == DECIDED:
            by = ", ".join(adds["policies"]) if adds["code"] == "not-permitted" else adds["code"]
            return f"{who} was refused {entry.command} on {whom} ({by})"
        case x if x == CAPABILITIES_CHANGED:
            return _now_have(adds["attendees"])
        case x if x == MEETING_CHANGED:
            return f"{who}'s {entry.command} is in force"
        case x if x == SUPERSEDED:
            return f"{who}'s {entry.command} was overtaken by another change"
        case x if x == ABANDONED:
            return f"{who}'s {entry.command} on {whom} was given up: the rules are what they were"
        case x if x == DRIFT_FOUND:
            put_right = adds["attendees"][0]["corrected"]
            return f"Chime differed from the rules for {whom}: " + ("put right" if put_right else "narrower, and left")
        case x if x == MEETING_ENDED:
            return "the meeting has ended"
        case x if x == DELAYED:
            return f"{who}'s {entry.command} is still waiting for Chime"
    return _said_of_people(entry, who, whom)


def _said_of_people(entry: Entry, who: str, whom: str) -> str:
    adds: Mapping[str, Any] = entry.extra
    match entry.type:
        case x if x == HAND_LOWERED and not _is_one(adds["attendees"]):
            return f"{who} lowered the hands of {whom}"
        case x if x in (HAND_RAISED, HAND_LOWERED):
            whose = "his" if entry.actor.is_user(whom) else f"{whom}'s"
            return f"{who} {'raised' if x == HAND_RAISED else 'lowered'} {whose} hand"
        case x if x == UNMUTE_REQUESTED:
            return f"{who} asked {whom} to unmute"
        case x if x == UNMUTE_ANSWERED:
            return f"{whom} {ANSWERS[adds['answer']]}" + (f" (through {entry.actor.via})" if entry.actor.via else "")
        case x if x == ADMISSION_REQUESTED:
            return f"{whom} {'waits' if _is_one(adds['attendees']) else 'wait'} to be let in"
        case x if x == REMOVED:
            return f"{whom} {'is' if _is_one(adds['attendees']) else 'are'} out of the meeting"
    return f"{who}: {entry.type}"


def _decided(command: str, parameters: Mapping[str, Any], users: str) -> str:
    """The command's sentence with its parameters in words."""
    if command not in COMMANDS:
        return f"did {command} on {users}"
    words = {
        **parameters,
        "users": users,
        "named": _together([user["externalUserId"] for user in parameters.get("users", ())]),
        "media": " and ".join(parameters.get("media", ())),
        "duration": _for(parameters.get("durationSeconds")),
        "until": _until(parameters),
    }
    return COMMANDS[command].sentence_for(parameters).format_map(words)


def _until(parameters: Mapping[str, Any]) -> str:
    """` until 2026-06-01 12:00 UTC`."""
    until: str | None = parameters.get("until")
    return f" until {until[:16].replace('T', ' ')} UTC" if until else ""


def _for(seconds: int | None) -> str:
    """` for 5 min`, ` for 1 h 30 min`."""
    if seconds is None:
        return ""
    parts = []
    for size, name in SPANS:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {name}")
    return " for " + " ".join(parts)


def _names(attendees: list[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(attendee["externalUserId"] for attendee in attendees))


def _is_one(attendees: list[Mapping[str, Any]]) -> bool:
    return len(_names(attendees)) == 1


def _people(attendees: list[Mapping[str, Any]]) -> str:
    names = _names(attendees)
    return _together(names) if names else "everybody"


def _together(names: list[str]) -> str:
    """By name, as long as somebody would read them all."""
    return ", ".join(names) if len(names) <= MOST_NAMED else f"{len(names)} people"


def _now_have(attendees: list[Mapping[str, Any]]) -> str:
    """Those who have the same now in one clause."""
    alike: dict[str, list[str]] = {}
    for attendee in attendees:
        before, after = attendee["before"], attendee["after"]
        differences = [f"{medium} {word}" for medium, word in after.items() if before.get(medium) != word]
        names = alike.setdefault(", ".join(differences), [])
        if attendee["externalUserId"] not in names:
            names.append(attendee["externalUserId"])
    clauses = []
    for what, names in alike.items():
        verb, had = ("has", "what he had") if len(names) == 1 else ("have", "what they had")
        clauses.append(f"{_together(names)} now {verb} {what or had}")
    return "; ".join(clauses)
