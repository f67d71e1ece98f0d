"""The schema of every command by event: what to put on the bus as the detail of a `Moderation Command`.

Closed, for a key that Gavel doesn't know is an error.
"""

from event_commands.command_specs import COMMANDS, CommandSpec, Person, Place
from event_commands.message import COMMAND
from host_api.openapi import PATH_PARAMETERS
from pydantic import BaseModel
from pydantic.alias_generators import to_camel

from contracts.events import REF, Schema, envelope, untitled

NAMES: Schema = {"type": "string", "minLength": 2, "maxLength": 64}
KEYS: dict[str, Schema] = {
    "meetingId": PATH_PARAMETERS["meetingId"]["schema"],
    "externalMeetingId": {**NAMES, "description": "every live registered meeting of that name"},
    "attendeeId": PATH_PARAMETERS["attendeeId"]["schema"],
    "externalUserId": NAMES,
}
SOURCE: Schema = {
    "type": "string",
    "not": {"pattern": "^(gavel$|aws\\.|trigger/)"},
    "description": 'who commands: the policies know it as `Service::"<source>"`',
}


def command_schemas() -> dict[str, Schema]:
    """File name → schema."""
    return {f"{name}.json": _schema(name, deed) for name, deed in COMMANDS.items()}


def _schema(name: str, deed: CommandSpec) -> Schema:
    body = untitled(deed.body.model_json_schema(ref_template=REF))
    parts = {part: untitled(schema) for part, schema in body.pop("$defs", {}).items()}
    address: list[type[BaseModel]] = [Place, *([Person] if deed.on_user else [])]
    detail = {
        "type": "object",
        "properties": {"command": {"const": name}, **_addresses(address), **body.get("properties", {})},
        "required": ["command", *body.get("required", [])],
        "allOf": [
            *(_one_of(model) for model in address),
            *([{"anyOf": body["anyOf"]}] if "anyOf" in body else []),
        ],
        "additionalProperties": False,
    }
    description = f"The command `{name}`: the fields are those of the REST body."
    whole = envelope(f"{COMMAND}: {name}", description, COMMAND, SOURCE, {"$ref": REF.format(model="Command")})
    return {**whole, "$defs": {"Command": detail, **parts}}


def _keys(model: type[BaseModel]) -> list[str]:
    return [to_camel(field) for field in model.model_fields]


def _addresses(models: list[type[BaseModel]]) -> dict[str, Schema]:
    return {key: KEYS[key] for model in models for key in _keys(model)}


def _one_of(model: type[BaseModel]) -> Schema:
    return {"oneOf": [{"required": [key]} for key in _keys(model)]}
