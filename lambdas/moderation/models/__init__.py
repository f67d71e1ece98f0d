"""The bodies of commands, by HTTP and by event."""

from .access import Ban, Binding, LeaveLobby, LetIn, Remove, SetRole, Unban
from .capabilities import (
    CapabilitiesPatch,
    Consent,
    EndFloor,
    GrantFloor,
    Hold,
    LowerHand,
    Mute,
    RaiseHand,
    Release,
    Unmute,
)
from .endpoint import Endpoint, EndpointTarget, Tag
from .fields import (
    AttendeeId,
    Body,
    ChangeId,
    ExternalMeetingId,
    MediumName,
    MeetingId,
    Moment,
    Name,
    Reason,
    Reasoned,
    Strict,
    UserId,
    Word,
)
from .meetings import Admissions, End, MeetingPatch, MuteAll, Registration, Undo, UnmuteAll
from .selections import LowerHands, MuteSelected, RemoveSelected, Selection, SetRoles, UnmuteSelected

__all__ = [
    "Admissions",
    "AttendeeId",
    "Ban",
    "Binding",
    "Body",
    "CapabilitiesPatch",
    "ChangeId",
    "Consent",
    "End",
    "EndFloor",
    "Endpoint",
    "EndpointTarget",
    "ExternalMeetingId",
    "GrantFloor",
    "Hold",
    "LeaveLobby",
    "LetIn",
    "LowerHand",
    "LowerHands",
    "MediumName",
    "MeetingId",
    "MeetingPatch",
    "Moment",
    "Mute",
    "MuteAll",
    "MuteSelected",
    "Name",
    "RaiseHand",
    "Reason",
    "Reasoned",
    "Registration",
    "Release",
    "Remove",
    "RemoveSelected",
    "Selection",
    "SetRole",
    "SetRoles",
    "Strict",
    "Tag",
    "Unban",
    "Undo",
    "Unmute",
    "UnmuteAll",
    "UnmuteSelected",
    "UserId",
    "Word",
    "bodies",
    "routed_bodies",
]


def bodies(base: type[Body] = Body) -> list[type[Body]]:
    """Every body once. A body of a command on a selection has two bases."""
    return list(dict.fromkeys([base, *(model for child in base.__subclasses__() for model in bodies(child))]))


def routed_bodies() -> list[type[Body]]:
    """The bodies with an endpoint, from which the routes of their commands are made."""
    return [body for body in bodies() if body.endpoint is not None]
