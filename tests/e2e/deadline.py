"""Waiting for what comes by itself: a condition and a deadline, never a guess at how long it takes."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

POLL_SECONDS = 0.2
SLOWER = 4
"""How many times slower than where the seconds of a test were chosen a machine may be."""


def until(condition: Callable[[], T | None], seconds: float, what: str) -> T:
    """The condition's first answer that is neither None nor False. Who waits in vain waits `SLOWER` times as long."""
    deadline = time.monotonic() + seconds * SLOWER
    while True:
        found = condition()
        if found is not None and found is not False:
            return found
        assert time.monotonic() < deadline, f"waited {seconds * SLOWER:.0f} s in vain: {what}"
        time.sleep(POLL_SECONDS)


def until_equal(look: Callable[[], T], expected: T, seconds: float, what: str) -> None:
    """Waits until what is seen is what is expected, and shows how the last of what was seen differs."""
    deadline = time.monotonic() + seconds * SLOWER
    while (seen := look()) != expected and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    assert seen == expected, f"waited {seconds * SLOWER:.0f} s in vain: {what}"
