"""Who somebody is in a meeting, and whether he is in it."""

from .. import handling
from ..routing import Route
from .kinds import MEETING, ON_PERSON, SEAT, bodies, command, models, on_person

BAN = MEETING + "/bans/{externalUserId}"
WAITING = MEETING + "/lobby/{externalUserId}"

ROUTES: tuple[Route, ...] = (
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
    *command(
        "PUT",
        "/role",
        "set-role-of",
        "Give another role; whoever falls keeps nothing that was given to him in the old one",
        bodies.SetRole,
        "last-host",
        "capability-unavailable",
    ),
    *command("POST", "/remove", "remove", "Out of the meeting; with `ban` he stays out", bodies.Remove, "last-host"),
    on_person("PUT", BAN, "ban-user", "Keep somebody out, and take him out if he is in", bodies.Ban, "last-host"),
    on_person("DELETE", BAN, "unban-user", "Lift the ban", bodies.Unban, "capability-unavailable"),
    on_person(
        "PUT",
        WAITING,
        "answer-lobby",
        "Let in a user who waits, or turn them away: they may ask again a minute later",
        bodies.LetIn,
        "capability-unavailable",
    ),
    on_person("DELETE", WAITING, "leave-lobby", "Give up waiting in the lobby", bodies.LeaveLobby, "too-many"),
)
