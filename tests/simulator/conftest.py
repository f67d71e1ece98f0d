from collections.abc import Iterator

import pytest

from local.chime import ChimeSimulator, Settings
from tests.simulator.bench import START, Bench, TurnedClock


@pytest.fixture(scope="package")
def running() -> Iterator[tuple[ChimeSimulator, TurnedClock]]:
    clock = TurnedClock()
    with ChimeSimulator(clock=clock) as simulator:
        yield simulator, clock


@pytest.fixture
def bench(running: tuple[ChimeSimulator, TurnedClock]) -> Iterator[Bench]:
    """An empty simulator with its default settings, quotas on."""
    bench = Bench(*running)
    bench.clock.now = START
    bench.control("POST", "reset")
    bench.control("PUT", "settings", Settings().as_json())
    yield bench
    bench.close()


@pytest.fixture
def free_bench(bench: Bench) -> Bench:
    """Without quotas, for tests that make many calls."""
    bench.control("PUT", "settings", {"quota": False})
    return bench
