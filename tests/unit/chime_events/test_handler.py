"""Chime's events from the queue: which are passed on, dropped or retried, and what the log may contain."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from chime_events import handler as function
from moderation.application.background.chime_events import NotSettledError
from moderation.domain.capability import EVERYTHING, Capabilities
from moderation.ports import ConditionFailedError, LedgerUnavailableError

from tests.telemetry import CONTEXT, lines, measured, metric_documents

AT = datetime(2026, 5, 4, 10, 0, 0, 250000, tzinfo=UTC)
MEETING = "0b8f1c5e-6f6a-4f0c-9d3e-2f7a5c1b9e44"
ATTENDEE = "5c2b7a10-3d4e-8f6a-1b2c-9e8d7f6a5b4c"


class Connection:
    """Stands in for `Presence`: remembers what it is told, and fails as often as it is asked to."""

    def __init__(self) -> None:
        self.told: list[tuple[object, ...]] = []
        self.failures: list[Exception] = []

    def on_joined(self, meeting_id: str, attendee_id: str, connected_at: datetime | None) -> None:
        self._hear("on_joined", meeting_id, attendee_id, connected_at)

    def on_capabilities_updated(
        self, meeting_id: str, attendee_id: str, told: Capabilities | None, *, is_taken: bool
    ) -> None:
        self._hear("on_capabilities_updated", meeting_id, attendee_id, told, is_taken)

    def on_left(self, meeting_id: str, attendee_id: str, at: datetime | None) -> None:
        self._hear("on_left", meeting_id, attendee_id, at)

    def on_deleted(self, meeting_id: str, attendee_id: str, at: datetime | None) -> None:
        self._hear("on_deleted", meeting_id, attendee_id, at)

    def on_ended(self, meeting_id: str) -> None:
        self._hear("on_ended", meeting_id)

    def _hear(self, *what: object) -> None:
        self.told.append(what)
        if self.failures:
            raise self.failures.pop(0)


class Clock:
    """Stands in for the module `time`: only sleeping takes any."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Connection:
    listener = Connection()
    monkeypatch.setattr(function, "chime_events", lambda: listener)
    monkeypatch.setattr(function, "time", Clock())
    return listener


def news(event_type: str, **detail: Any) -> dict[str, Any]:
    about = {"meetingId": MEETING, "attendeeId": ATTENDEE, "externalUserId": "bob"}
    return {"id": "e-1", "detail": {"version": "0", "eventType": event_type, **about, **detail}}


def deliver(*bodies: Any) -> list[str]:
    """The messages that are to come again, by their place."""
    records = [
        {"messageId": str(place), "body": body if isinstance(body, str) else json.dumps(body)}
        for place, body in enumerate(bodies)
    ]
    answer = function.handler({"Records": records}, CONTEXT)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def logged(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return lines(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("event_type", "told"),
    [
        ("chime:AttendeeAdded", ("on_joined", MEETING, ATTENDEE, None)),
        ("chime:AttendeeJoined", ("on_joined", MEETING, ATTENDEE, AT)),
        ("chime:AttendeeAuthorized", ("on_joined", MEETING, ATTENDEE, AT)),
        ("chime:AttendeeCapabilitiesUpdated", ("on_capabilities_updated", MEETING, ATTENDEE, None, True)),
        ("chime:AttendeeLeft", ("on_left", MEETING, ATTENDEE, AT)),
        ("chime:AttendeeDeleted", ("on_deleted", MEETING, ATTENDEE, AT)),
        ("chime:MeetingEnded", ("on_ended", MEETING)),
    ],
)
def test_what_is_passed_on(listener: Connection, event_type: str, told: tuple[object, ...]) -> None:
    assert deliver(news(event_type, timestamp=1777888800250)) == []
    assert listener.told == [told]


@pytest.mark.parametrize("timestamp", [1777888800250, "1777888800250", 1777888800250.0])
def test_a_timestamp_is_number_or_text(listener: Connection, timestamp: object) -> None:
    deliver(news("chime:AttendeeLeft", timestamp=timestamp))
    assert listener.told == [("on_left", MEETING, ATTENDEE, AT)]


@pytest.mark.parametrize("timestamp", [None, "yesterday", True, [], 10**30, "nan", "inf"])
def test_one_that_cannot_be_read_is_none(listener: Connection, timestamp: object) -> None:
    deliver(news("chime:AttendeeLeft", timestamp=timestamp))
    assert listener.told == [("on_left", MEETING, ATTENDEE, None)]


@pytest.mark.parametrize(
    "event_type",
    ["chime:MeetingStarted", "chime:AttendeeContentLeft", "chime:AttendeeDropped", "chime:Tomorrow"],
)
def test_the_rest_is_ignored_in_silence(
    listener: Connection, capsys: pytest.CaptureFixture[str], event_type: str
) -> None:
    assert deliver(news(event_type, meetingId=None)) == []
    assert (listener.told, logged(capsys)) == ([], [])


def test_the_end_of_a_meeting_names_no_attendee(listener: Connection) -> None:
    assert deliver({"detail": {"eventType": "chime:MeetingEnded", "meetingId": MEETING}}) == []
    assert listener.told == [("on_ended", MEETING)]


@pytest.mark.parametrize("user", ["aws:MediaPipeline-1", "AWS:recorder"])
@pytest.mark.parametrize("kind", ["Added", "CapabilitiesUpdated", "Left"])
def test_pipelines_are_none_of_our_business(listener: Connection, kind: str, user: str) -> None:
    assert deliver(news(f"chime:Attendee{kind}", externalUserId=user)) == []
    assert listener.told == []


def test_a_screen_share_is_the_attendee_of_its_sharer(listener: Connection) -> None:
    deliver(news("chime:AttendeeJoined", attendeeId=f"{ATTENDEE}#content"))
    assert listener.told == [("on_joined", MEETING, ATTENDEE, None)]


@pytest.mark.parametrize("event_type", ["chime:AttendeeLeft", "chime:AttendeeDeleted"])
def test_whose_screen_share_ends_stays(
    listener: Connection, capsys: pytest.CaptureFixture[str], event_type: str
) -> None:
    assert deliver(news(event_type, attendeeId=f"{ATTENDEE}#content")) == []
    assert (listener.told, logged(capsys)) == ([], [])


def test_who_it_is_need_not_be_told(listener: Connection) -> None:
    deliver(news("chime:AttendeeJoined", externalUserId=None))
    assert listener.told == [("on_joined", MEETING, ATTENDEE, None)]


@pytest.mark.parametrize("success", ["1", "0", 1, 0])
def test_success_is_text_or_number_and_zero_is_counted(
    listener: Connection, capsys: pytest.CaptureFixture[str], success: str | int
) -> None:
    capabilities = {"audio": "Receive", "video": "SendReceive", "content": "SendReceive"}
    event = news("chime:AttendeeCapabilitiesUpdated", success=success, attendeeCapabilities=capabilities)
    assert deliver(event) == []
    held = EVERYTHING & ~Capabilities.SEND_AUDIO
    assert listener.told == [("on_capabilities_updated", MEETING, ATTENDEE, held, success in ("1", 1))]
    written = capsys.readouterr().out
    (line,) = lines(written)
    assert line["success"] == str(success)
    counted = measured(metric_documents(written))
    assert counted.get("CapabilityUpdatesNotApplied", 0) == (success in ("0", 0))


@pytest.mark.parametrize(
    "told", [None, "Receive", {}, {"audio": "Receive"}, {"audio": "Loud", "video": "None", "content": "None"}]
)
def test_capabilities_that_cannot_be_read_are_none(listener: Connection, told: object) -> None:
    deliver(news("chime:AttendeeCapabilitiesUpdated", success=1, attendeeCapabilities=told))
    assert listener.told == [("on_capabilities_updated", MEETING, ATTENDEE, None, True)]


@pytest.mark.parametrize(
    "body",
    [
        "not JSON",
        "[]",
        "null",
        '{"detail": "text"}',
        {"detail": {}},
        news("chime:AttendeeAdded", meetingId=None),
        news("chime:AttendeeAdded", meetingId=7),
        news("chime:AttendeeAdded", attendeeId=""),
        news("chime:AttendeeLeft", attendeeId=None),
        news("chime:MeetingEnded", meetingId=""),
        {"detail": {"eventType": ["chime:AttendeeAdded"]}},
    ],
    ids=str,
)
def test_what_cannot_be_read_is_dropped_and_told(
    listener: Connection, capsys: pytest.CaptureFixture[str], body: Any
) -> None:
    assert deliver(body) == []
    assert listener.told == []
    (line,) = logged(capsys)
    assert (line["level"], line["message"], line["messageId"]) == ("WARNING", "message dropped", "0")
    assert line["lacks"] in {"body", "detail", "eventType", "meetingId", "attendeeId"}


AGAIN = [NotSettledError("busy"), LedgerUnavailableError(), ConditionFailedError([])]


@pytest.mark.parametrize("failure", AGAIN, ids=repr)
@pytest.mark.parametrize("event_type", ["chime:AttendeeJoined", "chime:MeetingEnded"])
def test_who_came_is_tried_again_at_once(listener: Connection, event_type: str, failure: Exception) -> None:
    listener.failures = [failure] * 3
    assert deliver(news(event_type)) == []
    assert listener.told == [listener.told[0]] * 4


@pytest.mark.parametrize("failure", AGAIN, ids=repr)
@pytest.mark.parametrize("event_type", ["chime:AttendeeCapabilitiesUpdated", "chime:AttendeeLeft"])
def test_what_changed_waits_for_its_turn(listener: Connection, event_type: str, failure: Exception) -> None:
    listener.failures = [failure]
    assert deliver(news(event_type)) == ["0"]
    assert len(listener.told) == 1


def test_what_could_not_be_seen_to_comes_again_and_nothing_else(listener: Connection) -> None:
    listener.failures = [LedgerUnavailableError()]
    assert deliver(news("chime:AttendeeCapabilitiesUpdated"), news("chime:AttendeeJoined"), "not JSON") == ["0"]
    assert len(listener.told) == 2


def test_patience_ends(listener: Connection) -> None:
    listener.failures = [LedgerUnavailableError()] * 1000
    assert deliver(news("chime:AttendeeAdded")) == ["0"]
    assert 5 < len(listener.told) < 20


def test_a_slip_of_ours_is_not_tried_at_once(listener: Connection) -> None:
    listener.failures = [RuntimeError()]
    assert deliver(news("chime:AttendeeAdded")) == ["0"]
    assert len(listener.told) == 1


def test_the_log_names_users_in_one_place(listener: Connection, capsys: pytest.CaptureFixture[str]) -> None:
    listener.failures = [RuntimeError("bob")]
    deliver(news("chime:AttendeeAdded"), news("chime:AttendeeAdded"))
    found = logged(capsys)
    assert [(line["level"], line["message"]) for line in found] == [
        ("ERROR", "failed"),
        ("INFO", "chime event processed"),
    ]
    assert found[0]["exception"] == "RuntimeError"
    for line in found:
        assert line.pop("personal") == {"attendeeId": ATTENDEE, "externalUserId": "bob"}
        assert line["meetingId"] == MEETING
        assert "bob" not in json.dumps(line)
        assert ATTENDEE not in json.dumps(line)
