"""What the exit code says. Scripts decide by it."""

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType

from ..errors import (
    ConflictError,
    GavelError,
    InvalidRequestError,
    NotFoundError,
    NotPermittedError,
    RevisionError,
    ServerError,
    StillPendingError,
    TokenError,
    TooManyError,
    UnauthenticatedError,
    UnexpectedAnswerError,
    UnreachableError,
)
from .settings import NoSuchMeetingError, NotConfiguredError, NotOverError


class Exit(IntEnum):
    """2 is taken: the command was misspelled."""

    OK = 0
    FAILED = 1
    REFUSED = 3
    """The token is missing or wrong, or the policies do not permit it."""
    NOT_FOUND = 4
    CONFLICT = 5
    """The state of the meeting stands against it."""
    INVALID = 6
    UNAVAILABLE = 7
    """Try again later."""
    PENDING = 8
    """Gavel continues with the change."""


BY_ERROR: Mapping[type[Exception], Exit] = MappingProxyType(
    {
        UnauthenticatedError: Exit.REFUSED,
        NotPermittedError: Exit.REFUSED,
        NotFoundError: Exit.NOT_FOUND,
        ConflictError: Exit.CONFLICT,
        RevisionError: Exit.CONFLICT,
        InvalidRequestError: Exit.INVALID,
        TooManyError: Exit.UNAVAILABLE,
        ServerError: Exit.UNAVAILABLE,
        UnreachableError: Exit.UNAVAILABLE,
        UnexpectedAnswerError: Exit.UNAVAILABLE,
        TokenError: Exit.UNAVAILABLE,
        StillPendingError: Exit.PENDING,
        GavelError: Exit.FAILED,
        NoSuchMeetingError: Exit.NOT_FOUND,
        NotOverError: Exit.CONFLICT,
        NotConfiguredError: Exit.FAILED,
        ValueError: Exit.INVALID,
        OSError: Exit.FAILED,
    }
)
AWS = "botocore."
"""The module of AWS's errors, in a package that need not be there."""


def exit_of(error: Exception) -> Exit | None:
    """By the most specific kind of the error; `None` for one that nobody foresees."""
    otherwise = Exit.FAILED if type(error).__module__.startswith(AWS) else None
    return next((BY_ERROR[kind] for kind in type(error).__mro__ if kind in BY_ERROR), otherwise)
