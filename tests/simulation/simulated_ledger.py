"""A simulated ledger: reads are no snapshots, and answers of transactions may be lost."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from moderation.domain.capability import Capabilities
from moderation.domain.change import Change
from moderation.domain.entry import EVERY_ENTRY, EntryFilter
from moderation.domain.meeting import Meeting, User
from moderation.ports import (
    BatchesRecorded,
    Budget,
    Clause,
    ConditionFailedError,
    Due,
    EntryWritten,
    LedgerUnavailableError,
    Loaded,
    MeetingList,
    Minute,
    Page,
    TransactionContentionError,
)

from tests.memory.ledger import MemoryLedger, places

from .faults import BESIDE, CRASHES, LEDGER_FAULTS
from .machine import Machine
from .monitor import Monitor
from .scheduler import Crash

LEDGER_MS = 4
LATE_LEDGER = (0.05, 1.0, 8.0)

T = TypeVar("T")


class SimulatedLedger:
    def __init__(self, machine: Machine, store: MemoryLedger) -> None:
        self._machine = machine
        self.store = store
        self._due_before: Sequence[Due] = []
        """What was due at the last query."""
        self.arrivals: dict[str, datetime] = {}
        """Entry → the time of its commit."""
        self._under_way: list[set[tuple[str, ...]]] = []
        """The items of each transaction that was sent and not answered."""

    def load(
        self, meeting_id: str, users: Collection[str] = (), attendees: Collection[str] = (), key: str | None = None
    ) -> Loaded:
        """Like BatchGetItem: each item as it is at its read, together no snapshot."""
        first = self._read("load meeting", lambda: self.store.load(meeting_id, (), attendees, key))
        read_at = self._machine.scheduler.now_ms
        if users:
            self._machine.scheduler.switch()
        second = self.store.load(meeting_id, users)
        self._machine.monitors[meeting_id].loaded(users, read_at)
        return Loaded(first.meeting, second.users, first.attendees, first.away, first.key)

    def all_users(self, meeting_id: str) -> Mapping[str, User]:
        """Like Query: page by page, no snapshot."""
        found: dict[str, User] = {}
        self._read("all users", lambda: None)
        for user_id in list(self.store.all_users(meeting_id)):
            found[user_id] = self.store.users[meeting_id, user_id]
            self._machine.monitors[meeting_id].saw([user_id])
            self._machine.scheduler.switch()
        return found | {u: user for u, user in self.store.all_users(meeting_id).items() if u not in found}

    def all_roles(self, meeting_id: str) -> Mapping[str, User]:
        return self._read("all roles", lambda: self.store.all_roles(meeting_id))

    def attendees_after(self, meeting_id: str, after: str, limit: int) -> Mapping[str, str]:
        return self._read("attendees", lambda: self.store.attendees_after(meeting_id, after, limit))

    def hands(self, meeting_id: str) -> Mapping[str, datetime]:
        return self._read("hands", lambda: self.store.hands(meeting_id))

    def meetings_named(self, external_id: str) -> Sequence[str]:
        return self._read("meetings named", lambda: self.store.meetings_named(external_id))

    def listed(self, which: MeetingList, after: str, before: str, limit: int) -> Sequence[str]:
        return self._read("list of meetings", lambda: self.store.listed(which, after, before, limit))

    def registered(self, meeting_ids: Collection[str]) -> Mapping[str, Meeting]:
        return self._read("meetings", lambda: self.store.registered(meeting_ids))

    def change(self, meeting_id: str, change_id: str) -> Change | None:
        return self._read("change", lambda: self.store.change(meeting_id, change_id))

    def due(self, now: datetime, limit: int) -> Sequence[Any]:
        """The index is eventually consistent, and its pages end before it does."""
        found = self._read("due", lambda: self.store.due(now, limit))
        behind, self._due_before = self._due_before, found
        kind = self._machine.faults.pick(("index behind", "a short page"))
        if kind is not None:
            self._machine.scheduler.say("due", kind)
            found = found[: len(found) // 2] if kind == "a short page" else behind
        self._machine.stall()
        return found

    def due_records(self, due: Collection[Due]) -> Mapping[Due, Change | Meeting]:
        """Like BatchGetItem: each record as it is at its read, together no snapshot."""
        self._read("due records", lambda: None)
        found: dict[Due, Change | Meeting] = {}
        for each in due:
            found |= self.store.due_records([each])
            self._machine.scheduler.switch()
        return found

    def acquire_background_calls(self, count: int, now: datetime, budget: Budget = Budget.CALLS) -> bool:
        self._machine.before(LEDGER_MS)
        kind = self._machine.faults.pick(("lost, undone", "no calls to spare"))
        if kind is not None:
            self._machine.scheduler.say("take calls", kind)
        if kind == "lost, undone":
            raise LedgerUnavailableError
        return kind is None

    def acquire_user_tokens(
        self, meeting_id: str, user_id: str, seconds: int, now: datetime, minute: Minute = Minute.COMMANDS
    ) -> bool:
        return self._read(
            "take seconds", lambda: self.store.acquire_user_tokens(meeting_id, user_id, seconds, now, minute)
        )

    def recorded_batches(self, meeting_id: str) -> Collection[Capabilities]:
        return self._read("batches", lambda: self.store.recorded_batches(meeting_id))

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
        return self.store.history(meeting_id, after, before, limit, user_id, only, newest_first=newest_first)

    def transact(self, clauses: Sequence[Clause]) -> None:
        machine = self._machine
        operation = "transact " + " ".join(type(clause).__name__ for clause in clauses)
        if machine.faults.rates.get(BESIDE):
            self._beside_others(operation, set().union(*map(places, clauses)))
        else:
            machine.before(LEDGER_MS)
        kind = machine.faults.pick((*LEDGER_FAULTS, *CRASHES))
        if kind is None:
            self._commit(operation, clauses)
        else:
            self._act_out(kind, operation, clauses)
        machine.stall()

    def _beside_others(self, operation: str, items: set[tuple[str, ...]]) -> None:
        """Refuses a transaction on an item of another transaction under way, condition checks included, as DynamoDB
        does.
        """
        scheduler = self._machine.scheduler
        self._machine.stall()
        scheduler.tick(LEDGER_MS)
        if not self._machine.faults.quiet and any(items & others for others in self._under_way):
            scheduler.say(operation, "conflict with another under way")
            self._machine.faults.happened[BESIDE] += 1
            raise TransactionContentionError
        self._under_way.append(items)
        try:
            scheduler.switch()
        finally:
            self._under_way.remove(items)

    def _act_out(self, kind: str, operation: str, clauses: Sequence[Clause]) -> None:
        machine = self._machine
        machine.scheduler.say(operation, kind)
        for clause in clauses:
            if isinstance(clause, BatchesRecorded):
                machine.monitors[clause.meeting_id].grants.could_not_record()
        if kind == "contention":
            raise TransactionContentionError
        if kind in ("lost, done", "crash after"):
            self._silently(operation, clauses)
        if kind.endswith("done later"):
            wait = LATE_LEDGER[machine.scheduler.choices.pick([1.0] * len(LATE_LEDGER))]
            machine.later(wait, operation, lambda: self._silently(operation, clauses))
        if kind.startswith("crash"):
            raise Crash
        for monitor in machine.monitors.values():
            monitor.lost_answer()
        raise LedgerUnavailableError

    def _silently(self, operation: str, clauses: Sequence[Clause]) -> None:
        """A transaction whose answer is lost."""
        try:
            self._commit(operation, clauses)
        except ConditionFailedError:
            return

    def _commit(self, operation: str, clauses: Sequence[Clause]) -> None:
        try:
            for monitor in self._watching(clauses):
                monitor.about_to(clauses)
            self.store.transact(clauses)
        except ConditionFailedError as conflict:
            self._machine.scheduler.say(operation, f"conflict: {conflict}")
            raise
        self._machine.scheduler.say(operation, "ok")
        for clause in clauses:
            if isinstance(clause, EntryWritten):
                self.arrivals[clause.entry.id] = self._machine.scheduler.now()
        for monitor in self._watching(clauses):
            monitor.committed(clauses)

    def _watching(self, clauses: Sequence[Clause]) -> Sequence[Monitor]:
        """The monitors of the meeting that the transaction is about."""
        meetings = {place[1] for clause in clauses for place in places(clause)}
        return [monitor for meeting_id, monitor in self._machine.monitors.items() if meeting_id in meetings]

    def _read(self, operation: str, call: Callable[[], T]) -> T:
        return self._machine.read(operation, call, LEDGER_MS, LedgerUnavailableError)
