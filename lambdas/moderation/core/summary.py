"""One English sentence for each entry: what a host reads in the history."""

from collections.abc import Mapping
from typing import Any

from .entry import (
    ABANDONED,
    CAPABILITIES_CHANGED,
    DECIDED,
    DELAYED,
    DRIFT_FOUND,
    MEETING_CHANGED,
    MEETING_ENDED,
    SUPERSEDED,
    Entry,
)

MOST_NAMED = 10
SPANS = ((3600, "h"), (60, "min"), (1, "s"))


def summary(entry: Entry) -> str:
    """`alice muted bob's audio for 5 min: noise`."""
    said = _said(entry)
    return f"{said}: {entry.reason}" if entry.reason else said


def _said(entry: Entry) -> str:  # noqa: PLR0911 - one case a type
    adds: Mapping[str, Any] = entry.adds
    who = entry.actor.id + (f" (through {entry.actor.via})" if entry.actor.via else "")
    whom = _people(adds.get("attendees", []))
    match entry.type:
        case x if x == DECIDED and adds["verdict"] == "accepted":
            return f"{who} {_deed(entry.command, adds['parameters'], whom)}"
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
    return f"{who}: {entry.type}"


def _deed(command: str, parameters: Mapping[str, Any], whom: str) -> str:  # noqa: PLR0911 - one case a command
    media = " and ".join(parameters.get("media", []))
    match command:
        case "mute" | "unmute":
            return f"{command}d {whom}'s {media}{_for(parameters.get('durationSeconds'))}"
        case "set-capabilities":
            wanted = ", ".join(f"{medium} {word}" for medium, word in parameters.items())
            return f"set {whom} to {wanted}"
        case "mute-all" | "unmute-all":
            return f"{command.removesuffix('-all')}d everybody's {media}{_for(parameters.get('durationSeconds'))}"
        case "freeze" | "unfreeze":
            return f"{'froze' if command == 'freeze' else 'unfroze'} the meeting"
        case "set-mode" | "set-settings" | "set-meeting":
            return ", ".join(f"set {key} to {value}" for key, value in parameters.items())
        case "admit-users":
            return f"admitted {_together([user['externalUserId'] for user in parameters['users']])}"
        case "bind":
            return f"gave {whom} what the rules say"
        case "expire":
            return f"ended what was to last until now for {whom}"
        case "register":
            return f"registered the meeting in mode {parameters['mode']}"
    return f"did {command} on {whom}"


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


def _people(attendees: list[Mapping[str, Any]]) -> str:
    names = list(dict.fromkeys(attendee["externalUserId"] for attendee in attendees))
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
