"""What people do in a meeting without the API: come, go, turn a camera on, share a screen."""

from local.chime.errors import Json
from local.chime.meetings import Attendee, Meeting, World

_EVENTS = {
    "leave": "AttendeeLeft",
    "drop": "AttendeeDropped",
    "video-start": "AttendeeVideoStarted",
    "video-stop": "AttendeeVideoStopped",
    "content-join": "AttendeeContentJoined",
    "content-leave": "AttendeeContentLeft",
    "content-drop": "AttendeeContentDropped",
    "content-video-start": "AttendeeContentVideoStarted",
    "content-video-stop": "AttendeeContentVideoStopped",
}
ACTIONS = frozenset({"join", *_EVENTS})
_VOIP: Json = {"networkType": "Voip"}


def act(world: World, meeting: Meeting, attendee: Attendee, action: str, now: float) -> None:
    """Impossible sequences are let through: on AWS, events come late, twice or not at all."""
    if action == "join":
        _join(world, meeting, attendee, now)
        return
    if action in {"leave", "drop"}:
        _disconnect(meeting, attendee, now)
    extra = None if "video" in action else _VOIP
    world.tell(_EVENTS[action], now, meeting, attendee, extra)


def _join(world: World, meeting: Meeting, attendee: Attendee, now: float) -> None:
    """Who joins again while connected hands the meeting over to another device."""
    if not meeting.started:
        meeting.started = True
        world.tell("MeetingStarted", now, meeting)
    if attendee.connected:
        world.tell("AttendeeAuthorized", now, meeting, attendee)
    else:
        attendee.connected = True
        world.tell("AttendeeJoined", now, meeting, attendee, _VOIP)


def _disconnect(meeting: Meeting, attendee: Attendee, now: float) -> None:
    attendee.connected = False
    if not any(other.connected for other in meeting.attendees.values()):
        meeting.empty_since = now
