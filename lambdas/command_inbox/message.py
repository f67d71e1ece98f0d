"""What the queue holds: an event as EventBridge delivers it, or what a trigger's rule made of one.

Only rules of the stack may send to the queue. An event arrives whole, inside an envelope that EventBridge writes, so
whatever its sender puts into it stays within `detail`; what has no envelope can come from a trigger alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moderation.checking import Invalid, document
from moderation.core.actor import Actor, ActorKind

COMMAND = "Moderation Command"
TRIGGER = "trigger/"
"""What the ids of triggers begin with, and no source of an event may."""
OWN_SOURCE = "gavel"
AWS_SOURCES = "aws."
LONGEST_ID = 256


class Dropped(Exception):
    """No command. The text says why and quotes nothing."""


@dataclass(frozen=True, slots=True)
class Message:
    """`at` is None where the event's time can't be read. `is_spoofed`: the sender gives himself out as a trigger."""

    event_id: str
    at: datetime | None
    actor: Actor
    detail: Mapping[str, Any]
    is_spoofed: bool = False


def read(body: object) -> Message:
    """Raises `Dropped`."""
    try:
        said = document(body.encode("utf-8", "surrogatepass")) if isinstance(body, str) else None
    except Invalid:
        raise Dropped("no JSON") from None
    if not isinstance(said, dict):
        raise Dropped("no object")
    if "detail-type" in said:
        return _event(said)
    if "trigger" in said:
        return _triggered(said)
    raise Dropped("neither an event nor from a trigger")


def _event(said: dict[str, Any]) -> Message:
    source = _text(said, "source")
    if said["detail-type"] != COMMAND:
        raise Dropped("another detail-type")
    if source == OWN_SOURCE or source.startswith(AWS_SOURCES):
        raise Dropped("a source that never commands")
    return _message(said, source, "detail", is_spoofed=source.startswith(TRIGGER))


def _triggered(said: dict[str, Any]) -> Message:
    return _message(said, TRIGGER + _text(said, "trigger"), "command")


def _message(said: dict[str, Any], source: str, key: str, *, is_spoofed: bool = False) -> Message:
    detail = said.get(key)
    if not isinstance(detail, dict):
        raise Dropped(f"no {key}")
    actor = Actor(ActorKind.SERVICE, source)
    return Message(_text(said, "id"), _moment(said.get("time")), actor, detail, is_spoofed)


def _text(said: dict[str, Any], key: str) -> str:
    value = said.get(key)
    if not isinstance(value, str) or not value or len(value) > LONGEST_ID or not value.isprintable():
        raise Dropped(f"no {key}")
    return value


def _moment(text: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None
