"""What a call to Chime rests on: when whoever makes it last looked at the rules of the person it is about."""

from collections.abc import Callable, Collection

from .scheduler import Actor, Scheduler

Since = Callable[[str, str], int]
"""User and seat → since when, in milliseconds, rules may have stood by which the call was made."""


class Grounds:
    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._looks: dict[Actor, dict[str, int]] = {}
        self._calls: dict[Actor, dict[str, int]] = {}
        self._blind: set[Actor] = set()
        """Those whose last look failed. What narrows by what they know is pursued all the same: a mute waits for no
        ledger (`tests/unit/application/test_retries.py`). What a newer rule says comes when it can be read again.
        """

    def looked(self, users: Collection[str], read_at: int | None = None) -> None:
        """The one who runs has read these people, or a commit has told that they are as they were read."""
        if self._scheduler.current is not None:
            self._blind.discard(self._scheduler.current)
            now = self._scheduler.now_ms if read_at is None else read_at
            self._looks.setdefault(self._scheduler.current, {}).update(dict.fromkeys(users, now))

    def is_blind(self) -> None:
        """The one who runs could not read."""
        if self._scheduler.current is not None:
            self._blind.add(self._scheduler.current)

    def starts(self, attendee_id: str | None) -> Since:
        """A look serves for one call on a seat. Whoever calls again without another look may give nothing that the
        rules don't give at that moment.
        """
        actor, started = self._scheduler.current, self._scheduler.now_ms
        looks = dict(self._looks.get(actor, {})) if actor is not None else {}
        calls = self._calls.setdefault(actor, {}) if actor is not None else {}
        before = {} if actor in self._blind else dict(calls)
        if attendee_id is not None:
            calls[attendee_id] = started

        def since(user_id: str, seat: str) -> int:
            looked = looks.get(user_id)
            if looked is None:
                return 0
            return started if before.get(seat, -1) > looked else looked

        return since
