"""What routes have in common."""

from .. import handling
from ..later import Later, Model
from ..routing import Route

bodies = Later("moderation.models")
models = Later("host_api.models")

MEETING = "/meetings/{meetingId}"
SEAT = MEETING + "/attendees/{attendeeId}"
PERSON = MEETING + "/users/{externalUserId}"
IN_A_MEETING = ("not-permitted", "banned", "waiting", "meeting-not-found")
ON_MEETING = (*IN_A_MEETING, "meeting-ended", "revision-mismatch", "chime-refused")
ON_PERSON = (*ON_MEETING, "attendee-not-found")


def command(method: str, suffix: str, name: str, does: str, body: Model, *problems: str) -> tuple[Route, Route]:
    """One deed, on a seat and on a person."""
    return (
        on_person(method, SEAT + suffix, f"{name}-attendee", does, body, *problems),
        on_person(method, PERSON + suffix, f"{name}-user", does, body, *problems),
    )


def on_person(method: str, path: str, name: str, does: str, body: Model, *problems: str) -> Route:
    return Route(
        method=method,
        path=path,
        name=name,
        does=does,
        handle=handling.perform,
        answers="ChangeAnswer",
        body=body,
        query=models.Writing,
        problems=(*ON_PERSON, *problems),
    )


def decide_for_meeting(name: str, does: str, body: Model, *problems: str) -> Route:
    """One deed on the whole meeting."""
    return Route(
        method="POST",
        path=f"{MEETING}/{name}",
        name=name,
        does=does,
        handle=handling.decide_for_meeting,
        answers="MeetingChangeAnswer",
        body=body,
        query=models.Writing,
        has_revision=True,
        problems=(*ON_MEETING, *problems),
    )
