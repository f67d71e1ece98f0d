"""The generated files and their expected content."""

import json
from collections.abc import Mapping
from pathlib import Path

from contracts.asyncapi import asyncapi
from contracts.commands import command_schemas
from contracts.configuration import configuration_page
from contracts.events import TYPES, event_schemas, shared_types
from contracts.openapi import openapi

DOCS = Path(__file__).resolve().parent.parent / "docs"
REGENERATE = "make contracts"
WIDTH = 120


def contracts() -> dict[str, str]:
    """Path below `docs` → text."""
    documents = {
        "openapi.json": openapi(),
        "asyncapi.json": asyncapi(),
        f"schemas/{TYPES}": shared_types(),
        **{f"schemas/events/{name}": schema for name, schema in event_schemas().items()},
        **{f"schemas/commands/{name}": schema for name, schema in command_schemas().items()},
    }
    return {**{path: _text(document) for path, document in documents.items()}, "configuration.md": configuration_page()}


def write(directory: Path = DOCS) -> list[str]:
    """Writes the outdated files and deletes schemas without a source. Returns the paths of both."""
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
    """The schemas of events and commands that exist."""
    return sorted(str(file.relative_to(directory)) for file in directory.glob("schemas/*/*.json"))


def _says(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


def _text(document: Mapping[str, object]) -> str:
    return _written(document, "", 0) + "\n"


def _written(value: object, indent: str, before: int) -> str:
    """JSON in Prettier's form: an object that fits on a line has one line. `before`: the number of characters before it
    on its line.
    """
    line = json.dumps(value, ensure_ascii=False)
    if len(line) + before <= WIDTH or not isinstance(value, dict | list) or not value:
        return line
    inner = indent + "  "
    if isinstance(value, dict):
        keys = [(f"{json.dumps(key, ensure_ascii=False)}: ", item) for key, item in value.items()]
        items = [key + _written(item, inner, len(inner) + len(key) + 1) for key, item in keys]
        return "{\n" + ",\n".join(inner + item for item in items) + f"\n{indent}}}"
    items = [_written(item, inner, len(inner) + 1) for item in value]
    return "[\n" + ",\n".join(inner + item for item in items) + f"\n{indent}]"
