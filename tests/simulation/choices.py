"""The source of every decision in a run: a seed, or a list of decisions for exhaustive exploration."""

import random
from collections.abc import Iterator, Sequence
from typing import Protocol


class Choices(Protocol):
    is_exhaustive: bool

    def pick(self, weights: Sequence[float]) -> int:
        """An index; weight 0 is never picked. Index 0 means that nothing goes wrong."""

    def jitter(self) -> float:
        """Between 0 and 1, for jitter."""


class Seeded:
    is_exhaustive = False

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.jitter = self.random.random

    def pick(self, weights: Sequence[float]) -> int:
        left = self.random.random() * sum(weights)
        for index, weight in enumerate(weights):
            left -= weight
            if left < 0:
                return index
        return next(i for i, weight in enumerate(weights) if weight)


class Prefix:
    """Replays a prefix of decisions, takes the first option from there on, and records the number of options."""

    is_exhaustive = True

    def __init__(self, prefix: Sequence[int]) -> None:
        self._prefix = prefix
        self.taken: list[int] = []
        self.widths: list[int] = []

    def pick(self, weights: Sequence[float]) -> int:
        options = [i for i, weight in enumerate(weights) if weight]
        if len(options) == 1:
            return options[0]
        at = len(self.taken)
        taken = self._prefix[at] if at < len(self._prefix) else 0
        self.taken.append(taken)
        self.widths.append(len(options))
        return options[taken]

    def jitter(self) -> float:
        return 0.5

    def following(self) -> list[int] | None:
        """The next prefix in the order of an odometer. `None` after the last."""
        for at in reversed(range(len(self.taken))):
            if self.taken[at] + 1 < self.widths[at]:
                return [*self.taken[:at], self.taken[at] + 1]
        return None


def every_prefix(limit: int) -> Iterator[Prefix]:
    """All choices, each once. The caller has to run one before it takes the next."""
    prefix: list[int] | None = []
    for _ in range(limit):
        if prefix is None:
            return
        choices = Prefix(prefix)
        yield choices
        prefix = choices.following()
    if prefix is not None:
        raise RuntimeError(f"more than {limit} schedules")
