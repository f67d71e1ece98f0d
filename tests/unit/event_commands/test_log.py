"""One log line for each decision. Users are named under `personal` only; reasons and invalid words are not logged."""

import json

import pytest

from tests.memory.moderated_meeting import MEETING, attendee_of
from tests.telemetry import CONTEXT, Captured, line, own_keys, written

from .command_queue import BOB, SOURCE, CommandQueue


def test_processed(capsys: Captured) -> None:
    queue = CommandQueue()
    queue.send("mute", **BOB, reason="secret-reason")
    said, counted = written(capsys)
    assert said.pop("durationMs") == counted["Latency"] >= 0
    assert counted["Decisions"] == 1
    assert said.pop("changeId") == said["correlation_id"]
    assert own_keys(said) == {
        "level": "INFO",
        "message": "command processed",
        "stage": "none",
        "messageId": "0",
        "eventId": "e-1",
        "source": SOURCE,
        "command": "mute",
        "personal": {"attendeeId": attendee_of("bob")},
        "meetingId": MEETING,
        "verdict": "accepted",
        "outcome": "applied",
        "replayed": False,
    }


def test_what_comes_again_decides_nothing(capsys: Captured) -> None:
    queue = CommandQueue()
    queue.send("mute", **BOB)
    first = line(capsys)
    queue.send("mute", **BOB)
    again, counted = written(capsys)
    assert (again["replayed"], again["changeId"], "Decisions" in counted) == (True, first["changeId"], False)


def test_refused(capsys: Captured) -> None:
    CommandQueue().send("secret-command", meetingId=MEETING, externalUserId="bob", secret="secret")
    said, counted = written(capsys)
    assert (said["level"], said["message"]) == ("WARNING", "command refused")
    assert (said["command"], said["outcome"], said["code"]) == ("none", "invalid-request", "invalid-request")
    assert (said["verdict"], counted["CommandsRefused"], said["cause"]) == ("refused", 1, "setup")
    assert said["personal"] == {"externalUserId": "bob"}
    assert "secret" not in json.dumps(said)


def test_refused_again_is_counted_once(capsys: Captured) -> None:
    queue = CommandQueue()
    counted = []
    for _ in range(2):
        queue.send("mute-all", meetingId="not-a-guid")
        counted.append(written(capsys)[1].get("CommandsRefused"))
    assert counted == [1, None]


def test_the_name_that_no_meeting_has(capsys: Captured) -> None:
    """It may be a person's, so it stands where it can be redacted."""
    CommandQueue().send("mute-all", externalMeetingId="nowhere")
    said = line(capsys)
    assert said["personal"] == {"externalMeetingId": "nowhere"}
    assert "meetingId" not in said


def test_the_id_that_no_meeting_has(capsys: Captured) -> None:
    unknown = MEETING.replace("1", "9")
    CommandQueue().send("mute-all", meetingId=unknown)
    assert line(capsys)["meetingId"] == unknown


def test_failed(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log tells what kind of failure it was and where, but quotes nothing."""
    queue = CommandQueue()

    def broken(request: object) -> object:
        raise ZeroDivisionError("secret-message")

    monkeypatch.setattr(queue.gavel, "perform", broken)
    assert queue.send("mute", **BOB) == ["0"]
    said = line(capsys)
    assert (said["level"], said["message"], said["outcome"]) == ("ERROR", "command retried", "internal-error")
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
    assert CommandQueue()(body) == ["0"]
    said = line(capsys)
    assert (said["level"], said["message"], set(own_keys(said))) == (
        "ERROR",
        "message unreadable",
        {"level", "message", "stage", "command", "messageId", "because"},
    )


def test_dropped(capsys: Captured) -> None:
    """What can be read and is no command doesn't come again."""
    assert CommandQueue()('{"detail-type": 1}') == []
    said = line(capsys)
    assert (said["level"], said["message"], said["because"]) == ("WARNING", "message dropped", "another detail-type")


def test_a_message_without_a_body(capsys: Captured) -> None:
    from event_commands.handler import handler

    assert handler({"Records": [{"messageId": "7"}]}, CONTEXT) == {"batchItemFailures": [{"itemIdentifier": "7"}]}
    assert line(capsys)["messageId"] == "7"
