"""What is fixed in a trigger's command, held against the command's schema: a mistake is found when the stack is made.

The schemas are the files that `make contracts` writes from the commands' models. A path (`$.detail.…`) may lead to
anything, so it is right wherever it stands.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

SCHEMAS = Path(__file__).resolve().parent.parent / "docs" / "schemas"

ELSEWHERE = ("required", "oneOf")
"""Which commands there are and whom they name is said by `infra.triggers`, in better words."""


def mistakes_in(command: Mapping[str, Any], is_path: Callable[[str], bool]) -> Iterator[str]:
    """One line for each, of a command whose name is known."""
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
    """Whether it is about what only an event will say."""
    if error.validator in ELSEWHERE and not error.path:
        return True
    if error.validator == "uniqueItems":
        fixed = [item for item in error.instance if not (isinstance(item, str) and is_path(item))]
        return len(fixed) == len({json.dumps(item, sort_keys=True) for item in fixed})
    return isinstance(error.instance, str) and is_path(error.instance)


def _where(error: ValidationError) -> str:
    return "/".join(["command", *map(str, error.absolute_path)])


def _why(error: ValidationError) -> str:
    """Of a value that may be null the rule for the others is what counts."""
    if error.validator == "anyOf" and error.context:
        return str(min(error.context, key=lambda inner: inner.validator_value == "null").message)
    return str(error.message)
