"""The meeting as a whole."""

from .. import handling
from ..routing import Route
from .kinds import IN_A_MEETING, MEETING, ON_MEETING, ON_PERSON, bodies, decide_for_meeting, models

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
        problems=(*ON_MEETING, "too-many-roles", "revision-required", "capability-unavailable", "last-host"),
    ),
    Route(
        method="PATCH",
        path=MEETING,
        name="patch-meeting",
        does="Set the mode, freeze or thaw, set what newcomers get: what is named becomes so",
        handle=handling.decide_for_meeting,
        answers="MeetingChangeAnswer",
        body=bodies.MeetingPatch,
        query=models.Writing,
        has_revision=True,
        problems=(*ON_MEETING, "capability-unavailable"),
    ),
    decide_for_meeting(
        "mute-all",
        "Withhold `send` of the media from everybody but the spared, whoever comes later among them",
        bodies.MuteAll,
        "capability-unavailable",
        "attendee-not-found",
    ),
    decide_for_meeting(
        "unmute-all",
        "Lift the mute-all of the media; what withholds from one person stays",
        bodies.UnmuteAll,
        "capability-unavailable",
    ),
    Route(
        method="POST",
        path=MEETING + "/undo",
        name="undo",
        does="Restore the rules that a change replaced, if no later change replaced them again",
        handle=handling.undo,
        answers="UndoAnswer",
        body=bodies.Undo,
        query=models.Writing,
        has_revision=True,
        problems=(*ON_PERSON, "change-not-found", "not-undoable", "last-host", "capability-unavailable"),
    ),
    decide_for_meeting("end", "End the meeting for everybody", bodies.End),
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
        problems=(*IN_A_MEETING, "meeting-ended", "revision-mismatch", "last-host"),
    ),
)
