"""One line for each request, with nothing in it that should not be kept."""

import json
from dataclasses import replace
from typing import Any

import pytest
from host_api.app import create_app
from moderation.application.requests import BUSY, Answer, Outcome, Refused
from moderation.domain.actor import Actor
from moderation.domain.documents import Document

from .door import APPLIED, ATTENDEE, REGISTERED, A, Door, M, StandIn, event

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
    assert said.pop("durationMs") == said.pop("Latency") >= 0
    assert {key: said.pop(key) for key in ("stage", "Decisions")} == {"stage": "none", "Decisions": 1}
    assert said.pop("_aws")
    assert said == {
        "level": "INFO",
        "message": "answered",
        "command": "mute",
        "requestId": "r-1",
        "route": "POST /meetings/{meetingId}/users/{externalUserId}/mute",
        "status": 200,
        "code": None,
        "changeId": "01JZ",
        "meetingId": M,
        "person": {"actorKind": "user", "actor": "alice", "externalUserId": "bob"},
        "verdict": "accepted",
        "pending": False,
        "replayed": False,
    }


@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [
        (Answer("applied", {}, "01JZ"), "accepted"),
        (Answer("pending", {}, "01JZ"), "accepted"),
        (Answer("unchanged", {}), "unchanged"),
        (Answer("dry-run", {}), "dry-run"),
        (Refused("not-permitted", "no", ("no-permit",)), "refused"),
        (Refused("meeting-not-found", "no"), "refused"),
        (Refused("chime-refused", "no", change_id="01JZ"), "failed"),
        (BUSY, "failed"),
    ],
)
def test_verdicts(outcome: Outcome, verdict: str, capsys: Captured) -> None:
    create_app(lambda: StandIn(outcome), lambda: "sub")(
        event("POST", f"/meetings/{M}/users/bob/mute", {}, claims={"sub": "alice"})
    )
    said = line(capsys)
    assert (said["verdict"], said["Decisions"]) == (verdict, 1)
    assert said["pending"] is (isinstance(outcome, Answer) and outcome.status == "pending")


def test_an_answer_that_is_given_again_decides_nothing(capsys: Captured) -> None:
    Door(StandIn(replace(APPLIED, replayed=True)))("POST", f"/meetings/{M}/users/bob/mute", {})
    said = line(capsys)
    assert (said["replayed"], "Decisions" in said, "Latency" in said) == (True, False, True)


@pytest.mark.parametrize(("method", "path", "body"), [("PUT", "", {}), ("PUT", f"/attendees/{A}", {})])
def test_a_change_is_named_where_the_answer_is_a_document(
    method: str, path: str, body: object, capsys: Captured
) -> None:
    outcome = REGISTERED if not path else Answer("applied", ATTENDEE, "01JZ")
    Door(StandIn(outcome))(method, f"/meetings/{M}{path}", body)
    assert line(capsys)["changeId"] == "01JZ"


def test_a_question_is_no_decision(capsys: Captured) -> None:
    Door()("GET", f"/meetings/{M}")
    said = line(capsys)
    assert (said["command"], "_aws" in said, "verdict" in said) == ("none", False, False)


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
