"""The schemas of commands by event: the detail of a `Moderation Command`.

They are closed, because an unknown key is an error.
"""

from event_commands.command_specs import COMMANDS, CommandSpec, MeetingAddress, UserAddress
from event_commands.message import COMMAND
from moderation.models import Body
from pydantic import BaseModel
from pydantic.alias_generators import to_camel

from contracts.events import REF, Schema, envelope, untitled

SOURCE: Schema = {
    "type": "string",
    "not": {"pattern": "^(gavel$|aws\\.|trigger/)"},
    "description": 'The sender. In the policies it is `Service::"<source>"`.',
}


def command_schemas() -> dict[str, Schema]:
    """File name → schema."""
    return {f"{name}.json": _command(name, spec) for name, spec in COMMANDS.items()}


def _command(name: str, spec: CommandSpec) -> Schema:
    body = untitled(spec.body.model_json_schema(ref_template=REF))
    parts = {part: untitled(schema) for part, schema in body.pop("$defs", {}).items()}
    addresses: list[type[BaseModel]] = [MeetingAddress, *([UserAddress] if spec.on_user else [])]
    detail = {
        "type": "object",
        "properties": {"command": {"const": name}, **_addressed(addresses), **body.get("properties", {})},
        "required": ["command", *body.get("required", [])],
        "allOf": [*({"oneOf": _each_required(_keys(model))} for model in addresses), *_at_least_one_of(spec.body)],
        "additionalProperties": False,
    }
    return {
        **envelope(
            f"commands/{name}.json",
            f"{COMMAND}: {name}",
            f"The command `{name}`: the fields are those of the REST body.",
            COMMAND,
            SOURCE,
            {"$ref": REF.format(model="Command")},
        ),
        "$defs": {"Command": detail, **parts},
    }


def _keys(model: type[BaseModel]) -> list[str]:
    return [to_camel(field) for field in model.model_fields]


def _addressed(models: list[type[BaseModel]]) -> dict[str, Schema]:
    """The keys that name the command's meeting and target. Each may be missing, none may be null."""
    schemas = [untitled(model.model_json_schema())["properties"] for model in models]
    return {
        key: {**schema["anyOf"][0], **{word: said for word, said in schema.items() if word == "description"}}
        for properties in schemas
        for key, schema in properties.items()
    }


def _at_least_one_of(body: type[Body]) -> list[Schema]:
    keys = [to_camel(name) for name in body.AT_LEAST_ONE_OF]
    return [{"anyOf": _each_required(keys)}] if keys else []


def _each_required(keys: list[str]) -> list[Schema]:
    return [{"required": [key]} for key in keys]
