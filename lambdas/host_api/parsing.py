"""From bytes and text to models, with every fault named where it is."""

import json
from typing import Any, NoReturn, TypeVar
from urllib.parse import parse_qsl

from pydantic import BaseModel, ValidationError

from .incoming import Incoming
from .problems import Fault, invalid

Parsed = TypeVar("Parsed", bound=BaseModel)
MOST_PARAMETERS = 50
_IN_OUR_WORDS = {
    "extra_forbidden": "no such key",
    "missing": "required",
    "int_type": "should be a whole number",
    "int_from_float": "should be a whole number",
    "string_unicode": "not valid Unicode",
}


class _Twice(ValueError):
    """A key that an object has twice: which one counts would be anybody's guess."""


def body(incoming: Incoming, model: type[Parsed]) -> tuple[Parsed, bytes]:
    """An empty body says nothing, which is all right where everything is optional."""
    content = incoming.content()
    if content and _media_type(incoming) != "application/json":
        raise invalid(Fault("Content-Type", "should be `application/json`"))
    document = _document(content) if content else {}
    if not isinstance(document, dict):
        raise invalid(Fault("", "should be an object"))
    return _checked(model, document, ""), content


def query(incoming: Incoming, model: type[Parsed]) -> tuple[Parsed, list[tuple[str, str]]]:
    try:
        pairs = parse_qsl(incoming.query, keep_blank_values=True, max_num_fields=MOST_PARAMETERS)
    except ValueError:
        raise invalid(Fault("?", "can't be read")) from None
    parameters = dict(pairs)
    if len(parameters) < len(pairs):
        names = [name for name, _ in pairs]
        raise invalid(*(Fault(f"?{name}", "given more than once") for name in parameters if names.count(name) > 1))
    return _checked(model, parameters, "?"), pairs


def _media_type(incoming: Incoming) -> str:
    return incoming.headers.get("content-type", "").partition(";")[0].strip().lower()


def _document(content: bytes) -> object:
    try:
        return json.loads(content.decode(), object_pairs_hook=_object, parse_constant=_no_number)
    except _Twice as twice:
        raise invalid(Fault(f"/{_escaped(str(twice))}", "given more than once")) from None
    except (ValueError, RecursionError):  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        raise invalid(Fault("", "not JSON in UTF-8")) from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _Twice(key)
        found[key] = value
    return found


def _no_number(_constant: str) -> NoReturn:
    raise ValueError


def _checked(model: type[Parsed], document: dict[str, Any], prefix: str) -> Parsed:
    try:
        return model.model_validate(document)
    except ValidationError as error:
        faults = [
            Fault(_pointer(found["loc"], prefix), _IN_OUR_WORDS.get(found["type"], found["msg"]))
            for found in error.errors(include_url=False, include_context=False, include_input=False)
        ]
    raise invalid(*faults)


def _pointer(place: tuple[int | str, ...], prefix: str) -> str:
    """A JSON pointer; pydantic marks a key that is at fault itself by `[key]` behind it."""
    parts = [str(part) for part in place if part != "[key]"]
    if prefix:
        return prefix + ".".join(parts)
    return "".join(f"/{_escaped(part)}" for part in parts)


def _escaped(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1")
