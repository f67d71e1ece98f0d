"""A deployment during a run: for a while, functions of two versions work side by side."""

import random

from .policies import EarlierPolicies

SIDE_BY_SIDE_MS = 20_000
"""How long functions of both versions start after the deployment."""


class Upgrade:
    """Functions begin in the earlier version until `at`, in either for a while, and then in the newer one."""

    def __init__(self, seed: str, at: float, earlier: EarlierPolicies) -> None:
        """`at`: seconds from the start of the run."""
        self.policies = earlier
        self.is_over = False
        self._at_ms = round(at * 1000)
        self._draw = random.Random(f"upgrade {seed}")

    def starts_the_earlier(self, now_ms: int) -> bool:
        if self.is_over or now_ms >= self._at_ms + SIDE_BY_SIDE_MS:
            return False
        return now_ms < self._at_ms or self._draw.random() < 0.5
