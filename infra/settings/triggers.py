"""Triggers: event patterns that become commands without code. This module checks them and makes their templates.

EventBridge does not escape what it extracts from an event, so it extracts nothing. The queue of commands receives the
trigger's command with its paths as configured, beside the whole event; the function `event_commands` resolves the
paths.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator

from .command_schema import command_names, mistakes_in
from .mistakes import MistakesError
from .types import JSON

USER_COMMANDS = command_names(on_user=True)
MEETING_COMMANDS = command_names(on_user=False)
MEETING_KEYS = ("meetingId", "externalMeetingId")
ATTENDEE_KEYS = ("attendeeId", "externalUserId")
MOST_TRIGGERS = 50  # of the 100 rules that a bus takes in some Regions
LONGEST_TEMPLATE = 8192
PATH = re.compile(r"\$(\.[A-Za-z0-9_/-]+(\[(\d{1,9}|\*)\])*)+")

_KEYS = {"name", "bus", "pattern", "command"}
_NAME = re.compile(r"[a-z0-9-]{1,36}")  # a rule's name has 64 characters, and begins with the stack's
_BUS = re.compile(r"[A-Za-z0-9._/-]{1,256}")


@dataclass(frozen=True)
class Trigger:
    """One trigger. `bus` None is the account's default bus."""

    name: str
    bus: str | None
    pattern: Mapping[str, Any]
    command: Mapping[str, Any]

    @property
    def template(self) -> str:
        """The input template of the rule. Its variable is EventBridge's own: the whole event as JSON."""
        said = f'"trigger": {json.dumps(self.name)}, "template": {json.dumps(self.command)}'
        return f'{{{said}, "event": <aws.events.event.json>}}'


def triggers_of(entries: Any) -> tuple[Trigger, ...]:
    """Reads triggers. Raises `MistakesError` with the mistakes of each trigger."""
    if not isinstance(entries, list | tuple):
        raise MistakesError([f"`triggers`: expected a list, got `{entries}`"])
    found: list[Trigger] = []
    mistakes: list[str] = []
    for index, given in enumerate(entries):
        entry = asdict(given) if isinstance(given, Trigger) else given
        trigger, wrong = _checked(entry)
        mistakes += [f"{_where(entry, index)}: {each}" for each in wrong]
        found += [trigger] if trigger else []
    names = [trigger.name for trigger in found]
    mistakes += [
        f"`triggers`: `{name}`: the name is taken twice" for name in sorted(set(names)) if names.count(name) > 1
    ]
    if len(entries) > MOST_TRIGGERS:
        mistakes.append(f"`triggers`: {len(entries)} of them; there may be {MOST_TRIGGERS}")
    if mistakes:
        raise MistakesError(mistakes)
    return tuple(found)


Triggers = Annotated[tuple[Trigger, ...], BeforeValidator(triggers_of), JSON]


def _where(entry: Any, index: int) -> str:
    name = entry.get("name") if isinstance(entry, dict) else None
    return f"`triggers`: `{name}`" if name and isinstance(name, str) else f"`triggers[{index}]`"


def _checked(entry: Any) -> tuple[Trigger | None, list[str]]:
    mistakes = list(_mistakes(entry))
    if mistakes:
        return None, mistakes
    trigger = Trigger(entry["name"], entry.get("bus"), entry["pattern"], entry["command"])
    return trigger, list(_too_much(trigger))


def _mistakes(entry: Any) -> Iterator[str]:
    if not isinstance(entry, dict):
        yield 'expected {"name", "pattern", "command"}'
        return
    yield from (f"unknown key `{key}`" for key in sorted(entry.keys() - _KEYS))
    name, bus = entry.get("name"), entry.get("bus")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        yield "`name`: expected lower-case letters, digits and dashes, 36 at most"
    if bus is not None and not (isinstance(bus, str) and _BUS.fullmatch(bus)):
        yield "`bus`: expected the name of an event bus of this account"
    if not isinstance(entry.get("pattern"), dict) or not entry["pattern"]:
        yield "`pattern`: expected an event pattern, which is an object and not empty"
    else:
        yield from _mistakes_in_pattern(entry["pattern"], "pattern")
        if not entry["pattern"].get("source"):
            yield "`pattern`: expected a `source`: a trigger commands on behalf of the sender of the event"
    if not isinstance(entry.get("command"), dict):
        yield '`command`: expected an object like {"command": "mute-all", "externalMeetingId": "$.detail.room"}'
    else:
        yield from _mistakes_in_command(entry["command"])


def _mistakes_in_pattern(pattern: Mapping[str, Any], where: str) -> Iterator[str]:
    """Values that are not in a list, which is a usual mistake."""
    for key, value in pattern.items():
        if isinstance(value, dict) and value:
            yield from _mistakes_in_pattern(value, f"{where}.{key}")
        elif not isinstance(value, list) or not value:
            yield f"`{where}.{key}`: expected a list of what matches, like {json.dumps([value or 'school'])}"


def _mistakes_in_command(command: Mapping[str, Any]) -> Iterator[str]:
    name = command.get("command")
    if not isinstance(name, str) or name not in USER_COMMANDS | MEETING_COMMANDS:
        yield f"`command`: there is no `{name}`; choose one of {', '.join(sorted(USER_COMMANDS | MEETING_COMMANDS))}"
    else:
        yield from mistakes_in(command, _is_path)
    yield from _names_one(command, MEETING_KEYS)
    if name in USER_COMMANDS:
        yield from _names_one(command, ATTENDEE_KEYS)
    if name in MEETING_COMMANDS:
        yield from (
            f"`{name}` is for the whole meeting: it takes no `{key}`" for key in ATTENDEE_KEYS if key in command
        )
    for text in _texts(command):
        if text.startswith("$") and not _is_path(text):
            yield f"`{text}` is no path: write `$.detail.room`, with letters, digits and - _ / [0] between the dots"
        if "<" in text or ">" in text:
            yield f"`{text}`: EventBridge takes what is between < and > for a variable"


def _names_one(command: Mapping[str, Any], keys: tuple[str, str]) -> Iterator[str]:
    given = [key for key in keys if key in command]
    if len(given) != 1:
        yield f"expected one of `{keys[0]}` and `{keys[1]}` in the command, got {'both' if given else 'neither'}"
    yield from (f"`{key}`: expected a text or a path" for key in given if not _is_filled(command[key]))


def _too_much(trigger: Trigger) -> Iterator[str]:
    if len(trigger.template) > LONGEST_TEMPLATE:
        yield f"the command is {len(trigger.template)} characters long; EventBridge takes {LONGEST_TEMPLATE}"


def _texts(value: Any) -> Iterator[str]:
    """Every text in the value, names of fields included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _is_path(text: str) -> bool:
    return bool(PATH.fullmatch(text))


def _is_filled(value: object) -> bool:
    return isinstance(value, str) and bool(value)
