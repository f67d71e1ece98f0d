"""Events checked against the published schemas, closed: what no file describes is a mistake."""

import json
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from contracts.events import slug
from contracts.files import DOCS

Json = dict[str, Any]
SCHEMAS = DOCS / "schemas"


def schema(path: str) -> Json:
    """A file below `docs/schemas`."""
    found: Json = json.loads((SCHEMAS / path).read_text(encoding="utf-8"))
    return found


def validator(document: Json, *, closed: bool = False) -> Draft202012Validator:
    """It finds the other files by their `$id`."""
    return Draft202012Validator(_closed(document) if closed else document, registry=_registry(closed=closed))


def problems(event: Json) -> list[str]:
    """What is wrong with an event of Gavel's."""
    name = slug(event["detail-type"])
    if not (SCHEMAS / "events" / f"{name}.json").is_file():
        return [f"there is no schema of `{name}`"]
    return [f"{name}: {error.json_path}: {error.message}" for error in _validator(name).iter_errors(event)]


@cache
def _validator(name: str) -> Draft202012Validator:
    return validator(schema(f"events/{name}.json"), closed=True)


@cache
def _registry(*, closed: bool) -> Registry[Any]:
    documents = [schema(str(file.relative_to(SCHEMAS))) for file in SCHEMAS.rglob("*.json")]
    return Registry().with_resources(
        (document["$id"], Resource.from_contents(_closed(document) if closed else document)) for document in documents
    )


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
