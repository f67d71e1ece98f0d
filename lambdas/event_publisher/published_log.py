"""The log line of a published entry, the last one with its correlation id."""

import json
from datetime import UTC, datetime
from typing import Any

from moderation import telemetry
from moderation.domain import entry as entries
from moderation.telemetry import Metric, write

COUNTED = {entries.DELAYED: telemetry.CHANGES_DELAYED, entries.ABANDONED: telemetry.CHANGES_ABANDONED}


def log_published(image: dict[str, Any]) -> None:
    """Writes one line, which names no user. A field that cannot be read is left out: the event is published already."""
    kind, entry = image["detailType"]["S"], _entry(image)
    write(
        "INFO",
        "event published",
        command=_text(entry, "command"),
        measures=_measures(kind, entry),
        eventType=kind,
        entryId=_text(entry, "entryId"),
        changeId=_text(entry, "changeId"),
        meetingId=_text(entry, "meetingId"),
        verdict=_text(entry, "verdict"),
        code=_text(entry, "code"),
    )


def _entry(image: dict[str, Any]) -> dict[str, Any]:
    try:
        entry = json.loads(image["detail"]["S"])
    except ValueError:
        return {}
    return entry if isinstance(entry, dict) else {}


def _measures(kind: str, entry: dict[str, Any]) -> dict[Metric, float]:
    measures: dict[Metric, float] = {}
    delay = _seconds_since(entry.get("occurredAt"))
    if delay is not None:
        measures[telemetry.PUBLISHING_DELAY] = delay
    if kind in COUNTED:
        measures[COUNTED[kind]] = 1
    if kind == entries.DRIFT_FOUND:
        measures[telemetry.DRIFT_FOUND] = len(entry.get("attendees") or ())
    return measures


def _seconds_since(occurred_at: object) -> float | None:
    """The seconds since the moment, at least 0: the clocks of two functions may differ."""
    try:
        return max(0.0, round((datetime.now(UTC) - datetime.fromisoformat(str(occurred_at))).total_seconds(), 3))
    except (ValueError, TypeError):
        return None


def _text(entry: dict[str, Any], key: str) -> str | None:
    value = entry.get(key)
    return value if isinstance(value, str) else None
