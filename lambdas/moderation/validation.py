"""Validation errors in Gavel's own words, each with its place. They quote nothing that was sent."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError

from .domain.ids import Malformed

Parsed = TypeVar("Parsed", bound=BaseModel)
_WORDS = {
    "bool_type": "should be `true` or `false`",
    "dict_type": "should be an object",
    "extra_forbidden": "there is no such key",
    "greater_than_equal": "should be {ge} or more",
    "int_from_float": "should be a whole number",
    "int_type": "should be a whole number",
    "less_than_equal": "should be {le} or less",
    "list_type": "should be a list",
    "literal_error": "should be {expected}",
    "missing": "is required",
    "model_attributes_type": "should be an object",
    "model_type": "should be an object",
    "string_pattern_mismatch": "should match the pattern `{pattern}`",
    "string_too_long": "should have at most {max_length} characters",
    "string_too_short": "should have at least {min_length} characters",
    "string_type": "should be text",
    "string_unicode": "should be valid Unicode",
    "too_long": "should have at most {max_length} items",
    "too_short": "should have {min_length} or more items",
}
"""The type of pydantic's error → Gavel's words: https://docs.pydantic.dev/latest/errors/validation_errors/"""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault in one part of a request.

    `pointer` is a JSON pointer into the body (`/media/0`; empty for the whole body), `?limit` for a query parameter,
    `{meetingId}` for a part of the path, or the name of a header.
    """

    pointer: str
    detail: str


class Invalid(ValueError):
    """A request or an event that is not valid."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(len(faults))
        self.faults = faults


class _DuplicateKeyError(ValueError):
    """An object has a key twice, so its meaning is unclear."""


def document(content: str | bytes) -> object:
    """Parses JSON in UTF-8 strictly: no key twice, no `NaN`. Raises `Invalid`."""
    try:
        text = content.decode() if isinstance(content, bytes) else content
        return json.loads(text, object_pairs_hook=_object, parse_constant=_no_number)
    except _DuplicateKeyError as duplicate:
        raise Invalid(Fault(f"/{_escaped(str(duplicate))}", "should be given once")) from None
    except (ValueError, RecursionError):  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        raise Invalid(Fault("", "should be JSON in UTF-8")) from None


def checked(model: type[Parsed], fields: dict[str, Any]) -> Parsed:
    """The model made of these fields. Raises `Invalid`."""
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        faults = [
            Fault(pointer(found["loc"]), in_words(found))
            for found in error.errors(include_url=False, include_input=False)
        ]
    raise Invalid(*faults)


def in_words(error: Mapping[str, Any]) -> str:
    """The message to the caller for one of pydantic's errors."""
    context = error.get("ctx", {})
    if isinstance(context.get("error"), Malformed):
        return str(context["error"])
    words = _WORDS.get(error["type"], "is not valid: see the API's description")
    return words.format_map(context).replace("'", "`")


def pointer(place: tuple[int | str, ...]) -> str:
    """The JSON pointer of a place. Pydantic writes `[key]` after a key that is itself at fault."""
    return "".join(f"/{_escaped(str(part))}" for part in place if part != "[key]")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _DuplicateKeyError(key)
        found[key] = value
    return found


def _no_number(_constant: str) -> NoReturn:
    raise ValueError


def _escaped(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1")
