"""The API's description, OpenAPI 3.1, made from the same table of routes that answers."""

from functools import cache
from typing import Any

from moderation import __version__
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from . import shapes
from .problems import KINDS
from .routes import ROUTES
from .routing import Route

REF = "#/components/schemas/"
ALWAYS = ("invalid-request", "internal-error", "busy")
"""Every route with a token may answer these."""
ON_WRITES = ("idempotency-key-reused", "contended", "outcome-unknown", "payload-too-large", "too-many")
UUID_LIKE = "[a-fA-F0-9]{8}(-[a-fA-F0-9]{4}){3}-[a-fA-F0-9]{12}"
PATH_PARAMETERS: dict[str, dict[str, Any]] = {
    "meetingId": {"description": "Chime's MeetingId", "schema": {"type": "string", "pattern": f"^{UUID_LIKE}$"}},
    "attendeeId": {
        "description": "Chime's AttendeeId; `#content` behind it is ignored",
        "schema": {"type": "string", "pattern": f"^{UUID_LIKE}(#content)?$"},
    },
    "externalUserId": {
        "description": "percent-encoded; or `~` and the base64url of its UTF-8, which an id with `/` needs",
        "schema": {"type": "string", "minLength": 2},
    },
    "changeId": {"schema": {"type": "string", "pattern": "^[0-9A-Za-z-]{1,64}$"}},
}
ON_BEHALF_OF = {
    "name": "Gavel-On-Behalf-Of",
    "in": "header",
    "description": "An admin acts for this person: an ExternalUserId, written as in a path",
    "schema": {"type": "string"},
}
WRITE_HEADERS = [
    {
        "name": "If-Match",
        "in": "header",
        "description": 'The revision that was seen, as `ETag` gives it (`"p3.m7"`); nothing is done if it is another',
        "schema": {"type": "string"},
    },
    {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "The same key with the same request gets the first answer again; not used with `dryRun`",
        "schema": {"type": "string", "pattern": "^[!-~]{1,128}$"},
    },
]
RESPONSE_HEADERS = {
    "ETag": {"description": "the revision, quoted", "schema": {"type": "string"}},
    "Location": {"description": "the change", "schema": {"type": "string"}},
    "Idempotency-Replayed": {"description": "this answer was given before", "schema": {"const": "true"}},
    "Retry-After": {"description": "seconds", "schema": {"type": "integer"}},
    "Allow": {"description": "methods", "schema": {"type": "string"}},
}
AT_THE_GATEWAY: dict[str, Any] = {
    "content": {
        "application/json": {
            "schema": {"type": "object", "properties": {"message": {"type": "string"}}, "required": ["message"]}
        }
    }
}


@cache
def description() -> dict[str, object]:
    paths: dict[str, dict[str, Any]] = {
        "/health": {"get": _open("get-health", "Whether the door is open", _answer("Health"))},
        "/openapi.json": {"get": _open("get-openapi", "This description", _answer(None))},
    }
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Gavel",
            "version": __version__,
            "description": "The moderator's gavel for Amazon Chime SDK meetings.",
            "license": {"name": "Apache License 2.0", "identifier": "Apache-2.0"},
        },
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _schemas() -> dict[str, Any]:
    bodies: list[type[BaseModel]] = sorted(
        {route.body() for route in ROUTES if route.body and route.method != "DELETE"}, key=lambda m: m.__name__
    )
    _, said = models_json_schema(
        [(model, "validation") for model in (*bodies, *shapes.SHOWN)], ref_template=REF + "{model}"
    )
    schemas: dict[str, Any] = said["$defs"]
    for schema in schemas.values():
        for part in schema.get("properties", {}).values():
            part.pop("title", None)  # the name once more
    return schemas


def _open(name: str, does: str, answer: dict[str, Any]) -> dict[str, Any]:
    responses = {"200": {"description": "OK", **answer}, "405": _problems(["method-not-allowed"])}
    return {"operationId": name, "summary": does, "security": [], "responses": responses}


def _operation(route: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.does,
        "parameters": [*_in_path(route), *_in_query(route), ON_BEHALF_OF, *(WRITE_HEADERS if route.body else ())],
        "responses": _responses(route),
    }
    if route.body is not None and route.method != "DELETE":
        operation["requestBody"] = {"required": _needs_body(route.body()), **_content(route.body.name)}
    return operation


def _needs_body(model: type[BaseModel]) -> bool:
    schema = model.model_json_schema()
    return "anyOf" in schema or "required" in schema


def _in_path(route: Route) -> list[dict[str, Any]]:
    names = [part[1:-1] for part in route.parts if part.startswith("{")]
    return [{"name": name, "in": "path", "required": True, **PATH_PARAMETERS[name]} for name in names]


def _in_query(route: Route) -> list[dict[str, Any]]:
    parameters = []
    for name, schema in route.query().model_json_schema().get("properties", {}).items():
        schema.pop("title", None)
        told = {"description": schema.pop("description")} if "description" in schema else {}
        parameters.append({"name": name, "in": "query", **told, "schema": schema})
    return parameters


def _responses(route: Route) -> dict[str, Any]:
    replayed = ("Idempotency-Replayed",) if route.body else ()
    etag = ("ETag",) if route.has_revision else ()
    responses: dict[str, Any] = {
        "200": {"description": "OK", "headers": _headers(*etag, *replayed), **_answer(route.answers)}
    }
    if route.body is not None and route.may_wait:
        responses["202"] = {
            "description": "decided and stored; Chime has not taken it yet, or it waits",
            "headers": _headers(*etag, *replayed, "Location"),
            **_answer(route.answers),
        }
    responses["401"] = {"description": "no valid token; answered by the gateway, in its own form", **AT_THE_GATEWAY}
    by_status: dict[int, list[str]] = {}
    for code in dict.fromkeys((*ALWAYS, *(ON_WRITES if route.body else ()), *route.problems)):
        by_status.setdefault(KINDS[code][0], []).append(code)
    responses |= {str(status): _problems(codes) for status, codes in sorted(by_status.items())}
    at_the_gateway = "too many requests; answered by the gateway, in its own form"
    known = responses.get("429")
    responses["429"] = {**(known or {})} | {
        "description": f"{known['description']}; or {at_the_gateway}" if known else at_the_gateway,
        "content": {**(known or {}).get("content", {}), **AT_THE_GATEWAY["content"]},
    }
    return responses


def _problems(codes: list[str]) -> dict[str, Any]:
    status = KINDS[codes[0]][0]
    headers = {405: _headers("Allow"), 429: _headers("Retry-After"), 503: _headers("Retry-After")}.get(status, {})
    schema = {"allOf": [{"$ref": REF + "Problem"}, {"properties": {"code": {"enum": codes}}}]}
    said = ", ".join(f"`{code}`" for code in codes)
    return {"description": said, "headers": headers, "content": {"application/problem+json": {"schema": schema}}}


def _headers(*names: str) -> dict[str, Any]:
    return {name: RESPONSE_HEADERS[name] for name in names}


def _answer(shape: str | None) -> dict[str, Any]:
    return _content(shape) if shape else {"content": {"application/json": {"schema": {"type": "object"}}}}


def _content(name: str) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": {"$ref": REF + name}}}}
