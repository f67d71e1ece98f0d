"""Calls a function in several threads at once: the calls wait for the network."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

AT_ONCE = 4
"""The number of threads. More would wait for each other: each commit checks the caller's record, and Chime takes ten
calls a second.
"""

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_threads(act: Callable[[Item], Result], items: Iterable[Item], /) -> list[Result]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(act, items))
