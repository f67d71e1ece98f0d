"""One state change of a meeting, as far as it can be read: Chime adds and leaves out fields as it likes."""

import json
from dataclasses import dataclass
from typing import Any

from moderation.core.meeting import is_pipeline

CAME = {"chime:AttendeeAdded", "chime:AttendeeAuthorized", "chime:AttendeeJoined"}
LEFT = {"chime:AttendeeLeft", "chime:AttendeeDeleted"}
"""`AttendeeDropped` is not among them: who loses his connection comes back."""
CHANGED = "chime:AttendeeCapabilitiesUpdated"
ENDED = "chime:MeetingEnded"


class Unreadable(Exception):
    """No state change, or it doesn't say what it is about."""


@dataclass(frozen=True, slots=True)
class News:
    event_id: str
    type: str
    meeting_id: str
    attendee_id: str = ""
    user_id: str = ""
    is_share: bool = False
    """Whether it tells of a screen share, which is its sharer's seat."""
    success: str | None = None
    """Of a change of capabilities: zero if Chime's API took it and the media servers did not."""

    @property
    def concerns_us(self) -> bool:
        """Recorders and other pipelines come and go without being moderated. Whose screen share ends stays."""
        if self.type in LEFT and self.is_share:
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


def read(body: object) -> News:
    """Of what nobody acts on nothing is asked."""
    event = _event(body)
    detail = event["detail"]
    seat, share, _ = _text(detail, "attendeeId").partition("#")
    news = News(
        event_id=_text(event, "id"),
        type=_text(detail, "eventType"),
        meeting_id=_text(detail, "meetingId"),
        attendee_id=seat,
        user_id=_text(detail, "externalUserId"),
        is_share=bool(share),
        success=str(detail.get("success")) if detail.get("eventType") == CHANGED else None,
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
    return event_type in CAME | LEFT or event_type == CHANGED


def _text(said: dict[str, Any], key: str) -> str:
    value = said.get(key)
    return value if isinstance(value, str) else ""
