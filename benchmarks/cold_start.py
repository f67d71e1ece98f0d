"""Cold starts: from the start of an interpreter to its first answer, by `host_api` and by a handler written by hand."""

from collections.abc import Iterator
from statistics import median, quantiles
from typing import Any

from benchmarks import chart
from benchmarks.report import Report, Summary
from benchmarks.sides import Side, first, prepare, request_unmute, sides
from benchmarks.stack import BenchmarkStack, Meeting, benchmark_stack

ROUNDS = 21
COMMANDS = ("mute", "hold", "consent")
GOAL = "1.15 at most"
COLUMNS = ("", "", "ms to the first answer", "middle half", "ms of processor", "ratio", "ratio of processor")
SETTING = f"""\
A fresh interpreter imports the handler, makes its clients and mutes one user. The sides take turns, {ROUNDS} times
each; the figures are medians. The servers (an emulator of DynamoDB and EventBridge, and the Chime simulator) run
already, on the same machine.

![ms to the first answer](cold_start.svg)"""
REMARKS = (
    """\
By hand: `benchmarks/by_hand.py`, one `UpdateAttendeeCapabilities` and one `PutEvents`, on boto3 as pip installs it.
  Gavel: the bundle as deployed, with Powertools, boto3 and pydantic; it authorizes the caller, stores the decision
  before it applies it, and makes five calls.""",
    "On Lambda either side has besides: a machine to start and code to fetch. Ours is shipped with its byte code.",
    "What each part costs, and what was tried: `docs/adr/0033-standard-parts.md`.",
)

Measured = tuple[float, float]
"""Milliseconds to the first answer, and of the processor."""


def run() -> Report:
    measured = _measured()
    chart.bars(
        "cold_start",
        "Cold start: ms to the first answer",
        {f"{side}, {command}": median(wall for wall, _ in found) for (command, side), found in measured.items()},
    )
    return Report(
        name="cold_start",
        title="Cold start of a mute, a hold and a consent",
        setting=SETTING,
        columns=COLUMNS,
        rows=[_row(command, side, found, measured[command, BY_HAND]) for (command, side), found in measured.items()],
        remarks=REMARKS,
        summaries=[
            _summary(f"cold start of a {command}: {what}", index, measured[command, BY_HAND], measured[command, GAVEL])
            for command in COMMANDS
            for index, what in enumerate(("time to the first answer", "processor"))
        ],
    )


BY_HAND, GAVEL = "by hand", "Gavel"


def _measured() -> dict[tuple[str, str], list[Measured]]:
    """By command and side. The first round is not counted: before it nothing has read the files."""
    found: dict[tuple[str, str], list[Measured]] = {}
    with sides() as each, benchmark_stack() as running:
        competitors = (each.by_hand, each.by_hand_trimmed, each.gavel)
        meeting = running.meeting(len(COMMANDS) * len(competitors) * (ROUNDS + 1))
        prepare(running, each.gavel, meeting, unmuteConsent="required")
        users = iter(meeting.users)
        for number in range(ROUNDS + 1):
            for command in COMMANDS:
                for side in competitors:
                    event = _event(running, side, meeting, command, users)
                    wall, processor = first(running, side, event)
                    if number:
                        found.setdefault((command, side.name), []).append((wall * 1000, processor * 1000))
    return found


def _event(running: BenchmarkStack, side: Side, meeting: Meeting, command: str, users: Iterator[str]) -> dict[str, Any]:
    user = next(users)
    if command != "consent":
        return meeting.command(user, command)
    change_id = request_unmute(running, side, meeting, user) if side.name == GAVEL else "none"
    return meeting.consent(user, change_id)


def _row(command: str, side: str, found: list[Measured], by_hand: list[Measured]) -> list[str]:
    walls, processors = zip(*found, strict=True)
    low, _, high = quantiles(walls, n=4)
    return [
        command,
        side,
        f"{median(walls):.0f}",
        f"{low:.0f} to {high:.0f}",
        f"{median(processors):.0f}",
        f"{_ratio(0, by_hand, found):.2f}",
        f"{_ratio(1, by_hand, found):.2f}",
    ]


def _summary(what: str, index: int, by_hand: list[Measured], gavel: list[Measured]) -> Summary:
    hand, ours = (median(each[index] for each in found) for found in (by_hand, gavel))
    return Summary(what, f"{hand:.0f} ms", f"{ours:.0f} ms", f"{_ratio(index, by_hand, gavel):.2f}", GOAL)


def _ratio(index: int, by_hand: list[Measured], found: list[Measured]) -> float:
    return median(each[index] for each in found) / median(each[index] for each in by_hand)
