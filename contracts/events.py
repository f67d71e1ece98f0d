"""The schema of every event that Gavel puts on its bus: the event whole, as a rule or a target sees it.

Open, unlike the models: what subscribers are told only grows, and who validates by these files shall not refuse what
was added after he took them. The tests hold events against them closed.
"""

from typing import Any

from event_publisher.handler import SOURCE
from moderation.models.events import EVENTS, Detail
from pydantic.json_schema import JsonSchemaMode, models_json_schema

DIALECT = "https://json-schema.org/draft/2020-12/schema"
REF = "#/$defs/{model}"
MODE: JsonSchemaMode = "serialization"
Schema = dict[str, Any]


def event_schemas() -> dict[str, Schema]:
    """File name → schema."""
    return {f"{slug(model.detail_type)}.json": _schema(model) for model in EVENTS}


def slug(detail_type: str) -> str:
    """`Moderation Decided` → `moderation-decided`."""
    return detail_type.lower().replace(" ", "-")


def envelope(title: str, description: str, detail_type: str, source: Schema, detail: Schema) -> Schema:
    """An event as EventBridge writes it.
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
    named = {"$schema": DIALECT, "title": title, "description": description}
    return {**named, "type": "object", "properties": properties, "required": [*properties]}


def untitled(schema: Schema) -> Schema:
    """Without the titles of properties, which say the name once more."""
    for part in schema.get("properties", {}).values():
        part.pop("title", None)
    return schema


def _schema(model: type[Detail]) -> Schema:
    _, said = models_json_schema([(model, MODE)], by_alias=True, ref_template=REF)
    parts = {name: _open(untitled(part)) for name, part in said["$defs"].items()}
    description = parts[model.__name__].pop("description")
    detail = {"$ref": REF.format(model=model.__name__)}
    whole = envelope(model.detail_type, description, model.detail_type, {"const": SOURCE}, detail)
    return {**whole, "$defs": parts}


def _open(schema: Schema) -> Schema:
    if schema.get("additionalProperties") is False:
        del schema["additionalProperties"]
    return schema
