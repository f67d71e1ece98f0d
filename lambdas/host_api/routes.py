"""The routes. A new one is a line here, a body in `moderation.bodies` and the command it stands for."""

from . import handling
from .later import Later, Model
from .routing import Route

bodies = Later("moderation.bodies")
models = Later("host_api.models")

MEETING = "/meetings/{meetingId}"
SEAT = MEETING + "/attendees/{attendeeId}"
PERSON = MEETING + "/users/{externalUserId}"
NOT_FOUND = ("not-permitted", "meeting-not-found")
ON_MEETING = (*NOT_FOUND, "meeting-ended", "revision-mismatch", "chime-refused")
ON_PERSON = (*ON_MEETING, "banned", "attendee-not-found")


def command(method: str, suffix: str, name: str, does: str, body: Model, *problems: str) -> tuple[Route, Route]:
    """One deed, on a seat and on a person."""
    seat, person = (
        Route(
            method=method,
            path=path + suffix,
            name=f"{name}-{kind}",
            does=does,
            handle=handling.perform,
            answers="ChangeAnswer",
            body=body,
            query=models.Writing,
            problems=(*ON_PERSON, *problems),
        )
        for path, kind in ((SEAT, "attendee"), (PERSON, "user"))
    )
    return seat, person


def govern(name: str, does: str, body: Model, *problems: str) -> Route:
    """One deed on the whole meeting."""
    return Route(
        method="POST",
        path=f"{MEETING}/{name}",
        name=name,
        does=does,
        handle=handling.govern,
        answers="MeetingChangeAnswer",
        body=body,
        query=models.Writing,
        has_revision=True,
        problems=(*ON_MEETING, "capability-unavailable", *problems),
    )


ROUTES: tuple[Route, ...] = (
    Route(
        method="PUT",
        path=MEETING,
        name="register-meeting",
        does="Register the meeting, or set anew what it was registered with",
        handle=handling.register,
        answers="Meeting",
        body=bodies.Registration,
        query=models.Writing,
        has_revision=True,
        problems=(*ON_MEETING, "revision-required"),
    ),
    Route(
        method="GET",
        path=MEETING,
        name="get-meeting",
        does="The meeting; with `roles` for moderators",
        handle=handling.meeting,
        answers="Meeting",
        has_revision=True,
        problems=NOT_FOUND,
    ),
    Route(
        method="PATCH",
        path=MEETING,
        name="patch-meeting",
        does="Set the mode, freeze or thaw, set what newcomers get: what is named becomes so",
        handle=handling.govern,
        answers="MeetingChangeAnswer",
        body=bodies.MeetingPatch,
        query=models.Writing,
        has_revision=True,
        problems=(*ON_MEETING, "capability-unavailable"),
    ),
    govern(
        "mute-all",
        "Withhold `send` of the media from everybody but the spared, whoever comes later among them",
        bodies.MuteAll,
        "attendee-not-found",
    ),
    govern("unmute-all", "Lift the mute-all of the media; what withholds from one person stays", bodies.UnmuteAll),
    Route(
        method="POST",
        path=MEETING + "/admissions",
        name="admit-users",
        does="Let people in, before they have a seat: what `CreateAttendee` shall give them",
        handle=handling.admit,
        answers="AdmissionsAnswer",
        body=bodies.Admissions,
        query=models.Writing,
        may_wait=False,
        problems=(*NOT_FOUND, "meeting-ended", "revision-mismatch"),
    ),
    Route(
        method="GET",
        path=MEETING + "/me",
        name="get-me",
        does="Who the caller is in the meeting and what he may do: what to enable in a page",
        handle=handling.me,
        answers="Me",
        problems=NOT_FOUND,
    ),
    Route(
        method="GET",
        path=MEETING + "/attendees",
        name="list-attendees",
        does="Everybody in the meeting, seat by seat",
        handle=handling.attendees,
        answers="Attendees",
        query=models.AttendeePage,
        problems=NOT_FOUND,
    ),
    Route(
        method="PUT",
        path=SEAT,
        name="bind-attendee",
        does="Make a seat known before its JoinToken is handed out, and give it what the rules say",
        handle=handling.bind,
        answers="Attendee",
        body=bodies.Binding,
        query=models.Writing,
        has_revision=True,
        problems=ON_PERSON,
    ),
    *(
        Route(
            method="GET",
            path=path,
            name=f"get-{kind}",
            does="What an attendee has, and why not more",
            handle=handling.attendee,
            answers="Attendee",
            has_revision=True,
            problems=(*NOT_FOUND, "attendee-not-found"),
        )
        for path, kind in ((SEAT, "attendee"), (PERSON, "user"))
    ),
    *command(
        "PATCH",
        "/capabilities",
        "set-capabilities-of",
        "Make it so: each medium named is held as asked for, or the answer is an error",
        bodies.CapabilitiesPatch,
        "capability-unavailable",
        "content-needs-video",
    ),
    *command("POST", "/mute", "mute", "Withhold `send` of the media, until lifted or for a time", bodies.Mute),
    *command(
        "POST",
        "/unmute",
        "unmute",
        "Lift what withholds `send` of the media, as far as the caller may",
        bodies.Unmute,
        "capability-unavailable",
    ),
    Route(
        method="GET",
        path=MEETING + "/history",
        name="get-history",
        does="Who did what, why and when, oldest first; a poll may repeat an entry but never skips one",
        handle=handling.history,
        answers="History",
        query=models.HistoryPage,
        problems=NOT_FOUND,
    ),
    Route(
        method="GET",
        path=MEETING + "/changes/{changeId}",
        name="get-change",
        does="What has become of a change",
        handle=handling.change,
        answers="Change",
        problems=(*NOT_FOUND, "change-not-found"),
    ),
    Route(
        method="POST",
        path=MEETING + "/live",
        name="listen",
        does="Where to listen to what happens in the meeting: a WebSocket, and a ticket to open it once",
        handle=handling.live,
        answers="Live",
        problems=NOT_FOUND,
    ),
)
