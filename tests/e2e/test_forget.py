"""`gavel forget` on the deployed stack: afterwards the whole table has no word of the user."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from gavel_client.cli.app import run
from gavel_client.cli.exits import Exit

from local.aws import ENVIRONMENT, client
from tests.e2e.caller import done, problem
from tests.e2e.deadline import until
from tests.e2e.meeting import ModeratedMeeting, ObservedStack


@pytest.fixture(autouse=True)
def configured(local_stack: ObservedStack, monkeypatch: pytest.MonkeyPatch) -> None:
    """An operator's environment; the meeting of `make run` must not be taken for one that was named."""
    values = {
        "GAVEL_URL": local_stack.stack.api_url,
        "GAVEL_ISSUER_URL": local_stack.stack.issuer_url,
        "COLUMNS": "200",
    }
    values |= {
        "GAVEL_TABLE": local_stack.stack.table,
        "AWS_ENDPOINT_URL": local_stack.stack.aws_endpoint_url,
        **ENVIRONMENT,
    }
    values |= {"GAVEL_MEETING": str(uuid.uuid4()), "GAVEL_DEMO_MEETING": str(uuid.uuid4())}
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(Path(__file__).parents[2])


def whole_table(local_stack: ObservedStack) -> str:
    dynamodb = client("dynamodb", local_stack.stack.aws_endpoint_url)
    pages = dynamodb.get_paginator("scan").paginate(TableName=local_stack.stack.table, ConsistentRead=True)
    found = json.dumps([item for page in pages for item in page["Items"]], ensure_ascii=False)
    dynamodb.close()
    return found


def forget(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> dict[str, Any]:
    assert run(["forget", *words, "--yes", "--json"]) == code, capsys.readouterr()
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def played(local_stack: ObservedStack, user: str) -> ModeratedMeeting:
    """The user hosts beside alice, moderates and is moderated, with idempotency keys."""
    meeting = local_stack.meeting({"alice": "host", user: "host", "carol": "participant"})
    themselves = meeting.caller(user)
    for caller, path in ((meeting.alice, f"/users/{user}/mute"), (themselves, "/users/carol/mute")):
        done(caller.post(path, {"reason": f"{user} knows"}, idempotency_key=str(uuid.uuid4())))
    done(themselves.post("/mute-all", {"except": {"externalUserIds": [user]}, "reason": "exam"}))
    done(themselves.put(f"/users/{user}/hand", idempotency_key=str(uuid.uuid4())))
    problem(
        meeting.caller("carol").post(f"/users/{user}/mute", idempotency_key=str(uuid.uuid4())), 403, "not-permitted"
    )
    done(themselves.post("/live"))
    return meeting


def test_nothing_of_a_user_is_left_in_the_table(local_stack: ObservedStack, capsys: pytest.CaptureFixture[str]) -> None:
    user = f"bob-{uuid.uuid4()}"
    meeting, running = played(local_stack, user), local_stack.meeting({"alice": "host", user: "participant"})
    done(running.alice.post(f"/users/{user}/mute"))
    done(meeting.alice.post("/end"))

    def is_over() -> bool:
        would = forget(capsys, "--user", user, "--dry-run", code=Exit.CONFLICT)
        return (would["meetings"], would["notOver"]) == ([meeting.meeting_id], [running.meeting_id])

    until(is_over, 60, "the meeting is over")
    first = forget(capsys, "--user", user, code=Exit.CONFLICT)
    assert (first["meetings"], first["notOver"]) == ([meeting.meeting_id], [running.meeting_id])
    assert running.has(user)["audio"] == "Receive"
    assert done(running.alice.get(f"/users/{user}"))["limits"], "the mute is still in force"

    done(running.alice.post("/end"))
    until(lambda: run(["forget", "--user", user, "--yes"]) == 0, 60, "the other meeting is over")
    table = whole_table(local_stack)
    assert user not in table
    assert meeting.attendees[user] not in table
    history = meeting.admin.history()
    assert first["pseudonym"] in {entry["actor"]["id"] for entry in history}
    assert first["deleted"]["idempotency records"] >= 1


def test_nothing_of_a_meeting_is_left_in_the_table(
    local_stack: ObservedStack, capsys: pytest.CaptureFixture[str]
) -> None:
    user = f"bob-{uuid.uuid4()}"
    meeting = played(local_stack, user)
    assert run(["forget", "--meeting", meeting.meeting_id, "--yes"]) == Exit.CONFLICT
    assert "is not over" in capsys.readouterr().err
    done(meeting.alice.post("/end"))

    until(lambda: run(["forget", "--meeting", meeting.meeting_id, "--yes"]) == 0, 60, "the meeting is over")
    assert "meetings" in capsys.readouterr().out
    assert meeting.meeting_id not in whole_table(local_stack)
    problem(meeting.admin.get(), 404, "meeting-not-found")
    assert run(["forget", "--meeting", meeting.meeting_id, "--yes"]) == Exit.NOT_FOUND


def test_what_is_forgotten_has_to_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["forget", "--yes"]) == Exit.FAILED
    assert run(["forget", "--yes", "--user", "bob", "--meeting", str(uuid.uuid4())]) == Exit.FAILED
    assert "Pass either" in capsys.readouterr().err
