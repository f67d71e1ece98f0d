"""A command that can never work becomes a refused event, once, whether its meeting exists or not; it is not retried."""

import json
from typing import Any

import pytest
from event_commands.command_specs import COMMANDS
from moderation.application.requests import Request
from moderation.domain.commands import End
from moderation.domain.documents import meeting_revision
from moderation.domain.summary import summary

from tests.memory.moderated_meeting import ADMIN, MEETING, attendee_of

from .command_queue import BOB, EXTERNAL, SOURCE, CommandQueue, event

HERE = {"meetingId": MEETING}
STRANGER = attendee_of("nobody")
INVALID: list[tuple[dict[str, Any], str]] = [
    ({"command": "mute", **HERE}, "should have one of `attendeeId` and `externalUserId`"),
    ({"command": "mute", **BOB, "externalUserId": "bob"}, "should have one of `attendeeId` and `externalUserId`"),
    ({"command": "mute", **HERE, "externalUserId": "aws:x"}, "`/externalUserId`: should not begin with `aws:`"),
    ({"command": "mute", **HERE, "attendeeId": "bob"}, "`/attendeeId`: should be an AttendeeId"),
    ({"command": "mute", **HERE, "attendeeId": 7, "media": []}, "`/media`"),
    ({"command": "mute", **BOB, "durationSeconds": "300"}, "`/durationSeconds`: should be a whole number"),
    ({"command": "mute", **BOB, "durationSeconds": 86401}, "`/durationSeconds`"),
    ({"command": "mute", **BOB, "media": ["smell"]}, "`/media/0`"),
    ({"command": "mute", **BOB, "reason": "x" * 501}, "`/reason`"),
    ({"command": "mute", **BOB, "reason": "\ud800"}, "`/reason`"),
    ({"command": "mute", **BOB, "\ud800": 1}, "should be valid Unicode"),
    ({"command": "mute", **BOB, "x" * 9999: 1}, "`/xxx"),
    ({"command": "mute-all", **BOB}, "`/attendeeId`: there is no such key"),
    ({"command": "mute-all", **HERE, "except": ["bob"]}, "`/except`"),
    ({"command": "set-capabilities", **BOB}, "at least one of"),
    ({"command": "set-mode", **HERE}, "`/mode`: is required"),
    ({"command": "set-mode", **HERE, "mode": "open", "frozen": True}, "`/frozen`: there is no such key"),
    ({"command": "set-mode", **HERE, "mode": "interview"}, "There is no mode"),
    ({"command": "freeze", **HERE, "frozen": False}, "`/frozen`"),
    ({"command": "mute-all", **HERE, "except": {"roles": ["judge"]}}, "There is no role"),
    ({"command": "set-role", **BOB, "role": "judge"}, "There is no role"),
    ({"command": "set-role", **BOB}, "`/role`: is required"),
    ({"command": "hold", **HERE}, "should have one of `attendeeId` and `externalUserId`"),
    ({"command": "remove", **BOB, "until": "2099-01-01T00:00:00Z"}, "needs `ban`: only a ban has an end"),
    ({"command": "ban", **BOB, "until": "tomorrow"}, "`/until`: should be a time in UTC"),
    ({"command": "ban", **BOB, "until": "2020-01-01T00:00:00Z"}, "`until` should be in the future."),
    ({"command": "undo", **HERE}, "`/changeId`: is required"),
    ({"command": "end", **BOB}, "`/attendeeId`: there is no such key"),
]


@pytest.mark.parametrize(("detail", "said"), INVALID)
def test_invalid(detail: dict[str, Any], said: str) -> None:
    queue = CommandQueue()
    for _ in range(2):
        assert queue(event(detail)) == []
    entry = queue.refusal()
    assert (entry.actor.id, entry.command, entry.extra["code"]) == (SOURCE, detail["command"], "invalid-request")
    assert said in str(entry.extra["detail"])
    assert len(str(entry.extra["detail"])) <= 500
    assert str(entry.detail).encode()
    assert summary(entry).endswith(", but the command was invalid")


@pytest.mark.parametrize(
    "name", ["Mute", "register", "bind", "consent", "admit", "", "secret-" * 99, None, 7, ["mute"], {"mute": 1}]
)
def test_no_such_command(name: object) -> None:
    queue = CommandQueue()
    assert queue(event({"command": name, **BOB})) == []
    entry = queue.refusal()
    assert (entry.command, entry.extra["detail"]) == ("unknown", "`/command`: there is no such command")


@pytest.mark.parametrize(
    ("command", "fields", "code"),
    [
        ("mute", {**HERE, "attendeeId": STRANGER}, "attendee-not-found"),
        ("set-capabilities", {**BOB, "video": "Send", "content": "Receive"}, "content-needs-video"),
        ("undo", {**HERE, "changeId": "01JZ"}, "change-not-found"),
    ],
)
def test_refusals_that_the_handlers_do_not_record(command: str, fields: dict[str, Any], code: str) -> None:
    queue = CommandQueue()
    for _ in range(2):
        assert queue.send(command, **fields, reason="why") == []
    entry = queue.refusal()
    assert (entry.command, entry.extra["code"], entry.reason) == (command, code, "why")


def test_a_refusal_that_the_handlers_record_is_recorded_once() -> None:
    queue = CommandQueue()
    queue.send("set-mode", meetingId=MEETING, mode="audio-only")
    for _ in range(2):
        assert queue.send("set-capabilities", "e-2", **BOB, video="SendReceive") == []
    assert [code for _, _, code in queue.verdicts()] == [None, "capability-unavailable"]


def test_the_record_names_the_user_it_was_for() -> None:
    queue = CommandQueue()
    queue.send("set-capabilities", meetingId=MEETING, externalUserId="bob", video="Send", content="Receive")
    entry = queue.refusal()
    assert (entry.meeting_id, entry.revision) == (MEETING, meeting_revision(queue.meeting.stored()))
    assert entry.extra["attendees"] == [{"attendeeId": None, "externalUserId": "bob"}]
    assert entry.extra["parameters"] == {"video": "Send", "content": "Receive"}


UNKNOWN = MEETING.replace("1", "9")
NOWHERE = [{"meetingId": UNKNOWN}, {"externalMeetingId": "nowhere"}]


@pytest.mark.parametrize(
    "place",
    [
        {},
        *NOWHERE,
        {"meetingId": "x"},
        {"meetingId": None},
        {"meetingId": 7},
        {"externalMeetingId": ""},
        {"externalMeetingId": "x" * 65},
        {"externalMeetingId": ["x"]},
        {"meetingId": MEETING, "externalMeetingId": "external"},
    ],
)
@pytest.mark.parametrize("command", ["mute-all", "nonsense"])
def test_no_such_meeting(place: dict[str, Any], command: str) -> None:
    """The event is published, says what was asked for, and is in no meeting's history."""
    queue = CommandQueue()
    for _ in range(2):
        assert queue.send(command, **place, reason="why") == []
    entry = queue.refusal()
    assert (entry.meeting_id, entry.external_meeting_id, entry.revision) == (None, None, "m0")
    assert (entry.actor.id, entry.reason) == (SOURCE, "why")
    assert entry.command == (command if command in COMMANDS else "unknown")
    is_valid = place in NOWHERE and command in COMMANDS
    assert entry.extra["code"] == ("meeting-not-found" if is_valid else "invalid-request")
    assert entry.extra["detail"]
    as_sent = {key: value if isinstance(value, str) else json.dumps(value) for key, value in place.items()}
    assert entry.extra["requested"] == {"command": command, **as_sent}
    assert queue.gavel.history(MEETING, ADMIN, after=None, limit=9) == CommandQueue().gavel.history(
        MEETING, ADMIN, after=None, limit=9
    )


def test_what_was_asked_for_is_shortened() -> None:
    queue = CommandQueue()
    queue.send("mute", externalMeetingId="x" * 9999, externalUserId=["bob"] * 999, attendeeId="\ud800")
    requested = queue.refusal().extra["requested"]
    assert requested == {
        "command": "mute",
        "externalMeetingId": "x" * 128,
        "externalUserId": json.dumps(["bob"] * 999)[:128],
        "attendeeId": "?",
    }


def test_a_room_as_a_number_is_told_of() -> None:
    """What a school's system sends whose rooms are numbers."""
    queue = CommandQueue()
    assert queue.trigger("mute-all", externalMeetingId=7) == []
    entry = queue.refusal()
    assert (entry.actor.id, entry.extra["code"]) == ("trigger/exam", "invalid-request")
    assert entry.extra["requested"] == {"command": "mute-all", "externalMeetingId": "7"}


@pytest.mark.parametrize("place", [HERE, {"externalMeetingId": EXTERNAL}])
@pytest.mark.parametrize("command", ["mute-all", "nonsense"])
def test_a_meeting_that_has_ended(place: dict[str, Any], command: str) -> None:
    queue = CommandQueue()
    queue.meeting.gavel.perform(Request(MEETING, ADMIN, End()))
    for _ in range(2):
        assert queue.send(command, **place) == []
    [entry] = [entry for entry in queue.meeting.entries("Moderation Decided") if entry.actor.id == SOURCE]
    assert entry.meeting_id == MEETING
    assert entry.extra["code"] == ("meeting-ended" if command == "mute-all" else "invalid-request")


def test_the_ledger_cannot_take_a_refusal() -> None:
    queue = CommandQueue()
    queue.meeting.ledger.fail(10_000, done=False)
    assert queue.send("nonsense", meetingId=MEETING) == ["0"]
    queue.meeting.ledger.fail(0, done=False)
    assert queue.send("nonsense", meetingId=MEETING) == []
    assert queue.refusal().command == "unknown"


def test_the_answer_of_the_ledger_is_lost() -> None:
    queue = CommandQueue()
    queue.meeting.ledger.fail(1, done=True)
    assert queue.send("nonsense", meetingId=MEETING) == []
    assert queue.refusal().command == "unknown"
