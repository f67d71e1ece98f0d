"""Unexpected errors, each caught where it happens so that no other work waits behind it."""

import traceback
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class UnexpectedError:
    """`where` names the kind of the error and its line. The error's message is left out: it may contain user data."""

    where: str
    meeting_id: str | None = None
    change_id: str | None = None
    user_id: str | None = None


def where(error: Exception) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {frame.filename.rpartition('/')[2]}:{frame.lineno}"
