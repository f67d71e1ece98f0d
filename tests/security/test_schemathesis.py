"""Schemathesis over the description: what fits it, and what doesn't, is answered as it says, and never by 5xx."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import CheckFunction, not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from contracts.openapi import openapi
from tests.memory.moderated_meeting import MEETING, attendee_of
from tests.security.api import MeetingsApi
from tests.security.gateway import TOKENS, Gateway
from tests.unit.host_api.operations import MODERATION, OPERATIONS

EXAMPLES = 8
"""Of each kind, for each operation."""
CHECKS: list[CheckFunction] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
NAMES = [operation.name for operation in OPERATIONS]
IDS = {"meetingId": MEETING, "attendeeId": attendee_of("bob"), "externalUserId": "bob"}


@pytest.fixture(scope="module")
def shared_api() -> MeetingsApi:
    return MeetingsApi()


@pytest.fixture(scope="module")
def schema(shared_api: MeetingsApi) -> Any:
    found = schemathesis.openapi.from_dict(json.loads(json.dumps(openapi())))
    found.app = Gateway(lambda: shared_api.gavel)
    return found


@pytest.fixture
def api(shared_api: MeetingsApi) -> Iterator[MeetingsApi]:
    shared_api.reset()
    yield shared_api
    shared_api.reset()


def test_every_operation_is_visited(schema: Any) -> None:
    assert sorted(op.ok().definition.raw["operationId"] for op in schema.get_all_operations()) == sorted(NAMES)


def run(api: MeetingsApi, strategy: st.SearchStrategy[Case[Any]], checks: list[CheckFunction]) -> list[int]:
    """The statuses that were answered."""
    statuses: list[int] = []

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy, st.sampled_from(sorted(TOKENS)))
    def asked(case: Case[Any], token: str) -> None:
        api.reset()
        response = case.call(headers={"Authorization": f"Bearer {token}"})
        statuses.append(response.status_code)
        case.validate_response(response, checks=checks)

    asked()
    return statuses


@pytest.mark.parametrize("name", NAMES)
def test_in_a_meeting_that_is_there(api: MeetingsApi, schema: Any, name: str) -> None:
    operation = schema.find_operation_by_id(name)
    ids = IDS | {"changeId": api.undoable}
    named = {name: ids[name] for name in re.findall(r"{(\w+)}", operation.path)}
    statuses = run(api, operation.as_strategy(GenerationMode.POSITIVE, path_parameters=named or None), CHECKS)
    assert len(statuses) >= 1


@pytest.mark.parametrize("name", NAMES)
def test_with_whatever_ids(api: MeetingsApi, schema: Any, name: str) -> None:
    run(api, schema.find_operation_by_id(name).as_strategy(GenerationMode.POSITIVE), CHECKS)


@pytest.mark.parametrize("name", [operation.name for operation in MODERATION])
def test_with_what_does_not_fit(api: MeetingsApi, schema: Any, name: str) -> None:
    operation = schema.find_operation_by_id(name)
    run(api, operation.as_strategy(GenerationMode.NEGATIVE), [*CHECKS, negative_data_rejection])
