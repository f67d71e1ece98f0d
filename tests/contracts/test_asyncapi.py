"""`docs/asyncapi.json`: AsyncAPI 3.0 as the specification demands it, and every reference leads somewhere."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from contracts.files import DOCS, schemas


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DOCS / "asyncapi.json").read_text(encoding="utf-8"))
    return found


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def dangling(document: dict[str, Any]) -> list[str]:
    return [reference for reference in references(document) if not leads_somewhere(document, reference)]


def leads_somewhere(document: dict[str, Any], reference: str) -> bool:
    if not reference.startswith("#/"):
        return (DOCS / reference).is_file()
    at: Any = document
    for part in reference.removeprefix("#/").split("/"):
        if part not in at:
            return False
        at = at[part]
    return isinstance(at, dict)


def test_references_lead_somewhere(document: dict[str, Any]) -> None:
    assert dangling(document) == []


def test_one_that_does_not_is_found(document: dict[str, Any]) -> None:
    broken = copy.deepcopy(document)
    del broken["components"]["messages"]["moderation-decided"]
    assert dangling(broken) == ["#/components/messages/moderation-decided"]
    broken["components"]["messages"]["moderation-decided"] = {"payload": {"$ref": "./schemas/events/none.json"}}
    assert dangling(broken) == ["./schemas/events/none.json"]


def test_structure(document: dict[str, Any]) -> None:
    assert document["asyncapi"] == "3.0.0"
    assert document["info"].keys() >= {"title", "version"}
    (channel,) = document["channels"].values()
    assert channel["address"] == "gavel"
    on_channel = {f"#/channels/bus/messages/{name}" for name in channel["messages"]}
    operations = document["operations"]
    assert {name: operation["action"] for name, operation in operations.items()} == {"tell": "send", "obey": "receive"}
    used = [message["$ref"] for operation in operations.values() for message in operation["messages"]]
    assert sorted(used) == sorted(on_channel)
    assert all(operation["channel"] == {"$ref": "#/channels/bus"} for operation in operations.values())


def test_every_schema_is_the_payload_of_one_message(document: dict[str, Any]) -> None:
    payloads = [message["payload"]["$ref"] for message in document["components"]["messages"].values()]
    assert sorted(payloads) == sorted(f"./{path}" for path in schemas())
