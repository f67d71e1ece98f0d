"""What docs/tutorial.md and docs/backend.md tell the reader to type works, from top to bottom."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from local import run_banner
from local.demo import Demo, seed
from local.env_file import EnvFile
from tests.e2e.deadline import until
from tests.e2e.meeting import EVERYTHING, ObservedStack
from tests.tracked import ROOT

HERE = ".local/env"
STEP = "---- next step"


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / "docs" / page).read_text(), re.DOTALL)


@pytest.fixture
def demo(local_stack: ObservedStack) -> Demo:
    return seed(local_stack.stack)


@pytest.fixture
def variables(local_stack: ObservedStack, demo: Demo) -> Mapping[str, str]:
    """Those of a new terminal, and those of `.local/env`."""
    own = {"PATH": os.environ["PATH"], "NO_PROXY": "127.0.0.1"}
    return {**own, **run_banner.variables(local_stack.stack, demo)}


def run(*words: str, variables: Mapping[str, str]) -> str:
    done = subprocess.run(words, check=False, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_tutorial(local_stack: ObservedStack, demo: Demo, variables: Mapping[str, str], tmp_path: Path) -> None:
    sourced = tmp_path / "env"
    EnvFile(sourced).write(variables)
    first, *steps = blocks("tutorial.md", "sh")
    assert first == "make run\n"
    script = f"\necho '{STEP}'\n".join(step.replace(HERE, str(sourced)) for step in steps)
    script = script.replace(".venv/bin/python", sys.executable)
    me, mute, chime, tried, silenced, _lifted, _exam, read = run("bash", "-ec", script, variables=variables).split(STEP)
    assert '"role":"host"' in me.replace(" ", "")
    assert '"status":"applied"' in mute.replace(" ", "")
    assert '"Audio": "Receive"' in chime
    bob, carol = tried.strip().splitlines()
    assert "capability-unavailable" in bob
    assert "not-permitted" in carol
    everyone = local_stack.simulator.have(demo.meeting_id)
    assert '"outcomes"' in silenced
    assert '"verdict":"refused"' in read.replace(" ", "")
    assert "Attendee Capabilities Changed" in read
    assert everyone[demo.attendee_ids["bob"]]["audio"] == "Receive"
    until(lambda: _audio(local_stack, demo, "carol") == "Receive", 60, "the exam has silenced carol")
    assert _audio(local_stack, demo, "alice") == "SendReceive"


def test_the_banner_of_make_run(
    local_stack: ObservedStack, demo: Demo, variables: Mapping[str, str], tmp_path: Path
) -> None:
    """Its mute is applied, and its events say so."""
    sourced = tmp_path / "env"
    EnvFile(sourced).write(variables)
    script = run_banner.commands(sourced).replace(".venv/bin/gavel", str(Path(sys.executable).with_name("gavel")))
    shown = run("bash", "-ec", script, variables=variables)
    assert '"status":"applied"' in shown.replace(" ", "")
    assert local_stack.simulator.have(demo.meeting_id)[demo.attendee_ids["bob"]]["audio"] == "Receive"
    assert demo.meeting_id in shown.partition("Moderation Decided")[2]


def test_the_back_end(local_stack: ObservedStack, variables: Mapping[str, str]) -> None:
    script = "\n".join(blocks("backend.md", "python")) + '\nprint(meeting["MeetingId"], attendee["Capabilities"])\n'
    answered, seen = run(sys.executable, "-c", script, variables=variables).splitlines()
    assert answered == "applied Receive"
    meeting_id = seen.split()[0]
    assert list(local_stack.simulator.have(meeting_id).values()) == [EVERYTHING | {"audio": "Receive"}]


def _audio(local_stack: ObservedStack, demo: Demo, user: str) -> str:
    return local_stack.simulator.have(demo.meeting_id)[demo.attendee_ids[user]]["audio"]
