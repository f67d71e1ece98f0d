"""The API's description of a route: arguments for the resolver's `route`.

Schemas, headers and responses are references by name; `contracts.openapi` adds their definitions.
"""

from collections.abc import Iterable
from functools import cache
from typing import Any

from moderation.models import Tag

from .middleware import FOR_ALL, FOR_READS, FOR_WRITES
from .problems import KINDS, PROBLEM_JSON

SCHEMAS = "#/components/schemas/"
HEADERS = "#/components/headers/"
GATEWAY_ERROR = {"application/json": {"schema": {"$ref": SCHEMAS + "GatewayError"}}}
UNAUTHENTICATED = {"description": "The token is missing or not valid.", "headers": {}, "content": GATEWAY_ERROR}
STATUS_NAMES = {
    400: "InvalidRequest",
    401: "Unauthenticated",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    409: "Conflict",
    412: "RevisionMismatch",
    413: "PayloadTooLarge",
    422: "Unprocessable",
    428: "RevisionRequired",
    429: "TooMany",
    500: "InternalError",
    502: "ChimeRefused",
    503: "Unavailable",
}
WITH_REVISION = ("Attendee", "Meeting", "MeetingChangeAnswer", "UndoAnswer")
WITHOUT_ONE_CHANGE = ("SelectionAnswer",)
OF_COMMANDS = (
    "AdmissionsAnswer",
    "Attendee",
    "ChangeAnswer",
    "Meeting",
    "MeetingChangeAnswer",
    "SelectionAnswer",
    "UndoAnswer",
)
ALWAYS = ("invalid-request", "internal-error", "busy")
ON_WRITES = ("idempotency-key-reused", "contended", "outcome-unknown", "payload-too-large", "too-many")
IN_MEETING = ("not-permitted", "banned", "waiting", "meeting-not-found")
ON_MEETING = (*IN_MEETING, "meeting-ended", "revision-mismatch", "chime-refused")
ON_ATTENDEE = (*ON_MEETING, "attendee-not-found")


def read(operation: str, tag: Tag, summary: str, description: str, answer: str, *problems: str) -> dict[str, Any]:
    """The description of a query."""
    codes = (*ALWAYS, *IN_MEETING, *problems)
    responses = {200: success(answer), **_refusals(codes)}
    return _route(operation, tag, summary, description, responses, codes) | {"middlewares": FOR_READS}


def read_all(operation: str, tag: Tag, summary: str, description: str, answer: str) -> dict[str, Any]:
    """The description of a query about all meetings."""
    codes = (*ALWAYS, "not-permitted", "too-many")
    responses = {200: success(answer), **_refusals(codes)}
    return _route(operation, tag, summary, description, responses, codes) | {"middlewares": FOR_READS}


def write(
    operation: str, tag: Tag, summary: str, description: str, answer: str, *problems: str, may_wait: bool = True
) -> dict[str, Any]:
    """The description of a command. `may_wait`: it may be answered as `pending`."""
    codes = (*ALWAYS, *ON_WRITES, *problems)
    responses = {200: success(answer)}
    if may_wait:
        responses[202] = success(answer, 202)
    responses |= _refusals(codes)
    return _route(operation, tag, summary, description, responses, codes) | {"middlewares": FOR_WRITES}


def open_to_all(operation: str, summary: str, description: str, answer: str) -> dict[str, Any]:
    """The description of a route that needs no token."""
    codes = ("method-not-allowed", "internal-error")
    responses = {200: success(answer), 405: problem(405), 500: problem(500)}
    route = _route(operation, Tag.SERVICE, summary, description, responses, codes)
    extensions = {"security": [], **route["openapi_extensions"]}
    return route | {"openapi_extensions": extensions, "middlewares": FOR_ALL}


@cache
def success(answer: str, status: int = 200) -> dict[str, Any]:
    headers = ["ETag"] if answer in WITH_REVISION else []
    headers += ["Idempotency-Replayed"] if answer in OF_COMMANDS else []
    headers += ["Location"] if status == 202 and answer not in WITHOUT_ONE_CHANGE else []
    waits = "The command is decided and stored. Chime has not taken it yet, or it waits for consent."
    return {
        "description": waits if status == 202 else "Success.",
        "headers": {name: {"$ref": HEADERS + name} for name in headers},
        "content": {"application/json": {"schema": {"$ref": SCHEMAS + answer}}},
    }


@cache
def problem(status: int) -> dict[str, Any]:
    """The response for all problems with this status. `x-problems` of an operation lists its own."""
    codes = ", ".join(f"`{code}`" for code, (of, _) in KINDS.items() if of == status)
    headers = {405: ["Allow"], 429: ["Retry-After"], 503: ["Retry-After", "Location"]}.get(status, [])
    return {
        "description": f"{codes}.",
        "headers": {name: {"$ref": HEADERS + name} for name in headers},
        "content": {PROBLEM_JSON: {"schema": {"$ref": SCHEMAS + "Problem"}}},
    }


def _refusals(codes: Iterable[str]) -> dict[int, dict[str, Any]]:
    """The responses for problems. API Gateway also answers 401 and 429, in its own form."""
    refusals = {status: problem(status) for status in sorted({KINDS[code][0] for code in codes} | {429})}
    too_many = refusals[429] | {"content": refusals[429]["content"] | GATEWAY_ERROR}
    return {401: UNAUTHENTICATED, **refusals, 429: too_many}


def _route(
    operation: str, tag: Tag, summary: str, description: str, responses: dict[int, Any], codes: Iterable[str]
) -> dict[str, Any]:
    return {
        "operation_id": operation,
        "summary": summary,
        "description": description,
        "tags": [tag.value],
        "responses": responses,
        "openapi_extensions": {"x-problems": list(dict.fromkeys(codes))},
    }
