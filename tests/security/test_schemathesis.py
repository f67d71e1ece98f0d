"""Schemathesis over the description: what fits it, and what doesn't, is answered as it says, and never by 5xx."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from host_api.openapi import description
from host_api.routes import ROUTES
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

from tests.memory.moderated_meeting import MEETING, seat
from tests.security.cast import Cast
from tests.security.gateway import TOKENS, Gateway

EXAMPLES = 8
"""Of each kind, for each operation."""
CHECKS: list[CheckFunction] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
NAMES = [route.name for route in ROUTES] + ["get-health", "get-openapi"]
IDS = {"meetingId": MEETING, "attendeeId": seat("bob"), "externalUserId": "bob"}


@pytest.fixture(scope="module")
def played() -> Cast:
    return Cast()


@pytest.fixture(scope="module")
def schema(played: Cast) -> Any:
    found = schemathesis.openapi.from_dict(dict(description()))
    found.app = Gateway(lambda: played.gavel)
    return found


@pytest.fixture
def cast(played: Cast) -> Iterator[Cast]:
    played.reset()
    yield played
    played.reset()


def test_every_operation_is_visited(schema: Any) -> None:
    assert sorted(op.ok().definition.raw["operationId"] for op in schema.get_all_operations()) == sorted(NAMES)


def run(cast: Cast, strategy: st.SearchStrategy[Case[Any]], checks: list[CheckFunction]) -> list[int]:
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
        cast.reset()
        response = case.call(headers={"Authorization": f"Bearer {token}"})
        statuses.append(response.status_code)
        case.validate_response(response, checks=checks)

    asked()
    return statuses


@pytest.mark.parametrize("name", NAMES)
def test_in_a_meeting_that_is_there(cast: Cast, schema: Any, name: str) -> None:
    operation = schema.find_operation_by_id(name)
    ids = IDS | {"changeId": cast.undoable}
    named = {p["name"]: ids[p["name"]] for p in operation.definition.raw.get("parameters", []) if p["in"] == "path"}
    statuses = run(cast, operation.as_strategy(GenerationMode.POSITIVE, path_parameters=named or None), CHECKS)
    assert len(statuses) >= 1


@pytest.mark.parametrize("name", NAMES)
def test_with_whatever_ids(cast: Cast, schema: Any, name: str) -> None:
    run(cast, schema.find_operation_by_id(name).as_strategy(GenerationMode.POSITIVE), CHECKS)


@pytest.mark.parametrize("name", [route.name for route in ROUTES])
def test_with_what_does_not_fit(cast: Cast, schema: Any, name: str) -> None:
    operation = schema.find_operation_by_id(name)
    run(cast, operation.as_strategy(GenerationMode.NEGATIVE), [*CHECKS, negative_data_rejection])
