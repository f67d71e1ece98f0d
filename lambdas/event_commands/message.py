"""What the queue holds: an event as EventBridge delivers it, or a trigger's template beside the event that matched it.

Only rules of the stack may send to the queue. An event arrives whole, inside an envelope that EventBridge writes, so
whatever its sender puts into it stays within `detail`; what has no envelope can come from a trigger alone.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moderation.digest import digest
from moderation.domain.actor import Actor, ActorKind
from moderation.validation import Fault, Invalid, document

from .trigger_template import resolved

COMMAND = "Moderation Command"
TRIGGER = "trigger/"
"""What the ids of triggers begin with, and no source of an event may."""
OWN_SOURCE = "gavel"
AWS_SOURCES = "aws."
LONGEST_ID = 256


_BEGINS = re.compile(r'\s*\{\s*"trigger"\s*:\s*"([a-z0-9-]{1,36})"')
"""How the message of a trigger begins, whatever the event in it does to the rest."""


class Dropped(Exception):
    """No command. The text says why and quotes nothing."""


@dataclass(frozen=True, slots=True)
class Message:
    """`at` is None where the event's time can't be read. `is_spoofed`: the sender gives himself out as a trigger.
    `faults`: what of a trigger's template could not be resolved, and is not in `detail`.
    """

    event_id: str
    at: datetime | None
    actor: Actor
    detail: Mapping[str, Any]
    is_spoofed: bool = False
    faults: tuple[Fault, ...] = ()


class Unreadable(Exception):
    """A message that no rule of the stack sends, or whose event broke it. The text says why and quotes nothing.
    `message` is what a refusal needs, where it is known which trigger sent it.
    """

    def __init__(self, why: str, message: Message | None = None) -> None:
        super().__init__(why)
        self.message = message


def read(body: object) -> Message:
    """Raises `Dropped`, `Unreadable`."""
    try:
        return _read(_parsed(body))
    except Unreadable as unreadable:
        raise Unreadable(str(unreadable), _what_is_known(body, str(unreadable))) from None


def _read(said: dict[str, Any]) -> Message:
    if "detail-type" in said:
        return _event(said)
    if "trigger" in said:
        return _triggered(said)
    raise Unreadable("neither an event nor from a trigger")


def _what_is_known(body: object, why: str) -> Message | None:
    """The same text is the same message, however often it comes."""
    begins = _BEGINS.match(body) if isinstance(body, str) else None
    if begins is None or not isinstance(body, str):
        return None
    event_id = digest([body.encode("utf-8", "surrogatepass")])
    actor = Actor(ActorKind.SERVICE, TRIGGER + begins[1])
    return Message(event_id, None, actor, {}, faults=(Fault("", f"the message can't be read: {why}"),))


def _parsed(text: object) -> dict[str, Any]:
    try:
        said = document(text.encode("utf-8", "surrogatepass")) if isinstance(text, str) else None
    except Invalid:
        raise Unreadable("no JSON") from None
    if not isinstance(said, dict):
        raise Unreadable("no object")
    return said


def _event(said: dict[str, Any]) -> Message:
    if said["detail-type"] != COMMAND:
        raise Dropped("another detail-type")
    try:
        source = _text(said, "source")
    except Unreadable:
        raise Dropped("a source that is no name") from None
    if source == OWN_SOURCE or source.startswith(AWS_SOURCES):
        raise Dropped("a source that never commands")
    actor = Actor(ActorKind.SERVICE, source)
    is_spoofed = source.startswith(TRIGGER)
    return Message(_text(said, "id"), _moment(said.get("time")), actor, _object(said, "detail"), is_spoofed)


def _triggered(said: dict[str, Any]) -> Message:
    """AWS says in one place that the event arrives as JSON, in another that it arrives as a text."""
    actor = Actor(ActorKind.SERVICE, TRIGGER + _text(said, "trigger"))
    event = _parsed(said["event"]) if isinstance(said.get("event"), str) else _object(said, "event")
    if _is_caused_by(actor, event):
        raise Dropped("an event that the trigger itself has caused")
    found = resolved(_object(said, "template"), event)
    return Message(_text(event, "id"), _moment(event.get("time")), actor, found.command, faults=found.faults)


def _is_caused_by(actor: Actor, event: dict[str, Any]) -> bool:
    """Whether Gavel tells of what this trigger did or tried: it would command for ever."""
    detail = event.get("detail")
    cause = detail.get("actor") if isinstance(detail, dict) else None
    return event.get("source") == OWN_SOURCE and isinstance(cause, dict) and cause.get("id") == actor.id


def _object(said: dict[str, Any], key: str) -> dict[str, Any]:
    value = said.get(key)
    if not isinstance(value, dict):
        raise Unreadable(f"no {key}")
    return value


def _text(said: dict[str, Any], key: str) -> str:
    value = said.get(key)
    if not isinstance(value, str) or not value or len(value) > LONGEST_ID or not value.isprintable():
        raise Unreadable(f"no {key}")
    return value


def _moment(text: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None
