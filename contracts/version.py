"""The files that repeat Gavel's version. `pyproject.toml` has it; `uv.lock` repeats it by `make lock`."""

import re
from pathlib import Path

from infra.version import version

ROOT = Path(__file__).resolve().parent.parent
OF_NPM = r'("name": "gavel-client",\s+"version": ")[^"]+'
REPEATED = {
    "lambdas/moderation/__init__.py": r'(^__version__ = ")[^"]+',
    "clients/typescript/package.json": OF_NPM,
    "clients/typescript/package-lock.json": OF_NPM,
}
"""Path → what stands before the version, and the version."""


def versioned(path: str) -> str:
    """The text of the file with the version in it."""
    text = (ROOT / path).read_text(encoding="utf-8")
    return re.sub(REPEATED[path], rf"\g<1>{version()}", text, flags=re.MULTILINE)


def write_version() -> list[str]:
    """Brings the files up to date, and returns the paths of those that were not."""
    outdated = {
        path: text for path in REPEATED if (text := versioned(path)) != (ROOT / path).read_text(encoding="utf-8")
    }
    for path, text in outdated.items():
        (ROOT / path).write_text(text, encoding="utf-8")
    return list(outdated)
