"""Time and chance, as they are."""

import random
import time
from datetime import UTC, datetime
from threading import Lock


class RealSurroundings:
    def __init__(self) -> None:
        self._lock = Lock()
        self._last = 0

    def now(self) -> datetime:
        now = datetime.now(UTC)
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def chance(self) -> float:
        return random.random()  # noqa: S311 - jitter

    def new_id(self) -> str:
        """Two of the same millisecond keep their order."""
        from ulid import ULID

        with self._lock:
            fresh = int.from_bytes(ULID().bytes, "big")
            self._last = fresh if fresh > self._last else self._last + 1
            return str(ULID.from_int(self._last))
