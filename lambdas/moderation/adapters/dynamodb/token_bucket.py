"""Token buckets: of a user in a meeting, and of background work, which leaves some of Chime's ten calls a second to
hosts.
"""

from dataclasses import dataclass
from datetime import datetime

from ...ports import Budget

A_SECOND = {Budget.CALLS: 5, Budget.COMPARISONS: 3, Budget.READS: 2}
"""The refill rates. Chime accepts 10 capability calls a second, and 10 reads of each kind; the rest is for hosts."""
MOST_SAVED = 10
A_MINUTE = 60
"""The capacity of a user's bucket in one meeting. It refills at one token a second."""
CALL = 1000
"""The thousandths in one call: a whole number of them is refilled each millisecond."""


@dataclass(frozen=True, slots=True)
class TokenBucket:
    """A token bucket. `saved_at` (epoch milliseconds) never goes back, whatever a process's clock says."""

    thousandths: int = 0
    """Tokens in thousandths. A bucket without a record is full."""
    saved_at: int = 0

    def without(
        self, calls: int, now: datetime, a_second: int = A_SECOND[Budget.CALLS], most: int = MOST_SAVED
    ) -> "TokenBucket | None":
        """The bucket without the tokens. `None` if there are not enough."""
        at = max(self.saved_at, round(now.timestamp() * 1000))
        saved = min(self.thousandths + (at - self.saved_at) * a_second, most * CALL)
        left = saved - calls * CALL
        return TokenBucket(left, at) if left >= 0 else None
