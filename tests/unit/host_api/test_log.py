"""One line for each request, with nothing in it that should not be kept."""

import json
from typing import Any

import pytest
from moderation.core.actor import Actor
from moderation.core.view import Document

from .door import A, Door, M, StandIn

Captured = pytest.CaptureFixture[str]


def line(captured: Captured) -> dict[str, Any]:
    text = captured.readouterr().out
    assert text.count("\n") == 1
    said: dict[str, Any] = json.loads(text)
    return said


def test_a_decision(capsys: Captured) -> None:
    headers = {"authorization": "Bearer secret-token", "idempotency-key": "secret-key"}
    Door()("POST", f"/meetings/{M}/users/bob/mute?dryRun=false", {"reason": "secret-reason"}, headers=headers)
    said = line(capsys)
    assert said.pop("durationMs") >= 0
    assert said == {
        "level": "INFO",
        "message": "answered",
        "requestId": "r-1",
        "route": "POST /meetings/{meetingId}/users/{externalUserId}/mute",
        "status": 200,
        "code": None,
        "changeId": "01JZ",
        "meetingId": M,
        "person": {"actorKind": "user", "actor": "alice", "externalUserId": "bob"},
    }


def test_a_deed_for_somebody(capsys: Captured) -> None:
    claims = {"sub": "back-end", "scope": "gavel/admin"}
    Door()("GET", f"/meetings/{M}/attendees/{A}", headers={"gavel-on-behalf-of": "bob"}, claims=claims)
    assert line(capsys)["person"] == {"actorKind": "user", "actor": "bob", "via": "back-end", "attendeeId": A}


def test_a_problem(capsys: Captured) -> None:
    Door()("GET", "/nowhere/secret?secret=1")
    said = line(capsys)
    assert (said["route"], said["status"], said["code"]) == ("none", 404, "not-found")
    assert "secret" not in json.dumps(said)


class Broken(StandIn):
    def meeting(self, meeting_id: str, actor: Actor) -> Document:
        raise ZeroDivisionError("secret-message")


def test_a_failure(capsys: Captured) -> None:
    """Nobody is told what happened; the log tells where, but quotes nothing."""
    reply = Door(Broken())("GET", f"/meetings/{M}")
    assert (reply.status, reply.code) == (500, "internal-error")
    assert "r-1" in reply.document["detail"]
    assert "ZeroDivision" not in json.dumps(reply.document)
    said = line(capsys)
    assert (said["level"], said["exception"], said["requestId"]) == ("ERROR", "ZeroDivisionError", "r-1")
    assert any(at.startswith("test_log.py:") for at in said["at"])
    assert "secret" not in json.dumps(said)
