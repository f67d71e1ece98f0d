"""Commands by event: the registry's commands that come by event, and how what an event says becomes one of them.

The fields are those of the REST body. Beside them stand the user and the meeting that the command is for.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, get_type_hints

from moderation.domain.commands import COMMANDS as REGISTRY
from moderation.domain.commands import Command, SetMeeting, Target
from moderation.models import AttendeeId, Body, MeetingId, Name, Reasoned, UserId, fault
from moderation.validation import Fault, Invalid, checked
from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator
from pydantic.alias_generators import to_camel


class SetMode(Reasoned):
    mode: Name

    def command(self) -> SetMeeting:
        return SetMeeting(mode=self.mode, reason=self.reason)


class Freeze(Reasoned):
    def command(self) -> SetMeeting:
        return SetMeeting(frozen=True, reason=self.reason)


class Unfreeze(Reasoned):
    def command(self) -> SetMeeting:
        return SetMeeting(frozen=False, reason=self.reason)


PARTS: Mapping[str, type[Body]] = {"set-mode": SetMode, "freeze": Freeze, "unfreeze": Unfreeze}
"""By event, each part of a `SetMeeting` is a command of its own."""


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """The model of a command's fields, and whether the command is on a user or on the whole meeting."""

    body: type[Body]
    on_user: bool = False


def _bodies(model: type[Body] = Body) -> Iterator[type[Body]]:
    yield model
    for each in model.__subclasses__():
        yield from _bodies(each)


def _specs() -> Iterator[tuple[str, CommandSpec]]:
    """The model of a command is the one whose `command()` returns it."""
    models = {get_type_hints(model.command)["return"]: model for model in _bodies()}
    for command in dict.fromkeys(REGISTRY.values()):
        for name in command.event_names():
            yield name, CommandSpec(PARTS.get(name) or models[command], command.target is Target.USER)


COMMANDS: Mapping[str, CommandSpec] = dict(_specs())


class _Address(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", alias_generator=to_camel)


class Place(_Address):
    """Which meeting, or which meetings."""

    meeting_id: MeetingId | None = None
    external_meeting_id: Annotated[str, StringConstraints(min_length=2, max_length=64)] | None = None

    @model_validator(mode="after")
    def _is_one(self) -> "Place":
        if (self.meeting_id is None) is (self.external_meeting_id is None):
            raise fault("one of `meetingId` and `externalMeetingId`")
        return self


class Person(_Address):
    attendee_id: AttendeeId | None = None
    external_user_id: UserId | None = None

    @model_validator(mode="after")
    def _is_one(self) -> "Person":
        if (self.attendee_id is None) is (self.external_user_id is None):
            raise fault("one of `attendeeId` and `externalUserId`")
        return self


@dataclass(frozen=True, slots=True)
class AddressedCommand:
    command: Command
    attendee_id: str | None = None
    user_id: str | None = None


def place_of(detail: Mapping[str, Any]) -> Place:
    """Raises `Invalid`."""
    return checked(Place, _part(detail, Place))


def name_of(detail: Mapping[str, Any]) -> str | None:
    """The command's name, None if there is none of it."""
    name = detail.get("command")
    return name if isinstance(name, str) and name in COMMANDS else None


def addressed_command(detail: Mapping[str, Any]) -> AddressedCommand:
    """Raises `Invalid`, with all that is wrong."""
    name = name_of(detail)
    if name is None:
        raise Invalid(Fault("/command", "no such command"))
    spec = COMMANDS[name]
    user = _part(detail, Person) if spec.on_user else {}
    rest = {key: value for key, value in detail.items() if key not in {"command", *_keys(Place), *user}}
    faults: list[Fault] = []
    person, body = Person.model_construct(), None
    try:
        person = checked(Person, user) if spec.on_user else person
    except Invalid as invalid:
        faults += invalid.faults
    try:
        body = checked(spec.body, rest)
    except Invalid as invalid:
        faults += invalid.faults
    if faults or body is None:
        raise Invalid(*faults)
    return AddressedCommand(body.command(), person.attendee_id, person.external_user_id)


def _part(detail: Mapping[str, Any], model: type[BaseModel]) -> dict[str, Any]:
    return {key: detail[key] for key in _keys(model) if key in detail}


def _keys(model: type[BaseModel]) -> list[str]:
    return [to_camel(name) for name in model.model_fields]
