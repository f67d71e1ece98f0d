"""What a call to Chime rests on: when its process last read the rules of the user that it concerns."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from .scheduler import Actor, Scheduler


@dataclass(frozen=True)
class Ground:
    """`since_ms`: since when the rules that the call follows may have been current. `is_blind`: whether the process
    could not read them again.
    """

    since_ms: int
    is_blind: bool = False


GroundOf = Callable[[str, str], Ground]
"""User and attendee → what the call rests on."""


class Grounds:
    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._looks: dict[Actor, dict[str, int]] = {}
        self._calls: dict[Actor, dict[str, int]] = {}
        self._meetings: dict[Actor, int] = {}
        """When each process last read the meeting, or a commit has confirmed its read."""
        self._blind: set[Actor] = set()
        """Processes whose last read failed. They still apply what narrows by the rules they know: a mute does not wait
        for the ledger (`tests/unit/application/test_retries.py`). Newer rules follow with the next read.
        """

    def looked(self, users: Collection[str], read_at: int | None = None) -> None:
        """The running process has read these users, or a commit has confirmed its read."""
        if self._scheduler.current is not None:
            self._blind.discard(self._scheduler.current)
            now = self._scheduler.now_ms if read_at is None else read_at
            self._looks.setdefault(self._scheduler.current, {}).update(dict.fromkeys(users, now))

    def looked_at_the_meeting(self, read_at: int | None = None) -> None:
        """The running process has read the meeting, or a commit has confirmed its read."""
        if self._scheduler.current is not None:
            self._meetings[self._scheduler.current] = self._scheduler.now_ms if read_at is None else read_at

    def is_blind(self) -> None:
        """The running process could not read."""
        if self._scheduler.current is not None:
            self._blind.add(self._scheduler.current)

    def starts(self, attendee_id: str | None) -> GroundOf:
        """One read permits one call on an attendee. A further call without a read may give only what the current rules
        give.
        """
        actor, started = self._scheduler.current, self._scheduler.now_ms
        looks = dict(self._looks.get(actor, {})) if actor is not None else {}
        calls = self._calls.setdefault(actor, {}) if actor is not None else {}
        is_blind = actor in self._blind
        before = {} if is_blind else dict(calls)
        if actor is not None and is_blind:  # a read of the users alone, before that of the meeting failed
            looks = {user_id: min(at, self._meetings.get(actor, at)) for user_id, at in looks.items()}
        if attendee_id is not None:
            calls[attendee_id] = started

        def ground_of(user_id: str, attendee: str) -> Ground:
            looked = looks.get(user_id)
            if looked is None:
                return Ground(0, is_blind)
            return Ground(started if before.get(attendee, -1) > looked else looked, is_blind)

        return ground_of
