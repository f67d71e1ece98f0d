"""Checks a value against a shape of the service model: required members, enums, lengths, sizes and patterns.

botocore checks required members and minimum lengths only; the service refuses the rest.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

_TYPES: dict[str, type] = {"structure": dict, "list": list, "string": str, "integer": int, "boolean": bool}


def complaints(shape: Any, value: Any, where: str = "") -> Iterator[str]:
    """The faults of the value, one short text each. `where` is the path to it."""
    expected = _TYPES[shape.type_name]
    if not isinstance(value, expected) or (expected is int and isinstance(value, bool)):
        yield f"value at `{where}` must be of type {shape.type_name}"
        return
    yield from _CHECKS[shape.type_name](shape, value, where)


def _structure(shape: Any, value: Any, where: str) -> Iterator[str]:
    for name in shape.required_members:
        if value.get(name) is None:
            yield f"value at `{_below(where, name)}` must not be null"
    for name, member in shape.members.items():
        if value.get(name) is not None:
            yield from complaints(member, value[name], _below(where, name))


def _list(shape: Any, value: Any, where: str) -> Iterator[str]:
    yield from _bounds(shape, len(value), where, "member must have a length")
    for index, item in enumerate(value, start=1):
        yield from complaints(shape.member, item, f"{where}.{index}.member")


def _string(shape: Any, value: Any, where: str) -> Iterator[str]:
    yield from _bounds(shape, len(value), where, "member must have a length")
    pattern = shape.metadata.get("pattern")
    if pattern and not re.fullmatch(pattern, value):
        yield f"value at `{where}` failed to satisfy constraint: member must match the pattern {pattern}"
    if shape.enum and value not in shape.enum:
        choices = ", ".join(shape.enum)
        yield f"value at `{where}` failed to satisfy constraint: member must satisfy the enum value set [{choices}]"


def _integer(shape: Any, value: Any, where: str) -> Iterator[str]:
    yield from _bounds(shape, value, where, "member must have a value")


def _boolean(_shape: Any, _value: Any, _where: str) -> Iterator[str]:
    yield from ()


_CHECKS: dict[str, Callable[[Any, Any, str], Iterator[str]]] = {
    "structure": _structure,
    "list": _list,
    "string": _string,
    "integer": _integer,
    "boolean": _boolean,
}


def _bounds(shape: Any, size: int, where: str, what: str) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and size < least:
        yield f"value at `{where}` failed to satisfy constraint: {what} greater than or equal to {least}"
    if most is not None and size > most:
        yield f"value at `{where}` failed to satisfy constraint: {what} less than or equal to {most}"


def _below(where: str, name: str) -> str:
    """The path of a member in the service's form: `Capabilities` and `Audio` become `capabilities.audio`."""
    member = name[0].lower() + name[1:]
    return f"{where}.{member}" if where else member
