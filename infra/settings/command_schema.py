"""Checks the fixed parts of a trigger's command against the command's schema, when the stack is synthesized."""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from ..files import SCHEMAS

ELSEWHERE = ("required", "oneOf")
"""Keywords that `infra.settings.triggers` checks itself, with better messages: the commands and their targets."""


def mistakes_in(command: Mapping[str, Any], is_path: Callable[[str], bool]) -> Iterator[str]:
    """The mistakes in a command whose name is known, one line each."""
    for error in _validator(command["command"]).iter_errors(dict(command)):
        if not _is_open(error, is_path):
            yield f"`{_where(error)}`: {_why(error)}"


def command_names(*, on_user: bool) -> frozenset[str]:
    """The commands that come by event: those on a user, or those on the whole meeting."""
    schemas = {
        path.stem: json.loads(path.read_text(encoding="utf-8")) for path in (SCHEMAS / "commands").glob("*.json")
    }
    names_user = {name: "externalUserId" in s["$defs"]["Command"]["properties"] for name, s in schemas.items()}
    return frozenset(name for name, is_on_user in names_user.items() if is_on_user is on_user)


@cache
def _validator(name: str) -> Draft202012Validator:
    document = json.loads((SCHEMAS / "commands" / f"{name}.json").read_text(encoding="utf-8"))
    return Draft202012Validator({**document["$defs"]["Command"], "$defs": document["$defs"]})


def _is_open(error: ValidationError, is_path: Callable[[str], bool]) -> bool:
    """Whether the error is about a value that the event supplies later."""
    if error.validator in ELSEWHERE and not error.path:
        return True
    if error.validator == "uniqueItems":
        fixed = [item for item in error.instance if not (isinstance(item, str) and is_path(item))]
        return len(fixed) == len({json.dumps(item, sort_keys=True) for item in fixed})
    return isinstance(error.instance, str) and is_path(error.instance)


def _where(error: ValidationError) -> str:
    return "/".join(["command", *map(str, error.absolute_path)])


def _why(error: ValidationError) -> str:
    """The message of the error. For a value that may be null, the message of the other schema."""
    if error.validator == "anyOf" and error.context:
        return str(min(error.context, key=lambda inner: inner.validator_value == "null").message)
    return str(error.message)
