# Made from `_async/results.py` by `make contracts`.
"""Answers to commands that can be waited for."""

import time
from typing import TYPE_CHECKING

from pydantic import PrivateAttr

from ..durations import Duration, in_seconds
from ..errors import StillPendingError
from ..model import Received
from ..models import Change, ChangeAnswer, MeetingChangeAnswer
from .waiting import sleep

if TYPE_CHECKING:
    from .meeting_reads import MeetingReads

FIRST_PAUSE = 0.25
LONGEST_PAUSE = 3.0


class Waitable(Received):
    """A change that may be pending."""

    change_id: str | None
    _meeting: "MeetingReads | None" = PrivateAttr(None)
    _replayed: bool = PrivateAttr(False)

    def belongs_to(self, meeting: "MeetingReads", *, replayed: bool) -> None:
        """Says where the change can be looked up."""
        self._meeting, self._replayed = meeting, replayed

    @property
    def replayed(self) -> bool:
        """Whether this answer was given before, to the same Idempotency-Key."""
        return self._replayed

    def wait(self, within: Duration = 120) -> Change | None:
        """What became of the change, once it is no longer pending; `None` if nothing changed.

        Raises `StillPendingError` after `within`.
        """
        if self.change_id is None or self._meeting is None:
            return None
        return settled(self._meeting, self.change_id, within)


class ChangeResult(Waitable, ChangeAnswer):
    """The answer to a command on one user."""


class MeetingChangeResult(Waitable, MeetingChangeAnswer):
    """The answer to a command on the meeting, attendee by attendee."""


def settled(meeting: "MeetingReads", change_id: str, within: Duration) -> Change:
    """The change, once it is no longer pending. Raises `StillPendingError`."""
    ends, pause = time.monotonic() + in_seconds(within), FIRST_PAUSE
    while True:
        change = meeting.change(change_id)
        if change.status != "pending":
            return change
        if time.monotonic() + pause > ends:
            raise StillPendingError(change)
        sleep(pause)
        pause = min(LONGEST_PAUSE, pause * 2)
