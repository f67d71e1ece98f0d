"""How a back end lets a user join: admit, create, bind, and only then hand out the JoinToken."""

from functools import partial

from ..errors import BannedError
from ..joining import ChimeMeetings, CreatedAttendee, NotAdmitted, creation
from .meeting import AsyncMeetingClient
from .waiting import in_thread


async def create_attendee(
    meeting: AsyncMeetingClient, chime: ChimeMeetings, user_id: str, role: str | None, display_name: str | None
) -> CreatedAttendee | NotAdmitted:
    """See `AsyncGavel.create_attendee`."""
    names = {} if display_name is None else {user_id: display_name}
    [admission] = await meeting.admit({user_id: role}, display_names=names)
    if not admission.admitted:
        return NotAdmitted(user_id, admission.code or "waiting", admission.ask_again_at)
    answer = await in_thread(partial(chime.create_attendee, **creation(meeting.meeting_id, admission)))
    join_info = answer["Attendee"]
    try:
        attendee = await meeting.bind(join_info["AttendeeId"])
    except BaseException as error:
        where = {"MeetingId": meeting.meeting_id, "AttendeeId": join_info["AttendeeId"]}
        await in_thread(partial(chime.delete_attendee, **where))
        if isinstance(error, BannedError):
            return NotAdmitted(user_id, error.code)
        raise
    return CreatedAttendee(attendee, join_info)
