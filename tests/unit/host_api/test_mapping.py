"""Behind a domain with a mapping key, which API Gateway leaves in front of the path."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from host_api.mapping import without_mapping_key

KEY = "meet/moderation"


def seen(path: str, headers: Mapping[str, str] | None = None) -> tuple[str, dict[str, Any]]:
    """The path that the API is asked for, and its answer as the caller gets it."""
    asked: list[Any] = []

    def api(event: object) -> dict[str, Any]:
        asked.append(event)
        return {"statusCode": 202, "headers": dict(headers or {})}

    answer = without_mapping_key(KEY, api, {"rawPath": path, "version": "2.0"})
    (event,) = asked
    assert event["version"] == "2.0"
    return event["rawPath"], answer


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/meet/moderation/meetings/m", "/meetings/m"),
        ("/meet/moderation/health", "/health"),
        ("/meet/moderation", "/"),
        ("/meet/moderation/", "/"),
        ("/meetings/m", "/meetings/m"),
        ("/meet/moderations/health", "/meet/moderations/health"),
        ("/meet/moderation/meet/moderation/x", "/meet/moderation/x"),
    ],
)
def test_the_key_is_no_part_of_the_path(path: str, found: str) -> None:
    assert seen(path)[0] == found


def test_an_address_in_the_answer_is_the_callers() -> None:
    location = {"Location": "/meetings/m/changes/c", "ETag": "1"}
    assert seen("/meet/moderation/meetings/m", location)[1]["headers"] == {
        "Location": "/meet/moderation/meetings/m/changes/c",
        "ETag": "1",
    }
    assert seen("/meetings/m", location)[1]["headers"] == location


def test_the_handler_takes_the_key_from_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    from host_api.handler import handler

    event = {"rawPath": "/moderation/health", "requestContext": {"http": {"method": "GET"}}}
    names = ("function_name", "memory_limit_in_mb", "invoked_function_arn", "aws_request_id")
    context = SimpleNamespace(**dict.fromkeys(names, "x"))
    assert handler(event, context)["statusCode"] == 404
    monkeypatch.setenv("GAVEL_MAPPING_KEY", "moderation")
    assert handler(event, context)["statusCode"] == 200
