"""From the start of an interpreter to its first answer, a mute: one written by hand against `host_api`."""

from statistics import median, quantiles

from benchmarks import chart
from benchmarks.report import Report, Summary
from benchmarks.sides import first, prepare, sides
from benchmarks.stage import stage

ROUNDS = 21
COLUMNS = ("", "ms to the first answer", "middle half", "ms of processor", "ratio", "ratio of processor")
SETTING = f"""\
A fresh interpreter imports the handler, makes its clients and mutes one user. The sides take turns, {ROUNDS} times
each; the figures are medians. The servers (an emulator of DynamoDB and EventBridge, and the Chime simulator) run
already, on the same machine.

![ms to the first answer](cold_start.svg)"""
REMARKS = (
    """\
By hand: `benchmarks/by_hand.py`, one `UpdateAttendeeCapabilities` and one `PutEvents`, on boto3 as pip installs it.
  Gavel: the bundle as deployed. It asks the policies, stores the decision before it acts, and makes five calls.""",
    "On Lambda, each side also starts a machine and fetches code. Gavel's bundle contains its byte code.",
    "`docs/adr/0013-cold-start.md` says what was done and what each step gained.",
)


def run() -> Report:
    with sides() as each, stage() as running:
        competitors = (each.by_hand, each.by_hand_trimmed, each.gavel)
        meeting = running.meeting(len(competitors) * (ROUNDS + 1))
        prepare(running, each.gavel, meeting)
        people = iter(meeting.people)
        measured: dict[str, list[tuple[float, float]]] = {side.name: [] for side in competitors}
        for number in range(ROUNDS + 1):
            for side in competitors:
                found = first(running, side, meeting.deed(next(people)))
                if number:  # before the first round nobody has read the files
                    measured[side.name].append(found)
    walls = {name: [wall * 1000 for wall, _ in found] for name, found in measured.items()}
    cpus = {name: [cpu * 1000 for _, cpu in found] for name, found in measured.items()}
    hand, ours = each.by_hand.name, each.gavel.name
    chart.bars(
        "cold_start", "Cold start: ms to the first answer", {name: median(found) for name, found in walls.items()}
    )
    return Report(
        name="cold_start",
        title="Cold start of a mute",
        setting=SETTING,
        columns=COLUMNS,
        rows=[
            [
                name,
                f"{median(walls[name]):.0f}",
                _middle(walls[name]),
                f"{median(cpus[name]):.0f}",
                f"{median(walls[name]) / median(walls[hand]):.2f}",
                f"{median(cpus[name]) / median(cpus[hand]):.2f}",
            ]
            for name in walls
        ],
        remarks=REMARKS,
        summaries=[
            _summary("cold start: time to the first answer", walls[hand], walls[ours]),
            _summary("cold start: processor", cpus[hand], cpus[ours]),
        ],
    )


def _middle(found: list[float]) -> str:
    low, _, high = quantiles(found, n=4)
    return f"{low:.0f} to {high:.0f}"


def _summary(what: str, by_hand: list[float], ours: list[float]) -> Summary:
    ratio = median(ours) / median(by_hand)
    return Summary(what, f"{median(by_hand):.0f} ms", f"{median(ours):.0f} ms", f"{ratio:.2f}", "not slower: 1.0")
