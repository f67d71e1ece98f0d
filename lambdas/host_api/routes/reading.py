"""What there is to look at."""

from .. import handling
from ..routing import Route
from .kinds import IN_A_MEETING, MEETING, PERSON, SEAT, models

ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path=MEETING,
        name="get-meeting",
        does="The meeting; with `roles` for moderators",
        handle=handling.meeting,
        answers="Meeting",
        has_revision=True,
        problems=IN_A_MEETING,
    ),
    Route(
        method="GET",
        path=MEETING + "/me",
        name="get-me",
        does="Who the caller is in the meeting and what he may do: what to enable in a page",
        handle=handling.me,
        answers="Me",
        problems=IN_A_MEETING,
    ),
    Route(
        method="GET",
        path=MEETING + "/attendees",
        name="list-attendees",
        does="Everybody in the meeting, seat by seat",
        handle=handling.attendees,
        answers="Attendees",
        query=models.AttendeePage,
        problems=(*IN_A_MEETING, "too-many"),
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
            problems=(*IN_A_MEETING, "attendee-not-found"),
        )
        for path, kind in ((SEAT, "attendee"), (PERSON, "user"))
    ),
    Route(
        method="GET",
        path=MEETING + "/hands",
        name="list-hands",
        does="Whose hand is up, the oldest first",
        handle=handling.hands,
        answers="Hands",
        problems=IN_A_MEETING,
    ),
    Route(
        method="GET",
        path=MEETING + "/bans",
        name="list-bans",
        does="Who is banned, by whom, why and until when",
        handle=handling.bans,
        answers="Bans",
        problems=IN_A_MEETING,
    ),
    Route(
        method="GET",
        path=MEETING + "/lobby",
        name="list-lobby",
        does="Who waits to be let in, the oldest first",
        handle=handling.lobby,
        answers="Lobby",
        problems=IN_A_MEETING,
    ),
    Route(
        method="GET",
        path=MEETING + "/history",
        name="get-history",
        does="Who did what, why and when, oldest first; a poll may repeat an entry but never skips one",
        handle=handling.history,
        answers="History",
        query=models.HistoryPage,
        problems=(*IN_A_MEETING, "too-many"),
    ),
    Route(
        method="GET",
        path=MEETING + "/changes/{changeId}",
        name="get-change",
        does="What has become of a change",
        handle=handling.change,
        answers="Change",
        problems=(*IN_A_MEETING, "change-not-found"),
    ),
    Route(
        method="POST",
        path=MEETING + "/live",
        name="listen",
        does="Where to listen to what happens in the meeting: a WebSocket, and a ticket to open it once",
        handle=handling.live,
        answers="Live",
        problems=(*IN_A_MEETING, "too-many"),
    ),
)
