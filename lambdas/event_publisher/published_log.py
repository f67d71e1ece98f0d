"""What the log says of an entry that is on the bus now: the end of the trail that a request began."""

import json
from datetime import UTC, datetime
from typing import Any

from moderation import telemetry
from moderation.domain import entry as entries
from moderation.telemetry import Metric, write

COUNTED = {entries.DELAYED: telemetry.DELAYED, entries.ABANDONED: telemetry.ABANDONED}


def tell(image: dict[str, Any]) -> None:
    """One line for each entry, with nobody in it. What is on the bus is never put there again for what can't be read
    here, so whatever is odd about it is left out.
    """
    kind, entry = image["detailType"]["S"], _entry(image)
    write(
        "INFO",
        "told",
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
    age = _age(entry.get("occurredAt"))
    if age is not None:
        measures[telemetry.OUTBOX_AGE] = age
    if kind in COUNTED:
        measures[COUNTED[kind]] = 1
    if kind == entries.DRIFT_FOUND:
        measures[telemetry.DRIFT_FOUND] = len(entry.get("attendees") or ())
    return measures


def _age(occurred_at: object) -> float | None:
    """Seconds; the clocks of two functions may differ by a little."""
    try:
        return max(0.0, round((datetime.now(UTC) - datetime.fromisoformat(str(occurred_at))).total_seconds(), 3))
    except (ValueError, TypeError):
        return None


def _text(entry: dict[str, Any], key: str) -> str | None:
    value = entry.get(key)
    return value if isinstance(value, str) else None
