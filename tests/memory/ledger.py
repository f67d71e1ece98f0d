"""An in-memory ledger with the promises of the table. It does one thing at a time."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from threading import Lock

from moderation.adapters.dynamodb.keys import shard_of
from moderation.adapters.dynamodb.token_bucket import A_MINUTE, A_SECOND, TokenBucket
from moderation.domain.capability import Capabilities
from moderation.domain.change import Change
from moderation.domain.entry import EVERY_ENTRY, Entry, EntryFilter
from moderation.domain.meeting import Meeting, User, UserRules
from moderation.domain.schedule import next_end
from moderation.ports import (
    MEETING_SHARDS,
    AttendeeBound,
    AttendeeSeen,
    AttendeesNoted,
    BatchesOver,
    BatchesRecorded,
    Budget,
    ChangeIsOpen,
    ChangeKept,
    ChangeOpened,
    CheckTaken,
    Clause,
    ConditionFailedError,
    Due,
    EntryWritten,
    HandLowered,
    HandRaised,
    KeyTaken,
    LedgerUnavailableError,
    Loaded,
    MeetingIs,
    MeetingList,
    MeetingRevised,
    Minute,
    Page,
    Postponed,
    TransactionContentionError,
    UserIs,
    UserRevised,
    meeting_at,
    position,
)

from tests.memory import limits
from tests.memory.clock import START


class MemoryLedger:
    """What is stored is public, for tests. `entries` has all entries in the order in which they were written."""

    def __init__(self) -> None:
        self.meetings: dict[str, Meeting] = {}
        self.users: dict[tuple[str, str], User] = {}
        self.attendees: dict[tuple[str, str], str] = {}
        self.changes: dict[tuple[str, str], Change] = {}
        self.keys: dict[str, KeyTaken] = {}
        self.hands_up: dict[tuple[str, str], datetime] = {}
        self.seen: dict[tuple[str, str], tuple[datetime, bool]] = {}
        """Attendee → time of Chime's last event about the connection, and whether the attendee is connected since."""
        self.entries: list[Entry] = []
        self.budgets: dict[Budget, TokenBucket] = {}
        self._postponed: dict[tuple[str, str], datetime] = {}
        """Users that are due later than their rules say."""
        self.batches: dict[tuple[str, str], frozenset[Capabilities]] = {}
        """Meeting and change → what its batches may give."""
        self.minutes: dict[tuple[str, str, Minute], TokenBucket] = {}
        self.now: Callable[[], datetime] = lambda: START
        """When the ledger first stores a user: lists of a user's meetings are sorted by it."""
        self._met: dict[tuple[str, str], datetime] = {}
        self._entry_ids: set[tuple[str | None, str]] = set()
        self._contended = 0
        self._failing: list[bool] = []
        self._lock = Lock()

    def contend(self, count: int) -> None:
        """Makes the next transactions raise `TransactionContentionError`."""
        self._contended = count

    def fail(self, count: int, *, done: bool) -> None:
        """Makes the next transactions raise `LedgerUnavailableError`, with or without their effect."""
        self._failing = [done] * count

    def load(
        self, meeting_id: str, users: Collection[str] = (), attendees: Collection[str] = (), key: str | None = None
    ) -> Loaded:
        return Loaded(
            self.meetings.get(meeting_id),
            {u: replace(self._user(meeting_id, u), hand=self.hands_up.get((meeting_id, u))) for u in users},
            {a: self.attendees[meeting_id, a] for a in attendees if (meeting_id, a) in self.attendees},
            frozenset(a for a in attendees if self.seen.get((meeting_id, a), (None, True))[1] is False),
            self.keys.get(key) if key is not None else None,
        )

    def all_users(self, meeting_id: str) -> Mapping[str, User]:
        return {u: user for (m, u), user in self.users.items() if m == meeting_id}

    def all_roles(self, meeting_id: str) -> Mapping[str, User]:
        return {
            u: User(u, UserRules(role=user.rules.role, ban=user.rules.ban, removed_at=user.rules.removed_at))
            for u, user in self.all_users(meeting_id).items()
        }

    def attendees_after(self, meeting_id: str, after: str, limit: int) -> Mapping[str, str]:
        bound = sorted((a, u) for (m, a), u in self.attendees.items() if m == meeting_id and a > after)
        return dict(bound[:limit])

    def hands(self, meeting_id: str) -> Mapping[str, datetime]:
        return {u: at for (m, u), at in self.hands_up.items() if m == meeting_id}

    def change(self, meeting_id: str, change_id: str) -> Change | None:
        return self.changes.get((meeting_id, change_id))

    def meetings_named(self, external_id: str) -> Sequence[str]:
        return [meeting_at(place) for place in self._listed(MeetingList(external_id=external_id))]

    def listed(self, which: MeetingList, after: str, before: str, limit: int) -> Sequence[str]:
        return [place for place in self._listed(which) if after < place < before][:limit]

    def _listed(self, which: MeetingList) -> list[str]:
        if which.user_id is not None:
            found = [position(at, meeting_id) for (meeting_id, u), at in self._met.items() if u == which.user_id]
        else:
            found = [
                position(m.registered_at, m.id)
                for m in self.meetings.values()
                if m.registered_at is not None and which.external_id in (None, m.external_id)
            ]
        return sorted(found, reverse=True)

    def registered(self, meeting_ids: Collection[str]) -> Mapping[str, Meeting]:
        return {each: self.meetings[each] for each in meeting_ids if each in self.meetings}

    def due(self, now: datetime, limit: int) -> Sequence[Due]:
        found = [
            Due(c.next_attempt_at, c.meeting_id, c.id) for c in self.changes.values() if c.next_attempt_at is not None
        ]
        found += [Due(at, m, user_id=u) for m, u in self.users if (at := self._due_at(m, u))]
        found += [Due(m.check_at, m.id) for m in self.meetings.values() if m.check_at is not None]
        return sorted((due for due in found if due.at <= now), key=lambda due: due.at)[:limit]

    def due_records(self, due: Collection[Due]) -> Mapping[Due, Change | Meeting]:
        found = {each: self._due_record(each) for each in due}
        return {each: record for each, record in found.items() if record is not None}

    def _due_record(self, due: Due) -> Change | Meeting | None:
        if due.change_id is not None:
            return self.changes.get((due.meeting_id, due.change_id))
        return self.meetings.get(due.meeting_id) if due.user_id is None else None

    def _due_at(self, meeting_id: str, user_id: str) -> datetime | None:
        return self._postponed.get((meeting_id, user_id)) or next_end(self.users[meeting_id, user_id].rules)

    def acquire_background_calls(self, count: int, now: datetime, budget: Budget = Budget.CALLS) -> bool:
        left = self.budgets.get(budget, TokenBucket()).without(count, now, A_SECOND[budget])
        if left is not None:
            self.budgets[budget] = left
        return left is not None

    def acquire_user_tokens(
        self, meeting_id: str, user_id: str, seconds: int, now: datetime, minute: Minute = Minute.COMMANDS
    ) -> bool:
        whose = (meeting_id, user_id, minute)
        left = self.minutes.get(whose, TokenBucket()).without(seconds, now, 1, A_MINUTE)
        if left is not None:
            self.minutes[whose] = left
        return left is not None

    def recorded_batches(self, meeting_id: str) -> Collection[Capabilities]:
        return {given for (m, _), recorded in self.batches.items() if m == meeting_id for given in recorded}

    def history(
        self,
        meeting_id: str,
        after: str,
        before: str,
        limit: int,
        user_id: str | None,
        only: EntryFilter = EVERY_ENTRY,
        *,
        newest_first: bool = False,
    ) -> Page:
        of_the_meeting = [e for e in self.entries if e.meeting_id == meeting_id and after < e.id < before]
        concerned = [e for e in of_the_meeting if (user_id is None or e.concerns(user_id)) and only.takes(e)]
        found = sorted(concerned, key=lambda e: e.id, reverse=newest_first)
        return Page(tuple(found[:limit]), len(found) > limit)

    def transact(self, clauses: Sequence[Clause]) -> None:
        limits.check(clauses)
        touched = [place for clause in clauses for place in places(clause)]
        if len(set(touched)) < len(touched):
            raise ValueError("two clauses on one item")
        with self._lock:
            self._transact(clauses)

    def _transact(self, clauses: Sequence[Clause]) -> None:
        if self._contended:
            self._contended -= 1
            raise TransactionContentionError
        done = self._failing.pop(0) if self._failing else None
        if done is False:
            raise LedgerUnavailableError
        failed = [clause for clause in clauses if not self._holds(clause)]
        if failed and done is None:
            raise ConditionFailedError(failed, self._found(failed))
        for clause in clauses if not failed else ():
            self._write(clause)
        if done:
            raise LedgerUnavailableError

    def _found(self, failed: Sequence[Clause]) -> Loaded:
        meeting, users = None, {}
        for clause in failed:
            match clause:
                case MeetingIs(meeting_id, 0) | MeetingRevised(Meeting(meeting_id)) | CheckTaken(meeting_id):
                    meeting = self.meetings.get(meeting_id)
                case UserIs(meeting_id, id) | UserRevised(meeting_id, User(id)) | AttendeesNoted(meeting_id, id):
                    if (meeting_id, id) in self.users:
                        users[id] = self.users[meeting_id, id]
        return Loaded(meeting, users)

    def _holds(self, clause: Clause) -> bool:  # noqa: C901, PLR0911, PLR0912 - one case a clause
        match clause:
            case MeetingIs(meeting_id, revision):
                return (self.meetings[meeting_id].revision if meeting_id in self.meetings else 0) == revision
            case MeetingRevised(meeting, was):
                return (self.meetings[meeting.id].revision if meeting.id in self.meetings else 0) == was
            case UserIs(meeting_id, user_id, revision):
                return self._user(meeting_id, user_id).revision == revision
            case UserRevised(meeting_id, User(user_id), revision):
                stored = self._user(meeting_id, user_id)
                return stored.revision == revision and clause.notes in (None, stored.notes)
            case AttendeesNoted(meeting_id, user_id, revision):
                stored = self._user(meeting_id, user_id)
                return bool(stored.revision) and stored.revision == revision and clause.notes in (None, stored.notes)
            case AttendeeBound(meeting_id, attendee_id, user_id):
                return self.attendees.get((meeting_id, attendee_id), user_id) == user_id
            case AttendeeSeen(meeting_id, attendee_id, at):
                is_known = (meeting_id, attendee_id) in self.attendees
                return is_known and self.seen.get((meeting_id, attendee_id), (at, True))[0] <= at
            case ChangeOpened(change):
                return (change.meeting_id, change.id) not in self.changes
            case ChangeIsOpen(meeting_id, change_id):
                found = self.changes.get((meeting_id, change_id))
                return found is not None and found.is_open
            case ChangeKept(change, token):
                kept = self.changes.get((change.meeting_id, change.id))
                return kept is not None and kept.lease is not None and kept.lease.token == token
            case KeyTaken(id):
                return id not in self.keys
            case CheckTaken(meeting_id, revision, was):
                checked = self.meetings.get(meeting_id)
                return checked is not None and (checked.revision, checked.check_at) == (revision, was)
            case Postponed(due):
                return self._is_due(due)
            case HandRaised(meeting_id, user_id):
                return (meeting_id, user_id) not in self.hands_up
            case HandLowered(meeting_id, user_id):
                return (meeting_id, user_id) in self.hands_up
            case BatchesRecorded() | BatchesOver():
                return True
            case EntryWritten(entry):
                return (entry.meeting_id, entry.id) not in self._entry_ids

    def _write(self, clause: Clause) -> None:  # noqa: C901, PLR0912 - one case a clause
        match clause:
            case MeetingRevised(meeting):
                self.meetings[meeting.id] = meeting
            case UserRevised(meeting_id, user, was, new_attendees):
                stored = self._user(meeting_id, user.id)
                attendees = {**{s.attendee_id: s for s in new_attendees}, **stored.attendees} if was else user.attendees
                self.users[meeting_id, user.id] = replace(
                    user, attendees=dict(attendees), notes=stored.notes, hand=None
                )
                self._met.setdefault((meeting_id, user.id), self.now())
                self._postponed.pop((meeting_id, user.id), None)
            case AttendeesNoted(meeting_id, user_id, _, noted):
                user = self.users[meeting_id, user_id]
                attendees = {**user.attendees, **{s.attendee_id: s for s in noted}}
                self.users[meeting_id, user_id] = replace(user, attendees=attendees, notes=user.notes + bool(noted))
            case CheckTaken(meeting_id, _, _, then, compared_at):
                meeting = self.meetings[meeting_id]
                then_compared = compared_at or meeting.compared_at
                self.meetings[meeting_id] = replace(meeting, check_at=then, compared_at=then_compared)
            case Postponed(due, until):
                self._postpone(due, until)
            case AttendeeBound(meeting_id, attendee_id, user_id):
                self.attendees[meeting_id, attendee_id] = user_id
            case AttendeeSeen(meeting_id, attendee_id, at, connected):
                self.seen[meeting_id, attendee_id] = (at, connected)
            case ChangeOpened(change) | ChangeKept(change):
                self.changes[change.meeting_id, change.id] = change
            case BatchesRecorded(meeting_id, change_id, capabilities):
                recorded = self.batches.get((meeting_id, change_id), frozenset())
                self.batches[meeting_id, change_id] = recorded | capabilities
            case BatchesOver(meeting_id, change_id):
                self.batches.pop((meeting_id, change_id), None)
            case KeyTaken(id):
                self.keys[id] = clause
            case HandRaised(meeting_id, user_id, at):
                self.hands_up[meeting_id, user_id] = at
            case HandLowered(meeting_id, user_id):
                del self.hands_up[meeting_id, user_id]
            case EntryWritten(entry):
                self.entries.append(entry)
                self._entry_ids.add((entry.meeting_id, entry.id))

    def _is_due(self, due: Due) -> bool:
        record = self._due_record(due)
        if due.user_id is not None:
            return (due.meeting_id, due.user_id) in self.users and self._due_at(due.meeting_id, due.user_id) == due.at
        return (
            record is not None and (record.next_attempt_at if isinstance(record, Change) else record.check_at) == due.at
        )

    def _postpone(self, due: Due, until: datetime) -> None:
        record = self._due_record(due)
        if due.user_id is not None:
            self._postponed[due.meeting_id, due.user_id] = until
        elif isinstance(record, Change):
            self.changes[due.meeting_id, record.id] = replace(record, next_attempt_at=until)
        elif record is not None:
            self.meetings[due.meeting_id] = replace(record, check_at=until)

    def _user(self, meeting_id: str, user_id: str) -> User:
        return self.users.get((meeting_id, user_id), User(user_id))


def places(clause: Clause) -> set[tuple[str, ...]]:
    """The items of the table that a clause touches."""
    match clause:
        case MeetingIs(meeting_id, revision, beside) if revision:
            return {("revision", meeting_id, str(shard_of(beside)))}
        case MeetingRevised(Meeting(meeting_id)):
            return {place(clause), *(("revision", meeting_id, str(number)) for number in range(MEETING_SHARDS))}
    return {place(clause)}


def place(clause: Clause) -> tuple[str, ...]:  # noqa: C901, PLR0911 - one case a clause
    """The item that a clause is about."""
    match clause:
        case MeetingIs(meeting_id) | MeetingRevised(Meeting(meeting_id)) | CheckTaken(meeting_id):
            return ("meeting", meeting_id)
        case UserIs(meeting_id, id) | UserRevised(meeting_id, User(id)) | AttendeesNoted(meeting_id, id):
            return ("user", meeting_id, id)
        case AttendeeBound(meeting_id, attendee_id) | AttendeeSeen(meeting_id, attendee_id):
            return ("attendee", meeting_id, attendee_id)
        case ChangeOpened(change) | ChangeKept(change):
            return ("change", change.meeting_id, change.id)
        case Postponed(Due(meeting_id=meeting_id, change_id=str(id))):
            return ("change", meeting_id, id)
        case Postponed(Due(meeting_id=meeting_id, user_id=str(id))):
            return ("user", meeting_id, id)
        case Postponed(Due(meeting_id=meeting_id)):
            return ("meeting", meeting_id)
        case ChangeIsOpen(meeting_id, id):
            return ("change", meeting_id, id)
        case BatchesRecorded(meeting_id) | BatchesOver(meeting_id):
            return ("batches", meeting_id)
        case HandRaised(meeting_id, id) | HandLowered(meeting_id, id):
            return ("hand", meeting_id, id)
        case EntryWritten(entry):
            return ("entry", entry.meeting_id or "", entry.id)
        case KeyTaken(id):
            return ("key", id)
