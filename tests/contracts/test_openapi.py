"""`docs/openapi.json` is a valid OpenAPI document, and the one that a running stack serves."""

import copy
import json
from typing import Any

import pytest
from host_api.app import create_app
from openapi_spec_validator import OpenAPIV31SpecValidator

from contracts.files import DOCS
from tests.unit.host_api.api import StandIn, event


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DOCS / "openapi.json").read_text(encoding="utf-8"))
    return found


def test_it_is_valid(document: dict[str, Any]) -> None:
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


def test_a_mistake_is_found(document: dict[str, Any]) -> None:
    broken = copy.deepcopy(document)
    del broken["paths"]["/meetings/{meetingId}"]["get"]["parameters"]
    assert list(OpenAPIV31SpecValidator(broken).iter_errors())


def test_it_is_what_the_api_serves(document: dict[str, Any]) -> None:
    answer = create_app(StandIn, lambda: "sub")(event("GET", "/openapi.json"))
    assert json.loads(answer["body"]) == document
