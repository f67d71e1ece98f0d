"""The collection for Bruno is made from the OpenAPI document, whole."""

import json
import re

import pytest

from contracts.bruno import COLLECTION, collection, made
from contracts.files import REGENERATE
from tests.tracked import ROOT

EXPECTED = collection()


def test_it_is_up_to_date() -> None:
    there = made()
    outdated = [path for path in {**EXPECTED, **there} if EXPECTED.get(path) != there.get(path)]
    if outdated:
        pytest.fail(f"{', '.join(outdated)} in {COLLECTION}: `{REGENERATE}`", pytrace=False)


def test_every_operation_has_a_request() -> None:
    document = json.loads((ROOT / "docs" / "openapi.json").read_text())
    wanted = {
        (method, path.replace("{", ":").replace("}", ""))
        for path, methods in document["paths"].items()
        for method in methods
    }
    found = set()
    for text in EXPECTED.values():
        asked = re.search(r"^(get|put|post|patch|delete) \{\n  url: \{\{url\}\}(\S+)$", text, re.MULTILINE)
        if asked:
            found.add((asked[1], asked[2]))
    assert found == wanted


def test_bodies_are_json() -> None:
    bodies = [text.partition("body:json {\n")[2].partition("\n}\n")[0] for text in EXPECTED.values()]
    assert [json.loads(body) for body in bodies if body]
