"""Queries about a meeting as a whole."""

from aws_lambda_powertools.event_handler.api_gateway import Router
from moderation.application.queries.directory import MeetingFilter
from moderation.application.requests import Refused
from moderation.models import Tag
from moderation.validation import Fault

from ..answers import DocumentResponse, shown, shown_with_revision
from ..call import Caller
from ..described import read, read_all
from ..parameters import InMeeting, Limit, NextMeetings, OfKnownUser, OfName, Since, Until, page_token
from ..problems import invalid

router = Router()

LIVE = "Answers a WebSocket address and a ticket that opens it once. Users who wait in the lobby may listen too."


LISTED = (
    "Registered meetings, newest first, in pages. A page may hold fewer than `limit`; `nextToken` says whether there "
    "are more. By the shipped policies for admins alone."
)


@router.get("/meetings", **read_all("list-meetings", Tag.MEETINGS, "List meetings", LISTED, "Meetings"))
def meetings(
    call: Caller,
    external_id: OfName = None,
    user_id: OfKnownUser = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = 50,
    next_token: NextMeetings = None,
) -> DocumentResponse:
    if since is not None and until is not None and since >= until:
        raise invalid(Fault("?", "`from` should be before `to`"))
    wanted = MeetingFilter(external_id, user_id, since, until)
    found = call.gavel.meetings(call.actor, wanted, limit=limit, after=next_token)
    if not isinstance(found, Refused) and found["nextToken"] is not None:
        found = {**found, "nextToken": page_token(str(found["nextToken"]))}
    return shown(found)


@router.get(
    "/meetings/<meetingId>",
    **read(
        "get-meeting",
        Tag.MEETINGS,
        "Get a meeting",
        "Its rules and settings; with `roles` for hosts and cohosts.",
        "Meeting",
    ),
)
def meeting(call: Caller, meeting_id: InMeeting) -> DocumentResponse:
    return shown_with_revision(call.gavel.meeting(meeting_id, call.actor))


@router.get(
    "/meetings/<meetingId>/me",
    **read("get-me", Tag.MEETINGS, "Get what the caller may do", "Tells a page what to offer its user.", "Me"),
)
def me(call: Caller, meeting_id: InMeeting) -> DocumentResponse:
    return shown(call.gavel.me(meeting_id, call.actor))


@router.get(
    "/meetings/<meetingId>/bans",
    **read("list-bans", Tag.ACCESS, "List the bans", "Each with actor, reason and end.", "Bans"),
)
def bans(call: Caller, meeting_id: InMeeting) -> DocumentResponse:
    return shown(call.gavel.bans(meeting_id, call.actor))


@router.get(
    "/meetings/<meetingId>/lobby",
    **read("list-lobby", Tag.ACCESS, "List who waits in the lobby", "The oldest first.", "Lobby"),
)
def lobby(call: Caller, meeting_id: InMeeting) -> DocumentResponse:
    return shown(call.gavel.lobby(meeting_id, call.actor))


@router.post(
    "/meetings/<meetingId>/live", **read("listen", Tag.MEETINGS, "Listen to a meeting", LIVE, "Live", "too-many")
)
def live(call: Caller, meeting_id: InMeeting) -> DocumentResponse:
    return shown(call.gavel.live(meeting_id, call.actor))
