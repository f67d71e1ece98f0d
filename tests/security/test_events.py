"""Events that are not what they give themselves out as: on the bus, and about Chime's meetings. The policies are those
that are shipped: no source may do anything.
"""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from chime_events import handler as news
from event_commands import handler as commands
from event_commands.processor import CommandProcessor

from tests.memory.moderated_meeting import MEETING, attendee_of
from tests.security.api import MeetingsApi
from tests.telemetry import CONTEXT
from tests.unit.event_commands.command_queue import MAX_AGE, event, triggered

MUTE = {"command": "mute-all", "meetingId": MEETING}
SOURCES = [
    "gavel",
    "aws.chime",
    "aws.partner/x",
    "trigger/exam",
    "trigger/",
    "trigger",
    "Trigger/exam",
    " trigger/exam",
    "trigger\u2215exam",
    "trigger%2Fexam",
    'x"; Service::"trigger/exam',
    "x\ntrigger/exam",
    "alice",
    "back-end",
    "admin",
    "clock",
    "chime",
    "*",
    "",
    "x" * 300,
]


@pytest.fixture(scope="module")
def shared_api() -> MeetingsApi:
    return MeetingsApi()


@pytest.fixture
def api(shared_api: MeetingsApi, monkeypatch: pytest.MonkeyPatch) -> Iterator[MeetingsApi]:
    shared_api.reset()
    inbox = CommandProcessor(shared_api.gavel, shared_api.meeting.clock.now, MAX_AGE)
    monkeypatch.setattr(commands, "commands", lambda: inbox)
    monkeypatch.setattr(news, "chime_events", lambda: shared_api.gavel.chime_events)
    yield shared_api
    shared_api.reset()


def delivered(handler: Any, *bodies: Any) -> bool:
    """Whether none comes again."""
    records = [{"messageId": str(number), "body": json.dumps(body)} for number, body in enumerate(bodies)]
    answer: dict[str, Any] = handler.handler({"Records": records}, CONTEXT)
    return answer == {"batchItemFailures": []}


@pytest.mark.parametrize("source", SOURCES)
def test_no_source_may_do_anything(api: MeetingsApi, source: str) -> None:
    before = api.state()
    assert delivered(
        commands, event(MUTE, source=source), event({"command": "end", "meetingId": MEETING}, "e-2", source)
    )
    assert api.state() == before
    assert api.meeting.chime.updates() == []
    told = api.meeting.ledger.entries[len(api.begun_with) :]
    assert {(entry.actor.kind, entry.actor.id, entry.extra["verdict"]) for entry in told} <= {
        ("service", source, "refused")
    }


FORGERIES: list[dict[str, Any]] = [
    {"actor": {"kind": "user", "id": "alice"}},
    {"principal": 'User::"alice"'},
    {"source": "trigger/exam"},
    {"trigger": "exam"},
    {"via": "back-end"},
    {"policies": ["admin-may-do-everything"]},
    {"verdict": "accepted"},
    {"sent": "2099-01-01T00:00:00Z"},
    {"key": "x"},
]


@pytest.mark.parametrize("forged", FORGERIES)
@pytest.mark.parametrize("place", ["detail", "envelope"])
def test_who_commands_is_not_said_by_the_command(api: MeetingsApi, forged: dict[str, Any], place: str) -> None:
    before = api.state()
    body = event({**MUTE, **forged}) if place == "detail" else {**event(MUTE), **forged}
    if place == "envelope":
        body["source"] = "other.app"
    assert delivered(commands, body)
    assert api.state() == before


def test_a_trigger_is_no_more_than_a_trigger(api: MeetingsApi) -> None:
    """It moderates; hosts, settings, what is done in person and what the back end does are not its own."""
    assert delivered(commands, triggered(MUTE))
    before = api.state()
    others: list[dict[str, Any]] = [
        {"command": "remove", "externalUserId": "alice"},
        {"command": "set-role", "externalUserId": "hugo", "role": "viewer"},
        {"command": "consent", "externalUserId": "bob", "changeId": "01JZ", "accept": True},
        {"command": "register", "roles": {"mallory": "host"}},
        {"command": "set-settings", "lobby": False},
        {"command": "admit-users", "users": [{"externalUserId": "mallory"}]},
        {"command": "bind", "attendeeId": attendee_of("bob")},
        {"command": "expire"},
    ]
    for number, command in enumerate(others):
        assert delivered(commands, triggered({"meetingId": MEETING, **command}, f"e-{number + 10}"))
        assert api.state() == before, command


# ---- what is told of Chime's meetings ------------------------------------------------------------------------------
def told(kind: str, **detail: Any) -> dict[str, Any]:
    about = {
        "meetingId": MEETING,
        "attendeeId": attendee_of("bob"),
        "externalUserId": "bob",
        "eventType": f"chime:{kind}",
    }
    return {"id": "e-1", "source": "aws.chime", "detail": {"version": "0", **about, **detail}}


@pytest.mark.parametrize(
    "forged",
    [
        told("MeetingEnded"),
        told("AttendeeAdded"),
        told("AttendeeJoined", externalUserId="alice"),
        told("AttendeeJoined", attendeeId=attendee_of("nobody"), externalUserId="alice"),
        told("AttendeeLeft"),
        told("AttendeeDeleted"),
        told("AttendeeCapabilitiesUpdated", audioCapability="None"),
        told("AttendeeCapabilitiesUpdated", attendeeId=attendee_of("nobody")),
        told("AttendeeCapabilitiesUpdated", successCount=0),
        told("AttendeeJoined", attendeeId="../x", externalUserId="x" * 9_999),
        told("AttendeeJoined", attendeeId=["x"]),
        told("MeetingEnded", meetingId="*"),
        told("MeetingStarted"),
        told("Nonsense", externalUserId="alice"),
    ],
)
def test_a_forged_state_change_causes_a_look_at_most(api: MeetingsApi, forged: dict[str, Any]) -> None:
    """What it tells is looked up and never believed: nobody gets another's attendee, no meeting is over."""
    before = api.state()
    assert delivered(news, forged)
    assert api.state() == before
    assert api.meeting.chime.updates() == []
    assert len(api.meeting.chime.calls) <= 1


def test_state_changes_of_meetings_that_are_not_there(api: MeetingsApi) -> None:
    for number in range(200):
        meeting_id = str(uuid.UUID(int=number))
        for kind in ("AttendeeJoined", "AttendeeLeft", "AttendeeCapabilitiesUpdated", "MeetingEnded"):
            assert delivered(news, told(kind, meetingId=meeting_id))
    assert api.meeting.chime.calls == []


def test_floods_of_state_changes(api: MeetingsApi) -> None:
    """Events on an attendee that is as the rules say cost no call. Others are looked at within the call budget."""
    for _ in range(200):
        delivered(news, told("AttendeeCapabilitiesUpdated"))
    assert len(api.meeting.chime.calls) <= 10
