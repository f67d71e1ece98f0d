"""From what the moderator says to HTTP."""

from moderation.application.requests import Answer, Outcome, Refused
from moderation.domain.capability import Capabilities, in_words
from moderation.domain.documents import Document

from .problems import Unanswerable, location, of_refusal
from .response import Response

PENDING = "pending"
DRY_RUN = "dry-run"


def shown(document: Document | Refused) -> Response:
    if isinstance(document, Refused):
        raise Unanswerable(of_refusal(document))
    return Response(200, document)


def shown_with_revision(document: Document | Refused) -> Response:
    answer = shown(document)
    return Response(200, answer.document, _etag(dict(answer.document)))


def changed(outcome: Outcome, meeting_id: str) -> Response:
    """The answer to a change of one attendee."""
    if isinstance(outcome, Refused):
        raise Unanswerable(of_refusal(outcome, meeting_id))
    document: Document = {
        "changeId": outcome.change_id,
        "status": outcome.status,
        "attendee": outcome.subject or None,
        "before": _words(outcome.before),
        "after": _words(outcome.after),
        "effects": list(outcome.effects),
    }
    return Response(_status(outcome), document | _more(outcome), _headers(outcome, meeting_id))


def governed(outcome: Outcome, meeting_id: str) -> Response:
    """The answer to a change of everybody, person by person."""
    if isinstance(outcome, Refused):
        raise Unanswerable(of_refusal(outcome, meeting_id))
    document: Document = {
        "changeId": outcome.change_id,
        "status": outcome.status,
        "outcomes": list(outcome.outcomes or ()),
        "meeting": outcome.subject,
    }
    if outcome.unknown:
        document["unknown"] = list(outcome.unknown)
    return Response(_status(outcome), document | _more(outcome), _headers(outcome, meeting_id) | _etag_of(outcome))


def admitted(outcome: Outcome) -> Response:
    if isinstance(outcome, Refused):
        raise Unanswerable(of_refusal(outcome))
    document: Document = {"items": list(outcome.outcomes or ())}
    if outcome.status == DRY_RUN:
        document["status"] = DRY_RUN
    return Response(200, document, {"Idempotency-Replayed": "true"} if outcome.replayed else {})


def subject(outcome: Outcome, meeting_id: str) -> Response:
    """The meeting that was registered, or the attendee who was bound."""
    if isinstance(outcome, Refused):
        raise Unanswerable(of_refusal(outcome, meeting_id))
    document = dict(outcome.subject)
    if outcome.status == DRY_RUN:
        document["status"] = DRY_RUN
    headers = _headers(outcome, meeting_id) | _etag_of(outcome)
    return Response(_status(outcome), document, headers, change_id=outcome.change_id)


def _more(answer: Answer) -> Document:
    """What took its place, and what it waits for."""
    said = {"supersededBy": answer.closed_by, "awaiting": answer.awaiting}
    return {key: value for key, value in said.items() if value is not None}


def _status(answer: Answer) -> int:
    return 202 if answer.status == PENDING else 200


def _headers(answer: Answer, meeting_id: str) -> dict[str, str]:
    headers = {"Idempotency-Replayed": "true"} if answer.replayed else {}
    if answer.status == PENDING and answer.change_id is not None:
        headers["Location"] = location(meeting_id, answer.waiting or answer.change_id)
    return headers


def _etag_of(answer: Answer) -> dict[str, str]:
    """What a dry run shows has no revision yet that could be named in `If-Match`."""
    return {} if answer.status == DRY_RUN else _etag(answer.subject)


def _etag(document: Document) -> dict[str, str]:
    revision = document.get("revision")
    return {"ETag": f'"{revision}"'} if revision is not None else {}


def _words(capabilities: Capabilities | None) -> dict[str, str] | None:
    return in_words(capabilities) if capabilities is not None else None
