"""What a benchmark has found, for the terminal and for `results/`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Summary:
    """One line of the table at the end of `make bench`."""

    what: str
    by_hand: str
    ours: str
    ratio: str
    goal: str = ""


@dataclass(frozen=True)
class Report:
    """`name` is the file's; the first row is what the others are compared with."""

    name: str
    title: str
    setting: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    remarks: Sequence[str] = ()
    summaries: Sequence[Summary] = ()

    def markdown(self) -> str:
        widths = [max(len(row[n]) for row in (self.columns, *self.rows)) for n in range(len(self.columns))]
        lines = [self.columns, ["-" * width for width in widths], *self.rows]
        table = "\n".join(f"| {' | '.join(_padded(line, widths))} |" for line in lines)
        remarks = "".join(f"\n- {remark}" for remark in self.remarks)
        return f"# {self.title}\n\n{self.setting}\n\n{table}\n" + (f"{remarks}\n" if remarks else "")

    def write(self) -> Path:
        RESULTS.mkdir(exist_ok=True)
        path = RESULTS / f"{self.name}.md"
        path.write_text(self.markdown())
        return path


def summary(lines: Sequence[Summary]) -> Report:
    """What all benchmarks say, each line from the run that wrote its own page."""
    return Report(
        name="README",
        title="Gavel compared with a handler written by hand",
        setting="`make bench` ran both sides in turn on one machine. The ratios are meaningful, the seconds are not.",
        columns=("", "by hand", "Gavel", "ratio", "goal"),
        rows=[(line.what, line.by_hand, line.ours, line.ratio, line.goal) for line in lines],
    )


def _padded(line: Sequence[str], widths: Sequence[int]) -> list[str]:
    """Names to the left, numbers to the right."""
    return [
        word.rjust(width) if n else word.ljust(width) for n, (word, width) in enumerate(zip(line, widths, strict=True))
    ]
