"""RFC 9457 problems: all answers that are errors. docs/errors.md says what to tell users."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from aws_lambda_powertools.event_handler import Response
from moderation.application.requests import Refused
from moderation.domain.actor import NO_PERMIT
from moderation.validation import Fault

PROBLEM_JSON = "application/problem+json"
NOT_STORED = {"Cache-Control": "no-store"}
REPLAYED = "Idempotency-Replayed"

KINDS: Mapping[str, tuple[int, str]] = {
    "invalid-request": (400, "The request is not valid"),
    "not-permitted": (403, "Not permitted"),
    "banned": (403, "Banned from this meeting"),
    "waiting": (403, "Waiting in the lobby"),
    "not-found": (404, "No such route"),
    "meeting-not-found": (404, "No such meeting"),
    "attendee-not-found": (404, "No such attendee"),
    "change-not-found": (404, "No such change"),
    "method-not-allowed": (405, "Method not allowed"),
    "capability-unavailable": (409, "The capability is not available"),
    "last-host": (409, "The meeting needs a host"),
    "not-undoable": (409, "The change cannot be undone"),
    "meeting-ended": (409, "The meeting has ended"),
    "no-request": (409, "There is no such request"),
    "revision-mismatch": (412, "Changed since it was read"),
    "payload-too-large": (413, "The body is too large"),
    "content-needs-video": (422, "Content needs video"),
    "idempotency-key-reused": (422, "The idempotency key was used before"),
    "too-many-roles": (400, "Too many roles at once"),
    "revision-required": (428, "A revision is required"),
    "too-many": (429, "Too many attempts"),
    "internal-error": (500, "Internal error"),
    "chime-refused": (502, "Amazon Chime refused the change"),
    "busy": (503, "Busy"),
    "contended": (503, "Contended"),
    "outcome-unknown": (503, "The outcome is unknown"),
}
RETRY_AFTER_SECONDS = {429: 6, 503: 1}
MOST_ERRORS = 20


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem. `code` is one of `KINDS`. `extensions` are further members of the document."""

    code: str
    detail: str
    extensions: Mapping[str, object] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def status(self) -> int:
        return KINDS[self.code][0]

    def response(self, path: str) -> Response[str]:
        """The HTTP response. `path` is percent-encoded."""
        document = {
            "type": f"urn:gavel:problem:{self.code}",
            "title": KINDS[self.code][1],
            "status": self.status,
            "detail": self.detail,
            "instance": path,
            "code": self.code,
            **self.extensions,
        }
        body = json.dumps(document, separators=(",", ":"))
        return Response(self.status, PROBLEM_JSON, body, {**NOT_STORED, **self.headers})


class ProblemError(Exception):
    """A request that is answered with a problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


def invalid(*faults: Fault) -> ProblemError:
    first = faults[:MOST_ERRORS]
    where = ", ".join(f"`{fault.pointer}`" for fault in first if fault.pointer) or "the body"
    errors = [{"pointer": fault.pointer, "detail": fault.detail} for fault in first]
    return ProblemError(Problem("invalid-request", f"The request is not valid: {where}.", {"errors": errors}))


def not_permitted(detail: str) -> ProblemError:
    return ProblemError(Problem("not-permitted", detail, {"policies": [NO_PERMIT]}))


def no_route(allowed: set[str]) -> ProblemError:
    """The problem of a request without a route. `allowed` are the methods of the routes that have the path."""
    if not allowed:
        detail = "There is no such route. An id that holds `/` is written as `~` and its base64url."
        return ProblemError(Problem("not-found", detail))
    methods = ", ".join(sorted(allowed | ({"HEAD"} if "GET" in allowed else set())))
    return ProblemError(Problem("method-not-allowed", f"This route takes {methods}.", headers={"Allow": methods}))


def location(meeting_id: str, change_id: str) -> str:
    """The path of a change."""
    return f"/meetings/{meeting_id}/changes/{change_id}"


def refusal(refused: Refused, meeting_id: str | None = None) -> ProblemError:
    """The error for a refused command. Raises `KeyError` for a code that the contract lacks: that is a bug."""
    extensions: dict[str, object] = {}
    if refused.code == "not-permitted":
        extensions["policies"] = list(refused.policies) or [NO_PERMIT]
    if refused.code == "capability-unavailable":
        extensions["limits"] = list(refused.limits)
    if refused.code == "invalid-request":
        extensions["errors"] = [{"pointer": refused.pointer or "", "detail": refused.detail}]
    if refused.change_id is not None:
        extensions["changeId"] = refused.change_id
    headers = {REPLAYED: "true"} if refused.replayed else {}
    if refused.code == "outcome-unknown" and meeting_id is not None and refused.change_id is not None:
        headers["Location"] = location(meeting_id, refused.change_id)
    if (seconds := refused.retry_after or RETRY_AFTER_SECONDS.get(KINDS[refused.code][0])) is not None:
        headers["Retry-After"] = str(seconds)
    return ProblemError(Problem(refused.code, refused.detail, extensions, headers))
