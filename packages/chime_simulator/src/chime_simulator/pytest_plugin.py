"""Fixtures of pytest: `chime` is an empty simulator that the AWS clients of a test find without further settings."""

from collections.abc import Iterator
from typing import Any

import pytest

from chime_simulator.client import SimulatorClient
from chime_simulator.server import ChimeSimulator
from chime_simulator.settings import Settings


@pytest.fixture(scope="session")
def chime_region() -> str:
    """The control Region. Override it for another one."""
    return "us-east-1"


@pytest.fixture(scope="session")
def chime_settings() -> dict[str, Any]:
    """Settings that differ from the default ones, such as `{"quota": False}`. Override it to change them."""
    return {}


@pytest.fixture(scope="session")
def chime_server(chime_region: str) -> Iterator[SimulatorClient]:
    """One simulator on a free port for the whole session."""
    with ChimeSimulator(region=chime_region) as simulator:
        yield SimulatorClient(simulator.url, chime_region)


@pytest.fixture
def chime(
    chime_server: SimulatorClient, chime_settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> SimulatorClient:
    """An empty simulator. `boto3.client("chime-sdk-meetings")` reaches it without further arguments."""
    chime_server.reset()
    chime_server.restore(Settings())
    chime_server.settings(**chime_settings)
    for name, value in chime_server.environment().items():
        monkeypatch.setenv(name, value)
    return chime_server
