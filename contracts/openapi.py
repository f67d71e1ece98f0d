"""The API's description, OpenAPI 3.1: the resolver's description of its routes, with shared parts in one place."""

import json
from functools import cache
from typing import Any

from aws_lambda_powertools.event_handler.openapi.models import HTTPBearer, License, Server, ServerVariable, Tag
from host_api.app import create_app
from host_api.described import SCHEMAS, STATUS_NAMES
from host_api.middleware import ON_BEHALF_OF
from host_api.parameters import HEADERS
from moderation.models import Tag as Group
from pydantic.json_schema import models_json_schema

from contracts import responses
from contracts.events import untitled
from contracts.responses.examples import ATTENDEE_ID, CHANGE_ID, CURSOR, MEETING_ID
from infra.version import version

Schema = dict[str, Any]

TITLE = "Gavel"
DESCRIPTION = """\
Moderates meetings of the Amazon Chime SDK: who may send and receive audio, video and content.

Each operation lists in `x-problems` the codes of the problems that it may be answered with; docs/errors.md says what \
each means. API Gateway answers 401, and 429 when there are too many requests to the API as a whole, in its own form."""
LICENSE = License(name="Apache License 2.0", identifier="Apache-2.0")
VARIABLES = {
    "apiId": ServerVariable(default="abcd1234", description="The id of the API."),
    "region": ServerVariable(default="us-east-1", description="The Region that the stack is deployed to."),
}
SERVER = Server(
    url="https://{apiId}.execute-api.{region}.amazonaws.com",
    description="A deployed stack: its output `ApiUrl`.",
    variables=VARIABLES,
)
GROUPS = {
    Group.MEETINGS: "Register meetings, set their rules, mute everybody, end them.",
    Group.ATTENDEES: "What an attendee may send and receive, and why not more.",
    Group.FLOOR: "Raised hands and turns to speak.",
    Group.ACCESS: "Roles, removal, bans, the lobby and admissions.",
    Group.HISTORY: "What happened, what became of a change, and undo.",
    Group.SERVICE: "What needs no token.",
}
RESPONSE_HEADERS: Schema = {
    "ETag": {
        "description": "The revision, quoted, for `If-Match`.",
        "schema": {"type": "string", "pattern": '^"[!#-~]{1,64}"$', "examples": ['"p3.m7"']},
    },
    "Location": {"description": "The path of the change.", "schema": {"type": "string", "pattern": "^/.+$"}},
    "Idempotency-Replayed": {
        "description": "`true` if this answer was given before.",
        "schema": {"type": "string", "const": "true"},
    },
    "Retry-After": {
        "description": "After how many seconds the request may be sent again.",
        "schema": {"type": "integer", "minimum": 1},
    },
    "Allow": {"description": "The methods of the path.", "schema": {"type": "string", "pattern": "^[A-Z, ]+$"}},
}
OWN_SCHEMAS: Schema = {
    "Description": {"type": "object", "description": "An OpenAPI document.", "examples": [{"openapi": "3.1.0"}]},
    "GatewayError": {
        "type": "object",
        "description": "An answer of API Gateway itself.",
        "properties": {"message": {"type": "string"}},
        "required": ["message"],
        "examples": [{"message": "Unauthorized"}],
    },
}
CALLER_HEADER = {
    "name": ON_BEHALF_OF,
    "in": "header",
    "description": "The user that an admin acts for: an ExternalUserId, written as in a path.",
    "required": False,
    "schema": {"type": "string", "pattern": "^[!-~]+$"},
}
"""The header that authentication reads. The resolver does not know it."""
PARAMETER_KEYS = {("query", "attendeeId"): "concerningAttendee", ("query", "externalUserId"): "concerningUser"}
"""The names of parameters in the document, where a part of the path has the same name."""
NOT_USED = ("HTTPValidationError", "ValidationError", "ResponseValidationError")
"""The schemas of the resolver's own errors, which the API answers as problems."""
EXAMPLES = {
    "meetingId": MEETING_ID,
    "attendeeId": ATTENDEE_ID,
    "externalUserId": "bob",
    "changeId": CHANGE_ID,
    "If-Match": '"p3.m7"',
    "Idempotency-Key": "5f1c2c1e-mute-bob",
    "Gavel-On-Behalf-Of": "alice",
    "nextToken": "YWZ0ZXI6NGViY2RiZGMtMWYyZS00ZDNjLTliNGEtOGM3ZDZlNWYwYTFi",
    "after": CURSOR,
    "from": "2026-05-04T10:00:00Z",
    "to": "2026-05-04T11:00:00Z",
    "command": "mute-all",
    "actor": "alice",
    "externalMeetingId": "lecture",
    "user": "bob",
}


@cache
def openapi() -> Schema:
    document = _described()
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    schemas = {**document["components"]["schemas"], **_response_schemas(), **OWN_SCHEMAS}
    shared: Schema = {
        "schemas": {name: untitled(schemas[name]) for name in sorted(schemas) if name not in NOT_USED},
        "responses": {},
        "parameters": {},
        "headers": RESPONSE_HEADERS,
        "securitySchemes": document["components"]["securitySchemes"],
    }
    for operation in operations:
        _share_parameters(operation, shared["parameters"])
        _share_responses(operation, shared["responses"])
    document["components"] = shared
    return document


def _described() -> Schema:
    resolver = create_app(_nothing, _nothing).resolver
    text = resolver.get_openapi_json_schema(
        title=TITLE,
        version=version(),
        description=DESCRIPTION,
        license_info=LICENSE,
        servers=[SERVER],
        tags=[Tag(name=group.value, description=said) for group, said in GROUPS.items()],
        security_schemes={"token": HTTPBearer(bearerFormat="JWT", description="A JWT of the configured issuer.")},
        security=[{"token": []}],
    )
    document: Schema = json.loads(text)
    return document


def _nothing() -> Any:
    """Stands for the moderation, which the description does not need."""
    raise NotImplementedError


def _response_schemas() -> Schema:
    models = [(model, "validation") for model in responses.SHOWN]
    _, found = models_json_schema(models, ref_template=SCHEMAS + "{model}")  # type: ignore[arg-type]
    schemas: Schema = found["$defs"]
    return schemas


def _share_parameters(operation: Schema, shared: Schema) -> None:
    """Moves parameters into the shared part. A parameter with a name is the same in every route."""
    references = []
    of_caller = [CALLER_HEADER] if operation.get("security") != [] else []
    for parameter in [*operation.get("parameters", []), *of_caller]:
        name = HEADERS.get(parameter["name"], parameter["name"])
        said = {**parameter, "name": name, "schema": _of_parameter(parameter["schema"])}
        if name in EXAMPLES:
            said["example"] = EXAMPLES[name]
        key = PARAMETER_KEYS.get((parameter["in"], name), name)
        if shared.setdefault(key, said) != said:
            raise ValueError(f"two parameters are called `{key}`")
        references.append({"$ref": f"#/components/parameters/{key}"})
    operation["parameters"] = references


def _of_parameter(schema: Schema) -> Schema:
    """The schema of a parameter, which may be missing but is never null."""
    for choice in schema.get("anyOf", []):
        if choice != {"type": "null"}:
            schema = {**choice, **{key: said for key, said in schema.items() if key != "anyOf"}}
    unsaid = {"title", "description"} | ({"default"} if schema.get("default") in (None, "") else set())
    return {key: said for key, said in schema.items() if key not in unsaid}


def _share_responses(operation: Schema, shared: Schema) -> None:
    for status, response in operation["responses"].items():
        if not response.get("headers"):
            response.pop("headers", None)
        name = _response_name(int(status), response)
        if shared.setdefault(name, response) != response:
            raise ValueError(f"two responses are called `{name}`")
        operation["responses"][status] = {"$ref": f"#/components/responses/{name}"}


def _response_name(status: int, response: Schema) -> str:
    if status in STATUS_NAMES:
        return STATUS_NAMES[status]
    schema: str = response["content"]["application/json"]["schema"]["$ref"]
    return schema.rpartition("/")[2] + ("Pending" if status == 202 else "")
