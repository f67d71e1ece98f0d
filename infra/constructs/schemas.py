"""The schema registry: the schema of every event and every command, in the account that uses them."""

import json
from typing import Any

from aws_cdk import Aws, CfnCondition, Fn
from aws_cdk import aws_eventschemas as eventschemas
from constructs import Construct

from ..config import Config
from ..files import SCHEMAS
from ..settings.regions import WITHOUT_SCHEMAS

DRAFT_4 = "http://json-schema.org/draft-04/schema#"
SHARED_TYPES = "types.json"
UNKNOWN_TO_DRAFT_4 = {"propertyNames", "$id"}
"""Keywords that Draft 4 lacks. Without `propertyNames` a schema accepts more and refuses nothing valid; the registry
has ids of its own.
"""


def has_registry(config: Config) -> bool:
    """Whether the stack has the registry. In a template for any Region a condition decides."""
    if config.event_schemas is not None:
        return config.event_schemas
    return config.region not in WITHOUT_SCHEMAS


class Schemas(Construct):
    """The registry, with one schema for each file of `docs/schemas`."""

    def __init__(self, scope: Construct, name: str, config: Config) -> None:
        super().__init__(scope, name)
        here = self._condition(config)
        registry = eventschemas.CfnRegistry(
            self,
            "Registry",
            registry_name=config.named("gavel"),
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
                content=json.dumps(in_draft_4(self_contained(document)), separators=(",", ":")),
            )
            schema.cfn_options.condition = here

    def _condition(self, config: Config) -> CfnCondition | None:
        """In a template for any Region: the condition that the Region of the deployment has a registry."""
        if config.region is not None or config.event_schemas:
            return None
        elsewhere = [Fn.condition_not(Fn.condition_equals(Aws.REGION, region)) for region in WITHOUT_SCHEMAS]
        return CfnCondition(self, "Here", expression=Fn.condition_and(*elsewhere) if elsewhere[1:] else elsewhere[0])


def schema_name(title: str) -> str:
    """A name in EventBridge's form for discovered schemas: `gavel@ModerationDecided`,
    `gavel@ModerationCommand-mute-all`.
    """
    kind, _, command = title.partition(": ")
    return f"gavel@{kind.replace(' ', '')}" + (f"-{command}" if command else "")


def self_contained(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with the shared types copied into it: the registry follows no reference to another file."""
    reference = f"../{SHARED_TYPES}#/$defs/"
    text = json.dumps(schema)
    if reference not in text:
        return schema
    types = json.loads((SCHEMAS / SHARED_TYPES).read_text(encoding="utf-8"))["$defs"]
    return {**json.loads(text.replace(reference, "#/$defs/")), "$defs": types}


def in_draft_4(schema: Any) -> Any:
    """The schema in the keywords of Draft 4."""
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
