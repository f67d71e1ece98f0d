"""The ports of `make run`: what is not a port is told in words."""

import os

import pytest

from local.failure import LocalStackError
from local.ports import DEFAULT_BASE, Ports


def test_the_option_goes_before_the_environment() -> None:
    environment = {"GAVEL_PORT_BASE": "14566"}
    assert Ports.from_option("15566", environment).aws == 15566
    assert Ports.from_option(None, environment).aws == 14566
    assert Ports.from_option(None, {}) == Ports(DEFAULT_BASE, 4571, 4572, 4573, 4574)


@pytest.mark.parametrize("text", ["", "http", "45.5", "-1", "0", "80", "1023", "65528", "70000"])
def test_a_wrong_port_is_refused(text: str) -> None:
    with pytest.raises(LocalStackError, match=f"`--port-base`: expected a number from 1024 to 65527, got `{text}`"):
        Ports.from_option(text)


def test_the_variable_is_named_if_it_is_wrong() -> None:
    with pytest.raises(LocalStackError, match=r"`GAVEL_PORT_BASE`: .* got `80` \(ports below 1024 are reserved\)"):
        Ports.from_option(None, {"GAVEL_PORT_BASE": "80"})


def test_processes_that_start_side_by_side_choose_different_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen: list[int] = []
    for number in range(4_000, 4_100):
        monkeypatch.setattr(os, "getpid", lambda number=number: number)
        chosen += vars(Ports.free()).values()
    assert len(set(chosen)) == len(chosen) == 500
    assert all(20_000 <= port < 32_000 for port in chosen)
