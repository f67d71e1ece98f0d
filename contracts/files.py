"""Which files there are, and what each has to say at this moment."""

import json
from collections.abc import Mapping
from pathlib import Path

from host_api.openapi import description

from contracts.asyncapi import asyncapi
from contracts.commands import command_schemas
from contracts.events import event_schemas

DOCS = Path(__file__).resolve().parent.parent / "docs"
REGENERATE = "make contracts"


def contracts() -> dict[str, str]:
    """Path below `docs` → text."""
    documents = {
        "openapi.json": description(),
        "asyncapi.json": asyncapi(),
        **{f"schemas/events/{name}": schema for name, schema in event_schemas().items()},
        **{f"schemas/commands/{name}": schema for name, schema in command_schemas().items()},
    }
    return {path: _text(document) for path, document in documents.items()}


def write(directory: Path = DOCS) -> list[str]:
    """Brings the files up to date and takes away schemas of what is no more; answers which ones were not right."""
    expected = contracts()
    outdated = [path for path, text in expected.items() if not _says(directory / path, text)]
    for path in outdated:
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_text(expected[path], encoding="utf-8")
    forgotten = [path for path in schemas(directory) if path not in expected]
    for path in forgotten:
        (directory / path).unlink()
    return outdated + forgotten


def schemas(directory: Path = DOCS) -> list[str]:
    """The schemas that are there."""
    return sorted(str(file.relative_to(directory)) for file in directory.glob("schemas/*/*.json"))


def _says(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


def _text(document: Mapping[str, object]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
