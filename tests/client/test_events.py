"""Typed events, and commands by event."""

import json
from pathlib import Path
from typing import Any, get_args

import pytest
from gavel_client import NotAGavelEventError, NotOnTheBusError, UnknownEvent, parse_event, put_command
from gavel_client.bus import Command
from gavel_client.events import DETAIL_TYPES
from gavel_client.models import AttendeeCapabilitiesChanged, BanCommand, EndCommand, MuteAllCommand, MuteCommand, Spared
from gavel_client.powertools import GavelSqsRecord
from jsonschema import Draft202012Validator

from tests.client.server import ALL, ATTENDEE, CHANGE, MEETING, MUTED
from tests.tracked import ROOT

SCHEMAS = ROOT / "docs" / "schemas"


def event(detail_type: str = "Attendee Capabilities Changed", **other: Any) -> dict[str, Any]:
    changed = {"attendeeId": ATTENDEE, "externalUserId": "bob", "before": ALL, "after": MUTED, "effects": []}
    detail: dict[str, Any] = {
        "schemaVersion": "1",
        "entryId": CHANGE,
        "changeId": CHANGE,
        "meetingId": MEETING,
        "command": "mute",
    }
    detail |= {"externalMeetingId": "demo", "occurredAt": "2026-05-04T10:00:00.000Z", "reason": None, "revision": "m7"}
    detail |= {"actor": {"kind": "user", "id": "alice"}, "attendees": [changed]} | other
    return {
        "version": "0", "id": "e", "detail-type": detail_type, "source": "gavel", "account": "123456789012",
        "time": "2026-05-04T10:00:00Z", "region": "eu-central-1", "resources": [], "detail": detail,
    }  # fmt: skip


def test_an_event() -> None:
    match parse_event(event()):
        case AttendeeCapabilitiesChanged(detail=detail):
            assert (detail.attendees[0].external_user_id, detail.attendees[0].after.audio) == ("bob", "Receive")
            assert detail.entry_id == CHANGE
        case other:
            pytest.fail(f"{other!r}")


def test_every_published_event_has_a_class() -> None:
    titles = {json.loads(path.read_text())["title"] for path in SCHEMAS.glob("events/*.json")}
    assert titles == DETAIL_TYPES


def test_what_later_versions_add_is_no_error() -> None:
    parsed = parse_event(event("Attendee Teleported", planet="Mars"))
    assert isinstance(parsed, UnknownEvent)
    assert parsed.detail.model_extra is not None
    assert parsed.detail.model_extra["planet"] == "Mars"
    assert isinstance(parse_event(event(planet="Mars")), AttendeeCapabilitiesChanged)


@pytest.mark.parametrize(
    "wrong", [{}, event() | {"source": "aws.chime"}, event() | {"detail": {}}, {"Records": []}], ids=str
)
def test_what_is_no_event_of_gavel(wrong: dict[str, Any]) -> None:
    with pytest.raises(NotAGavelEventError):
        parse_event(wrong)


def test_an_event_behind_a_queue() -> None:
    """As `BatchProcessor` of Powertools hands it over."""
    attributes = {"ApproximateReceiveCount": "1", "SentTimestamp": "1", "SenderId": "s"}
    attributes["ApproximateFirstReceiveTimestamp"] = "1"
    record = {
        "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d", "receiptHandle": "r", "body": json.dumps(event()),
        "attributes": attributes, "messageAttributes": {}, "md5OfBody": "m", "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:q", "awsRegion": "eu-central-1",
    }  # fmt: skip
    assert isinstance(GavelSqsRecord.model_validate(record).body, AttendeeCapabilitiesChanged)


class Bus:
    """Takes entries, or refuses them."""

    def __init__(self, refuses: bool = False) -> None:
        self.refuses = refuses
        self.entries: list[dict[str, Any]] = []

    def put_events(self, **arguments: Any) -> Any:
        self.entries += arguments["Entries"]
        result = {"ErrorCode": "ThrottlingException", "ErrorMessage": "slow down"} if self.refuses else {"EventId": "e"}
        return {"FailedEntryCount": int(self.refuses), "Entries": [result]}


def valid(name: str, bus: Bus) -> dict[str, Any]:
    """The entry, which the published schema of the command takes."""
    entry = bus.entries[-1]
    detail: dict[str, Any] = json.loads(entry["Detail"])
    schema = json.loads((SCHEMAS / "commands" / f"{name}.json").read_text())
    Draft202012Validator({**schema["$defs"]["Command"], "$defs": schema["$defs"]}).validate(detail)
    assert (entry["DetailType"], entry["Source"], entry["EventBusName"]) == ("Moderation Command", "exam.app", "gavel")
    return detail


def test_commands_on_the_bus() -> None:
    bus = Bus()
    mute = MuteCommand(command="mute", meeting_id=MEETING, external_user_id="bob", duration_seconds=300)
    assert put_command(bus, "gavel", mute, source="exam.app") == "e"
    assert valid("mute", bus) == {
        "command": "mute", "meetingId": MEETING, "externalUserId": "bob", "durationSeconds": 300,
    }  # fmt: skip
    silence = MuteAllCommand(command="mute-all", external_meeting_id="room-7", except_=Spared(roles=["host"]))
    put_command(bus, "gavel", silence, source="exam.app")
    assert valid("mute-all", bus)["except"] == {"roles": ["host"]}


@pytest.mark.parametrize(
    ("command", "source"),
    [
        (EndCommand(command="end"), "exam.app"),
        (EndCommand(command="end", meeting_id=MEETING, external_meeting_id="x"), "exam.app"),
        (BanCommand(command="ban", meeting_id=MEETING), "exam.app"),
        (EndCommand(command="end", meeting_id=MEETING), "gavel"),
        (EndCommand(command="end", meeting_id=MEETING), "aws.ec2"),
        (EndCommand(command="end", meeting_id=MEETING), "trigger/x"),
    ],
)
def test_what_gavel_would_never_take(command: Command, source: str) -> None:
    with pytest.raises(ValueError, match="`"):
        put_command(Bus(), "gavel", command, source=source)


def test_a_bus_that_refuses() -> None:
    with pytest.raises(NotOnTheBusError, match="ThrottlingException: slow down"):
        put_command(Bus(refuses=True), "gavel", EndCommand(command="end", meeting_id=MEETING), source="exam.app")


def test_every_published_command_has_a_class() -> None:
    names = {get_args(model.model_fields["command"].annotation)[0] for model in get_args(Command)}
    assert names == {path.stem for path in Path(SCHEMAS / "commands").glob("*.json")}
