"""Commands by event: `put_command` puts one on Gavel's bus."""

import json
from typing import Any, Protocol

from .errors import NotOnTheBusError
from .models import (
    BanCommand,
    EndCommand,
    EndFloorCommand,
    FreezeCommand,
    GrantFloorCommand,
    HoldCommand,
    LowerAllHandsCommand,
    LowerHandCommand,
    MuteAllCommand,
    MuteCommand,
    RaiseHandCommand,
    ReleaseCommand,
    RemoveCommand,
    SetCapabilitiesCommand,
    SetModeCommand,
    SetRoleCommand,
    UnbanCommand,
    UndoCommand,
    UnfreezeCommand,
    UnmuteAllCommand,
    UnmuteCommand,
)

DETAIL_TYPE = "Moderation Command"
Command = (
    BanCommand
    | EndCommand
    | EndFloorCommand
    | FreezeCommand
    | GrantFloorCommand
    | HoldCommand
    | LowerAllHandsCommand
    | LowerHandCommand
    | MuteAllCommand
    | MuteCommand
    | RaiseHandCommand
    | ReleaseCommand
    | RemoveCommand
    | SetCapabilitiesCommand
    | SetModeCommand
    | SetRoleCommand
    | UnbanCommand
    | UndoCommand
    | UnfreezeCommand
    | UnmuteAllCommand
    | UnmuteCommand
)
ADDRESSES = (("meetingId", "externalMeetingId"), ("attendeeId", "externalUserId"))


class EventBridge(Protocol):
    """What is needed of `boto3.client("events")`."""

    def put_events(self, **arguments: Any) -> Any: ...


def put_command(events_client: EventBridge, bus: str, command: Command, *, source: str) -> str:
    """Puts a command on the bus, and returns the event's id, which is its idempotency key.

    `bus` is the name or ARN of Gavel's bus. `source` is who commands: the policies know it as `Service::"<source>"`.
    Whether the policies permit the command shows in the event `Moderation Decided`.

    Raises `ValueError` for a command that Gavel would never take, and `NotOnTheBusError` if EventBridge does not take
    it.
    """
    answer = events_client.put_events(Entries=[entry(bus, command, source=source)])
    [result] = answer["Entries"]
    if answer["FailedEntryCount"]:
        raise NotOnTheBusError(f"{result.get('ErrorCode')}: {result.get('ErrorMessage')}")
    return str(result["EventId"])


def entry(bus: str, command: Command, *, source: str) -> dict[str, Any]:
    """The entry for `PutEvents`, for callers that put several events at once."""
    if source == "gavel" or source.startswith(("aws.", "trigger/")):
        raise ValueError(f"Gavel takes no commands from the source `{source}`")
    detail = command.to_json()
    for one, other in ADDRESSES:
        if one in detail and other in detail:
            raise ValueError(f"a command has `{one}` or `{other}`, not both")
    if not detail.keys() & set(ADDRESSES[0]):
        raise ValueError("a command names its meeting: `meeting_id` or `external_meeting_id`")
    if "attendee_id" in type(command).model_fields and not detail.keys() & set(ADDRESSES[1]):
        raise ValueError("the command names a user: `attendee_id` or `external_user_id`")
    return {"EventBusName": bus, "Source": source, "DetailType": DETAIL_TYPE, "Detail": json.dumps(detail)}
