"""A bar chart as SVG, beside the tables in `results/`."""

from collections.abc import Mapping
from html import escape

from benchmarks.report import RESULTS

ROW, LABELS, WIDTH = 30, 240, 720
COLORS = ("#9aa5b1", "#c3cad2", "#2f6fb2", "#6fa3d8")


def bars(name: str, title: str, figures: Mapping[str, float]) -> None:
    longest = max(figures.values())
    scale = (WIDTH - LABELS - 80) / longest
    drawn = "".join(
        _bar(number, label, figure, figure * scale) for number, (label, figure) in enumerate(figures.items())
    )
    height = ROW * (len(figures) + 1) + 10
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.svg").write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" '
        f'font-size="13">\n<rect width="{WIDTH}" height="{height}" fill="white"/>\n'
        f'<text x="8" y="20" font-weight="bold">{escape(title)}</text>\n{drawn}</svg>\n'
    )


def _bar(number: int, label: str, figure: float, length: float) -> str:
    y = ROW * (number + 1)
    return (
        f'<text x="8" y="{y + 18}">{escape(label)}</text>'
        f'<rect x="{LABELS}" y="{y + 4}" width="{length:.0f}" height="20" fill="{COLORS[number % len(COLORS)]}"/>'
        f'<text x="{LABELS + length + 6:.0f}" y="{y + 18}">{figure:.3g}</text>\n'
    )
