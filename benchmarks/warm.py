"""A warm function: processor time and calls for each mute, and whether the size of the meeting matters."""

from statistics import median
from typing import Any

from benchmarks import chart
from benchmarks.report import Report, Summary
from benchmarks.sides import prepare, sides, warm
from benchmarks.stack import Meeting, benchmark_stack
from benchmarks.warm_commands import FORERUNNERS

COMMANDS = 300
LARGE = 250
COLUMNS = ("", "ms of processor", "ms", "calls in a row", "ratio of processor", "ratio of time")
SETTING = f"""\
{COMMANDS} commands mute and unmute one user in turn. Each side has a process of its own; the emulator and the Chime
simulator run on the same machine. The figures are medians for one command.

![ms of processor](warm.svg)"""
REMARKS = (
    """\
By hand: two calls, Chime and EventBridge. Gavel: a transaction that commits, Chime, a transaction that settles. The
  second transaction contains the event, which the event publisher publishes later. A caller waits for calls, not
  for the processor.""",
    f"The large meeting has {LARGE} users that Gavel knows, the small one has one beside the host. They take turns.",
)


def run() -> Report:
    with sides() as each, benchmark_stack() as running:
        small, large = running.meeting(1), running.meeting(LARGE - 1)
        for meeting in (small, large):
            prepare(running, each.gavel, meeting)
        [hand] = warm(running, each.by_hand, [_commands(small)])
        [in_small, in_large] = warm(running, each.gavel, [_commands(small), _commands(large)])
    rows = {"by hand": hand, "Gavel, 1 attendee": in_small, f"Gavel, {LARGE} attendees": in_large}
    figures = {name: median(told["cpu"]) for name, told in rows.items()}
    chart.bars("warm", "Warm: ms of processor for a mute", figures)
    return Report(
        name="warm",
        title="A mute by a warm function",
        setting=SETTING,
        columns=COLUMNS,
        rows=[_row(name, told, hand) for name, told in rows.items()],
        remarks=REMARKS,
        summaries=[
            _summary("warm: processor for a mute", "cpu", hand, in_small, "{:.1f} ms"),
            _summary("warm: calls to AWS in a row", "calls", hand, in_small, "{:.0f}"),
            Summary(
                f"warm: processor, 1 attendee against {LARGE}",
                f"{median(in_small['cpu']):.1f} ms (1)",
                f"{median(in_large['cpu']):.1f} ms ({LARGE})",
                f"{median(in_large['cpu']) / median(in_small['cpu']):.2f}",
                "1.1 at most",
            ),
        ],
    )


def _commands(meeting: Meeting) -> list[dict[str, Any]]:
    [user, *_] = meeting.users
    return [meeting.command(user, "unmute" if number % 2 else "mute") for number in range(FORERUNNERS + COMMANDS)]


def _row(name: str, told: dict[str, Any], hand: dict[str, Any]) -> list[str]:
    figures = [median(told[what]) for what in ("cpu", "wall", "calls")]
    ratios = [median(told[what]) / median(hand[what]) for what in ("cpu", "wall")]
    return [name, f"{figures[0]:.2f}", f"{figures[1]:.1f}", f"{figures[2]:.0f}", *(f"{ratio:.2f}" for ratio in ratios)]


def _summary(what: str, key: str, hand: dict[str, Any], ours: dict[str, Any], form: str) -> Summary:
    by_hand, gavel = median(hand[key]), median(ours[key])
    return Summary(what, form.format(by_hand), form.format(gavel), f"{gavel / by_hand:.2f}")
