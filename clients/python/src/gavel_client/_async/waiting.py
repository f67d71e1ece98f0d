"""How the asynchronous client pauses, and how it calls what blocks."""

from collections.abc import Callable
from typing import TypeVar

import anyio
import anyio.to_thread

T = TypeVar("T")


async def sleep(seconds: float) -> None:
    await anyio.sleep(seconds)


async def in_thread(function: Callable[[], T]) -> T:
    """The result of a function that blocks."""
    return await anyio.to_thread.run_sync(function)
