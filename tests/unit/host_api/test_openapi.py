"""The description is made from the routes: it is whole, its references lead somewhere, and it is OpenAPI 3.1."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from host_api.problems import KINDS
from jsonschema import Draft202012Validator
from moderation import __version__

from contracts.files import DOCS

from .api import HostApi, resolved
from .operations import MODERATION, OPERATIONS

CONTRACT = {
    ("GET", "/health"),
    ("GET", "/openapi.json"),
    ("GET", "/meetings"),
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
    ("POST", "/meetings/{meetingId}/hands/lower-all"),
    ("POST", "/meetings/{meetingId}/hands/lower"),
    ("POST", "/meetings/{meetingId}/mute"),
    ("POST", "/meetings/{meetingId}/unmute"),
    ("POST", "/meetings/{meetingId}/roles"),
    ("POST", "/meetings/{meetingId}/remove"),
    ("GET", "/meetings/{meetingId}/history"),
    ("POST", "/meetings/{meetingId}/live"),
    ("GET", "/meetings/{meetingId}/changes/{changeId}"),
    *(
        (method, f"/meetings/{{meetingId}}/{who}{command}")
        for who in ("attendees/{attendeeId}", "users/{externalUserId}")
        for method, command in (
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


NEED_A_BODY = ("/admissions", "/role", "/roles", "/consent", "/undo", "/lobby/{externalUserId}", "/hands/lower")
NAME_SOME = tuple(f"/meetings/{{meetingId}}/{command}" for command in ("mute", "unmute", "remove"))


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    return HostApi(claims=None)("GET", "/openapi.json").document


def within(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from within(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from within(inner)


def test_health_needs_no_token() -> None:
    reply = HostApi(claims=None)("GET", "/health")
    assert (reply.status, reply.document) == (200, {"status": "ok", "version": __version__})


def test_every_route_of_the_contract(description: dict[str, Any]) -> None:
    assert {(method.upper(), path) for path, found in description["paths"].items() for method in found} == CONTRACT


def test_structure(description: dict[str, Any]) -> None:
    assert re.fullmatch(r"3\.1\.\d", description["openapi"])
    assert description["info"]["title"]
    assert description["info"]["version"]
    assert description["info"]["license"]["identifier"] == "Apache-2.0"
    assert description["servers"]
    assert len({operation.name for operation in OPERATIONS}) == len(OPERATIONS)
    groups = {tag["name"]: tag["description"] for tag in description["tags"]}
    for operation in OPERATIONS:
        said = operation.described
        assert said["summary"]
        assert set(said["tags"]) <= groups.keys()
        parameters = [resolved(reference) for reference in said.get("parameters", [])]
        in_path = {p["name"] for p in parameters if p["in"] == "path"}
        assert in_path == set(re.findall(r"\{(\w+)\}", operation.path))
        assert all(p["required"] for p in parameters if p["in"] == "path")
        assert all("schema" in p and p["description"] for p in parameters)
        assert len({(p["in"], p["name"]) for p in parameters}) == len(parameters)
        for status, answer in said["responses"].items():
            assert re.fullmatch(r"[1-5]\d\d", status)
            assert resolved(answer)["description"]
            assert resolved(answer)["content"], "also of what the gateway answers"


def test_what_is_shared_is_said_once(description: dict[str, Any]) -> None:
    """A generator makes a class of each schema that has no name."""
    for operation in OPERATIONS:
        inline = [schema for schema in within(operation.described) if "properties" in schema or "allOf" in schema]
        assert inline == []
    assert "allOf" not in json.dumps(description)
    lines = (DOCS / "openapi.json").read_text(encoding="utf-8").splitlines()
    assert len(lines) < 6_000


def test_limits_are_those_of_json_schema(description: dict[str, Any]) -> None:
    """`ge` and `le` mean nothing to anybody but pydantic."""
    words = {word for schema in within(description) for word in schema}
    assert not words & {"ge", "le", "gt", "lt", "min_length", "max_length"}
    limit = resolved({"$ref": "#/components/parameters/limit"})["schema"]
    assert limit == {"type": "integer", "minimum": 1, "maximum": 100, "default": 50}
    seconds = description["components"]["schemas"]["GrantFloor"]["properties"]["durationSeconds"]
    assert (seconds["minimum"], seconds["maximum"]) == (1, 86_400)
    for name in ("CapabilitiesPatch", "MeetingPatch"):
        schema = description["components"]["schemas"][name]
        assert (schema["minProperties"], "anyOf" in schema) == (1, False)


def test_headers_and_queries_of_text_have_a_pattern(description: dict[str, Any]) -> None:
    for name, parameter in description["components"]["parameters"].items():
        schema = parameter["schema"]
        has_form = schema["type"] != "string" or schema.keys() & {"pattern", "enum", "maxLength", "format"}
        assert has_form, name


def test_each_body_and_answer_has_an_example_that_fits(description: dict[str, Any]) -> None:
    schemas = description["components"]["schemas"]
    shown = set()
    for operation in OPERATIONS:
        contents = [resolved(answer)["content"] for answer in operation.described["responses"].values()]
        contents += [operation.described["requestBody"]["content"]] if "requestBody" in operation.described else []
        shown |= {each["schema"]["$ref"].rpartition("/")[2] for content in contents for each in content.values()}
    assert len(shown) > 25
    for name in shown:
        [example] = schemas[name]["examples"]
        validator = Draft202012Validator({**schemas[name], "components": description["components"]})
        assert [error.message for error in validator.iter_errors(example)] == [], name


def test_references_lead_somewhere(description: dict[str, Any]) -> None:
    for schema in within(description):
        if "$ref" in schema:
            at: Any = description
            for part in schema["$ref"].removeprefix("#/").split("/"):
                at = at[part]
            assert isinstance(at, dict)


def test_headers_and_statuses() -> None:
    for operation in OPERATIONS:
        method, path, said = operation.method, operation.path, operation.described
        if path in ("/health", "/openapi.json"):
            assert not operation.needs_token
            continue
        parameters = [resolved(reference) for reference in said["parameters"]]
        headers = {p["name"] for p in parameters if p["in"] == "header"}
        queries = {p["name"] for p in parameters if p["in"] == "query"}
        assert "Gavel-On-Behalf-Of" in headers
        assert {"200", "400", "401", "403", "503"} <= set(said["responses"])
        assert ("404" in said["responses"]) is (path != "/meetings")
        if method != "GET" and not path.endswith("/live"):  # which changes nothing in the meeting
            assert {"If-Match", "Idempotency-Key"} <= headers
            assert queries == {"dryRun"}
            assert {"412", "413", "422"} <= set(said["responses"])
            assert ("202" in said["responses"]) is (not path.endswith("/admissions"))
            needs_one = method == "PATCH" or path in NAME_SOME or (method != "DELETE" and path.endswith(NEED_A_BODY))
            assert ("requestBody" in said) is (method != "DELETE")
            assert said.get("requestBody", {}).get("required", False) is needs_one


def test_which_problems_there_may_be() -> None:
    codes = {(operation.method, operation.path): operation.problems for operation in OPERATIONS}
    meeting = "/meetings/{meetingId}"
    user = meeting + "/users/{externalUserId}"
    for operation in MODERATION:
        assert operation.path in (meeting, "/meetings") or "banned" in operation.problems
        statuses = {str(KINDS[code][0]) for code in operation.problems}
        assert statuses | {"401", "429"} == {s for s in operation.described["responses"] if s >= "400"}
    undo = codes["POST", meeting + "/undo"]
    assert undo >= {"not-undoable", "change-not-found", "last-host", "capability-unavailable"}
    assert codes["PUT", user + "/consent"] >= {"no-request", "capability-unavailable"}
    for method, path in (
        ("PUT", user + "/role"),
        ("POST", user + "/remove"),
        ("PUT", f"{meeting}/bans/{{externalUserId}}"),
    ):
        assert "last-host" in codes[method, path]
    for method, path in (("POST", user + "/floor"), ("POST", user + "/release"), ("PUT", user + "/role")):
        assert "capability-unavailable" in codes[method, path]
    for method, path in (("POST", user + "/mute"), ("PUT", user + "/hand"), ("POST", meeting + "/end")):
        assert not codes[method, path] & {"no-request", "not-undoable", "last-host", "change-not-found"}


def test_problems_are_those_of_the_api() -> None:
    for operation in OPERATIONS:
        assert operation.problems <= set(KINDS)
        for status, answer in operation.described["responses"].items():
            found = resolved(answer)
            if "application/problem+json" in found["content"]:
                named = {code for code, (of, _) in KINDS.items() if of == int(status)}
                assert named == set(re.findall(r"`([a-z-]+)`", found["description"]))


def test_it_is_small_enough_to_serve(description: dict[str, Any]) -> None:
    assert len(json.dumps(description)) < 500_000
