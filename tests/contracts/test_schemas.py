"""Schemas of events and commands: there is one of each, and it takes what Gavel writes and what Gavel obeys."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from event_commands.command_specs import COMMANDS, AddressedCommand, MeetingAddress, addressed_command, meeting_address
from jsonschema import Draft202012Validator
from moderation.domain import entry
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.entry import DECIDED, DELAYED, MEETING_ENDED, Entry, concerning
from moderation.validation import Invalid

from contracts.event_models import EVENTS
from contracts.events import slug
from contracts.files import DOCS, schemas
from tests.contracts.validation import problems, schema, validator
from tests.memory.described import Undescribed, check

MEETING = "11111111-1111-1111-1111-111111111111"
ATTENDEE = "22222222-2222-2222-2222-222222222222"
BOB = {"meetingId": MEETING, "attendeeId": ATTENDEE}
HERE = {"meetingId": MEETING}
NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
ENVELOPE = {"version": "0", "id": "1", "account": "123456789012", "time": "2026-05-04T10:00:00Z", "region": "us-east-1"}
DECISION: dict[str, object] = {
    "verdict": "accepted",
    "policies": ["hosts-moderate"],
    "code": None,
    "parameters": {"media": ["audio"]},
    "attendees": [concerning(ATTENDEE, "bob")],
}
PROCESSED: list[dict[str, Any]] = [
    {"command": "mute", **BOB},
    {"command": "mute", **BOB, "media": ["video"], "durationSeconds": 9, "reason": "x", "liftableBy": "self"},
    {"command": "mute", "externalMeetingId": "room-7", "externalUserId": "bob", "durationSeconds": None},
    {"command": "unmute", **BOB, "reason": None},
    {"command": "set-capabilities", **BOB, "content": "Send"},
    {"command": "mute-all", **HERE, "except": {"roles": [], "attendeeIds": [ATTENDEE + "#content"]}},
    {"command": "unmute-all", **HERE, "media": ["content"]},
    {"command": "set-mode", **HERE, "mode": "audience"},
    {"command": "freeze", **HERE},
    {"command": "unfreeze", **HERE},
    {"command": "hold", **BOB, "reason": "x"},
    {"command": "release", **BOB},
    {"command": "set-role", **BOB, "role": "presenter"},
    {"command": "remove", **BOB, "ban": True},
    {"command": "ban", **HERE, "externalUserId": "bob"},
    {"command": "unban", **HERE, "externalUserId": "bob"},
    {"command": "grant-floor", **BOB, "durationSeconds": 60},
    {"command": "end-floor", **BOB},
    {"command": "raise-hand", **BOB},
    {"command": "lower-hand", **BOB},
    {"command": "lower-all-hands", **HERE, "reason": "next topic"},
    {"command": "undo", **HERE, "changeId": "01M86H2Q2PP2STGQ999GK6MYMG"},
    {"command": "end", **HERE},
]
REFUSED: list[dict[str, Any]] = [
    {"command": "mute", **HERE},
    {"command": "mute", **BOB, "externalUserId": "bob"},
    {"command": "mute", "attendeeId": ATTENDEE},
    {"command": "mute", **BOB, "externalMeetingId": "room-7"},
    {"command": "mute", **BOB, "durationSeconds": "300"},
    {"command": "mute", **BOB, "durationSeconds": 86401},
    {"command": "mute", **BOB, "media": []},
    {"command": "mute", **BOB, "media": ["audio", "audio"]},
    {"command": "mute", **BOB, "because": "noise"},
    {"command": "mute", **BOB, "reason": "x" * 501},
    {"command": "mute", "meetingId": "room-7", "attendeeId": ATTENDEE},
    {"command": "set-capabilities", **BOB},
    {"command": "set-capabilities", **BOB, "audio": "receive"},
    {"command": "mute-all", **BOB},
    {"command": "mute-all", **HERE, "except": ["bob"]},
    {"command": "set-mode", **HERE},
    {"command": "set-mode", **HERE, "mode": "Open"},
    {"command": "freeze", **HERE, "frozen": True},
]


def told(kind: str, adds: dict[str, object]) -> Entry:
    actor = Actor(ActorKind.USER, "alice", "back-end")
    return Entry("0" * 26, kind, MEETING, "room-7", NOW, actor, "mute", "p1.m1", "c", extra=adds)


def event(kind: str, adds: dict[str, object]) -> dict[str, Any]:
    """As EventBridge delivers it."""
    detail = json.loads(json.dumps(told(kind, adds).detail))
    return {**ENVELOPE, "detail-type": kind, "source": "gavel", "resources": [], "detail": detail}


def obeyed(detail: dict[str, Any]) -> tuple[AddressedCommand, MeetingAddress]:
    """Reads the command as the function does. Raises `Invalid`."""
    return addressed_command(detail), meeting_address(detail)


def command(detail: dict[str, Any]) -> dict[str, Any]:
    return {**ENVELOPE, "detail-type": "Moderation Command", "source": "school", "resources": [], "detail": detail}


@pytest.mark.parametrize("path", schemas())
def test_the_file_is_a_schema(path: str) -> None:
    Draft202012Validator.check_schema(json.loads((DOCS / path).read_text(encoding="utf-8")))


def test_each_has_an_id_of_its_own() -> None:
    ids = {json.loads((DOCS / path).read_text(encoding="utf-8"))["$id"] for path in schemas()}
    assert len(ids) == len(schemas())
    assert all(path.removeprefix("schemas/") in " ".join(ids) for path in schemas())


def test_types_are_shared() -> None:
    """A generator makes one class of `Actor`, not one for each event."""
    events = [schema(path.removeprefix("schemas/")) for path in schemas() if "/events/" in path]
    assert all("$defs" not in event for event in events)
    assert {event["properties"]["detail"]["properties"]["actor"]["$ref"] for event in events} == {
        "../types.json#/$defs/Actor"
    }


def test_every_type_of_entry_has_one() -> None:
    names = {value for name, value in vars(entry).items() if name.isupper() and isinstance(value, str) and " " in value}
    assert names == {model.detail_type for model in EVENTS}
    assert {path for path in schemas() if "/events/" in path} == {f"schemas/events/{slug(name)}.json" for name in names}


def test_every_command_has_one() -> None:
    taken = set(COMMANDS)
    assert {path for path in schemas() if "/commands/" in path} == {f"schemas/commands/{name}.json" for name in taken}
    assert {detail["command"] for detail in PROCESSED} == taken


@pytest.mark.parametrize(
    ("kind", "adds"),
    [(DECIDED, DECISION), (DELAYED, {"pendingSince": "2026-05-04T10:00:00.000Z"}), (MEETING_ENDED, {"attendees": []})],
)
def test_an_event_as_it_is_written(kind: str, adds: dict[str, object]) -> None:
    assert problems(event(kind, adds)) == []
    check(told(kind, adds))


@pytest.mark.parametrize(
    "adds",
    [
        {**DECISION, "mood": "cross"},
        {**DECISION, "verdict": "perhaps"},
        {key: value for key, value in DECISION.items() if key != "policies"},
        {**DECISION, "attendees": [{**concerning(ATTENDEE, "bob"), "name": "Bob"}]},
    ],
)
def test_what_is_not_described_is_found(adds: dict[str, object]) -> None:
    assert problems(event(DECIDED, adds))
    with pytest.raises(Undescribed):
        check(told(DECIDED, adds))


def test_what_is_called_otherwise_is_found() -> None:
    assert problems(event("Hand Shaken", {}))
    with pytest.raises(Undescribed):
        check(told("Hand Shaken", {}))


def test_subscribers_take_what_is_added_later() -> None:
    published = validator(schema("events/moderation-decided.json"))
    assert published.is_valid(event(DECIDED, {**DECISION, "mood": "cross"}))
    assert not published.is_valid(event(DECIDED, {**DECISION, "verdict": "perhaps"}))


@pytest.mark.parametrize("detail", PROCESSED)
def test_a_command_that_is_obeyed(detail: dict[str, Any]) -> None:
    assert obeyed(detail)
    published = Draft202012Validator(schema(f"commands/{detail['command']}.json"))
    assert [error.message for error in published.iter_errors(command(detail))] == []


@pytest.mark.parametrize("detail", REFUSED)
def test_a_command_that_is_invalid(detail: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        obeyed(detail)
    assert not Draft202012Validator(schema(f"commands/{detail['command']}.json")).is_valid(command(detail))


@pytest.mark.parametrize("source", ["gavel", "aws.chime", "trigger/exam"])
def test_a_source_that_never_commands(source: str) -> None:
    published = Draft202012Validator(schema("commands/freeze.json"))
    assert not published.is_valid({**command({"command": "freeze", **HERE}), "source": source})
