"""The description is made from the routes: it is whole, it points nowhere in vain, and it is OpenAPI 3.1."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from host_api.problems import KINDS
from host_api.routes import ROUTES

from .door import Door

CONTRACT = {
    ("GET", "/health"),
    ("GET", "/openapi.json"),
    ("PUT", "/meetings/{meetingId}"),
    ("GET", "/meetings/{meetingId}"),
    ("PATCH", "/meetings/{meetingId}"),
    ("POST", "/meetings/{meetingId}/mute-all"),
    ("POST", "/meetings/{meetingId}/unmute-all"),
    ("POST", "/meetings/{meetingId}/admissions"),
    ("GET", "/meetings/{meetingId}/attendees"),
    ("PUT", "/meetings/{meetingId}/attendees/{attendeeId}"),
    ("GET", "/meetings/{meetingId}/me"),
    ("GET", "/meetings/{meetingId}/history"),
    ("POST", "/meetings/{meetingId}/live"),
    ("GET", "/meetings/{meetingId}/changes/{changeId}"),
    *(
        (method, f"/meetings/{{meetingId}}/{who}{deed}")
        for who in ("attendees/{attendeeId}", "users/{externalUserId}")
        for method, deed in (("GET", ""), ("PATCH", "/capabilities"), ("POST", "/mute"), ("POST", "/unmute"))
    ),
}


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    return Door(claims=None)("GET", "/openapi.json").document


def operations(description: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def within(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from within(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from within(inner)


def test_health_needs_no_token() -> None:
    reply = Door(claims=None)("GET", "/health")
    assert (reply.status, reply.document) == (200, {"status": "ok"})


def test_every_route_of_the_contract(description: dict[str, Any]) -> None:
    assert {(method, path) for method, path, _ in operations(description)} == CONTRACT
    assert {(route.method, route.path) for route in ROUTES} <= CONTRACT


def test_structure(description: dict[str, Any]) -> None:
    assert re.fullmatch(r"3\.1\.\d", description["openapi"])
    assert description["info"]["title"]
    assert description["info"]["version"]
    names = [operation["operationId"] for _, _, operation in operations(description)]
    assert len(set(names)) == len(names)
    for _, path, operation in operations(description):
        parameters = operation.get("parameters", [])
        in_path = {p["name"] for p in parameters if p["in"] == "path"}
        assert in_path == set(re.findall(r"\{(\w+)\}", path))
        assert all(p["required"] for p in parameters if p["in"] == "path")
        assert all("schema" in p for p in parameters)
        assert len({(p["in"], p["name"]) for p in parameters}) == len(parameters)
        for status, answer in operation["responses"].items():
            assert re.fullmatch(r"[1-5]\d\d", status)
            assert answer["description"]


def test_references_lead_somewhere(description: dict[str, Any]) -> None:
    for schema in within(description):
        if "$ref" in schema:
            at: Any = description
            for part in schema["$ref"].removeprefix("#/").split("/"):
                at = at[part]
            assert isinstance(at, dict)


def test_headers_and_statuses(description: dict[str, Any]) -> None:
    for method, path, operation in operations(description):
        if path in ("/health", "/openapi.json"):
            assert operation["security"] == []
            continue
        headers = {p["name"] for p in operation["parameters"] if p["in"] == "header"}
        queries = {p["name"] for p in operation["parameters"] if p["in"] == "query"}
        assert "Gavel-On-Behalf-Of" in headers
        assert {"200", "400", "401", "403", "404", "503"} <= set(operation["responses"])
        if method != "GET" and not path.endswith("/live"):  # which changes nothing in the meeting
            assert {"If-Match", "Idempotency-Key"} <= headers
            assert queries == {"dryRun"}
            assert {"412", "413", "422"} <= set(operation["responses"])
            assert ("202" in operation["responses"]) is (not path.endswith("/admissions"))
            assert operation["requestBody"]["required"] is (method == "PATCH" or path.endswith("/admissions"))


def test_problems_are_those_of_the_door(description: dict[str, Any]) -> None:
    named = set()
    for _, _, operation in operations(description):
        for status, answer in operation["responses"].items():
            content = answer.get("content", {}).get("application/problem+json")
            if content:
                codes = content["schema"]["allOf"][1]["properties"]["code"]["enum"]
                assert {KINDS[code][0] for code in codes} == {int(status)}
                named |= set(codes)
    assert named <= set(KINDS)


def test_it_is_small_enough_to_serve(description: dict[str, Any]) -> None:
    assert len(json.dumps(description)) < 500_000
