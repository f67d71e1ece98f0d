"""Queries about the history and its changes."""

from aws_lambda_powertools.event_handler.api_gateway import Router
from moderation.application.queries.history import Span
from moderation.domain.entry import EntryFilter
from moderation.models import Tag
from moderation.validation import Fault

from ..answers import DocumentResponse, shown
from ..call import Caller
from ..described import read
from ..parameters import (
    ActorId,
    After,
    CommandName,
    ConcerningAttendee,
    ConcerningUser,
    InMeeting,
    Limit,
    OfChange,
    Order,
    Since,
    Until,
    Verdict,
)
from ..problems import invalid

router = Router()

POLLING = "A poll may get an entry again but never misses one; `entryId` tells entries apart."


@router.get(
    "/meetings/<meetingId>/history",
    **read("get-history", Tag.HISTORY, "Get the history", POLLING, "History", "too-many"),
)
def history(  # noqa: PLR0913, PLR0917 - one for each parameter of the query
    call: Caller,
    meeting_id: InMeeting,
    after: After = None,
    limit: Limit = 50,
    order: Order = "asc",
    since: Since = None,
    until: Until = None,
    verdict: Verdict = None,
    command: CommandName = None,
    actor: ActorId = None,
    attendee: ConcerningAttendee = None,
    user: ConcerningUser = None,
) -> DocumentResponse:
    if attendee is not None and user is not None:
        raise invalid(Fault("?externalUserId", "should not be given together with `attendeeId`"))
    if since is not None and until is not None and since >= until:
        raise invalid(Fault("?", "`from` should be before `to`"))
    found = call.gavel.history(
        meeting_id,
        call.actor,
        after=after,
        limit=limit,
        attendee_id=attendee,
        user_id=user,
        span=Span(since, until),
        only=EntryFilter(verdict, actor, command),
        newest_first=order == "desc",
    )
    return shown(found)


@router.get(
    "/meetings/<meetingId>/changes/<changeId>",
    **read("get-change", Tag.HISTORY, "Get a change", "What became of it.", "Change", "change-not-found"),
)
def change(call: Caller, meeting_id: InMeeting, change_id: OfChange) -> DocumentResponse:
    return shown(call.gavel.change(meeting_id, call.actor, change_id))
