"""`docs/asyncapi.json`: AsyncAPI 3.0 as the specification demands it, and every reference leads somewhere."""

import copy
import json
import re
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
    path, _, place = reference.partition("#/")
    if path and not (DOCS / path).is_file():
        return False
    at: Any = json.loads((DOCS / path).read_text(encoding="utf-8")) if path else document
    for part in place.split("/") if place else ():
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
    assert document["info"].keys() >= {"title", "version", "license"}
    assert {name: channel["address"] for name, channel in document["channels"].items()} == {
        "bus": "gavel",
        "live": "/live",
    }
    operations = document["operations"]
    assert {(operation["channel"]["$ref"], operation["action"]) for operation in operations.values()} == {
        (f"#/channels/{channel}", action) for channel in ("bus", "live") for action in ("send", "receive")
    }
    on_channels = {
        f"#/channels/{name}/messages/{message}"
        for name, channel in document["channels"].items()
        for message in channel["messages"]
    }
    used = [message["$ref"] for operation in operations.values() for message in operation["messages"]]
    assert sorted(used) == sorted(on_channels)


def test_every_schema_is_the_payload_of_one_message(document: dict[str, Any]) -> None:
    messages = document["components"]["messages"]
    payloads = [message["payload"]["$ref"] for name, message in messages.items() if not name.startswith("live-")]
    assert sorted(payloads) == sorted(f"./{path}" for path in schemas())


def test_the_web_socket_has_every_type_that_the_page_about_it_has(document: dict[str, Any]) -> None:
    page = (DOCS / "live.md").read_text(encoding="utf-8")
    sent = page.partition("## What Gavel sends")[2].partition("###")[0]
    told = set(re.findall(r"^\| `(\w+)` \|", sent, re.MULTILINE))
    assert {"snapshot", "change", "lobby", "closed"} <= told
    names = {m["name"] for name, m in document["components"]["messages"].items() if name.startswith("live-")}
    assert names == {"snapshot", "change", "lobby", "closed", "listen"}


def test_documents_on_the_web_socket_are_those_of_the_rest_api(document: dict[str, Any]) -> None:
    snapshot = document["components"]["schemas"]["Snapshot"]["properties"]
    assert snapshot["attendees"]["anyOf"][0]["items"] == {"$ref": "./openapi.json#/components/schemas/Attendee"}
