"""How the synchronous client pauses, and how it calls what blocks."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def sleep(seconds: float) -> None:
    time.sleep(seconds)


def in_thread(function: Callable[[], T]) -> T:
    """The result of a function that blocks."""
    return function()
