"""The files that repeat the version of `pyproject.toml`. `make lock` repeats it in `uv.lock`."""

import re
from pathlib import Path

from infra.version import version

ROOT = Path(__file__).resolve().parent.parent
OF_NPM = r'("name": "gavel-client",\s+"version": ")[^"]+'
REPEATED = {
    "lambdas/moderation/__init__.py": r'(^__version__ = ")[^"]+',
    "clients/python/pyproject.toml": r'(^version = ")[^"]+',
    "clients/python/src/gavel_client/_version.py": r'(^__version__ = ")[^"]+',
    "packages/chime_simulator/pyproject.toml": r'(^version = ")[^"]+',
    "packages/gavel_cdk/pyproject.toml": r'(^version = ")[^"]+',
    "clients/typescript/package.json": OF_NPM,
    "clients/typescript/package-lock.json": OF_NPM,
}
"""Path → the text before the version, with the version."""


def versioned(path: str) -> str:
    """The text of the file with the current version."""
    text = (ROOT / path).read_text(encoding="utf-8")
    return re.sub(REPEATED[path], rf"\g<1>{version()}", text, flags=re.MULTILINE)


def write_version() -> list[str]:
    """Brings the files up to date. Returns the paths of those that changed."""
    outdated = {
        path: text for path in REPEATED if (text := versioned(path)) != (ROOT / path).read_text(encoding="utf-8")
    }
    for path, text in outdated.items():
        (ROOT / path).write_text(text, encoding="utf-8")
    return list(outdated)
