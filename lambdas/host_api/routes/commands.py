"""The routes of commands.

Most follow from the endpoint on the command's body; routes with an answer of their own are written here.
"""

from collections.abc import Callable

from aws_lambda_powertools.event_handler.api_gateway import Router
from moderation.application.requests import Answer
from moderation.models import (
    Admissions,
    Binding,
    Body,
    Endpoint,
    EndpointTarget,
    Registration,
    Tag,
    Undo,
    routed_bodies,
)
from moderation.models.endpoint import ATTENDEE, MEETING

from ..answers import DocumentResponse, admissions, attendee_change, meeting_change, selection, subject, undone
from ..call import add_command
from ..described import IN_MEETING, ON_ATTENDEE, ON_MEETING, write
from ..parameters import SeenRevision

router = Router()

ANSWERS: dict[EndpointTarget, tuple[str, Callable[[Answer, str], DocumentResponse], tuple[str, ...]]] = {
    EndpointTarget.ATTENDEE: ("ChangeAnswer", attendee_change, ON_ATTENDEE),
    EndpointTarget.USER: ("ChangeAnswer", attendee_change, ON_ATTENDEE),
    EndpointTarget.MEETING: ("MeetingChangeAnswer", meeting_change, ON_MEETING),
    EndpointTarget.SELECTION: ("SelectionAnswer", selection, ON_ATTENDEE),
}


def _add(model: type[Body], endpoint: Endpoint) -> None:
    schema, answer, problems = ANSWERS[endpoint.target]
    for operation, path in endpoint.routes:
        codes = (*problems, *endpoint.problems)
        description = write(operation, endpoint.tag, endpoint.summary, model.__doc__ or "", schema, *codes)
        add_command(router, endpoint.method, path, model, answer, description)


add_command(
    router,
    "PUT",
    MEETING,
    Registration,
    subject,
    write(
        "register-meeting",
        Tag.MEETINGS,
        "Register a meeting",
        "Puts a meeting of Chime under Gavel. To register it again with another body, name its revision in `If-Match`.",
        "Meeting",
        *ON_MEETING,
        "too-many-roles",
        "revision-required",
        "capability-unavailable",
        "last-host",
    ),
    if_match=SeenRevision,
)
add_command(
    router,
    "PUT",
    ATTENDEE,
    Binding,
    subject,
    write(
        "bind-attendee",
        Tag.ATTENDEES,
        "Bind an attendee",
        "Gives an attendee what the rules say, before its JoinToken is handed out.",
        "Attendee",
        *ON_ATTENDEE,
    ),
)
add_command(
    router,
    "POST",
    MEETING + "/admissions",
    Admissions,
    admissions,
    write(
        "admit-users",
        Tag.ACCESS,
        "Admit users",
        "Answers the capabilities to create each attendee with.",
        "AdmissionsAnswer",
        *IN_MEETING,
        "meeting-ended",
        "revision-mismatch",
        "last-host",
        may_wait=False,
    ),
)
add_command(
    router,
    "POST",
    MEETING + "/undo",
    Undo,
    undone,
    write(
        "undo",
        Tag.HISTORY,
        "Undo a change",
        "Restores the rules that the change replaced, if no later change replaced them again.",
        "UndoAnswer",
        *ON_ATTENDEE,
        "change-not-found",
        "not-undoable",
        "last-host",
        "capability-unavailable",
    ),
)
for routed in routed_bodies():
    if routed.endpoint is not None:
        _add(routed, routed.endpoint)
