"""Least privilege: each function works with its role, and without any one grant an action fails."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from moderation.application.background.chime_events import NotSettledError
from moderation.domain.actor import CHIME
from moderation.domain.entry import MEETING_ENDED, Entry
from moderation.ports import InfrastructureError

from tests.e2e.caller import done
from tests.e2e.meeting import EVERYTHING, MUTED, ObservedStack
from tests.e2e.privileged_actions import ACTIONS, Action
from tests.e2e.role_trial import DeployedFunctions, RoleTrial, role_trial
from tests.grants import BUS, GRANTS, MEETINGS, Grant, provable

ALL_ACTIONS = [
    (function, action) for function, actions in ACTIONS.items() for action in dict.fromkeys(actions.values())
]
ALL_GRANTS = [(function, grant) for function in ACTIONS for grant in provable(function)]
PUBLISHING = Grant("events:PutEvents", BUS)


@pytest.fixture(scope="module")
def deployed(local_stack: ObservedStack, policies: Path) -> DeployedFunctions:
    return DeployedFunctions(local_stack, policies)


def test_every_grant_has_an_action() -> None:
    """Of every grant that the emulator asks for; a new one needs a line in `privileged_actions.py`."""
    needed = {function: set(provable(function)) for function in GRANTS if provable(function)}
    assert needed == {function: set(actions) for function, actions in ACTIONS.items()} | {
        "event_publisher": {PUBLISHING}
    }


@pytest.mark.parametrize(("function", "action"), ALL_ACTIONS, ids=lambda value: getattr(value, "__name__", value))
def test_with_its_role_the_function_does_it(deployed: DeployedFunctions, function: str, action: Action) -> None:
    assert action(role_trial(deployed, function))


@pytest.mark.parametrize(
    ("function", "grant"), ALL_GRANTS, ids=[f"{function}-{' on '.join(grant)}" for function, grant in ALL_GRANTS]
)
def test_without_the_grant_it_does_not(deployed: DeployedFunctions, function: str, grant: Grant) -> None:
    assert not comes_true(ACTIONS[function][grant], role_trial(deployed, function, without=grant))


def test_the_outbox_publishes_with_its_role_and_not_without_the_grant(deployed: DeployedFunctions) -> None:
    assert publishes(deployed)
    with deployed_without(deployed, "event_publisher", PUBLISHING):
        assert not publishes(deployed)


def test_a_deployed_function_is_held_to_its_role(local_stack: ObservedStack, deployed: DeployedFunctions) -> None:
    """By the Chime simulator as by the emulator: what the role trials show holds for the functions themselves."""
    meeting = local_stack.meeting()
    with deployed_without(deployed, "host_api", Grant("chime:UpdateAttendeeCapabilities", MEETINGS)):
        answer = meeting.alice.post(meeting.at("bob", "/mute"))
        assert answer.status_code in (202, 502)
        assert meeting.has("bob") == EVERYTHING
    done(meeting.alice.post(meeting.at("bob", "/mute")))
    assert meeting.has("bob") == MUTED


def comes_true(action: Action, trial: RoleTrial) -> bool:
    """Whether the action works. A refused grant reaches the function as a failure of the machine."""
    try:
        return action(trial)
    except (InfrastructureError, NotSettledError):
        return False


def publishes(deployed: DeployedFunctions) -> bool:
    now = datetime.now(UTC)
    entry = Entry("0" * 26, MEETING_ENDED, "nobody's", "nobody's", now, CHIME, "end", "m1", extra={"attendees": []})
    image = {"detailType": {"S": entry.type}, "detail": {"S": json.dumps(entry.detail)}}
    records = {"Records": [{"dynamodb": {"NewImage": image, "SequenceNumber": "1"}}]}
    function = deployed.functions["event_publisher"]["FunctionName"]
    answer = deployed.clients.of("lambda").invoke(FunctionName=function, Payload=json.dumps(records))
    return "FunctionError" not in answer and json.loads(answer["Payload"].read()) == {"batchItemFailures": []}


@contextmanager
def deployed_without(deployed: DeployedFunctions, function: str, grant: Grant) -> Iterator[None]:
    """The function's own role, for a moment."""
    role = {"RoleName": deployed.role_name(function), "PolicyName": "Grants"}
    whole, less = deployed.policy(function), deployed.policy(function, grant)

    def put(policy: dict[str, Any]) -> None:
        deployed.iam.put_role_policy(**role, PolicyDocument=json.dumps(policy))

    put(less)
    try:
        yield
    finally:
        put(whole)
