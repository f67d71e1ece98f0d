"""Settings that can be changed while the simulator runs."""

from dataclasses import dataclass, fields
from typing import Any

from chime_simulator.errors import Json
from chime_simulator.quota import QuotaReading
from chime_simulator.rules import MEETINGS_AT_ONCE, CreateAttendee, VideoNone

_KEYS = {
    "video_none_reading": "videoNoneReading",
    "create_attendee_reading": "createAttendeeReading",
    "quota": "quota",
    "quota_reading": "quotaReading",
    "meetings_at_once": "meetingsAtOnce",
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
    meetings_at_once: int = MEETINGS_AT_ONCE  # AWS raises this quota on request
    events: bool = True  # False: nothing happens at all
    event_loss: bool = False  # True: events happen, but none reaches the bus
    expiry: bool = False  # True: meetings end after 24 hours, or after 5 minutes without a connected attendee

    def as_json(self) -> Json:
        return {_KEYS[field.name]: getattr(self, field.name) for field in fields(self)}

    def change(self, wanted: Json) -> None:
        """Changes all named settings, or none: raises `ValueError` at the first unknown word."""
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
        if kind is int and (isinstance(value, bool) or not isinstance(value, int)):
            raise ValueError(f"`{_KEYS[name]}` must be a whole number")
        return kind(value)
