"""Templates of triggers: commands with paths into the event in place of values.

The template is fixed when the stack is synthesized. A path is replaced by the one value at its end. Keys come from the
template only, and a value is never read as a path, a key or a command.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from moderation.validation import Fault

PATH = re.compile(r"\$(\.[A-Za-z0-9_/-]+(\[(\d{1,9}|\*)\])*)+")
"""A path in the form of EventBridge's input paths:
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""
_STEP = re.compile(r"\.(?P<key>[A-Za-z0-9_/-]+)|\[(?P<index>\d+)\]|\[\*\]")
_EVERY = None
"""The step `[*]` of a path."""

Step = str | int | None


class _Unresolved(Exception):
    """A path has no value. The text gives the reason and quotes nothing of the event."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """The command without its unresolved parts, which `faults` names."""

    command: Mapping[str, Any]
    faults: tuple[Fault, ...] = ()


def resolved(template: Mapping[str, Any], event: Mapping[str, Any]) -> Resolved:
    faults: list[Fault] = []
    command: dict[str, Any] = {}
    for key, value in template.items():
        try:
            command[key] = value if key == "command" else _resolved(value, event)
        except _Unresolved as unresolved:
            faults.append(Fault(f"/{key}", str(unresolved)))
    return Resolved(command, tuple(faults))


def _resolved(value: Any, event: Mapping[str, Any]) -> Any:
    match value:
        case str() if value.startswith("$"):
            return _value_at(value, event)
        case dict():
            return {key: _resolved(item, event) for key, item in value.items()}
        case list():
            return [_resolved(item, event) for item in value]
    return value


def _value_at(path: str, event: Mapping[str, Any]) -> Any:
    if not PATH.fullmatch(path):
        raise _Unresolved(f"`{path}` is not a path")
    try:
        found = _followed(event, list(_steps(path)))
    except LookupError:
        found = None
    if found is None:
        raise _Unresolved(f"the event has no value at `{path}`")
    if not _is_plain(found) and not (isinstance(found, list) and all(map(_is_plain, found))):
        raise _Unresolved(f"`{path}` leads to something other than a text, a number, true, false, or a list of these")
    return found


def _followed(value: Any, steps: list[Step]) -> Any:
    if not steps:
        return value
    step, rest = steps[0], steps[1:]
    if step is _EVERY and isinstance(value, list):
        return [_followed(item, rest) for item in value]
    if isinstance(step, str) and isinstance(value, dict):
        return _followed(value[step], rest)
    if isinstance(step, int) and isinstance(value, list):
        return _followed(value[step], rest)
    raise LookupError


def _steps(path: str) -> Iterator[Step]:
    for step in _STEP.finditer(path):
        yield step["key"] or (int(step["index"]) if step["index"] else _EVERY)


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float)
