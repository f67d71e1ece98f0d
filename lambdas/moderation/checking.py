"""From documents to models, with every fault named where it is. What may be shown of a fault quotes nothing sent."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

if TYPE_CHECKING:
    from pydantic import BaseModel

Parsed = TypeVar("Parsed", bound="BaseModel")
_IN_OUR_WORDS = {
    "extra_forbidden": "no such key",
    "missing": "required",
    "int_type": "should be a whole number",
    "int_from_float": "should be a whole number",
    "string_unicode": "not valid Unicode",
}


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
            Fault(_pointer(found["loc"], prefix), _IN_OUR_WORDS.get(found["type"], found["msg"]))
            for found in error.errors(include_url=False, include_context=False, include_input=False)
        ]
    raise Invalid(*faults)


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
