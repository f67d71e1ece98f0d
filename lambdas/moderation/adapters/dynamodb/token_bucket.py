"""What background work may take of Chime's ten capability calls a second, so that hosts' calls find room."""

from dataclasses import dataclass
from datetime import datetime

from ...ports import Budget

A_SECOND = {Budget.CALLS: 5, Budget.SWEEPS: 3, Budget.LOOKS: 2}
"""Chime takes 10 capability calls a second, and 10 reads of each kind: the rest is for what hosts do."""
MOST_SAVED = 10
A_MINUTE = 60
"""What one person has in one meeting, in seconds, of which one comes back in a second."""
CALL = 1000
"""Calls are counted in thousandths, of which a whole number comes in with every millisecond."""


@dataclass(frozen=True, slots=True)
class TokenBucket:
    """A token bucket. `saved_at` (epoch milliseconds) never goes back, whatever a process's clock says."""

    thousandths: int = 0
    """None is anybody's before the first is taken: by then all have been saved."""
    saved_at: int = 0

    def without(
        self, calls: int, now: datetime, a_second: int = A_SECOND[Budget.CALLS], most: int = MOST_SAVED
    ) -> "TokenBucket | None":
        """None if there are not so many left."""
        at = max(self.saved_at, round(now.timestamp() * 1000))
        saved = min(self.thousandths + (at - self.saved_at) * a_second, most * CALL)
        left = saved - calls * CALL
        return TokenBucket(left, at) if left >= 0 else None
