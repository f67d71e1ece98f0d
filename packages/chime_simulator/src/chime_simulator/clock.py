"""Moments in the form of the service."""

from datetime import UTC, datetime


def timestamp(seconds: float) -> str:
    """Seconds since 1970 as ISO 8601 in UTC, to the microsecond: two calls in a row must be told apart."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
