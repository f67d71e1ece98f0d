"""Readers poll the history with the cursor of the last answer: it may repeat an entry, but never skips one."""

from collections.abc import Iterator
from typing import cast

from moderation.bootstrap import Gavel
from moderation.domain.actor import Actor, ActorKind

from .excuses import Excuse
from .monitor import Monitor, Violation

ADMIN = Actor(ActorKind.ADMIN, "back-end")


class Reader:
    def __init__(self, meeting_id: str) -> None:
        self.meeting_id = meeting_id
        self._cursor: str | None = None
        self._seen: set[str] = set()

    def reads(self, gavel: Gavel) -> None:
        page = gavel.history(self.meeting_id, ADMIN, after=self._cursor, limit=100)
        if isinstance(page, dict):
            self._seen |= {item["entryId"] for item in cast("list[dict[str, str]]", page["items"])}
            self._cursor = str(page["cursor"])

    def missed(self, monitor: Monitor) -> Iterator[Violation]:
        """Entries before the cursor that were never shown. Entries of functions that stalled between naming and
        committing them are excused.
        """
        for entry in monitor.store.entries:
            is_passed = self._cursor is not None and entry.id <= self._cursor
            if not is_passed or entry.id in self._seen:
                continue
            if entry.id in monitor.held_up:
                monitor.excuse(Excuse.HELD_UP)
            else:
                yield Violation("a reader misses nothing", f"{entry.type} {entry.id[-4:]}")
