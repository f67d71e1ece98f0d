"""One state change of a meeting, as far as it can be read: Chime adds and leaves out fields as it likes."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from moderation.domain.capability import Capabilities, Medium, from_words
from moderation.domain.meeting import is_pipeline

CAME = {"chime:AttendeeAdded", "chime:AttendeeAuthorized", "chime:AttendeeJoined"}
CONNECTED = {"chime:AttendeeAuthorized", "chime:AttendeeJoined"}
LEFT = "chime:AttendeeLeft"
"""`AttendeeDropped` is no such thing: who loses their connection comes back."""
DELETED = "chime:AttendeeDeleted"
GOING = {LEFT, DELETED}
CHANGED = "chime:AttendeeCapabilitiesUpdated"
ENDED = "chime:MeetingEnded"
FAILED = {"0", "False"}


class Unreadable(Exception):
    """No state change, or it doesn't say what it is about."""


@dataclass(frozen=True, slots=True)
class ChimeEvent:
    event_id: str
    type: str
    meeting_id: str
    attendee_id: str = ""
    user_id: str = ""
    is_share: bool = False
    """Whether it tells of a screen share, which is its sharer's seat."""
    at: datetime | None = None
    """When it happened, by Chime's clock; None if Chime doesn't say."""
    success: str | None = None
    """Of a change of capabilities: zero if Chime's API took it and the media servers did not."""
    capabilities: Capabilities | None = None
    """What the change of capabilities was to; None if that can't be read."""

    @property
    def is_taken(self) -> bool:
        return self.success not in FAILED

    @property
    def concerns_us(self) -> bool:
        """Recorders and other pipelines come and go without being moderated. Whose screen share ends stays."""
        if self.type in GOING and self.is_share:
            return False
        return self.type == ENDED or (_is_of_a_seat(self.type) and not is_pipeline(self.user_id))

    @property
    def line(self) -> dict[str, Any]:
        """What the log tells. Whatever names somebody stands under `person`."""
        line = {"eventType": self.type, "eventId": self.event_id, "meetingId": self.meeting_id}
        if self.success is not None:
            line["success"] = self.success
        if self.type == ENDED:
            return line
        return line | {"person": {"attendeeId": self.attendee_id, "externalUserId": self.user_id}}


def read(body: object) -> ChimeEvent:
    """Of what nobody acts on nothing is asked."""
    event = _event(body)
    detail = event["detail"]
    seat, share, _ = _text(detail, "attendeeId").partition("#")
    is_change = detail.get("eventType") == CHANGED
    news = ChimeEvent(
        event_id=_text(event, "id"),
        type=_text(detail, "eventType"),
        meeting_id=_text(detail, "meetingId").lower(),
        attendee_id=seat.lower(),
        user_id=_text(detail, "externalUserId"),
        is_share=bool(share),
        at=_moment(detail.get("timestamp")),
        success=str(detail.get("success")) if is_change else None,
        capabilities=_capabilities(detail.get("attendeeCapabilities")) if is_change else None,
    )
    if not news.type:
        raise Unreadable("eventType")
    if (news.type == ENDED or _is_of_a_seat(news.type)) and not news.meeting_id:
        raise Unreadable("meetingId")
    if _is_of_a_seat(news.type) and not news.attendee_id:
        raise Unreadable("attendeeId")
    return news


def _event(body: object) -> dict[str, Any]:
    try:
        event = json.loads(body) if isinstance(body, str) else None
    except ValueError:
        raise Unreadable("body") from None
    if not isinstance(event, dict) or not isinstance(event.get("detail"), dict):
        raise Unreadable("detail")
    return event


def _is_of_a_seat(event_type: str) -> bool:
    return event_type in CAME | GOING or event_type == CHANGED


def _moment(said: object) -> datetime | None:
    """Milliseconds since 1970, as a number or as text."""
    if isinstance(said, bool) or not isinstance(said, int | float | str):
        return None
    try:
        return datetime.fromtimestamp(float(said) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _capabilities(said: object) -> Capabilities | None:
    """`{"audio": "Receive", …}`: all three media, or nothing can be said."""
    if not isinstance(said, dict):
        return None
    try:
        return from_words({medium.value: said[medium.value] for medium in Medium})
    except (KeyError, ValueError, TypeError):
        return None


def _text(said: dict[str, Any], key: str) -> str:
    value = said.get(key)
    return value if isinstance(value, str) else ""
