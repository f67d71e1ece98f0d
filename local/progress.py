"""Shows which step `make run` is at."""

import time
from collections.abc import Callable
from threading import Event, Thread

INTERVAL_SECONDS = 5


class Progress:
    """Prints a line for each step, and another one every five seconds while the step lasts."""

    def __init__(self, write: Callable[[str], None], interval: float = INTERVAL_SECONDS) -> None:
        self._write = write
        self._interval = interval
        self._started = time.monotonic()
        self._over = Event()

    def restart(self, why: str) -> None:
        """Sets the clock back, and prints the reason: "cdk.json changed"."""
        self.end()
        self._started = time.monotonic()
        self._print(why)

    def step(self, what: str) -> None:
        """Ends the step before and begins this one: "deploying the stack"."""
        self.end()
        self._print(f"{what} ...")
        self._over = Event()
        Thread(target=self._remind, args=(what, self._over), daemon=True).start()

    def ready(self) -> None:
        """Ends the last step."""
        self.end()
        self._print("ready")

    def end(self) -> None:
        """Ends the step, completed or not."""
        self._over.set()

    def _remind(self, what: str, over: Event) -> None:
        while not over.wait(self._interval):
            self._print(f"still {what} ...")

    def _print(self, text: str) -> None:
        self._write(f"{time.monotonic() - self._started:5.1f} s  {text}")
