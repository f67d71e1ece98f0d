"""A ledger in memory: the same promises as the table, kept by doing one thing at a time."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from moderation.core.change import Change
from moderation.core.entry import Entry
from moderation.core.meeting import Meeting, User
from moderation.ports import (
    ChangeKept,
    ChangeOpened,
    Clause,
    Conflict,
    Contention,
    EntryWritten,
    KeyTaken,
    LedgerUnavailable,
    Loaded,
    MeetingIs,
    MeetingRevised,
    Page,
    SeatBound,
    SeatsNoted,
    UserIs,
    UserRevised,
)


class MemoryLedger:
    def __init__(self) -> None:
        self.meetings: dict[str, Meeting] = {}
        self.users: dict[tuple[str, str], User] = {}
        self.seats: dict[tuple[str, str], str] = {}
        self.changes: dict[tuple[str, str], Change] = {}
        self.keys: dict[str, KeyTaken] = {}
        self.entries: list[Entry] = []
        self.allowance: float | None = None
        self._contended = 0
        self._failing: list[bool] = []

    def contend(self, count: int) -> None:
        """The next transactions raise `Contention`."""
        self._contended = count

    def fail(self, count: int, *, done: bool) -> None:
        """The next transactions raise `LedgerUnavailable`, done or not."""
        self._failing = [done] * count

    def load(
        self, meeting_id: str, users: Collection[str] = (), seats: Collection[str] = (), key: str | None = None
    ) -> Loaded:
        return Loaded(
            self.meetings.get(meeting_id),
            {u: self.users.get((meeting_id, u), User(u)) for u in users},
            {a: self.seats[meeting_id, a] for a in seats if (meeting_id, a) in self.seats},
            self.keys.get(key) if key else None,
        )

    def everybody(self, meeting_id: str) -> Mapping[str, User]:
        return {u: user for (m, u), user in self.users.items() if m == meeting_id}

    def change(self, meeting_id: str, change_id: str) -> Change | None:
        return self.changes.get((meeting_id, change_id))

    def due(self, now: datetime, limit: int) -> Sequence[Change]:
        found = [c for c in self.changes.values() if c.due_at is not None and c.due_at <= now]
        return sorted(found, key=lambda c: c.due_at or now)[:limit]

    def take_calls(self, count: int, now: datetime) -> bool:
        if self.allowance is None:
            return True
        self.allowance -= count
        return self.allowance >= 0

    def history(self, meeting_id: str, after: str, before: str, limit: int, attendee_id: str | None) -> Page:
        found = sorted(
            (e for e in self.entries if e.meeting_id == meeting_id and after < e.id < before), key=lambda e: e.id
        )
        return Page(tuple(found[:limit]), len(found) > limit)

    def transact(self, clauses: Sequence[Clause]) -> None:
        if self._contended:
            self._contended -= 1
            raise Contention
        failed = [clause for clause in clauses if not self._holds(clause)]
        if failed:
            raise Conflict(failed, self._found(failed))
        done = self._failing.pop(0) if self._failing else None
        if done is not False:
            for clause in clauses:
                self._write(clause)
        if done is not None:
            raise LedgerUnavailable

    def _found(self, failed: Sequence[Clause]) -> Loaded:
        meeting, users = None, {}
        for clause in failed:
            if isinstance(clause, MeetingIs):
                meeting = self.meetings.get(clause.meeting_id)
            if isinstance(clause, UserIs | UserRevised):
                user_id = clause.user_id if isinstance(clause, UserIs) else clause.user.id
                if (clause.meeting_id, user_id) in self.users:
                    users[user_id] = self.users[clause.meeting_id, user_id]
        return Loaded(meeting, users)

    def _holds(self, clause: Clause) -> bool:
        match clause:
            case MeetingIs(meeting_id, revision):
                return meeting_id in self.meetings and self.meetings[meeting_id].revision == revision
            case MeetingRevised(meeting, was):
                return (self.meetings[meeting.id].revision if meeting.id in self.meetings else 0) == was
            case UserIs(meeting_id, user_id, revision) | SeatsNoted(meeting_id, user_id, revision, _):
                return self._user(meeting_id, user_id).revision == revision
            case UserRevised(meeting_id, user, was):
                return self._user(meeting_id, user.id).revision == was
            case SeatBound(meeting_id, attendee_id, user_id):
                return self.seats.get((meeting_id, attendee_id), user_id) == user_id
            case ChangeOpened(change):
                return (change.meeting_id, change.id) not in self.changes
            case ChangeKept(change, token):
                kept = self.changes.get((change.meeting_id, change.id))
                return kept is not None and kept.lease is not None and kept.lease.token == token
            case KeyTaken():
                return clause.id not in self.keys
            case EntryWritten():
                return True

    def _write(self, clause: Clause) -> None:
        match clause:
            case MeetingRevised(meeting):
                self.meetings[meeting.id] = meeting
            case UserRevised(meeting_id, user, was, new_seats):
                stored = self._user(meeting_id, user.id)
                new = {s.attendee_id: s for s in new_seats if s.attendee_id not in stored.seats}
                seats = {**stored.seats, **new} if was else user.seats
                self.users[meeting_id, user.id] = replace(user, seats=dict(seats))
            case SeatsNoted(meeting_id, user_id, _, noted):
                user = self._user(meeting_id, user_id)
                seats = {**user.seats, **{s.attendee_id: s for s in noted}}
                self.users[meeting_id, user_id] = replace(user, seats=seats)
            case SeatBound(meeting_id, attendee_id, user_id):
                self.seats[meeting_id, attendee_id] = user_id
            case ChangeOpened(change) | ChangeKept(change, _):
                self.changes[change.meeting_id, change.id] = change
            case KeyTaken():
                self.keys[clause.id] = clause
            case EntryWritten(entry):
                self.entries.append(entry)
            case _:
                pass

    def _user(self, meeting_id: str, user_id: str) -> User:
        return self.users.get((meeting_id, user_id), User(user_id))
