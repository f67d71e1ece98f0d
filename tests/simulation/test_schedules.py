"""Random schedules: the same seeds each time, so that a failure is one for everybody."""

from collections import Counter

import pytest

from .account import EARLIER, SKEWED, TWO_MEETINGS
from .bus import SET_ASIDE, STREAM_LOST
from .faults import BESIDE
from .report import trace_of
from .workload import simulate

CHUNK = 250
SCHEDULES = 2_000


@pytest.mark.parametrize("first", range(0, SCHEDULES, CHUNK))
def test_nothing_is_lost_and_nothing_half_true(first: int) -> None:
    for seed in range(first, first + CHUNK):
        result = simulate(seed)
        assert not result.violations, "\n" + trace_of(seed, result)


def test_a_seed_tells_everything() -> None:
    for seed in (3, 595, 1031):
        assert simulate(seed) == simulate(seed)
    assert simulate(3).trace != simulate(4).trace


def test_things_do_go_wrong() -> None:
    """A simulation in which nothing happens proves nothing."""
    happened: Counter[str] = Counter()
    crashes = 0
    for seed in range(300):
        result = simulate(seed)
        happened.update(result.faults)
        crashes += result.crashes
    assert crashes > 30
    for kind in (
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
    ):
        assert happened[kind] > 3, (kind, happened)
