"""Python values as DynamoDB attribute values, and back. Only what documents are made of: no sets, no binary."""

from collections.abc import Mapping
from typing import Any

Attribute = dict[str, Any]


def packed(value: object) -> Attribute:
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int():
            return {"N": str(value)}
        case Mapping():
            return {"M": {key: packed(item) for key, item in value.items()}}
        case list() | tuple():
            return {"L": [packed(item) for item in value]}
    raise TypeError(type(value).__name__)


def unpacked(attribute: Attribute) -> Any:
    [(kind, value)] = attribute.items()
    match kind:
        case "NULL":
            return None
        case "N":
            return int(value)
        case "M":
            return {key: unpacked(item) for key, item in value.items()}
        case "L":
            return [unpacked(item) for item in value]
    return value


def item(values: Mapping[str, object]) -> dict[str, Attribute]:
    """Without what is None: an absent attribute keeps sparse indexes sparse."""
    return {key: packed(value) for key, value in values.items() if value is not None}


def values(image: Mapping[str, Attribute]) -> dict[str, Any]:
    return {key: unpacked(attribute) for key, attribute in image.items()}
