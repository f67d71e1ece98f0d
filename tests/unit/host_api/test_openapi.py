"""The description is made from the routes: it is whole, it points nowhere in vain, and it is OpenAPI 3.1."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from host_api.problems import KINDS
from host_api.routes import ROUTES
from moderation import __version__

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
    ("GET", "/meetings/{meetingId}/bans"),
    ("PUT", "/meetings/{meetingId}/bans/{externalUserId}"),
    ("DELETE", "/meetings/{meetingId}/bans/{externalUserId}"),
    ("GET", "/meetings/{meetingId}/lobby"),
    ("PUT", "/meetings/{meetingId}/lobby/{externalUserId}"),
    ("DELETE", "/meetings/{meetingId}/lobby/{externalUserId}"),
    ("GET", "/meetings/{meetingId}/hands"),
    ("POST", "/meetings/{meetingId}/undo"),
    ("POST", "/meetings/{meetingId}/end"),
    ("GET", "/meetings/{meetingId}/history"),
    ("POST", "/meetings/{meetingId}/live"),
    ("GET", "/meetings/{meetingId}/changes/{changeId}"),
    *(
        (method, f"/meetings/{{meetingId}}/{who}{deed}")
        for who in ("attendees/{attendeeId}", "users/{externalUserId}")
        for method, deed in (
            ("GET", ""),
            ("PATCH", "/capabilities"),
            ("POST", "/mute"),
            ("POST", "/unmute"),
            ("POST", "/hold"),
            ("POST", "/release"),
            ("PUT", "/role"),
            ("POST", "/remove"),
            ("PUT", "/hand"),
            ("DELETE", "/hand"),
            ("POST", "/floor"),
            ("DELETE", "/floor"),
            ("PUT", "/consent"),
        )
    ),
}


NEED_A_BODY = ("/admissions", "/role", "/consent", "/undo", "/lobby/{externalUserId}")


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
    assert (reply.status, reply.document) == (200, {"status": "ok", "version": __version__})


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
            needs_one = method == "PATCH" or (method != "DELETE" and path.endswith(NEED_A_BODY))
            assert ("requestBody" in operation) is (method != "DELETE")
            assert operation.get("requestBody", {"required": False})["required"] is needs_one


def test_which_problems_there_may_be(description: dict[str, Any]) -> None:
    def codes(method: str, path: str) -> set[str]:
        answers = description["paths"]["/meetings/{meetingId}" + path][method]["responses"].values()
        problems = [answer["content"]["application/problem+json"] for answer in answers if _is_problem(answer)]
        return {c for problem in problems for c in problem["schema"]["allOf"][1]["properties"]["code"]["enum"]}

    for method, path, operation in operations(description):
        if path.startswith("/meetings/") and path != "/meetings/{meetingId}" and operation.get("security") != []:
            assert "banned" in codes(method.lower(), path.removeprefix("/meetings/{meetingId}"))
    user = "/users/{externalUserId}"
    assert codes("post", "/undo") >= {"not-undoable", "change-not-found", "last-host", "capability-unavailable"}
    assert codes("put", user + "/consent") >= {"no-request", "capability-unavailable"}
    for method, path in (("put", user + "/role"), ("post", user + "/remove"), ("put", "/bans/{externalUserId}")):
        assert "last-host" in codes(method, path)
    for method, path in (("post", user + "/floor"), ("post", user + "/release"), ("put", user + "/role")):
        assert "capability-unavailable" in codes(method, path)
    for method, path in (("post", user + "/mute"), ("put", user + "/hand"), ("post", "/end")):
        assert not codes(method, path) & {"no-request", "not-undoable", "last-host", "change-not-found"}


def _is_problem(answer: dict[str, Any]) -> bool:
    return "application/problem+json" in answer.get("content", {})


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
