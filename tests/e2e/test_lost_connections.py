"""Connections that died while a function was frozen: what the next call on each of them costs the caller, which is
nothing, and the history, which has each decision once.
"""

from typing import Any

import pytest

from tests.e2e.bus_events import DECIDED
from tests.e2e.caller import done
from tests.e2e.deadline import until
from tests.e2e.meeting import MUTED, ModeratedMeeting

READS = ("BatchGetItem", "GetItem", "Query")
BEFORE: dict[str, Any] = {"dropConnection": "before"}
AFTER: dict[str, Any] = {"dropConnection": "after"}


@pytest.mark.parametrize("operation", READS)
def test_a_read_of_the_ledger(meeting: ModeratedMeeting, operation: str) -> None:
    meeting.ledger_fault(operation, **BEFORE)
    done(meeting.alice.get("/attendees"))
    done(meeting.alice.get("/history"))
    done(meeting.alice.post(meeting.at("bob", "/mute"), {"reason": "noise"}))
    meeting.ledger_fault(operation, count=0)
    assert meeting.has("bob") == MUTED


@pytest.mark.parametrize("trouble", [BEFORE, AFTER], ids=["not written", "written"])
def test_a_commit(meeting: ModeratedMeeting, trouble: dict[str, Any]) -> None:
    """Tried again; what was written the first time is not written twice."""
    meeting.ledger_fault("TransactWriteItems", **trouble)
    changed = meeting.alice.post(meeting.at("bob", "/mute"), {"reason": "noise"})
    assert changed.status_code in (200, 202), changed.text
    until(lambda: meeting.has("bob") == MUTED, 120, "Chime has what was decided")
    decided = [entry for entry in meeting.alice.history() if entry["type"] == DECIDED and entry["command"] == "mute"]
    assert [(entry["verdict"], entry["changeId"]) for entry in decided] == [("accepted", changed.json()["changeId"])]


def test_a_reminder(meeting: ModeratedMeeting) -> None:
    """A timed mute ends to the second although the first call of SQS was lost."""
    meeting.ledger_fault("SendMessage", **BEFORE)
    done(meeting.alice.post(meeting.at("bob", "/mute"), {"durationSeconds": 2}))
    until(lambda: meeting.has("bob")["audio"] == "SendReceive", 30, "the mute has ended, before the minute's tick")


def test_a_read_of_chime(meeting: ModeratedMeeting) -> None:
    meeting.fault(operation="GetAttendee", **BEFORE)
    done(meeting.alice.post(meeting.at("bob", "/mute"), {"reason": "noise"}))
    meeting.fault(operation="GetAttendee", count=0)
    assert meeting.has("bob") == MUTED
