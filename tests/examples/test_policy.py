"""`examples/policy`: the school's policies beside the shipped ones, and its expectations."""

import pytest
from gavel_client.cli.app import run
from gavel_client.cli.exits import Exit

from tests.tracked import ROOT

POLICY = ROOT / "examples" / "policy"


def test_the_expectations_are_met() -> None:
    assert run(["policies", "check", str(POLICY)]) == 0
    assert run(["policies", "test", str(POLICY / "expectations.yaml"), str(POLICY)]) == 0


def test_without_the_schools_policies_they_are_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policies", "test", str(POLICY / "expectations.yaml")]) == Exit.FAILED
    assert "presenter may not `mute` on participant" in capsys.readouterr().out
