"""Which commands there are, and how what an event says becomes one of them.

The fields are those of the REST body. Beside them stand whom and which meeting the command is for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from moderation.domain.commands import Command, SetMeeting
from moderation.models import (
    AttendeeId,
    Ban,
    Body,
    CapabilitiesPatch,
    End,
    EndFloor,
    GrantFloor,
    Hold,
    LowerHand,
    MeetingId,
    Mute,
    MuteAll,
    Name,
    RaiseHand,
    Reasoned,
    Release,
    Remove,
    SetRole,
    Unban,
    Undo,
    Unmute,
    UnmuteAll,
    UserId,
    fault,
)
from moderation.models.validation import Fault, Invalid, checked
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


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """What a command's fields are, and whether it is for a person or for the whole meeting."""

    body: type[Body]
    on_person: bool = False


COMMANDS: Mapping[str, CommandSpec] = {
    "mute": CommandSpec(Mute, on_person=True),
    "unmute": CommandSpec(Unmute, on_person=True),
    "set-capabilities": CommandSpec(CapabilitiesPatch, on_person=True),
    "hold": CommandSpec(Hold, on_person=True),
    "release": CommandSpec(Release, on_person=True),
    "set-role": CommandSpec(SetRole, on_person=True),
    "remove": CommandSpec(Remove, on_person=True),
    "ban": CommandSpec(Ban, on_person=True),
    "unban": CommandSpec(Unban, on_person=True),
    "grant-floor": CommandSpec(GrantFloor, on_person=True),
    "end-floor": CommandSpec(EndFloor, on_person=True),
    "raise-hand": CommandSpec(RaiseHand, on_person=True),
    "lower-hand": CommandSpec(LowerHand, on_person=True),
    "mute-all": CommandSpec(MuteAll),
    "unmute-all": CommandSpec(UnmuteAll),
    "set-mode": CommandSpec(SetMode),
    "freeze": CommandSpec(Freeze),
    "unfreeze": CommandSpec(Unfreeze),
    "undo": CommandSpec(Undo),
    "end": CommandSpec(End),
}


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
    deed = COMMANDS[name]
    whom = _part(detail, Person) if deed.on_person else {}
    rest = {key: value for key, value in detail.items() if key not in {"command", *_keys(Place), *whom}}
    faults: list[Fault] = []
    person, body = Person.model_construct(), None
    try:
        person = checked(Person, whom) if deed.on_person else person
    except Invalid as invalid:
        faults += invalid.faults
    try:
        body = checked(deed.body, rest)
    except Invalid as invalid:
        faults += invalid.faults
    if faults or body is None:
        raise Invalid(*faults)
    return AddressedCommand(body.command(), person.attendee_id, person.external_user_id)


def _part(detail: Mapping[str, Any], model: type[BaseModel]) -> dict[str, Any]:
    return {key: detail[key] for key in _keys(model) if key in detail}


def _keys(model: type[BaseModel]) -> list[str]:
    return [to_camel(name) for name in model.model_fields]
