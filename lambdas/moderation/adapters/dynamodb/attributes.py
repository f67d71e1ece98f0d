"""Converts Python values to DynamoDB attribute values and back. It knows the types of documents, and reads sets of
numbers as lists.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any

from ...domain.entry import iso

Attribute = dict[str, Any]
Document = dict[str, Any]
Source = Mapping[str, Any]


def packed(value: object) -> Attribute:
    """The value as a document. Moments have a fixed width, so that they sort as text; sets become sorted lists."""
    match value:
        case None:
            return {"NULL": True}
        case Enum():
            return packed(value.value)
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int():
            return {"N": str(value)}
        case datetime():
            return {"S": iso(value)}
        case Mapping():
            return {"M": {key: packed(item) for key, item in value.items()}}
        case list() | tuple():
            return {"L": [packed(item) for item in value]}
        case frozenset():
            return packed(sorted(value))
    raise TypeError(type(value).__name__)


def unpacked(attribute: Attribute) -> Any:
    [(kind, value)] = attribute.items()
    match kind:
        case "NULL":
            return None
        case "N":
            return int(value)
        case "NS":
            return [int(each) for each in value]
        case "M":
            return {key: unpacked(item) for key, item in value.items()}
        case "L":
            return [unpacked(item) for item in value]
    return value


def item(values: Mapping[str, object]) -> dict[str, Attribute]:
    """The attributes of the values. `None` is left out, so that sparse indexes stay sparse."""
    return {key: packed(value) for key, value in values.items() if value is not None}


def values(image: Mapping[str, Attribute]) -> Document:
    return {key: unpacked(attribute) for key, attribute in image.items()}
