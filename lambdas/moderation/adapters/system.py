"""The clock, randomness and ids of a deployed function."""

import os
import random
import time
from datetime import UTC, datetime
from threading import Lock

from ..domain.entry import CROCKFORD

RANDOM_BITS = 80
"""The random bits of a ULID, after 48 bits of milliseconds: https://github.com/ulid/spec"""


class SystemClock:
    """The port `Clock` on the machine's clock and randomness."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._last = 0

    def now(self) -> datetime:
        now = datetime.now(UTC)
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def jitter(self) -> float:
        return random.random()  # noqa: S311 - jitter

    def new_id(self) -> str:
        """A ULID. Two ULIDs of the same millisecond keep their order."""
        with self._lock:
            fresh = (time.time_ns() // 1_000_000 << RANDOM_BITS) | int.from_bytes(os.urandom(RANDOM_BITS // 8), "big")
            self._last = fresh if fresh > self._last else self._last + 1
            return _ulid(self._last)


def _ulid(number: int) -> str:
    return "".join(CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))
