"""Writes the synchronous half of the Python client from the asynchronous one, and the client's models."""

import re
from pathlib import Path

from contracts.python_models import MODELS, PACKAGE_DIRECTORY, ROOT, formatted, python_models

ASYNC = PACKAGE_DIRECTORY / "_async"
SYNC = PACKAGE_DIRECTORY / "_sync"
MADE = "# Made from `_async/{}` by `make contracts`.\n"
WRITTEN_TWICE = {"__init__.py", "waiting.py"}
REPLACED = (
    (re.compile(r"\basync (?=def|for|with)"), ""),
    (re.compile(r"\bawait "), ""),
    (re.compile(r"\bAsync(?=[A-Z])"), ""),
    (re.compile(r"\b(__)?a(?=(enter|exit|iter|close)\b|(enter|exit|iter)__)"), r"\1"),
)
"""Asynchronous code → its synchronous replacement."""


def python_client() -> dict[str, str]:
    """The generated files: path below the repository → text."""
    sources = [path for path in sorted(ASYNC.glob("*.py")) if path.name not in WRITTEN_TWICE]
    made = {SYNC / path.name: MADE.format(path.name) + synchronous(path.read_text()) for path in sources}
    written = {MODELS: python_models(), **{path: formatted(text, path) for path, text in made.items()}}
    return {str(path.relative_to(ROOT)): text for path, text in written.items()}


def synchronous(text: str) -> str:
    """The same code without `async` and `await`."""
    for pattern, replacement in REPLACED:
        text = pattern.sub(replacement, text)
    return text


def outdated() -> dict[str, str]:
    """The files that are not up to date: path below the repository → text."""
    return {path: text for path, text in python_client().items() if not _is_up_to_date(ROOT / path, text)}


def write_python_client() -> list[str]:
    """Brings the files up to date. Returns the paths of those that changed."""
    found = outdated()
    for path, text in found.items():
        (ROOT / path).write_text(text)
    return list(found)


def _is_up_to_date(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text() == text
