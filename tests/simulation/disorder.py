"""Clocks that differ, and a deployment during a run. Drawn from a seed of their own."""

import random

from moderation.domain.capability import Capabilities

from .policies import EarlierPolicies
from .scheduler import Scheduler
from .upgrade import Upgrade

OFTEN = 0.12
"""The share of runs with different clocks, and of runs with a deployment."""
MOST_SKEW_MS = 1_000
"""Lambda's hosts keep time to a few milliseconds. A function that is thawed may be behind."""
SKEWS = (-MOST_SKEW_MS, -80, 0, 0, 15, 400, MOST_SKEW_MS)
DEPLOYED_AT = (0.0, 0.03, 0.5, 5.0, 31.0, 64.0, 120.0)
SEND = (Capabilities.SEND_AUDIO, Capabilities.SEND_VIDEO, Capabilities.SEND_CONTENT)


class Disorder:
    def __init__(self, seed: int | str, often: float = OFTEN) -> None:
        self._draw = random.Random(f"disorder {seed}")
        self._seed = seed
        self._is_skewed = self._draw.random() < often
        self._is_upgraded = self._draw.random() < often

    def skew(self, scheduler: Scheduler) -> None:
        if self._is_skewed:
            clocks = random.Random(f"clocks {self._seed}")
            scheduler.skews = lambda: clocks.choice(SKEWS)
            scheduler.most_skew_ms = MOST_SKEW_MS

    def upgrade(self) -> Upgrade | None:
        """A deployment of a version whose policies change what participants have in one mode."""
        if not self._is_upgraded:
            return None
        draw = self._draw
        bits = draw.choice(SEND)
        mode = draw.choice(("open", "presentation", "audio-only"))
        earlier = EarlierPolicies(mode, gives=bits) if draw.random() < 0.5 else EarlierPolicies(mode, withholds=bits)
        return Upgrade(str(self._seed), draw.choice(DEPLOYED_AT), earlier)
