"""A command that can never work is told of where the meeting exists, once, and doesn't come again."""

from typing import Any

import pytest
from moderation.core.summary import summary

from tests.memory.scene import MEETING, seat

from .door import BOB, SOURCE, Door, event

HERE = {"meetingId": MEETING}
STRANGER = seat("nobody")
INVALID: list[tuple[dict[str, Any], str]] = [
    ({"command": "mute", **HERE}, "one of `attendeeId` and `externalUserId`"),
    ({"command": "mute", **BOB, "externalUserId": "bob"}, "one of `attendeeId` and `externalUserId`"),
    ({"command": "mute", **HERE, "externalUserId": "aws:x"}, "`/externalUserId`: `aws:` is reserved"),
    ({"command": "mute", **HERE, "attendeeId": "bob"}, "`/attendeeId`: not an AttendeeId"),
    ({"command": "mute", **HERE, "attendeeId": 7, "media": []}, "`/media`"),
    ({"command": "mute", **BOB, "durationSeconds": "300"}, "`/durationSeconds`: should be a whole number"),
    ({"command": "mute", **BOB, "durationSeconds": 86401}, "`/durationSeconds`"),
    ({"command": "mute", **BOB, "media": ["smell"]}, "`/media/0`"),
    ({"command": "mute", **BOB, "reason": "x" * 501}, "`/reason`"),
    ({"command": "mute", **BOB, "reason": "\ud800"}, "`/reason`"),
    ({"command": "mute", **BOB, "\ud800": 1}, "not valid Unicode"),
    ({"command": "mute", **BOB, "x" * 9999: 1}, "`/xxx"),
    ({"command": "mute-all", **BOB}, "`/attendeeId`: no such key"),
    ({"command": "mute-all", **HERE, "except": ["bob"]}, "`/except`"),
    ({"command": "set-capabilities", **BOB}, "at least one of"),
    ({"command": "set-mode", **HERE}, "`/mode`: required"),
    ({"command": "set-mode", **HERE, "mode": "open", "frozen": True}, "`/frozen`: no such key"),
    ({"command": "set-mode", **HERE, "mode": "interview"}, "no such mode"),
    ({"command": "freeze", **HERE, "frozen": False}, "`/frozen`"),
    ({"command": "mute-all", **HERE, "except": {"roles": ["judge"]}}, "no such role"),
    ({"command": "set-role", **BOB, "role": "judge"}, "no such role"),
    ({"command": "set-role", **BOB}, "`/role`: required"),
    ({"command": "hold", **HERE}, "one of `attendeeId` and `externalUserId`"),
    ({"command": "remove", **BOB, "until": "2099-01-01T00:00:00Z"}, "only a ban has an end"),
    ({"command": "ban", **BOB, "until": "tomorrow"}, "`/until`: a time in UTC"),
    ({"command": "ban", **BOB, "until": "2020-01-01T00:00:00Z"}, "a ban ends in the future"),
    ({"command": "undo", **HERE}, "`/changeId`: required"),
    ({"command": "end", **BOB}, "`/attendeeId`: no such key"),
]


@pytest.mark.parametrize(("detail", "said"), INVALID)
def test_invalid(detail: dict[str, Any], said: str) -> None:
    door = Door()
    for _ in range(2):
        assert door(event(detail)) == []
    entry = door.refusal()
    assert (entry.actor.id, entry.command, entry.adds["code"]) == (SOURCE, detail["command"], "invalid-request")
    assert said in str(entry.adds["detail"])
    assert len(str(entry.adds["detail"])) <= 500
    assert str(entry.detail).encode()
    assert "invalid-request" in summary(entry)


@pytest.mark.parametrize(
    "name", ["Mute", "register", "bind", "consent", "admit", "", "secret-" * 99, None, 7, ["mute"], {"mute": 1}]
)
def test_no_such_command(name: object) -> None:
    door = Door()
    assert door(event({"command": name, **BOB})) == []
    entry = door.refusal()
    assert (entry.command, entry.adds["detail"]) == ("unknown", "`/command`: no such command")


@pytest.mark.parametrize(
    ("command", "fields", "code"),
    [
        ("mute", {**HERE, "attendeeId": STRANGER}, "attendee-not-found"),
        ("mute-all", {**HERE, "except": {"attendeeIds": [STRANGER]}}, "attendee-not-found"),
        ("set-capabilities", {**BOB, "video": "Send", "content": "Receive"}, "content-needs-video"),
        ("undo", {**HERE, "changeId": "01JZ"}, "change-not-found"),
    ],
)
def test_what_the_moderator_does_not_write_himself(command: str, fields: dict[str, Any], code: str) -> None:
    door = Door()
    for _ in range(2):
        assert door.send(command, **fields, reason="why") == []
    entry = door.refusal()
    assert (entry.command, entry.adds["code"], entry.reason) == (command, code, "why")


def test_what_the_moderator_writes_himself_is_written_once() -> None:
    door = Door()
    door.send("set-mode", meetingId=MEETING, mode="audio-only")
    for _ in range(2):
        assert door.send("set-capabilities", "e-2", **BOB, video="SendReceive") == []
    assert [code for _, _, code in door.verdicts()] == [None, "capability-unavailable"]


def test_whom_it_was_for() -> None:
    door = Door()
    door.send("set-capabilities", meetingId=MEETING, externalUserId="bob", video="Send", content="Receive")
    entry = door.refusal()
    assert entry.adds["attendees"] == [{"attendeeId": None, "externalUserId": "bob"}]
    assert entry.adds["parameters"] == {"video": "Send", "content": "Receive"}


UNKNOWN = MEETING.replace("1", "9")


@pytest.mark.parametrize(
    "place",
    [
        {},
        {"meetingId": UNKNOWN},
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
def test_no_such_meeting(place: dict[str, Any], command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody's history tells of it, the log does."""
    door = Door()
    assert door.send(command, **place) == []
    assert door.scene.ledger.entries == Door().scene.ledger.entries
    out = capsys.readouterr().out
    assert "invalid-request" in out or "meeting-not-found" in out


def test_the_ledger_cannot_take_a_refusal() -> None:
    door = Door()
    door.scene.ledger.fail(10_000, done=False)
    assert door.send("nonsense", meetingId=MEETING) == ["0"]
    door.scene.ledger.fail(0, done=False)
    assert door.send("nonsense", meetingId=MEETING) == []
    assert door.refusal().command == "unknown"


def test_the_answer_of_the_ledger_is_lost() -> None:
    door = Door()
    door.scene.ledger.fail(1, done=True)
    assert door.send("nonsense", meetingId=MEETING) == []
    assert door.refusal().command == "unknown"
