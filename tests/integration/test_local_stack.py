"""The local stack around the functions: tokens, roles, streams, and an end that leaves nothing behind."""

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.aws import client
from local.emulator import END_OF_LOG
from local.failure import ChildDied
from local.logs import FULL_PAGE, messages
from local.stack import LocalStack
from tests.e2e.deadline import until
from tests.integration.processes import is_running

STAND_IN = Path(__file__).parent / "stand_in"


@pytest.fixture(scope="module")
def stack() -> Iterator[LocalStack]:
    with LocalStack(asset=STAND_IN, function_environment={"OWN": "value"}) as running:
        yield running


def call(stack: LocalStack, path: str, token: str | None = None, method: str = "GET") -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.request(method, stack.api_url + path, headers=headers, timeout=30, trust_env=False)


def outcome(stack: LocalStack, path: str) -> Any:
    answer = call(stack, path, stack.token("alice"), "POST")
    assert answer.status_code == 200, answer.text
    return answer.json()["outcome"]


@pytest.mark.parametrize("path", ["/health", "/openapi.json"])
def test_open_paths(stack: LocalStack, path: str) -> None:
    assert call(stack, path).status_code == 200


def test_without_a_valid_token_nobody_gets_in(stack: LocalStack) -> None:
    tokens = [None, "nonsense", stack.token("alice", expires_in=-60), stack.token("alice", audience="others")]
    assert [call(stack, "/meetings/1", token).status_code for token in tokens] == [401] * 4


def test_a_token_of_the_issuer_lets_in_with_its_claims(stack: LocalStack) -> None:
    issued = httpx.post(
        f"{stack.issuer_url}/token", json={"sub": "alice", "scope": "gavel/admin"}, timeout=30, trust_env=False
    )
    answer = call(stack, "/meetings/1", issued.json()["access_token"])
    assert answer.status_code == 200
    claims = answer.json()["context"]["authorizer"]["jwt"]["claims"]
    assert (claims["sub"], claims["scope"], claims["iss"]) == ("alice", "gavel/admin", stack.issuer_url)


def test_the_functions_find_the_stack(stack: LocalStack) -> None:
    environment = call(stack, "/health").json()["environment"]
    assert environment["GAVEL_STAGE"] == "local"
    assert environment["GAVEL_TABLE"] == stack.table
    assert environment["GAVEL_BUS"] == stack.bus == "gavel"
    assert environment["OWN"] == "value"
    assert not {"AWS_PROFILE", "PYTHONPATH"} & environment.keys()


def test_the_functions_reach_the_simulator(stack: LocalStack) -> None:
    assert outcome(stack, "/meeting") == "NotFoundException"


def test_a_function_stays_warm(stack: LocalStack) -> None:
    """One process serves one call after the other; only calls at the same time start more."""
    spawned = workers(stack)
    for _ in range(3):
        call(stack, "/health")
    assert workers(stack) == spawned > 0


def workers(stack: LocalStack) -> int:
    return stack.children[0].log.read_text().count("Lambda worker spawned for gavel-host-api")


def test_new_entries_come_out_on_the_bus_and_nothing_else(stack: LocalStack) -> None:
    assert outcome(stack, "/put") is None
    assert outcome(stack, "/read") == 2
    sqs = client("sqs", stack.aws_endpoint_url)
    received = until(
        lambda: sqs.receive_message(QueueUrl=stack.events_queue_url, MaxNumberOfMessages=10).get("Messages"),
        30,
        "an event",
    )
    events = [json.loads(message["Body"]) for message in received]
    assert [(event["source"], event["detail"]) for event in events] == [("gavel", {"sk": "ENTRY#1"})]


def test_roles_are_enforced(stack: LocalStack) -> None:
    """A grant that is missing in the template fails here, not in the customer's account."""
    assert outcome(stack, "/scan") == "AccessDeniedException"
    assert outcome(stack, "/publish") == "AccessDeniedException"


def test_preflights_are_answered(stack: LocalStack) -> None:
    headers = {"Origin": "http://localhost:3000", "Access-Control-Request-Method": "POST"}
    answer = httpx.options(f"{stack.api_url}/meetings/1", headers=headers, timeout=30, trust_env=False)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_reminders_wake_the_reconciler_and_logs_can_be_read(stack: LocalStack) -> None:
    assert outcome(stack, "/remind") is None
    until(lambda: "reminded: wake up" in messages(stack.aws_endpoint_url), 30, "the function is reminded")
    assert not [line for line in messages(stack.aws_endpoint_url) if END_OF_LOG in line]


def test_logs_of_more_lines_than_one_answer_has_are_read_to_the_end(stack: LocalStack) -> None:
    logs, stream = client("logs", stack.aws_endpoint_url), {"logGroupName": "/long", "logStreamName": "one"}
    logs.create_log_group(logGroupName="/long")
    logs.create_log_stream(**stream)
    began = round(time.time() * 1000)
    for some in range(3):
        lines = [{"timestamp": began + some, "message": f"line {some}.{each}"} for each in range(FULL_PAGE - 1)]
        logs.put_log_events(**stream, logEvents=lines)
    found = [line for line in messages(stack.aws_endpoint_url) if line.startswith("line ")]
    assert (len(found), found[-1]) == (3 * (FULL_PAGE - 1), f"line 2.{FULL_PAGE - 2}")


def test_a_dead_server_is_told_with_its_last_words_and_nothing_is_left() -> None:
    stack = LocalStack(asset=STAND_IN)
    with stack:
        groups = [child.group for child in stack.children]
        _, simulator = stack.children
        os.kill(simulator.group, signal.SIGKILL)
        with pytest.raises(ChildDied, match=r"Chime simulator ended unexpectedly \(exit code -9\)"):
            until(stack.check, 15, "the stack tells of its dead server")
    assert not [group for group in groups if is_running(group)]
    assert {port for port in vars(stack.ports).values() if answers(port)} == set()


def answers(port: int) -> bool:
    try:
        httpx.get(f"http://127.0.0.1:{port}/", timeout=1, trust_env=False)
    except httpx.ConnectError:
        return False
    return True
