"""Durations and times as callers write them."""

import re
from datetime import UTC, datetime, timedelta

Duration = int | str | timedelta
"""Seconds, or `"90s"`, `"5m"`, `"2h"`, or a timedelta."""

FORM = re.compile(r"(\d+)\s*([smhd]?)")
SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


def in_seconds(duration: Duration) -> int:
    """Whole seconds. Raises `ValueError` if it is no duration."""
    if isinstance(duration, timedelta):
        return round(duration.total_seconds())
    if isinstance(duration, int):
        return duration
    found = FORM.fullmatch(duration.strip())
    if found is None:
        raise ValueError(f"`{duration}` is not a duration: write `90s`, `5m`, `2h` or seconds")
    return int(found[1]) * SECONDS[found[2]]


def in_utc(moment: datetime) -> datetime:
    """Raises `ValueError` if the time has no time zone."""
    if moment.tzinfo is None:
        raise ValueError(f"`{moment}` has no time zone")
    return moment.astimezone(UTC)


def as_text(moment: datetime) -> str:
    """As Gavel takes times: ISO 8601 in UTC with `Z`."""
    return in_utc(moment).isoformat().replace("+00:00", "Z")
