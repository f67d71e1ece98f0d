"""Cold starts of `host_api` as it ships: everything is imported at init, and nothing that no function needs."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from benchmarks import first_answer
from benchmarks.sides import Side, prepare, request_unmute
from benchmarks.stack import HOST, BenchmarkStack, Meeting, benchmark_stack
from infra.packaging import bundle

AUDIO = {"mute": "Receive", "hold": "None", "consent": "SendReceive"}
"""After the command."""
STANDARD_PARTS = {"aws_lambda_powertools", "boto3", "cedarpy", "pydantic"}
NEVER = {"aws_xray_sdk", "moderation.adapters.cedar.validation", "pydantic_settings"}


@pytest.fixture(scope="module")
def running() -> Iterator[BenchmarkStack]:
    with benchmark_stack() as found:
        yield found


@pytest.fixture(scope="module")
def gavel(tmp_path_factory: pytest.TempPathFactory) -> Side:
    asset = tmp_path_factory.mktemp("bundle") / "asset"
    bundle.snapshot(bundle.LOCAL, asset)
    return Side("Gavel", "host_api.handler", asset)


@pytest.fixture(scope="module")
def meeting(running: BenchmarkStack, gavel: Side) -> Meeting:
    found = running.meeting(3)
    prepare(running, gavel, found, unmuteConsent="required")
    return found


def first(running: BenchmarkStack, gavel: Side, event: dict[str, Any]) -> dict[str, Any]:
    """What the program of a fresh interpreter tells, with the modules that it has imported."""
    finished = subprocess.run(
        [sys.executable, "-S", first_answer.__file__, gavel.module],
        input=json.dumps(event),
        env=running.environment(gavel.asset, bundle.ROOT) | {"TELL_MODULES": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    told: dict[str, Any] = json.loads(finished.stdout.splitlines()[-1])
    assert told["answer"]["statusCode"] == 200, told["answer"]
    assert json.loads(told["answer"]["body"])["status"] == "applied"
    return told


@pytest.mark.parametrize("command", AUDIO)
def test_a_first_command_imports_nothing(running: BenchmarkStack, gavel: Side, meeting: Meeting, command: str) -> None:
    user = meeting.users[list(AUDIO).index(command)]
    if command == "consent":
        event = meeting.consent(user, request_unmute(running, gavel, meeting, user))
    else:
        event = meeting.command(user, command)
    told = first(running, gavel, event)
    at_init, later = set(told["at_init"]), set(told["modules"]) - set(told["at_init"])
    assert at_init >= STANDARD_PARTS
    assert not {module for module in later if module.partition(".")[0] in {"moderation", *STANDARD_PARTS}}
    assert not NEVER & set(told["modules"])
    assert running.simulator.has(meeting.id, meeting.attendees[user])["audio"] == AUDIO[command]
    assert running.simulator.has(meeting.id, meeting.attendees[HOST])["audio"] == "SendReceive"


def test_nothing_is_patched(running: BenchmarkStack, gavel: Side) -> None:
    """Neither the standard library nor the garbage collector: what a reader knows of Python is true of a function."""
    program = (
        "import dataclasses, gc, host_api.handler\n"
        "assert 'exec' not in vars(dataclasses)\n"
        "assert gc.isenabled() and gc.get_freeze_count() == 0\n"
    )
    environment = running.environment(gavel.asset)
    command = [sys.executable, "-S", "-c", program]
    finished = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
