"""HTTP responses for the results of commands and queries."""

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.content_types import APPLICATION_JSON
from moderation.application.requests import Answer, Refused
from moderation.domain.capability import Capabilities, in_words
from moderation.domain.documents import Document

from .problems import NOT_STORED, REPLAYED, location, refusal

DRY_RUN = "dry-run"

DocumentResponse = Response[Document]


def ok(document: Document, headers: dict[str, str] | None = None, status: int = 200) -> DocumentResponse:
    return Response(status, APPLICATION_JSON, document, {**NOT_STORED, **(headers or {})})


def shown(found: Document | Refused) -> DocumentResponse:
    """The answer to a query."""
    if isinstance(found, Refused):
        raise refusal(found)
    return ok(found)


def shown_with_revision(found: Document | Refused) -> DocumentResponse:
    if isinstance(found, Refused):
        raise refusal(found)
    return ok(found, _etag(found))


def attendee_change(answer: Answer, meeting_id: str) -> DocumentResponse:
    """The answer to a command on one attendee or user."""
    document: Document = {
        "changeId": answer.change_id,
        "status": answer.status,
        "attendee": answer.subject or None,
        "before": _in_words(answer.before),
        "after": _in_words(answer.after),
        "effects": list(answer.effects),
        **_details(answer),
    }
    return ok(document, _headers(answer, meeting_id), _status(answer))


def meeting_change(answer: Answer, meeting_id: str) -> DocumentResponse:
    """The answer to a command on a meeting, attendee by attendee."""
    document: Document = {
        "changeId": answer.change_id,
        "status": answer.status,
        "outcomes": list(answer.outcomes or ()),
        "meeting": answer.subject,
        **_details(answer),
    }
    if answer.unknown:
        document["unknown"] = list(answer.unknown)
    return ok(document, _headers(answer, meeting_id) | _etag_of(answer), _status(answer))


def selection(answer: Answer, _meeting_id: str) -> DocumentResponse:
    """The answer to a command on several users, one by one. Each has a change of their own."""
    document: Document = {"status": answer.status, "outcomes": list(answer.outcomes or ())}
    return ok(document, _replayed(answer), _status(answer))


def undone(answer: Answer, meeting_id: str) -> DocumentResponse:
    """The answer to an undo, in the form of the answer to the undone command."""
    return meeting_change(answer, meeting_id) if answer.outcomes is not None else attendee_change(answer, meeting_id)


def admissions(answer: Answer, _meeting_id: str) -> DocumentResponse:
    document: Document = {"items": list(answer.outcomes or ())}
    if answer.status == DRY_RUN:
        document["status"] = DRY_RUN
    return ok(document, _replayed(answer))


def subject(answer: Answer, meeting_id: str) -> DocumentResponse:
    """The meeting that was registered, or the attendee that was bound."""
    document = dict(answer.subject)
    if answer.status == DRY_RUN:
        document["status"] = DRY_RUN
    return ok(document, _headers(answer, meeting_id) | _etag_of(answer), _status(answer))


def _details(answer: Answer) -> Document:
    details = {"supersededBy": answer.closed_by, "awaiting": answer.awaiting}
    return {key: value for key, value in details.items() if value is not None}


def _status(answer: Answer) -> int:
    return 202 if answer.status == PENDING else 200


def _headers(answer: Answer, meeting_id: str) -> dict[str, str]:
    headers = _replayed(answer)
    if answer.status == PENDING and answer.change_id is not None:
        headers["Location"] = location(meeting_id, answer.waiting or answer.change_id)
    return headers


def _replayed(answer: Answer) -> dict[str, str]:
    return {REPLAYED: "true"} if answer.replayed else {}


def _etag_of(answer: Answer) -> dict[str, str]:
    """The `ETag` header. A dry run has none: its revision does not exist yet."""
    return {} if answer.status == DRY_RUN else _etag(answer.subject)


def _etag(document: Document) -> dict[str, str]:
    revision = document.get("revision")
    return {"ETag": f'"{revision}"'} if revision is not None else {}


def _in_words(capabilities: Capabilities | None) -> dict[str, str] | None:
    return in_words(capabilities) if capabilities is not None else None


PENDING = "pending"
