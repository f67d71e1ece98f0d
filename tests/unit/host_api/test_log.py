"""One log line for each request, without anything that should not be stored."""

import json
from dataclasses import replace

import pytest
from host_api.app import create_app
from moderation.application.requests import BUSY, Answer, Outcome, Refused
from moderation.domain.actor import Actor
from moderation.domain.documents import Document

from tests.telemetry import Captured, line, own_keys, written

from .api import APPLIED, ATTENDEE, REGISTERED, A, HostApi, M, StandIn, event


def test_a_decision(capsys: Captured) -> None:
    headers = {"authorization": "Bearer secret-token", "idempotency-key": "secret-key"}
    HostApi()("POST", f"/meetings/{M}/users/bob/mute?dryRun=false", {"reason": "secret-reason"}, headers=headers)
    said, counted = written(capsys)
    assert said.pop("durationMs") == counted["Latency"] >= 0
    assert counted["Decisions"] == 1
    assert said["correlation_id"] == "01JZ"
    assert own_keys(said) == {
        "stage": "none",
        "level": "INFO",
        "message": "answered",
        "command": "mute",
        "requestId": "r-1",
        "route": "POST /meetings/{meetingId}/users/{externalUserId}/mute",
        "status": 200,
        "changeId": "01JZ",
        "meetingId": M,
        "personal": {"actorKind": "user", "actor": "alice", "externalUserId": "bob"},
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
    said, counted = written(capsys)
    assert (said["verdict"], counted["Decisions"]) == (verdict, 1)
    assert said["pending"] is (isinstance(outcome, Answer) and outcome.status == "pending")


def test_an_answer_that_is_given_again_decides_nothing(capsys: Captured) -> None:
    HostApi(StandIn(replace(APPLIED, replayed=True)))("POST", f"/meetings/{M}/users/bob/mute", {})
    said, counted = written(capsys)
    assert (said["replayed"], "Decisions" in counted, "Latency" in counted) == (True, False, True)


@pytest.mark.parametrize(("method", "path", "body"), [("PUT", "", {}), ("PUT", f"/attendees/{A}", {})])
def test_a_change_is_named_where_the_answer_is_a_document(
    method: str, path: str, body: object, capsys: Captured
) -> None:
    outcome = REGISTERED if not path else Answer("applied", ATTENDEE, "01JZ")
    HostApi(StandIn(outcome))(method, f"/meetings/{M}{path}", body)
    assert line(capsys)["changeId"] == "01JZ"


def test_what_needs_no_token_leaves_a_line_as_well(capsys: Captured) -> None:
    HostApi(claims=None)("GET", "/health")
    said = line(capsys)
    assert (said["route"], said["status"], said["personal"]) == ("GET /health", 200, {})


def test_a_question_is_no_decision(capsys: Captured) -> None:
    HostApi()("GET", f"/meetings/{M}")
    said, counted = written(capsys)
    assert (said["command"], counted, "verdict" in said) == ("none", {}, False)


def test_a_command_on_behalf_of_a_user(capsys: Captured) -> None:
    claims = {"sub": "back-end", "scope": "gavel/admin"}
    HostApi()("GET", f"/meetings/{M}/attendees/{A}", headers={"gavel-on-behalf-of": "bob"}, claims=claims)
    assert line(capsys)["personal"] == {"actorKind": "user", "actor": "bob", "via": "back-end", "attendeeId": A}


def test_a_problem(capsys: Captured) -> None:
    HostApi()("GET", "/nowhere/secret?secret=1")
    said = line(capsys)
    assert (said["route"], said["status"], said["code"]) == ("none", 404, "not-found")
    assert "secret" not in json.dumps(said)


class Broken(StandIn):
    def meeting(self, meeting_id: str, actor: Actor) -> Document:
        raise ZeroDivisionError("secret-message")


def test_a_failure(capsys: Captured) -> None:
    """The caller does not learn what happened; the log says where, and quotes nothing."""
    reply = HostApi(Broken())("GET", f"/meetings/{M}")
    assert (reply.status, reply.code) == (500, "internal-error")
    assert "r-1" in reply.document["detail"]
    assert "ZeroDivision" not in json.dumps(reply.document)
    said = line(capsys)
    assert (said["level"], said["exception"], said["requestId"]) == ("ERROR", "ZeroDivisionError", "r-1")
    assert any(at.startswith("test_log.py:") for at in said["at"])
    assert "secret" not in json.dumps(said)
