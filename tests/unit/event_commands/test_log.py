"""One line for each decision. Whatever names somebody stands under `person`; reasons and wrong words stand nowhere."""

import json
from typing import Any

import pytest

from tests.memory.moderated_meeting import MEETING, seat

from .door import BOB, SOURCE, Door

Captured = pytest.CaptureFixture[str]


def line(captured: Captured) -> dict[str, Any]:
    text = captured.readouterr().out
    assert text.count("\n") == 1
    said: dict[str, Any] = json.loads(text)
    return said


def test_obeyed(capsys: Captured) -> None:
    door = Door()
    door.send("mute", **BOB, reason="secret-reason")
    said = line(capsys)
    assert said.pop("durationMs") == said.pop("Latency") >= 0
    assert {key: said.pop(key) for key in ("stage", "Decisions")} == {"stage": "none", "Decisions": 1}
    assert said.pop("_aws")
    assert said.pop("changeId")
    assert said == {
        "level": "INFO",
        "message": "obeyed",
        "messageId": "0",
        "eventId": "e-1",
        "source": SOURCE,
        "command": "mute",
        "person": {"attendeeId": seat("bob")},
        "meetingId": MEETING,
        "verdict": "accepted",
        "outcome": "applied",
        "replayed": False,
    }


def test_what_comes_again_decides_nothing(capsys: Captured) -> None:
    door = Door()
    door.send("mute", **BOB)
    first = line(capsys)
    door.send("mute", **BOB)
    again = line(capsys)
    assert (again["replayed"], again["changeId"], "Decisions" in again) == (True, first["changeId"], False)


def test_refused(capsys: Captured) -> None:
    Door().send("secret-command", meetingId=MEETING, externalUserId="bob", secret="secret")
    said = line(capsys)
    assert (said["level"], said["message"]) == ("WARNING", "command refused")
    assert (said["command"], said["outcome"], said["code"]) == ("none", "invalid-request", "invalid-request")
    assert (said["verdict"], said["CommandsRefused"], said["cause"]) == ("refused", 1, "setup")
    assert said["person"] == {"externalUserId": "bob"}
    assert "secret" not in json.dumps(said)


def test_refused_again_is_counted_once(capsys: Captured) -> None:
    door = Door()
    counted = []
    for _ in range(2):
        door.send("mute-all", meetingId="not-a-guid")
        counted.append(line(capsys).get("CommandsRefused"))
    assert counted == [1, None]


def test_the_name_that_no_meeting_has(capsys: Captured) -> None:
    """It may be a person's, so it stands where it can be redacted."""
    Door().send("mute-all", externalMeetingId="nowhere")
    said = line(capsys)
    assert (said["person"], said["meetingId"]) == ({"externalMeetingId": "nowhere"}, None)


def test_the_id_that_no_meeting_has(capsys: Captured) -> None:
    unknown = MEETING.replace("1", "9")
    Door().send("mute-all", meetingId=unknown)
    assert line(capsys)["meetingId"] == unknown


def test_failed(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log tells what kind of failure it was and where, but quotes nothing."""
    door = Door()

    def broken(request: object) -> object:
        raise ZeroDivisionError("secret-message")

    monkeypatch.setattr(door.gavel, "perform", broken)
    assert door.send("mute", **BOB) == ["0"]
    said = line(capsys)
    assert (said["level"], said["message"], said["outcome"]) == ("ERROR", "again", "internal-error")
    assert said["verdict"] == "failed"
    assert said["failure"].startswith("ZeroDivisionError at test_log.py:")
    assert "secret" not in json.dumps(said)


UNREADABLE = [
    "",
    "{",
    "null",
    "[]",
    '"x"',
    "{}",
    '{"trigger": 1}',
    '{"detail-type": "Moderation Command", "source": "x"}',
]


@pytest.mark.parametrize("body", [*UNREADABLE, "[" * 60_000, "\ud800"], ids=range(len(UNREADABLE) + 2))
def test_unreadable(body: str, capsys: Captured) -> None:
    """It comes again until it lies in the dead-letter queue, where an operator can look at it."""
    assert Door()(body) == ["0"]
    said = line(capsys)
    assert (said["level"], said["message"], set(said)) == (
        "ERROR",
        "unreadable",
        {"level", "message", "stage", "command", "messageId", "because"},
    )


def test_dropped(capsys: Captured) -> None:
    """What can be read and is no command doesn't come again."""
    assert Door()('{"detail-type": 1}') == []
    said = line(capsys)
    assert (said["level"], said["message"], said["because"]) == ("WARNING", "dropped", "another detail-type")


def test_a_message_without_a_body(capsys: Captured) -> None:
    from event_commands.handler import handler

    assert handler({"Records": [{"messageId": "7"}]}, None) == {"batchItemFailures": [{"itemIdentifier": "7"}]}
    assert line(capsys)["messageId"] == "7"
