"""What attendees do in a meeting without the API: join, leave, turn a camera on, share a screen."""

from chime_simulator.errors import Json
from chime_simulator.meetings import Attendee, Meeting, World

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
    """Applies what an attendee's client does. Impossible sequences are accepted: on AWS, events come late, twice or not
    at all.
    """
    if action == "join":
        _join(world, meeting, attendee, now)
        return
    if action in {"leave", "drop"}:
        _disconnect(meeting, attendee, now)
    extra = None if "video" in action else _VOIP
    world.emit(_EVENTS[action], now, meeting, attendee, extra)


def _join(world: World, meeting: Meeting, attendee: Attendee, now: float) -> None:
    """Connects the attendee. One that is connected already hands the meeting over to another device."""
    if not meeting.started:
        meeting.started = True
        world.emit("MeetingStarted", now, meeting)
    if attendee.connected:
        world.emit("AttendeeAuthorized", now, meeting, attendee)
    else:
        attendee.connected = True
        world.emit("AttendeeJoined", now, meeting, attendee, _VOIP)


def _disconnect(meeting: Meeting, attendee: Attendee, now: float) -> None:
    attendee.connected = False
    if not any(other.connected for other in meeting.attendees.values()):
        meeting.empty_since = now
