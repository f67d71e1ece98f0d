"""JSON Schemas in words: the type of a value, and the fields of an object as a Markdown table."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]
Named = Callable[[str], str]
"""Returns the text for a schema with a name of its own, for instance a link to it."""

KINDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "`true` or `false`",
    "object": "object",
    "null": "`null`",
}
LIMITS = {
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minimum": "at least {}",
    "maximum": "at most {}",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
}


def in_words(schema: Schema, named: Named) -> str:
    """The type of a value, without its description: "text, at most 200 characters, or `null`"."""
    limits = (text.format(schema[key]) for key, text in LIMITS.items() if key in schema)
    return ", ".join([_kind(schema, named), *limits])


def _kind(schema: Schema, named: Named) -> str:
    match schema:
        case {"$ref": str(reference)}:
            return named(reference.rpartition("/")[2])
        case {"const": value}:
            return _quoted(value)
        case {"enum": [*values]}:
            return ", ".join(map(_quoted, values))
        case {"anyOf": [*choices]} | {"oneOf": [*choices]}:
            return ", or ".join(dict.fromkeys(in_words(choice, named) for choice in choices))
        case {"allOf": [*parts]}:
            return " with ".join(in_words(part, named) for part in parts if "properties" not in part)
        case {"type": "array"}:
            return f"list of {in_words(schema.get('items', {}), named)}"
        case {"type": "object", "additionalProperties": Mapping() as values}:
            return f"object: any key → {in_words(values, named)}"
    return KINDS.get(schema.get("type", ""), "any value")


def fields(schema: Schema, named: Named) -> Iterator[str]:
    """The lines of a table; none if the object has no fields."""
    properties = schema.get("properties", {})
    if not properties:
        return
    yield from ("| field | is | means |", "|---|---|---|")
    for name, about in properties.items():
        optional = "" if name in schema.get("required", ()) else " *(optional)*"
        default = f" Default: {_quoted(about['default'])}." if about.get("default") is not None else ""
        meaning = " ".join(about.get("description", "").split())
        yield f"| `{name}`{optional} | {_cell(in_words(about, named))} | {_cell(meaning + default)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").strip()


def _quoted(value: object) -> str:
    words = {True: "true", False: "false", None: "null"}
    return f"`{words.get(value, value) if isinstance(value, bool) or value is None else value}`"
