"""What the routes do: from a call to a request or a question, and from what comes back to a response."""

from typing import TYPE_CHECKING, TypeVar, cast

from moderation.application.requests import Answer, Refused, Request
from moderation.domain.commands import Command
from moderation.validation import Fault

from . import answers
from .call import Call
from .conditions import ANY_REVISION, IF_MATCH
from .ids import page_token
from .problems import invalid
from .response import Response

if TYPE_CHECKING:
    from . import models

Q = TypeVar("Q", bound="models.Query")


def perform(call: Call) -> Response:
    """A command on a seat or a person."""
    return answers.changed(call.gavel.perform(_request(call)), call.meeting_id)


def decide_for_meeting(call: Call) -> Response:
    """A command on the whole meeting."""
    return answers.governed(call.gavel.perform(_request(call)), call.meeting_id)


def undo(call: Call) -> Response:
    """Of whatever it was: one person's rules or the meeting's."""
    outcome = call.gavel.perform(_request(call))
    if isinstance(outcome, Answer) and outcome.outcomes is not None:
        return answers.governed(outcome, call.meeting_id)
    return answers.changed(outcome, call.meeting_id)


def register(call: Call) -> Response:
    """Whoever sets a meeting anew says what he saw; `*` says nothing."""
    if call.if_match == ANY_REVISION:
        raise invalid(Fault(IF_MATCH, "say which revision you saw"))
    return answers.subject(call.gavel.perform(_request(call)), call.meeting_id)


def bind(call: Call) -> Response:
    return answers.subject(call.gavel.perform(_request(call)), call.meeting_id)


def admit(call: Call) -> Response:
    return answers.admitted(call.gavel.perform(_request(call)))


def meeting(call: Call) -> Response:
    return answers.shown_with_revision(call.gavel.meeting(call.meeting_id, call.actor))


def me(call: Call) -> Response:
    return answers.shown(call.gavel.me(call.meeting_id, call.actor))


def attendee(call: Call) -> Response:
    found = call.gavel.attendee(call.meeting_id, call.actor, attendee_id=call.attendee_id, user_id=call.user_id)
    return answers.shown_with_revision(found)


def attendees(call: Call) -> Response:
    from . import models

    page = _query(call, models.AttendeePage)
    found = call.gavel.attendees(call.meeting_id, call.actor, limit=page.limit, after=page.next_token)
    if not isinstance(found, Refused) and found["nextToken"] is not None:
        found = {**found, "nextToken": page_token(str(found["nextToken"]))}
    return answers.shown(found)


def history(call: Call) -> Response:
    from moderation.application.queries.history import Span
    from moderation.domain.entry import EntryFilter

    from . import models

    page = _query(call, models.HistoryPage)
    found = call.gavel.history(
        call.meeting_id,
        call.actor,
        after=page.after,
        limit=page.limit,
        attendee_id=page.attendee_id,
        user_id=page.external_user_id,
        span=Span(page.since, page.until),
        only=EntryFilter(page.verdict, page.actor, page.command),
        newest_first=page.order == "desc",
    )
    return answers.shown(found)


def hands(call: Call) -> Response:
    return answers.shown(call.gavel.hands(call.meeting_id, call.actor))


def bans(call: Call) -> Response:
    return answers.shown(call.gavel.bans(call.meeting_id, call.actor))


def lobby(call: Call) -> Response:
    return answers.shown(call.gavel.lobby(call.meeting_id, call.actor))


def change(call: Call) -> Response:
    return answers.shown(call.gavel.change(call.meeting_id, call.actor, call.ids["changeId"]))


def live(call: Call) -> Response:
    return answers.shown(call.gavel.live(call.meeting_id, call.actor))


def _query(call: Call, model: type[Q]) -> Q:
    """The query that the route declared."""
    query = call.query if call.query is not None else model()
    if not isinstance(query, model):
        raise TypeError(f"the route declares another query than {model.__name__}")
    return query


def _is_dry_run(call: Call) -> bool:
    if call.query is None:
        return False
    from .models import Writing

    return _query(call, Writing).dry_run


def _request(call: Call) -> Request:
    """`If-Match: *` demands nothing more: who or what is meant is there or isn't."""
    dry_run = _is_dry_run(call)
    return Request(
        meeting_id=call.meeting_id,
        actor=call.actor,
        command=cast("Command", call.command),
        attendee_id=call.attendee_id,
        user_id=call.user_id,
        dry_run=dry_run,
        if_match=None if call.if_match == ANY_REVISION else call.if_match,
        key=None if dry_run else call.key,
        fingerprint=call.fingerprint,
    )
