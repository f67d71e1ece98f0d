"""What a benchmark has found, for the terminal and for `results/`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Report:
    """`name` is the file's; the first row is what the others are compared with."""

    name: str
    title: str
    setting: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    remarks: Sequence[str] = ()

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


def _padded(line: Sequence[str], widths: Sequence[int]) -> list[str]:
    """Names to the left, numbers to the right."""
    return [
        word.rjust(width) if n else word.ljust(width) for n, (word, width) in enumerate(zip(line, widths, strict=True))
    ]
