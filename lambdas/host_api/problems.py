"""RFC 9457 problems: every answer that is none. The codes are the contract's; docs/errors.md says what to tell people.

Inside this door a request that can't be answered is given up by raising `Unanswerable`, and nothing else is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from moderation.application.requests import Refused
from moderation.domain.actor import NO_PERMIT
from moderation.validation import Fault

from .response import Response

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
    "last-host": (409, "The last host stays"),
    "not-undoable": (409, "The change can't be undone"),
    "meeting-ended": (409, "The meeting has ended"),
    "no-request": (409, "There is no such request"),
    "revision-mismatch": (412, "Somebody else changed it meanwhile"),
    "payload-too-large": (413, "The body is too large"),
    "content-needs-video": (422, "Content needs video"),
    "idempotency-key-reused": (422, "The idempotency key was used before"),
    "too-many-roles": (400, "Too many roles at once"),
    "revision-required": (428, "A revision is required"),
    "too-many": (429, "Too many attempts"),
    "internal-error": (500, "Internal error"),
    "chime-refused": (502, "Amazon Chime refused"),
    "busy": (503, "Busy"),
    "contended": (503, "Contended"),
    "outcome-unknown": (503, "The outcome is unknown"),
}
RETRY_AFTER_SECONDS = {429: 6, 503: 1}
MOST_ERRORS = 20


@dataclass(frozen=True, slots=True)
class Problem:
    code: str
    detail: str
    extensions: Mapping[str, object] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def status(self) -> int:
        return KINDS[self.code][0]


class Unanswerable(Exception):
    """A request that never gets as far as the moderator."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


def invalid(*faults: Fault) -> Unanswerable:
    told: Sequence[Fault] = faults[:MOST_ERRORS]
    where = ", ".join(f"`{fault.pointer}`" for fault in told if fault.pointer) or "the body"
    errors = [{"pointer": fault.pointer, "detail": fault.detail} for fault in told]
    return Unanswerable(Problem("invalid-request", f"not valid: {where}", {"errors": errors}))


def not_permitted(detail: str) -> Unanswerable:
    return Unanswerable(Problem("not-permitted", detail, {"policies": [NO_PERMIT]}))


def location(meeting_id: str, change_id: str) -> str:
    """Where to look at a change."""
    return f"/meetings/{meeting_id}/changes/{change_id}"


def of_refusal(refused: Refused, meeting_id: str | None = None) -> Problem:
    """Raises `KeyError` for a code that the contract doesn't know, which is a mistake of ours."""
    extensions: dict[str, object] = {}
    if refused.code == "not-permitted":
        extensions["policies"] = list(refused.policies) or [NO_PERMIT]
    if refused.code == "capability-unavailable":
        extensions["limits"] = list(refused.limits)
    if refused.code == "invalid-request":
        extensions["errors"] = [{"pointer": refused.pointer or "", "detail": refused.detail}]
    if refused.change_id is not None:
        extensions["changeId"] = refused.change_id
    headers = {"Idempotency-Replayed": "true"} if refused.replayed else {}
    if refused.code == "outcome-unknown" and meeting_id is not None and refused.change_id is not None:
        headers["Location"] = location(meeting_id, refused.change_id)
    if (seconds := refused.retry_after or RETRY_AFTER_SECONDS.get(KINDS[refused.code][0])) is not None:
        headers["Retry-After"] = str(seconds)
    return Problem(refused.code, refused.detail, extensions, headers)


def response(problem: Problem, path: str) -> Response:
    status, title = KINDS[problem.code]
    document = {
        "type": f"urn:gavel:problem:{problem.code}",
        "title": title,
        "status": status,
        "detail": problem.detail,
        "instance": quote(path, safe="/%~:@!$&'()*+,;=", errors="replace"),
        "code": problem.code,
        **problem.extensions,
    }
    return Response(status, document, problem.headers, media_type="application/problem+json")
