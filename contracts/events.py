"""The schemas of Gavel's events, as rules and targets receive them.

They are open, unlike the models: events may get more fields, and a subscriber who validates with these files must not
refuse them. The tests check events against closed schemas. The types that events share have a file of their own.
"""

from typing import Any

from event_publisher.handler import SOURCE
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from contracts.event_models import EVENTS, Detail

DIALECT = "https://json-schema.org/draft/2020-12/schema"
HOME = "https://gavel.example/schemas/"
"""The prefix of the schemas' ids: a name, not an address."""
REF = "#/$defs/{model}"
TYPES = "types.json"
SHARED_REF = f"../{TYPES}#/$defs/{{model}}"
MODE: JsonSchemaMode = "serialization"
Schema = dict[str, Any]


def event_schemas() -> dict[str, Schema]:
    """File name → schema."""
    return {f"{slug(model.detail_type)}.json": _event(model) for model in EVENTS}


def shared_types() -> Schema:
    """The types that the schemas of events refer to."""
    _, found = models_json_schema([(model, MODE) for model in EVENTS], by_alias=True, ref_template=REF)
    own = {model.__name__ for model in EVENTS}
    types = {name: _open(untitled(part)) for name, part in found["$defs"].items() if name not in own}
    described = {"title": "Types of events", "description": "What the schemas of Gavel's events have in common."}
    return {"$schema": DIALECT, "$id": HOME + TYPES, **described, "$defs": types}


def slug(detail_type: str) -> str:
    """The file name of an event: `Moderation Decided` → `moderation-decided`."""
    return detail_type.lower().replace(" ", "-")


def envelope(path: str, title: str, description: str, detail_type: str, source: Schema, detail: Schema) -> Schema:
    """An event as EventBridge writes it. `path` is the path of the file below `docs/schemas`.

    https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html
    """
    text: Schema = {"type": "string"}
    properties = {
        "version": {"const": "0"},
        "id": text,
        "detail-type": {"const": detail_type},
        "source": source,
        "account": {"type": "string", "pattern": "^\\d{12}$"},
        "time": text,
        "region": text,
        "resources": {"type": "array", "items": text},
        "detail": detail,
    }
    named = {"$schema": DIALECT, "$id": HOME + path, "title": title, "description": description}
    return {**named, "type": "object", "properties": properties, "required": [*properties]}


def untitled(schema: Schema) -> Schema:
    """The schema without the titles of properties, which repeat their names."""
    for part in schema.get("properties", {}).values():
        part.pop("title", None)
    return schema


def _event(model: type[Detail]) -> Schema:
    _, found = models_json_schema([(model, MODE)], by_alias=True, ref_template=SHARED_REF)
    detail = _open(untitled(found["$defs"][model.__name__]))
    path = f"events/{slug(model.detail_type)}.json"
    description = detail.pop("description")
    return envelope(path, model.detail_type, description, model.detail_type, {"const": SOURCE}, detail)


def _open(schema: Schema) -> Schema:
    if schema.get("additionalProperties") is False:
        del schema["additionalProperties"]
    return schema
