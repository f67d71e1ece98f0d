"""What can be switched while the simulator runs."""

from dataclasses import dataclass, fields
from typing import Any

from local.chime.errors import Json
from local.chime.quota import QuotaReading
from local.chime.rules import CreateAttendee, VideoNone

_KEYS = {
    "video_none_reading": "videoNoneReading",
    "create_attendee_reading": "createAttendeeReading",
    "quota": "quota",
    "quota_reading": "quotaReading",
    "events": "events",
    "event_loss": "eventLoss",
    "expiry": "expiry",
}


@dataclass
class Settings:
    video_none_reading: VideoNone = VideoNone.LENIENT
    create_attendee_reading: CreateAttendee = CreateAttendee.NEW
    quota: bool = True
    quota_reading: QuotaReading = QuotaReading.STRICT
    events: bool = True  # False: nothing happens at all
    event_loss: bool = False  # True: events happen, but none reaches the bus
    expiry: bool = False  # True: meetings end after 24 hours, or after 5 minutes with nobody connected

    def as_json(self) -> Json:
        return {_KEYS[field.name]: getattr(self, field.name) for field in fields(self)}

    def change(self, wanted: Json) -> None:
        """Changes all that is named, or nothing: raises ValueError at the first word it does not know."""
        names = {key: name for name, key in _KEYS.items()}
        unknown = sorted(set(wanted) - set(names))
        if unknown:
            raise ValueError(f"unknown setting `{unknown[0]}`")
        changes = {names[key]: self._converted(names[key], value) for key, value in wanted.items()}
        for name, value in changes.items():
            setattr(self, name, value)

    def _converted(self, name: str, value: Any) -> Any:
        kind = type(getattr(self, name))
        if kind is bool and not isinstance(value, bool):
            raise ValueError(f"`{_KEYS[name]}` must be true or false")
        return kind(value)
