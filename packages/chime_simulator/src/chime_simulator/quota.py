"""Requests per second as token buckets: 10 a second for each operation, bursts of 20."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from chime_simulator.errors import Refusal

PER_SECOND = 10.0
BURST = 20.0
CAPABILITY_CALLS = frozenset({"UpdateAttendeeCapabilities", "BatchUpdateAttendeeCapabilitiesExcept"})


class QuotaReading(StrEnum):
    """Which calls share a bucket: the quota page does not say."""

    STRICT = "strict"  # the two capability calls share one
    PER_OPERATION = "per-operation"  # each operation has its own
    ONE_BUCKET = "one-bucket"  # "all meeting management API requests" taken at its word


@dataclass
class Bucket:
    tokens: float
    filled_at: float

    def take(self, now: float) -> bool:
        elapsed = max(0.0, now - self.filled_at)
        self.tokens = min(BURST, self.tokens + elapsed * PER_SECOND)
        self.filled_at = now
        if self.tokens < 1.0:
            return False
        self.tokens -= 1.0
        return True


class Quota:
    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._buckets: dict[str, Bucket] = {}

    def take(self, operation: str, reading: QuotaReading) -> None:
        """Takes one token or refuses the call."""
        now = self._clock()
        name = _bucket_of(operation, reading)
        bucket = self._buckets.setdefault(name, Bucket(BURST, now))
        if not bucket.take(now):
            raise Refusal("ThrottlingException", "rate exceeded")

    def refill(self) -> None:
        self._buckets.clear()


def _bucket_of(operation: str, reading: QuotaReading) -> str:
    if reading is QuotaReading.ONE_BUCKET:
        return "all"
    if reading is QuotaReading.STRICT and operation in CAPABILITY_CALLS:
        return "capabilities"
    return operation
