"""When a request is sent again, and after which pause. Nothing here sends or waits."""

import random
from dataclasses import dataclass

import httpx

from .call import problem_of, retry_after

LONGEST = 8.0
CHANCE = random.SystemRandom()


@dataclass(frozen=True)
class Retry:
    """How often and for how long a request is tried. `Retry(tries=1)` sends it once."""

    tries: int = 5
    within: float = 60.0
    """Seconds from the first try to the last."""
    first: float = 0.25
    """Seconds before the second try at most; doubles with each further one."""

    def pause(self, outcome: httpx.Response | httpx.TransportError, tried: int, elapsed: float) -> float | None:
        """Seconds until the next try; `None` if the outcome is final.

        Every write has an Idempotency-Key and every read changes nothing, so sending again is always safe.
        """
        if tried >= self.tries or not _may_help(outcome, tried):
            return None
        seconds = _backoff(self.first, tried)
        if isinstance(outcome, httpx.Response):
            seconds = max(seconds, retry_after(outcome) or 0)
        return seconds if elapsed + seconds < self.within else None


def _may_help(outcome: httpx.Response | httpx.TransportError, tried: int) -> bool:
    if isinstance(outcome, httpx.TransportError):
        return not isinstance(outcome, httpx.UnsupportedProtocol)
    match outcome.status_code:
        case 429 | 503 | 504:
            return True
        case 500:
            return tried == 1
        case 502:
            problem = problem_of(outcome)
            return problem is None or problem.code != "chime-refused"
        case _:
            return False


def _backoff(first: float, tried: int) -> float:
    """Doubles with each try; half of it is chance, so that clients do not return all at once."""
    return min(LONGEST, first * float(2 ** (tried - 1))) * CHANCE.uniform(0.5, 1)
