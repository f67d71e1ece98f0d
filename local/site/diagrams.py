"""Pictures of the Mermaid diagrams in Markdown: `python -m local.site.diagrams` draws the missing ones.

GitHub draws a diagram from its source. The web site shows the picture, so that its pages load nothing from other sites.
"""

import hashlib
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

from local.typescript import NpmFailed, npm

PICTURES = Path("docs", "images", "diagrams")
"""The directory of pictures, relative to the root of the repository. A picture is named after the hash of its
source.
"""
MERMAID = "@mermaid-js/mermaid-cli@11.9.0"
BLOCK = re.compile(r"^```mermaid\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TITLE = re.compile(r"^\s*accTitle: *(.+)$", re.MULTILINE)
SECONDS = 300


class DiagramError(Exception):
    """A diagram has no title or no picture."""


def sources(markdown: str) -> list[str]:
    return BLOCK.findall(markdown)


def picture(source: str) -> Path:
    """The path of a diagram's picture."""
    return PICTURES / f"{hashlib.sha256(source.encode()).hexdigest()[:16]}.svg"


def with_pictures(markdown: str, page: str, root: Path) -> str:
    """The page with pictures in place of diagrams. `page` is its path. Raises `DiagramError`."""

    def shown(block: re.Match[str]) -> str:
        title, path = TITLE.search(block[1]), picture(block[1])
        if title is None:
            raise DiagramError(f"{page}: a diagram has no `accTitle`, which is what readers without a picture get")
        if not (root / path).is_file():
            raise DiagramError(f"{page}: `{title[1]}` has no picture: run `python -m local.site.diagrams`")
        return f"![{title[1]}]({os.path.relpath(path, Path(page).parent)})"

    return BLOCK.sub(shown, markdown)


def draw(source: str, target: Path, browser: str) -> None:
    """Draws a picture with Mermaid's command line, which npm fetches. Raises `NpmFailed`."""
    with tempfile.TemporaryDirectory() as directory:
        diagram, settings = Path(directory, "diagram.mmd"), Path(directory, "browser.json")
        diagram.write_text(source)
        settings.write_text('{"args": ["--no-sandbox"]}')
        words = (
            "--puppeteerConfigFile",
            settings,
            "--input",
            diagram,
            "--output",
            target,
            "--backgroundColor",
            "white",
        )
        environment = {"PUPPETEER_SKIP_DOWNLOAD": "1", "PUPPETEER_EXECUTABLE_PATH": browser}
        npm("exec", "--yes", "--", MERMAID, *map(str, words), seconds=SECONDS, environment=environment)


def main(root: Path) -> int:
    """The command line."""
    browser = os.environ.get("GAVEL_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        print("Chromium is missing: put it on the PATH, or name it in `GAVEL_CHROMIUM`", file=sys.stderr)
        return 1
    pages = [root / "README.md", *(root / "docs").rglob("*.md")]
    wanted = {picture(source): source for page in pages for source in sources(page.read_text())}
    (root / PICTURES).mkdir(parents=True, exist_ok=True)
    for left in set((root / PICTURES).iterdir()) - {root / path for path in wanted}:
        left.unlink()
    try:
        for path, source in wanted.items():
            if not (root / path).is_file():
                draw(source, root / path, browser)
                print(path)
    except NpmFailed as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parents[2]))
