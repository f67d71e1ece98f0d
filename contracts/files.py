"""Which files there are, and what each has to say at this moment."""

import json
from collections.abc import Mapping
from pathlib import Path

from host_api.openapi import description

DOCS = Path(__file__).resolve().parent.parent / "docs"
REGENERATE = "make contracts"


def contracts() -> dict[str, str]:
    """Path below `docs` → text."""
    return {"openapi.json": _text(description())}


def write(directory: Path = DOCS) -> list[str]:
    """Brings the files up to date; answers which ones were not."""
    outdated = [path for path, text in contracts().items() if not _says(directory / path, text)]
    for path in outdated:
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_text(contracts()[path], encoding="utf-8")
    return outdated


def _says(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


def _text(document: Mapping[str, object]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
