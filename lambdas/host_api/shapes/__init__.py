"""What callers are shown, for the API's description and for the tests that hold every answer against it.

Imported only when somebody asks for the description: answers are plain documents.
"""

from pydantic import BaseModel

from .changes import Change, ChangeAnswer, Health, History, Live, MeetingChangeAnswer, Problem, UndoAnswer
from .meetings import Meeting
from .people import AdmissionsAnswer, Attendee, Attendees, Bans, Hands, Lobby, Me

__all__ = ["SHOWN", "Problem"]

SHOWN: tuple[type[BaseModel], ...] = (
    AdmissionsAnswer, Attendee, Attendees, Bans, Change, ChangeAnswer, Hands, Health, History, Live, Lobby, Me, Meeting,
    MeetingChangeAnswer, Problem, UndoAnswer,
)  # fmt: skip
