"""The sentence of an entry in parts, so that a page can put names in the place of ids."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from .actor import ActorKind
from .entry import Entry
from .summary import summary

OPEN, CLOSE = "\ue000", "\ue001"
"""Marks around an id while the sentence is made. They are private-use characters, which no ExternalUserId has."""
_MENTION = re.compile(f"{OPEN}([^{CLOSE}]*){CLOSE}")


def summary_parts(entry: Entry) -> list[dict[str, str]]:
    """The parts of the sentence in order: `{"text": …}` and `{"externalUserId": …}`. Together they are the
    `summary`.
    """
    parts = [
        {"externalUserId" if number % 2 else "text": part}
        for number, part in enumerate(_MENTION.split(summary(_marked(entry))))
    ]
    if entry.reason:
        parts.append({"text": f": {entry.reason}"})
    return [part for part in parts if part != {"text": ""}]


def _marked(entry: Entry) -> Entry:
    """The entry with marked ids. The reason is left out, because it may hold any characters."""
    actor, extra = entry.actor, dict[str, Any](entry.extra)
    if actor.kind is ActorKind.USER:
        actor = replace(actor, id=_mark(actor.id))
    if "attendees" in extra:
        extra["attendees"] = list(_users(extra["attendees"]))
    if "parameters" in extra:
        extra["parameters"] = _parameters(extra["parameters"])
    return replace(entry, actor=actor, extra=extra, reason=None)


def _parameters(parameters: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(parameters)
    if "users" in found:
        found["users"] = list(_users(found["users"]))
    if "except" in found:
        spared = found["except"]
        found["except"] = {**spared, "externalUserIds": [_mark(each) for each in spared["externalUserIds"]]}
    return found


def _users(documents: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    return ({**each, "externalUserId": _mark(each["externalUserId"])} for each in documents)


def _mark(user_id: str) -> str:
    return f"{OPEN}{user_id}{CLOSE}"
