"""`make run ARGS=--watch`: watches the files that the stack is made of."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import watchfiles

from infra.packaging.bundle import ROOT

FOLDERS = (ROOT / "lambdas", ROOT / "infra")
FILES = (ROOT / "cdk.json", ROOT / "app.py")
"""Files that are watched one by one, by their time: editors replace a file when they save it."""
INTERVAL_MILLISECONDS = 500


def changes(folders: Sequence[Path], files: Sequence[Path], meanwhile: Callable[[], None]) -> Iterator[list[Path]]:
    """Yields the changed files after each change. Changes that happen while the caller is busy come with the next
    yield.

    `meanwhile` is called twice a second.
    """
    before = [_time(file) for file in files]
    watched = watchfiles.watch(
        *folders, rust_timeout=INTERVAL_MILLISECONDS, yield_on_timeout=True, raise_interrupt=True
    )
    for found in watched:
        meanwhile()
        now = [_time(file) for file in files]
        changed = [file for file, old, new in zip(files, before, now, strict=True) if old != new]
        before = now
        changed += sorted({Path(path) for _, path in found})
        if changed:
            yield changed


def shown(path: Path) -> str:
    """The file in a form for the terminal: "lambdas/host_api/handler.py"."""
    return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)


def _time(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except FileNotFoundError:
        return 0
