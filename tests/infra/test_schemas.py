"""The schema registry holds a schema for each file, which says in Draft 4 what the file says."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft4Validator, Draft202012Validator

from infra.constructs.schemas import in_draft_4, schema_name, self_contained
from infra.files import SCHEMAS
from tests.contracts.test_schemas import DECISION, PROCESSED, REFUSED, command, event
from tests.contracts.validation import validator
from tests.infra.conftest import Template
from tests.infra.resources import of_type

FILES = sorted(SCHEMAS.glob("*/*.json"))
MOST_CHARACTERS = 100_000
"""Of one schema, as botocore has it from the service."""

DRAFT_4_WORDS = {*Draft4Validator.META_SCHEMA["properties"], "$ref"}


def read(path: str) -> Any:
    return json.loads((SCHEMAS / path).read_text(encoding="utf-8"))


def test_every_file_is_registered(default: Template) -> None:
    schemas = of_type(default, "AWS::EventSchemas::Schema")
    registered = {each["SchemaName"]: json.loads(each["Content"]) for each in schemas}
    documents = [json.loads(path.read_text(encoding="utf-8")) for path in FILES]
    assert registered == {
        schema_name(document["title"]): in_draft_4(self_contained(document)) for document in documents
    }
    assert {"gavel@ModerationDecided", "gavel@ModerationCommand-mute-all"} <= registered.keys()


def test_the_registry_follows_the_stage(default: Template, customized: Template) -> None:
    names = [of_type(each, "AWS::EventSchemas::Registry")[0]["RegistryName"] for each in (default, customized)]
    assert names == ["gavel", "gavel-dev"]
    for schema in of_type(default, "AWS::EventSchemas::Schema"):
        assert schema["Type"] == "JSONSchemaDraft4"
        assert len(schema["Content"]) < MOST_CHARACTERS


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_is_registered_is_draft_4(path: Any) -> None:
    schema = in_draft_4(self_contained(json.loads(path.read_text(encoding="utf-8"))))
    assert ".json" not in json.dumps(schema), "the registry follows no reference to a file"
    Draft4Validator.check_schema(schema)
    assert set(keywords(schema)) <= DRAFT_4_WORDS


def keywords(schema: Any) -> Iterator[str]:
    """The words of the schema itself, without the names of properties and definitions."""
    for word, value in schema.items():
        yield word
        if word in ("properties", "definitions"):
            for inner in value.values():
                yield from keywords(inner)
        elif word in ("items", "not"):
            yield from keywords(value)
        elif word in ("allOf", "anyOf", "oneOf"):
            for inner in value:
                yield from keywords(inner)


@pytest.mark.parametrize("detail", [*PROCESSED, *REFUSED])
def test_it_takes_the_same_commands(detail: dict[str, Any]) -> None:
    document = read(f"commands/{detail['command']}.json")
    asked = command(detail)
    assert Draft4Validator(in_draft_4(document)).is_valid(asked) is Draft202012Validator(document).is_valid(asked)


@pytest.mark.parametrize("adds", [DECISION, {**DECISION, "verdict": "perhaps"}, {}])
def test_it_takes_the_same_events(adds: dict[str, object]) -> None:
    document = read("events/moderation-decided.json")
    told = event("Moderation Decided", adds)
    registered = Draft4Validator(in_draft_4(self_contained(document)))
    assert registered.is_valid(told) is validator(document).is_valid(told)
