"""The routes. A new one is a line here, a body in `models` and the command it stands for."""

from typing import TypeVar, cast

from moderation.moderator.request import Request

from . import answers, models
from .call import Call
from .conditions import ANY_REVISION, IF_MATCH
from .problems import Fault, invalid
from .response import Response
from .routing import Route

MEETING = "/meetings/{meetingId}"
SEAT = MEETING + "/attendees/{attendeeId}"
PERSON = MEETING + "/users/{externalUserId}"
NOT_FOUND = ("not-permitted", "meeting-not-found")
ON_PERSON = (*NOT_FOUND, "banned", "attendee-not-found", "meeting-ended", "revision-mismatch", "chime-refused")
Q = TypeVar("Q", bound=models.Query)


def _query(call: Call, model: type[Q]) -> Q:
    """The query that the route declared."""
    assert isinstance(call.query, model)  # noqa: S101 - the table below is at fault, not the caller
    return call.query


def _request(call: Call, if_match: str | None) -> Request:
    dry_run = _query(call, models.Writing).dry_run
    return Request(
        meeting_id=call.meeting_id,
        actor=call.actor,
        command=cast("models.Body", call.body).command(),
        attendee_id=call.attendee_id,
        user_id=call.user_id,
        dry_run=dry_run,
        if_match=if_match,
        key=None if dry_run else call.key,
        fingerprint=call.fingerprint,
    )


def perform(call: Call) -> Response:
    """A command on a seat or a person, who is there or isn't: `If-Match: *` demands nothing more."""
    if_match = None if call.if_match == ANY_REVISION else call.if_match
    return answers.changed(call.gavel.perform(_request(call, if_match)), call.meeting_id)


def register(call: Call) -> Response:
    """Whoever sets a meeting anew says what he saw; `*` says nothing."""
    if call.if_match == ANY_REVISION:
        raise invalid(Fault(IF_MATCH, "say which revision you saw"))
    return answers.registered(call.gavel.perform(_request(call, call.if_match)), call.meeting_id)


def meeting(call: Call) -> Response:
    return answers.shown_with_revision(call.gavel.meeting(call.meeting_id, call.actor))


def me(call: Call) -> Response:
    return answers.shown(call.gavel.me(call.meeting_id, call.actor))


def attendee(call: Call) -> Response:
    found = call.gavel.attendee(call.meeting_id, call.actor, attendee_id=call.attendee_id, user_id=call.user_id)
    return answers.shown_with_revision(found)


def history(call: Call) -> Response:
    page = _query(call, models.HistoryPage)
    found = call.gavel.history(
        call.meeting_id, call.actor, after=page.after, limit=page.limit, attendee_id=page.attendee_id
    )
    return answers.shown(found)


def change(call: Call) -> Response:
    return answers.shown(call.gavel.change(call.meeting_id, call.actor, call.ids["changeId"]))


def command(
    method: str, suffix: str, name: str, does: str, body: type[models.Body], *problems: str
) -> tuple[Route, Route]:
    """One deed, on a seat and on a person."""
    seat, person = (
        Route(
            method=method,
            path=path + suffix,
            name=f"{name}-{kind}",
            does=does,
            handle=perform,
            answers="ChangeAnswer",
            body=body,
            query=models.Writing,
            problems=(*ON_PERSON, *problems),
        )
        for path, kind in ((SEAT, "attendee"), (PERSON, "user"))
    )
    return seat, person


ROUTES: tuple[Route, ...] = (
    Route(
        method="PUT",
        path=MEETING,
        name="register-meeting",
        does="Register the meeting, or set anew what it was registered with",
        handle=register,
        answers="Meeting",
        body=models.Registration,
        query=models.Writing,
        has_revision=True,
        problems=(*NOT_FOUND, "meeting-ended", "revision-mismatch", "revision-required", "chime-refused"),
    ),
    Route(
        method="GET",
        path=MEETING,
        name="get-meeting",
        does="The meeting; with `roles` for moderators",
        handle=meeting,
        answers="Meeting",
        has_revision=True,
        problems=NOT_FOUND,
    ),
    Route(
        method="GET",
        path=MEETING + "/me",
        name="get-me",
        does="Who the caller is in the meeting and what he may do: what to enable in a page",
        handle=me,
        answers="Me",
        problems=NOT_FOUND,
    ),
    *(
        Route(
            method="GET",
            path=path,
            name=f"get-{kind}",
            does="What an attendee has, and why not more",
            handle=attendee,
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
        models.CapabilitiesPatch,
        "capability-unavailable",
        "content-needs-video",
    ),
    *command("POST", "/mute", "mute", "Withhold `send` of the media, until lifted or for a time", models.Mute),
    *command(
        "POST",
        "/unmute",
        "unmute",
        "Lift what withholds `send` of the media, as far as the caller may",
        models.Unmute,
        "capability-unavailable",
    ),
    Route(
        method="GET",
        path=MEETING + "/history",
        name="get-history",
        does="Who did what, why and when, oldest first; a poll may repeat an entry but never skips one",
        handle=history,
        answers="History",
        query=models.HistoryPage,
        problems=NOT_FOUND,
    ),
    Route(
        method="GET",
        path=MEETING + "/changes/{changeId}",
        name="get-change",
        does="What has become of a change",
        handle=change,
        answers="Change",
        problems=(*NOT_FOUND, "change-not-found"),
    ),
)
