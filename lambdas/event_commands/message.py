"""Messages of the queue: an event as EventBridge delivers it, or a trigger's template beside the event that matched it.

Only rules of the stack may send to the queue. An event arrives whole, inside an envelope that EventBridge writes, so
everything that its sender puts into it stays within `detail`. Only a trigger can send a message without an envelope.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aws_lambda_powertools.utilities.data_classes import EventBridgeEvent
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.ids import digest
from moderation.validation import Fault, Invalid, document

from .trigger_template import resolved

COMMAND = "Moderation Command"
TRIGGER = "trigger/"
"""The prefix of a trigger's id. The source of an event may not begin with it."""
OWN_SOURCE = "gavel"
AWS_SOURCES = "aws."
LONGEST_ID = 256

_BEGINS = re.compile(r'\s*\{\s*"trigger"\s*:\s*"([a-z0-9-]{1,36})"')
"""The beginning of a trigger's message, which an event cannot change."""


class MessageDroppedError(Exception):
    """The message is no command. The text says why and quotes nothing."""


@dataclass(frozen=True, slots=True)
class Message:
    """A command and its sender.

    `at` is `None` if the event's time cannot be read. `is_spoofed`: the sender poses as a trigger. `faults` are the
    parts of a trigger's template that could not be resolved; `detail` is without them.
    """

    event_id: str
    at: datetime | None
    actor: Actor
    detail: Mapping[str, Any]
    is_spoofed: bool = False
    faults: tuple[Fault, ...] = ()


class UnreadableMessageError(Exception):
    """The message is malformed: no rule of the stack sends such a message, or its event broke it.

    The text gives the reason and quotes nothing. If the trigger is known, `message` has what a refusal needs.
    """

    def __init__(self, why: str, message: Message | None = None) -> None:
        super().__init__(why)
        self.message = message


def read(body: object) -> Message:
    """Reads a message. Raises `MessageDroppedError` or `UnreadableMessageError`."""
    try:
        return _read(_parsed(body))
    except UnreadableMessageError as unreadable:
        raise UnreadableMessageError(str(unreadable), _recognized(body, str(unreadable))) from None


def _read(content: dict[str, Any]) -> Message:
    if "detail-type" in content:
        return _sent(EventBridgeEvent(content))
    if "trigger" in content:
        return _triggered(content)
    raise UnreadableMessageError("it is neither an event nor from a trigger")


def _recognized(body: object, why: str) -> Message | None:
    """The message of a trigger that cannot be read, so that it can be refused; `None` if the trigger is unknown. The
    same text always gives the same message.
    """
    begins = _BEGINS.match(body) if isinstance(body, str) else None
    if begins is None or not isinstance(body, str):
        return None
    event_id = digest([body.encode("utf-8", "surrogatepass")])
    actor = Actor(ActorKind.SERVICE, TRIGGER + begins[1])
    return Message(event_id, None, actor, {}, faults=(Fault("", f"cannot be read: {why}"),))


def _parsed(text: object) -> dict[str, Any]:
    try:
        content = document(text.encode("utf-8", "surrogatepass")) if isinstance(text, str) else None
    except Invalid:
        raise UnreadableMessageError("it is not JSON") from None
    if not isinstance(content, dict):
        raise UnreadableMessageError("it is not an object")
    return content


def _sent(event: EventBridgeEvent) -> Message:
    if event.detail_type != COMMAND:
        raise MessageDroppedError("another detail-type")
    try:
        source = _text(event, "source")
    except UnreadableMessageError:
        raise MessageDroppedError("a source that is no name") from None
    if source == OWN_SOURCE or source.startswith(AWS_SOURCES):
        raise MessageDroppedError("a source that never commands")
    actor = Actor(ActorKind.SERVICE, source)
    is_spoofed = source.startswith(TRIGGER)
    return Message(_text(event, "id"), _moment(event.get("time")), actor, _object(event, "detail"), is_spoofed)


def _triggered(content: dict[str, Any]) -> Message:
    """The message of a trigger. AWS's documentation says on one page that the event arrives as JSON, on another as
    text; both are read.
    """
    actor = Actor(ActorKind.SERVICE, TRIGGER + _text(content, "trigger"))
    event = _parsed(content["event"]) if isinstance(content.get("event"), str) else _object(content, "event")
    if _is_caused_by(actor, event):
        raise MessageDroppedError("an event that the trigger itself has caused")
    found = resolved(_object(content, "template"), event)
    return Message(_text(event, "id"), _moment(event.get("time")), actor, found.command, faults=found.faults)


def _is_caused_by(actor: Actor, event: dict[str, Any]) -> bool:
    """Whether the event reports a command of this trigger, which would then trigger itself forever."""
    detail = event.get("detail")
    cause = detail.get("actor") if isinstance(detail, dict) else None
    return event.get("source") == OWN_SOURCE and isinstance(cause, dict) and cause.get("id") == actor.id


def _object(content: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = content.get(key)
    if not isinstance(value, dict):
        raise UnreadableMessageError(f"no {key}")
    return value


def _text(content: Mapping[str, Any], key: str) -> str:
    value = content.get(key)
    if not isinstance(value, str) or not value or len(value) > LONGEST_ID or not value.isprintable():
        raise UnreadableMessageError(f"no {key}")
    return value


def _moment(text: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None
