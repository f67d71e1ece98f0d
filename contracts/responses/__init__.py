"""The documents that callers get, for the API's description and for the tests, which check every answer against it.

The functions make plain documents.
"""

from pydantic import BaseModel

from .attendees import AdmissionsAnswer, Attendee, Attendees, Bans, Hands, Lobby, Me
from .changes import (
    Change,
    ChangeAnswer,
    Entry,
    Health,
    History,
    Live,
    MeetingChangeAnswer,
    Problem,
    SelectionAnswer,
    UndoAnswer,
)
from .meetings import Meeting, Meetings

__all__ = [
    "SHOWN",
    "AdmissionsAnswer",
    "Attendee",
    "Attendees",
    "Bans",
    "Change",
    "ChangeAnswer",
    "Entry",
    "Hands",
    "Health",
    "History",
    "Live",
    "Lobby",
    "Me",
    "Meeting",
    "MeetingChangeAnswer",
    "Meetings",
    "Problem",
    "SelectionAnswer",
    "UndoAnswer",
]

SHOWN: tuple[type[BaseModel], ...] = (
    AdmissionsAnswer, Attendee, Attendees, Bans, Change, ChangeAnswer, Hands, Health, History, Live, Lobby, Me, Meeting,
    MeetingChangeAnswer, Meetings, Problem, SelectionAnswer, UndoAnswer,
)  # fmt: skip
