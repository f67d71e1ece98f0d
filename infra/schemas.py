"""The schema registry: what every event and every command looks like, in the account where they travel.

The schemas are the files that `make contracts` writes, in the older JSON Schema that the registry knows.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-schema-registry.html
"""

import json
from pathlib import Path
from typing import Any

from aws_cdk import Aws, CfnCondition, Fn
from aws_cdk import aws_eventschemas as eventschemas
from constructs import Construct

from infra.configuration import Configuration
from infra.regions import WITHOUT_SCHEMAS

SCHEMAS = Path(__file__).resolve().parent.parent / "docs" / "schemas"
DRAFT_4 = "http://json-schema.org/draft-04/schema#"
UNKNOWN_TO_DRAFT_4 = {"propertyNames"}
"""Said of the keys of an object; without it a schema takes more, and nothing that is right is refused."""


def has_registry(configuration: Configuration) -> bool:
    """Whether the stack has the registry: a template for any Region does, on a condition."""
    if configuration.event_schemas is not None:
        return configuration.event_schemas
    return configuration.region not in WITHOUT_SCHEMAS


class Schemas(Construct):
    """The registry and a schema for each file."""

    def __init__(self, scope: Construct, name: str, configuration: Configuration) -> None:
        super().__init__(scope, name)
        here = self._condition(configuration)
        registry = eventschemas.CfnRegistry(
            self,
            "Registry",
            registry_name=configuration.named("gavel"),
            description="What Gavel tells on its bus, and the commands that it takes from it",
        )
        registry.cfn_options.condition = here
        for path in sorted(SCHEMAS.glob("*/*.json")):
            document = json.loads(path.read_text(encoding="utf-8"))
            schema = eventschemas.CfnSchema(
                self,
                f"{path.parent.name}-{path.stem}",
                registry_name=registry.attr_registry_name,
                schema_name=schema_name(document["title"]),
                type="JSONSchemaDraft4",
                content=json.dumps(in_draft_4(document), separators=(",", ":")),
            )
            schema.cfn_options.condition = here

    def _condition(self, configuration: Configuration) -> CfnCondition | None:
        """A template for any Region finds out where it lands whether there is a registry."""
        if configuration.region is not None or configuration.event_schemas:
            return None
        elsewhere = [Fn.condition_not(Fn.condition_equals(Aws.REGION, region)) for region in WITHOUT_SCHEMAS]
        return CfnCondition(self, "Here", expression=Fn.condition_and(*elsewhere) if elsewhere[1:] else elsewhere[0])


def schema_name(title: str) -> str:
    """As EventBridge names those that it discovers: `gavel@ModerationDecided`, `gavel@ModerationCommand-mute-all`."""
    kind, _, command = title.partition(": ")
    return f"gavel@{kind.replace(' ', '')}" + (f"-{command}" if command else "")


def in_draft_4(schema: Any) -> Any:
    """The same schema with the words of Draft 4."""
    return {"$schema": DRAFT_4} | _words({key: value for key, value in schema.items() if key != "$schema"})


def _words(value: Any) -> Any:
    if isinstance(value, list):
        return [_words(item) for item in value]
    if not isinstance(value, dict):
        return value.replace("#/$defs/", "#/definitions/") if isinstance(value, str) else value
    said = {key: _words(inner) for key, inner in value.items() if key not in UNKNOWN_TO_DRAFT_4}
    if "$defs" in said:
        said["definitions"] = said.pop("$defs")
    if "const" in said:
        said["enum"] = [said.pop("const")]
    return said
