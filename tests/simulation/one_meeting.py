"""The part of the ledger about one meeting, which its monitor reads."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from moderation.domain.capability import Capabilities
from moderation.domain.change import Change
from moderation.domain.entry import Entry
from moderation.domain.meeting import Meeting, User

from tests.memory.ledger import MemoryLedger

T = TypeVar("T")


class OneMeeting:
    def __init__(self, store: MemoryLedger, meeting_id: str) -> None:
        self._store = store
        self.meeting_id = meeting_id

    @property
    def meetings(self) -> Mapping[str, Meeting]:
        meeting = self._store.meetings.get(self.meeting_id)
        return {} if meeting is None else {self.meeting_id: meeting}

    @property
    def users(self) -> Mapping[tuple[str, str], User]:
        return self._of(self._store.users)

    @property
    def attendees(self) -> Mapping[tuple[str, str], str]:
        return self._of(self._store.attendees)

    @property
    def changes(self) -> Mapping[tuple[str, str], Change]:
        return self._of(self._store.changes)

    @property
    def hands_up(self) -> Mapping[tuple[str, str], datetime]:
        return self._of(self._store.hands_up)

    @property
    def batches(self) -> Mapping[tuple[str, str], frozenset[Capabilities]]:
        return self._of(self._store.batches)

    @property
    def entries(self) -> Sequence[Entry]:
        return [entry for entry in self._store.entries if entry.meeting_id == self.meeting_id]

    def all_users(self, meeting_id: str) -> Mapping[str, User]:
        return self._store.all_users(meeting_id)

    def _of(self, records: Mapping[tuple[str, str], T]) -> Mapping[tuple[str, str], T]:
        if len(self._store.meetings) == 1:
            return records
        return {key: record for key, record in records.items() if key[0] == self.meeting_id}
