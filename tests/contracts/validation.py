"""Events held against the published schemas, closed: what no file speaks of is a mistake."""

import json
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from contracts.events import slug
from contracts.files import DOCS

Json = dict[str, Any]


def schema(path: str) -> Json:
    """A file below `docs/schemas`."""
    found: Json = json.loads((DOCS / "schemas" / path).read_text(encoding="utf-8"))
    return found


def problems(event: Json) -> list[str]:
    """What is wrong with an event of Gavel's."""
    name = slug(event["detail-type"])
    if not (DOCS / "schemas" / "events" / f"{name}.json").is_file():
        return [f"there is no schema of `{name}`"]
    return [f"{name}: {error.json_path}: {error.message}" for error in _validator(name).iter_errors(event)]


@cache
def _validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(_closed(schema(f"events/{name}.json")))


def _closed(value: Any) -> Any:
    """Objects whose keys are named take no others."""
    if isinstance(value, list):
        return [_closed(item) for item in value]
    if not isinstance(value, dict):
        return value
    closed = {key: _closed(inner) for key, inner in value.items()}
    if isinstance(value.get("properties"), dict) and value.get("type") == "object":
        closed["additionalProperties"] = False
    return closed
