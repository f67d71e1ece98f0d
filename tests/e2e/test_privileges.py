"""Least privilege: each function does its deeds with its role, and one of them fails whichever grant is taken away."""

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
from tests.e2e.deeds import DEEDS, Deed
from tests.e2e.rehearsal import Rehearsal, Troupe, rehearsal
from tests.e2e.scene import EVERYTHING, MUTED, Theatre
from tests.grants import BUS, GRANTS, MEETINGS, Grant, provable

ALL_DEEDS = [(function, deed) for function, deeds in DEEDS.items() for deed in dict.fromkeys(deeds.values())]
ALL_GRANTS = [(function, grant) for function in DEEDS for grant in provable(function)]
PUBLISHING = Grant("events:PutEvents", BUS)


@pytest.fixture(scope="module")
def troupe(theatre: Theatre, policies: Path) -> Troupe:
    return Troupe(theatre, policies)


def test_every_grant_has_a_deed() -> None:
    """Of every grant that the emulator asks for; a new one needs a line in `deeds.py`."""
    needed = {function: set(provable(function)) for function in GRANTS if provable(function)}
    assert needed == {function: set(deeds) for function, deeds in DEEDS.items()} | {"event_publisher": {PUBLISHING}}


@pytest.mark.parametrize(("function", "deed"), ALL_DEEDS, ids=lambda value: getattr(value, "__name__", value))
def test_with_its_role_the_function_does_it(troupe: Troupe, function: str, deed: Deed) -> None:
    assert deed(rehearsal(troupe, function))


@pytest.mark.parametrize(
    ("function", "grant"), ALL_GRANTS, ids=[f"{function}-{' on '.join(grant)}" for function, grant in ALL_GRANTS]
)
def test_without_the_grant_it_does_not(troupe: Troupe, function: str, grant: Grant) -> None:
    assert not comes_true(DEEDS[function][grant], rehearsal(troupe, function, without=grant))


def test_the_outbox_publishes_with_its_role_and_not_without_the_grant(troupe: Troupe) -> None:
    assert publishes(troupe)
    with deployed_without(troupe, "event_publisher", PUBLISHING):
        assert not publishes(troupe)


def test_a_deployed_function_is_held_to_its_role(theatre: Theatre, troupe: Troupe) -> None:
    """By the Chime simulator as by the emulator: what is rehearsed above holds for the functions themselves."""
    scene = theatre.scene()
    with deployed_without(troupe, "host_api", Grant("chime:UpdateAttendeeCapabilities", MEETINGS)):
        answer = scene.alice.post(scene.at("bob", "/mute"))
        assert answer.status_code in (202, 502)
        assert scene.has("bob") == EVERYTHING
    done(scene.alice.post(scene.at("bob", "/mute")))
    assert scene.has("bob") == MUTED


def comes_true(deed: Deed, play: Rehearsal) -> bool:
    """A machine that fails is how a door hears of what it may not do."""
    try:
        return deed(play)
    except (InfrastructureError, NotSettledError):
        return False


def publishes(troupe: Troupe) -> bool:
    now = datetime.now(UTC)
    entry = Entry("0" * 26, MEETING_ENDED, "nobody's", "nobody's", now, CHIME, "end", "m1", extra={"attendees": []})
    image = {"detailType": {"S": entry.type}, "detail": {"S": json.dumps(entry.detail)}}
    records = {"Records": [{"dynamodb": {"NewImage": image, "SequenceNumber": "1"}}]}
    function = troupe.functions["event_publisher"]["FunctionName"]
    answer = troupe.clients.of("lambda").invoke(FunctionName=function, Payload=json.dumps(records))
    return "FunctionError" not in answer and json.loads(answer["Payload"].read()) == {"batchItemFailures": []}


@contextmanager
def deployed_without(troupe: Troupe, function: str, grant: Grant) -> Iterator[None]:
    """The function's own role, for a moment."""
    role = {"RoleName": troupe.role_name(function), "PolicyName": "Grants"}
    whole, less = troupe.policy(function), troupe.policy(function, grant)

    def put(policy: dict[str, Any]) -> None:
        troupe.iam.put_role_policy(**role, PolicyDocument=json.dumps(policy))

    put(less)
    try:
        yield
    finally:
        put(whole)
