"""Connections that died while a function was frozen: what the next call on each of them costs the caller, which is
nothing, and the history, which has each decision once.
"""

from typing import Any

import pytest

from tests.e2e.caller import done
from tests.e2e.deadline import until
from tests.e2e.scene import MUTED, ModeratedMeeting
from tests.e2e.tap import DECIDED

READS = ("BatchGetItem", "GetItem", "Query")
BEFORE: dict[str, Any] = {"dropConnection": "before"}
AFTER: dict[str, Any] = {"dropConnection": "after"}


@pytest.mark.parametrize("operation", READS)
def test_a_read_of_the_ledger(scene: ModeratedMeeting, operation: str) -> None:
    scene.ledger_fault(operation, **BEFORE)
    done(scene.alice.get("/attendees"))
    done(scene.alice.get("/history"))
    done(scene.alice.post(scene.at("bob", "/mute"), {"reason": "noise"}))
    scene.ledger_fault(operation, count=0)
    assert scene.has("bob") == MUTED


@pytest.mark.parametrize("trouble", [BEFORE, AFTER], ids=["not written", "written"])
def test_a_commit(scene: ModeratedMeeting, trouble: dict[str, Any]) -> None:
    """Tried again; what was written the first time is not written twice."""
    scene.ledger_fault("TransactWriteItems", **trouble)
    changed = scene.alice.post(scene.at("bob", "/mute"), {"reason": "noise"})
    assert changed.status_code in (200, 202), changed.text
    until(lambda: scene.has("bob") == MUTED, 120, "Chime has what was decided")
    decided = [entry for entry in scene.alice.history() if entry["type"] == DECIDED and entry["command"] == "mute"]
    assert [(entry["verdict"], entry["changeId"]) for entry in decided] == [("accepted", changed.json()["changeId"])]


def test_a_reminder(scene: ModeratedMeeting) -> None:
    """A timed mute ends to the second although the first call of SQS was lost."""
    scene.ledger_fault("SendMessage", **BEFORE)
    done(scene.alice.post(scene.at("bob", "/mute"), {"durationSeconds": 2}))
    until(lambda: scene.has("bob")["audio"] == "SendReceive", 30, "the mute has ended, before the minute's tick")


def test_a_read_of_chime(scene: ModeratedMeeting) -> None:
    scene.fault(operation="GetAttendee", **BEFORE)
    done(scene.alice.post(scene.at("bob", "/mute"), {"reason": "noise"}))
    scene.fault(operation="GetAttendee", count=0)
    assert scene.has("bob") == MUTED
