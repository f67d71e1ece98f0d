"""Shows what `make run` is doing, and that it is still doing it."""

import time
from collections.abc import Callable
from threading import Event, Thread

INTERVAL_SECONDS = 10


class Progress:
    """One line for each step, and one more for every ten seconds that the step takes."""

    def __init__(self, write: Callable[[str], None], interval: float = INTERVAL_SECONDS) -> None:
        self._write = write
        self._interval = interval
        self._started = time.monotonic()
        self._over = Event()

    def step(self, what: str) -> None:
        """The step before is over, and this one begins: "deploying the stack"."""
        self.end()
        self._print(f"{what} ...")
        self._over = Event()
        Thread(target=self._remind, args=(what, self._over), daemon=True).start()

    def ready(self) -> None:
        """All steps are over."""
        self.end()
        self._print("ready")

    def end(self) -> None:
        """The step is over, or was given up."""
        self._over.set()

    def _remind(self, what: str, over: Event) -> None:
        while not over.wait(self._interval):
            self._print(f"still {what} ...")

    def _print(self, text: str) -> None:
        self._write(f"{time.monotonic() - self._started:5.1f} s  {text}")
