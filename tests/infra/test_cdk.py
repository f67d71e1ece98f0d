"""`make deploy` and its kin, as far as they say no before anything is asked of AWS."""

import os
import subprocess
import sys

import pytest

from tests.infra.conftest import ROOT


@pytest.mark.parametrize("words", [["--stage", "local"], ["-c", "stage=local"]])
def test_the_emulators_stage_goes_into_no_account(words: list[str]) -> None:
    """Its stack is named as the default stage's, and its table does not stay."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    command = [sys.executable, "-m", "infra.tools.cdk", "deploy", *words]
    finished = subprocess.run(command, check=False, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert finished.returncode == 2
    assert "the emulator's" in finished.stderr
