"""The client of Gavel, which moderates meetings of the Amazon Chime SDK.

`Gavel` and `AsyncGavel` call the API. `parse_event` reads Gavel's events, and `put_command` commands by event. The
models of answers, events and commands are in `gavel_client.models`.
"""

from ._async.client import AsyncGavel
from ._sync.client import Gavel
from ._version import __version__
from .bus import put_command
from .errors import (
    BannedError,
    CapabilityUnavailableError,
    ChimeRefusedError,
    ConflictError,
    GavelError,
    InvalidRequestError,
    MeetingEndedError,
    NotAGavelEventError,
    NotFoundError,
    NotOnTheBusError,
    NotPermittedError,
    OutcomeUnknownError,
    ProblemError,
    RevisionError,
    ServerError,
    StillPendingError,
    TokenError,
    TooManyError,
    UnauthenticatedError,
    UnexpectedAnswerError,
    UnreachableError,
    WaitingError,
)
from .events import GavelEvent, UnknownEvent, parse_event
from .joining import CreatedAttendee, NotAdmitted
from .retry import Retry
from .tokens import ClientCredentials

__all__ = [
    "AsyncGavel",
    "BannedError",
    "CapabilityUnavailableError",
    "ChimeRefusedError",
    "ClientCredentials",
    "ConflictError",
    "CreatedAttendee",
    "Gavel",
    "GavelError",
    "GavelEvent",
    "InvalidRequestError",
    "MeetingEndedError",
    "NotAGavelEventError",
    "NotAdmitted",
    "NotFoundError",
    "NotOnTheBusError",
    "NotPermittedError",
    "OutcomeUnknownError",
    "ProblemError",
    "Retry",
    "RevisionError",
    "ServerError",
    "StillPendingError",
    "TokenError",
    "TooManyError",
    "UnauthenticatedError",
    "UnexpectedAnswerError",
    "UnknownEvent",
    "UnreachableError",
    "WaitingError",
    "__version__",
    "parse_event",
    "put_command",
]
