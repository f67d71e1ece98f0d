"""Failures that nobody foresaw, each caught where it happens so that nothing else waits behind it."""

import traceback
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class UnexpectedError:
    """`where` names the kind of the error and its line. Its message may quote anything, so it is left out."""

    where: str
    meeting_id: str | None = None
    change_id: str | None = None
    user_id: str | None = None


def where(error: Exception) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {frame.filename.rpartition('/')[2]}:{frame.lineno}"
