"""The two sides of a comparison as processes: what each has on its path, and how it is run.

Both run on the same interpreter with no packages but their own: what one writes by hand on boto3 as pip installs it,
which is what Lambda's runtime has, and Gavel on the bundle that `make run` deploys.
"""

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import first_answer, warm_commands
from benchmarks.stack import BenchmarkStack, Meeting
from infra.packaging import bundle

BY_HAND = Path(__file__).with_name("by_hand.py")
PROGRAMS = bundle.ROOT
BOTO3 = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six")
PREPARE = """
import json, sys
from host_api.handler import handler
from benchmarks.lambda_context import CONTEXT
for event in json.load(sys.stdin):
    answer = handler(event, CONTEXT)
    if answer["statusCode"] not in (200, 202):
        sys.exit(str(answer))
print(answer["body"])
"""


@dataclass(frozen=True)
class Side:
    name: str
    module: str
    asset: Path


@dataclass(frozen=True)
class Sides:
    by_hand: Side
    by_hand_trimmed: Side
    gavel: Side


@contextmanager
def sides() -> Iterator[Sides]:
    with tempfile.TemporaryDirectory(prefix="gavel-bench-") as directory:
        root = Path(directory)
        bundle.snapshot(bundle.LOCAL, root / "gavel")
        whole, trimmed = root / "by_hand", root / "by_hand_trimmed"
        for asset in (whole, trimmed):
            asset.mkdir()
            (asset / BY_HAND.name).symlink_to(BY_HAND)
        for name in BOTO3:
            installed = _installed(name)
            (whole / installed.name).symlink_to(installed)
            ours = root / "gavel" / installed.name
            (trimmed / installed.name).symlink_to(ours if ours.exists() else installed)
        yield Sides(
            Side("by hand", "by_hand", whole),
            Side("by hand, on our trimmed botocore", "by_hand", trimmed),
            Side("Gavel", "host_api.handler", root / "gavel"),
        )


def _installed(name: str) -> Path:
    found = importlib.util.find_spec(name)
    assert found is not None
    assert found.origin is not None
    path = Path(found.origin)
    return path.parent if path.name == "__init__.py" else path


def prepare(stack: BenchmarkStack, gavel: Side, meeting: Meeting, **settings: str) -> None:
    """Registers the meeting with these settings, and binds every attendee."""
    events = [meeting.registration(**settings), *(meeting.binding(user) for user in meeting.users)]
    _run(stack, gavel, ["-c", PREPARE], events)


def request_unmute(stack: BenchmarkStack, gavel: Side, meeting: Meeting, user: str) -> str:
    """The host mutes the attendee and asks them to unmute; returns the change that waits for their consent."""
    events = [meeting.command(user, "mute"), meeting.command(user, "unmute")]
    answer = json.loads(_run(stack, gavel, ["-c", PREPARE], events))
    assert answer["awaiting"] == "consent", answer
    return str(answer["changeId"])


def first(stack: BenchmarkStack, side: Side, event: Mapping[str, Any]) -> tuple[float, float]:
    """Seconds from the start of a fresh interpreter to its first answer, and those of the processor."""
    started = time.monotonic()
    told = json.loads(_run(stack, side, [first_answer.__file__, side.module], event))
    _check(told["answer"])
    return told["moment"] - started, told["cpu"]


def warm(stack: BenchmarkStack, side: Side, commands: Sequence[Sequence[Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """Returns what `warm_commands` prints, for each list of commands."""
    told: list[dict[str, Any]] = json.loads(_run(stack, side, [warm_commands.__file__, side.module], commands))
    return told


def _run(stack: BenchmarkStack, side: Side, program: Sequence[str], said: object) -> str:
    """The last line that the process prints."""
    # Not the virtual environment's: nothing but the side's own packages shall be found.
    interpreter = os.path.realpath(sys.executable)
    finished = subprocess.run(
        [interpreter, "-S", *program],
        input=json.dumps(said),
        env=stack.environment(side.asset, PROGRAMS),
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode:
        raise RuntimeError(f"{side.name}: {finished.stderr[-2000:]}")
    return finished.stdout.splitlines()[-1] if finished.stdout else ""


def _check(answer: Mapping[str, Any]) -> None:
    if answer["statusCode"] != 200:
        raise RuntimeError(f"no mute: {answer}")
