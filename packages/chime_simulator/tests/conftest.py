from collections.abc import Iterator

import pytest
from chime_simulator import ChimeSimulator, Settings

from .service import START, SimulatedService, TurnedClock


@pytest.fixture(scope="package")
def running() -> Iterator[tuple[ChimeSimulator, TurnedClock]]:
    clock = TurnedClock()
    with ChimeSimulator(clock=clock) as simulator:
        yield simulator, clock


@pytest.fixture
def service(running: tuple[ChimeSimulator, TurnedClock]) -> Iterator[SimulatedService]:
    """An empty simulator with its default settings, quotas on."""
    service = SimulatedService(*running)
    service.clock.now = START
    service.control("POST", "reset")
    service.control("PUT", "settings", Settings().as_json())
    yield service
    service.close()


@pytest.fixture
def unlimited_service(service: SimulatedService) -> SimulatedService:
    """An empty simulator without quotas, for tests that make many calls."""
    service.control("PUT", "settings", {"quota": False})
    return service
