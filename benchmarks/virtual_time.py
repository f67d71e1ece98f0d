"""A clock that jumps: many actors, each a thread that hands over a baton when it waits, so that minutes take seconds.

One runs at a time, the one whose time has come first, in the order in which they asked: a run is the same every time.
Threads only because production code is written without coroutines.
"""

import heapq
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Lock, Thread

START = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)


class VirtualTime:
    def __init__(self) -> None:
        self.milliseconds = 0
        self._waiting: list[tuple[int, int, Callable[[], object]]] = []
        self._numbers = count()
        self._over = Lock()
        self._failures: list[BaseException] = []

    @property
    def seconds(self) -> float:
        return self.milliseconds / 1000

    def now(self) -> datetime:
        return START + timedelta(milliseconds=self.milliseconds)

    def spawn(self, body: Callable[[], object], after: float = 0) -> None:
        """An actor that begins so many seconds from now."""
        self._wake(after, Thread(target=self._live, args=(body,), daemon=True).start)

    def sleep(self, seconds: float) -> None:
        """Pauses the calling actor; actors that are due earlier run meanwhile."""
        baton = Lock()
        baton.acquire()
        self._wake(seconds, baton.release)
        self._hand_over()
        baton.acquire()

    def run(self) -> None:
        """Until nobody is left. Raises what an actor raised."""
        self._over.acquire()
        self._hand_over()
        self._over.acquire()
        self._over.release()
        if self._failures:
            raise self._failures[0]

    def _wake(self, seconds: float, resume: Callable[[], object]) -> None:
        at = self.milliseconds + max(1, round(seconds * 1000))
        heapq.heappush(self._waiting, (at, next(self._numbers), resume))

    def _hand_over(self) -> None:
        if not self._waiting or self._failures:
            self._over.release()
            return
        self.milliseconds, _, resume = heapq.heappop(self._waiting)
        resume()

    def _live(self, body: Callable[[], object]) -> None:
        try:
            body()
        except BaseException as failure:
            self._failures.append(failure)
        self._hand_over()
