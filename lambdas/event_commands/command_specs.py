"""The commands that come by event, and how they are read.

An event has the fields of the REST body, and beside them the meeting and the user that the command is for.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_type_hints

from moderation.domain.commands import COMMANDS as REGISTRY
from moderation.domain.commands import Command, SetMeeting, Target
from moderation.domain.ids import Malformed
from moderation.models import (
    AttendeeId,
    Body,
    ExternalMeetingId,
    MeetingId,
    Name,
    Reasoned,
    Selection,
    Strict,
    UserId,
    bodies,
)
from moderation.validation import Fault, Invalid, checked
from pydantic import model_validator
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
"""The bodies of commands that set one part of a meeting. By event each of them is a command of its own."""


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """The fields of a command, and whether its target is a user or the whole meeting."""

    body: type[Body]
    on_user: bool = False


def _specs() -> Iterator[tuple[str, CommandSpec]]:
    """The spec of each command by event. The body of a command is the model whose `command()` returns it; a selection
    has no event.
    """
    models = {get_type_hints(model.command)["return"]: model for model in bodies() if not issubclass(model, Selection)}
    for command in dict.fromkeys(REGISTRY.values()):
        for name in command.event_names():
            yield name, CommandSpec(PARTS.get(name) or models[command], command.target is Target.USER)


COMMANDS: Mapping[str, CommandSpec] = dict(_specs())


class MeetingAddress(Strict):
    """The meeting that a command is for: one meeting, or every live meeting with a name."""

    meeting_id: MeetingId | None = None
    external_meeting_id: ExternalMeetingId | None = None

    @model_validator(mode="after")
    def _is_one(self) -> "MeetingAddress":
        if (self.meeting_id is None) is (self.external_meeting_id is None):
            raise Malformed("should have one of `meetingId` and `externalMeetingId`")
        return self


class UserAddress(Strict):
    """The user that a command is for, by one of their ids."""

    attendee_id: AttendeeId | None = None
    external_user_id: UserId | None = None

    @model_validator(mode="after")
    def _is_one(self) -> "UserAddress":
        if (self.attendee_id is None) is (self.external_user_id is None):
            raise Malformed("should have one of `attendeeId` and `externalUserId`")
        return self


@dataclass(frozen=True, slots=True)
class AddressedCommand:
    """A command with the user that it is for, if it is for one."""

    command: Command
    attendee_id: str | None = None
    user_id: str | None = None


def meeting_address(detail: Mapping[str, Any]) -> MeetingAddress:
    """The meeting that the event names. Raises `Invalid`."""
    return checked(MeetingAddress, _part(detail, MeetingAddress))


def name_of(detail: Mapping[str, Any]) -> str | None:
    """The command's name, `None` if there is no such command."""
    name = detail.get("command")
    return name if isinstance(name, str) and name in COMMANDS else None


def addressed_command(detail: Mapping[str, Any]) -> AddressedCommand:
    """The command of an event. Raises `Invalid` with every fault."""
    name = name_of(detail)
    if name is None:
        raise Invalid(Fault("/command", "there is no such command"))
    spec = COMMANDS[name]
    address = _part(detail, UserAddress) if spec.on_user else {}
    rest = {key: value for key, value in detail.items() if key not in {"command", *_keys(MeetingAddress), *address}}
    faults: list[Fault] = []
    user, body = UserAddress.model_construct(), None
    try:
        user = checked(UserAddress, address) if spec.on_user else user
    except Invalid as invalid:
        faults += invalid.faults
    try:
        body = checked(spec.body, rest)
    except Invalid as invalid:
        faults += invalid.faults
    if faults or body is None:
        raise Invalid(*faults)
    return AddressedCommand(body.command(), user.attendee_id, user.external_user_id)


def _part(detail: Mapping[str, Any], model: type[Strict]) -> dict[str, Any]:
    return {key: detail[key] for key in _keys(model) if key in detail}


def _keys(model: type[Strict]) -> list[str]:
    return [to_camel(name) for name in model.model_fields]
