"""Triggers: event patterns that become commands without code. What the configuration says, checked and made a template.

EventBridge escapes nothing that it extracts from an event, so it extracts nothing: the command inbox receives the
trigger's command with its paths as they were configured, beside the whole event, and resolves them.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from infra.command_schema import command_names, mistakes_in

ON_A_PERSON = command_names(on_user=True)
ON_A_MEETING = command_names(on_user=False)
MEETINGS = ("meetingId", "externalMeetingId")
PEOPLE = ("attendeeId", "externalUserId")
MOST_TRIGGERS = 50  # of the 100 rules that a bus takes in some Regions
LONGEST_TEMPLATE = 8192
PATH = re.compile(r"\$(\.[A-Za-z0-9_/-]+(\[(\d{1,9}|\*)\])*)+")

_KEYS = {"name", "bus", "pattern", "command"}
_NAME = re.compile(r"[a-z0-9-]{1,36}")  # a rule's name has 64 characters, and begins with the stack's
_BUS = re.compile(r"[A-Za-z0-9._/-]{1,256}")


@dataclass(frozen=True)
class Trigger:
    """One rule; `bus` None is the account's default bus."""

    name: str
    bus: str | None
    pattern: Mapping[str, Any]
    command: Mapping[str, Any]

    @property
    def template(self) -> str:
        """What the command inbox receives. The variable is EventBridge's own: the event as JSON, with its detail."""
        said = f'"trigger": {json.dumps(self.name)}, "template": {json.dumps(self.command)}'
        return f'{{{said}, "event": <aws.events.event.json>}}'


def triggers_of(entries: list[Any], problems: list[str]) -> tuple[Trigger, ...]:
    """Those that are right. What is wrong with the others goes to `problems`."""
    found = []
    for index, entry in enumerate(entries):
        name = entry.get("name") if isinstance(entry, dict) else None
        where = f"`triggers`: `{name}`" if name and isinstance(name, str) else f"`triggers[{index}]`"
        mistakes = list(_mistakes(entry))
        if not mistakes:
            trigger = Trigger(entry["name"], entry.get("bus"), entry["pattern"], entry["command"])
            mistakes = list(_too_much(trigger))
            found.append(trigger)
        problems += [f"{where}: {mistake}" for mistake in mistakes]
    names = [trigger.name for trigger in found]
    problems += [
        f"`triggers`: `{name}`: the name is taken twice" for name in sorted(set(names)) if names.count(name) > 1
    ]
    if len(entries) > MOST_TRIGGERS:
        problems.append(f"`triggers`: {len(entries)} of them; there may be {MOST_TRIGGERS}")
    return tuple(found)


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
            yield "`pattern`: expected a `source`: a trigger commands on behalf of whoever it listens to"
    if not isinstance(entry.get("command"), dict):
        yield '`command`: expected an object like {"command": "mute-all", "externalMeetingId": "$.detail.room"}'
    else:
        yield from _mistakes_in_command(entry["command"])


def _mistakes_in_pattern(pattern: Mapping[str, Any], where: str) -> Iterator[str]:
    """The slip that everybody makes once: a value that is not in a list."""
    for key, value in pattern.items():
        if isinstance(value, dict) and value:
            yield from _mistakes_in_pattern(value, f"{where}.{key}")
        elif not isinstance(value, list) or not value:
            yield f"`{where}.{key}`: expected a list of what matches, like {json.dumps([value or 'school'])}"


def _mistakes_in_command(command: Mapping[str, Any]) -> Iterator[str]:
    name = command.get("command")
    if not isinstance(name, str) or name not in ON_A_PERSON | ON_A_MEETING:
        yield f"`command`: there is no `{name}`; choose one of {', '.join(sorted(ON_A_PERSON | ON_A_MEETING))}"
    else:
        yield from mistakes_in(command, _is_path)
    yield from _names_one(command, MEETINGS)
    if name in ON_A_PERSON:
        yield from _names_one(command, PEOPLE)
    if name in ON_A_MEETING:
        yield from (f"`{name}` is for the whole meeting: it takes no `{key}`" for key in PEOPLE if key in command)
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
    """Every text in it, names of fields among them."""
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
