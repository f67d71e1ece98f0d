"""Random schedules with fixed seeds, so that a failure is the same for everyone."""

from collections import Counter

import pytest

from .account import EARLIER, SKEWED, TWO_MEETINGS
from .bus import SET_ASIDE, STREAM_LOST
from .faults import BESIDE
from .report import trace_of
from .workload import simulate

CHUNK = 250
SCHEDULES = 2_000
FAULTS = (
    "contention",
    "lost, done",
    "lost, done later",
    "throttled",
    "unknown end, done later",
    "stall 46 s",
    "reminder early",
    BESIDE,
    EARLIER,
    TWO_MEETINGS,
    SKEWED,
    STREAM_LOST,
    SET_ASIDE,
)


@pytest.mark.parametrize("first", range(0, SCHEDULES, CHUNK))
def test_nothing_is_lost_and_nothing_half_true(first: int) -> None:
    """Though much goes wrong: a simulation without faults proves nothing."""
    happened: Counter[str] = Counter()
    crashes = 0
    for seed in range(first, first + CHUNK):
        result = simulate(seed)
        assert not result.violations, "\n" + trace_of(seed, result)
        happened.update(result.faults)
        crashes += result.crashes
    assert crashes > 100
    assert not {kind: happened[kind] for kind in FAULTS if happened[kind] < 8}


def test_a_seed_tells_everything() -> None:
    for seed in (3, 595, 1031):
        assert simulate(seed) == simulate(seed)
    assert simulate(3).trace != simulate(4).trace
