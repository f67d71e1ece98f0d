"""From documents to models, with every fault named where it is. What may be shown of a fault quotes nothing sent."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

if TYPE_CHECKING:
    from pydantic import BaseModel

Parsed = TypeVar("Parsed", bound="BaseModel")
_IN_OUR_WORDS = {
    "bool_type": "should be `true` or `false`",
    "dict_type": "should be an object",
    "extra_forbidden": "no such key",
    "greater_than_equal": "should be {ge} or more",
    "int_from_float": "should be a whole number",
    "int_type": "should be a whole number",
    "less_than_equal": "should be {le} or less",
    "list_type": "should be a list",
    "literal_error": "should be {expected}",
    "missing": "required",
    "model_attributes_type": "should be an object",
    "model_type": "should be an object",
    "string_pattern_mismatch": "not written as it should be: see the API's description",
    "string_too_long": "should have at most {max_length} characters",
    "string_too_short": "should have at least {min_length} characters",
    "string_type": "should be text",
    "string_unicode": "not valid Unicode",
    "too_long": "should have at most {max_length} items",
    "too_short": "should have at least {min_length} items",
}
"""By pydantic's kinds of error: https://docs.pydantic.dev/latest/errors/validation_errors/"""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one part of a request.

    `pointer` is a JSON pointer into the body (`/media/0`, and empty for the body as a whole), `?limit` for a query
    parameter, `{meetingId}` for a part of the path, or the name of a header.
    """

    pointer: str
    detail: str


class Invalid(ValueError):
    """What was sent can't be taken."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(len(faults))
        self.faults = faults


class _Twice(ValueError):
    """A key that an object has twice: which one counts would be anybody's guess."""


def document(content: bytes) -> object:
    """JSON in UTF-8. Raises `Invalid`."""
    try:
        return json.loads(content.decode(), object_pairs_hook=_object, parse_constant=_no_number)
    except _Twice as twice:
        raise Invalid(Fault(f"/{_escaped(str(twice))}", "given more than once")) from None
    except (ValueError, RecursionError):  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        raise Invalid(Fault("", "not JSON in UTF-8")) from None


def checked(model: type[Parsed], said: dict[str, Any], prefix: str = "") -> Parsed:
    """Raises `Invalid`."""
    from pydantic import ValidationError

    try:
        return model.model_validate(said)
    except ValidationError as error:
        faults = [
            Fault(_pointer(found["loc"], prefix), _in_our_words(found["type"], found["msg"], found.get("ctx", {})))
            for found in error.errors(include_url=False, include_input=False)
        ]
    raise Invalid(*faults)


def _in_our_words(kind: str, said: str, context: Mapping[str, Any]) -> str:
    words = _IN_OUR_WORDS.get(kind)
    return words.format_map(context).replace("'", "`") if words else said


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _Twice(key)
        found[key] = value
    return found


def _no_number(_constant: str) -> NoReturn:
    raise ValueError


def _pointer(place: tuple[int | str, ...], prefix: str) -> str:
    """A JSON pointer; pydantic marks a key that is at fault itself by `[key]` behind it."""
    parts = [str(part) for part in place if part != "[key]"]
    if prefix:
        return prefix + ".".join(parts)
    return "".join(f"/{_escaped(part)}" for part in parts)


def _escaped(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1")
