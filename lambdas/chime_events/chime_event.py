"""One state change of a meeting. Chime adds and omits fields without notice, so only the fields in use are required."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.utilities.data_classes import EventBridgeEvent
from moderation.domain.capability import Capabilities, Medium, from_words
from moderation.domain.ids import is_pipeline

JOINED = {"chime:AttendeeAdded", "chime:AttendeeAuthorized", "chime:AttendeeJoined"}
CONNECTED = {"chime:AttendeeAuthorized", "chime:AttendeeJoined"}
LEFT = "chime:AttendeeLeft"
"""The type of the event that an attendee has left. `AttendeeDropped` does not count: an attendee who loses the
connection reconnects.
"""
DELETED = "chime:AttendeeDeleted"
GOING = {LEFT, DELETED}
UPDATED = "chime:AttendeeCapabilitiesUpdated"
ENDED = "chime:MeetingEnded"
FAILED = {"0", "False"}


class UnreadableEventError(Exception):
    """The message is no state change, or lacks the field that the text names."""


@dataclass(frozen=True, slots=True)
class ChimeEvent:
    """A state change of a meeting that Chime reports."""

    event_id: str
    type: str
    meeting_id: str
    attendee_id: str = ""
    user_id: str = ""
    is_share: bool = False
    """Whether the event is about a screen share, which belongs to the attendee who shares."""
    at: datetime | None = None
    """The time by Chime's clock; `None` if the event has none."""
    success: str | None = None
    """For an update of capabilities: zero if the media servers did not apply what Chime's API had accepted."""
    capabilities: Capabilities | None = None
    """The updated capabilities; `None` if they can't be read."""

    @property
    def is_applied(self) -> bool:
        return self.success not in FAILED

    @property
    def is_relevant(self) -> bool:
        """Whether the event is handled. Media pipelines are not moderated, and an attendee stays when their screen
        share ends.
        """
        if self.type in GOING and self.is_share:
            return False
        return self.type == ENDED or (_is_of_an_attendee(self.type) and not is_pipeline(self.user_id))

    @property
    def log_fields(self) -> dict[str, Any]:
        """The fields of the log line. Everything that names a user is under `personal`."""
        fields = {"eventType": self.type, "eventId": self.event_id, "meetingId": self.meeting_id}
        if self.success is not None:
            fields["success"] = self.success
        if self.type == ENDED:
            return fields
        return fields | {"personal": {"attendeeId": self.attendee_id, "externalUserId": self.user_id}}


def read(body: object) -> ChimeEvent:
    """Reads an event. An event that is not handled needs its type only. Raises `UnreadableEventError`."""
    event = _event(body)
    detail = event.detail
    attendee_id, share, _ = _text(detail, "attendeeId").partition("#")
    is_change = detail.get("eventType") == UPDATED
    found = ChimeEvent(
        event_id=_text(event, "id"),
        type=_text(detail, "eventType"),
        meeting_id=_text(detail, "meetingId").lower(),
        attendee_id=attendee_id.lower(),
        user_id=_text(detail, "externalUserId"),
        is_share=bool(share),
        at=_moment(detail.get("timestamp")),
        success=str(detail.get("success")) if is_change else None,
        capabilities=_capabilities(detail.get("attendeeCapabilities")) if is_change else None,
    )
    if not found.type:
        raise UnreadableEventError("eventType")
    if (found.type == ENDED or _is_of_an_attendee(found.type)) and not found.meeting_id:
        raise UnreadableEventError("meetingId")
    if _is_of_an_attendee(found.type) and not found.attendee_id:
        raise UnreadableEventError("attendeeId")
    return found


def _event(body: object) -> EventBridgeEvent:
    try:
        content = json.loads(body) if isinstance(body, str) else None
    except ValueError:
        raise UnreadableEventError("body") from None
    if not isinstance(content, dict) or not isinstance(content.get("detail"), dict):
        raise UnreadableEventError("detail")
    return EventBridgeEvent(content)


def _is_of_an_attendee(event_type: str) -> bool:
    return event_type in JOINED | GOING or event_type == UPDATED


def _moment(value: object) -> datetime | None:
    """The moment in milliseconds since 1970, a number or a text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return datetime.fromtimestamp(float(value) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _capabilities(value: object) -> Capabilities | None:
    """The capabilities in `{"audio": "Receive", …}`; `None` unless all three media are there."""
    if not isinstance(value, dict):
        return None
    try:
        return from_words({medium.value: value[medium.value] for medium in Medium})
    except (KeyError, ValueError, TypeError):
        return None


def _text(content: Mapping[str, Any], key: str) -> str:
    value = content.get(key)
    return value if isinstance(value, str) else ""
