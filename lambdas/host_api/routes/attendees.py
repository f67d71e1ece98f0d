"""Queries about attendees."""

from aws_lambda_powertools.event_handler.api_gateway import Router
from moderation.application.requests import Refused
from moderation.models import Tag

from ..answers import DocumentResponse, shown, shown_with_revision
from ..call import Caller
from ..described import read
from ..parameters import InMeeting, Limit, NextToken, OfAttendee, OfUser, page_token

router = Router()

CAPABILITIES = "What the rules give, and in `limits` why not more. A user need not have joined."


@router.get(
    "/meetings/<meetingId>/attendees",
    **read(
        "list-attendees", Tag.ATTENDEES, "List attendees", "In pages, attendee by attendee.", "Attendees", "too-many"
    ),
)
def attendees(call: Caller, meeting_id: InMeeting, limit: Limit = 50, next_token: NextToken = None) -> DocumentResponse:
    found = call.gavel.attendees(meeting_id, call.actor, limit=limit, after=next_token)
    if not isinstance(found, Refused) and found["nextToken"] is not None:
        found = {**found, "nextToken": page_token(str(found["nextToken"]))}
    return shown(found)


@router.get(
    "/meetings/<meetingId>/attendees/<attendeeId>",
    **read("get-attendee", Tag.ATTENDEES, "Get an attendee", CAPABILITIES, "Attendee", "attendee-not-found"),
)
def attendee(call: Caller, meeting_id: InMeeting, attendee_id: OfAttendee) -> DocumentResponse:
    return shown_with_revision(call.gavel.attendee(meeting_id, call.actor, attendee_id=attendee_id))


@router.get(
    "/meetings/<meetingId>/users/<externalUserId>",
    **read("get-user", Tag.ATTENDEES, "Get a user", CAPABILITIES, "Attendee", "attendee-not-found"),
)
def user(call: Caller, meeting_id: InMeeting, user_id: OfUser) -> DocumentResponse:
    return shown_with_revision(call.gavel.attendee(meeting_id, call.actor, user_id=user_id))


@router.get(
    "/meetings/<meetingId>/hands", **read("list-hands", Tag.FLOOR, "List raised hands", "The oldest first.", "Hands")
)
def hands(call: Caller, meeting_id: InMeeting) -> DocumentResponse:
    return shown(call.gavel.hands(meeting_id, call.actor))
