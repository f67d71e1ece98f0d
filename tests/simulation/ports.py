"""Ledger, Chime, time and reminders, each of whose operations is a point where the schedule may do anything."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from moderation.core.capability import EVERYTHING, Capabilities
from moderation.core.change import CALL_LIFE, CALL_TIMEOUT, Change
from moderation.core.entry import CROCKFORD, first_id_at
from moderation.core.meeting import User
from moderation.ports import (
    ChimeFailure,
    Clause,
    Conflict,
    Contention,
    LedgerUnavailable,
    Loaded,
    MeetingInChime,
    NotNow,
    Page,
    SeatInChime,
    UnknownEnd,
)

from tests.memory.chime import MemoryChime
from tests.memory.ledger import MemoryLedger

from .faults import CHIME_FAULTS, CRASHES, LEDGER_FAULTS, READ_FAULTS, STALLS, Faults
from .microphones import Looks
from .monitor import Monitor
from .scheduler import Crash, Scheduler

LEDGER_MS = 4
CHIME_MS = 30
LATE_LEDGER = (0.05, 1.0, 8.0)
LATE_CHIME = (0.2, 2.0, 6.0, 12.0, 18.0, 25.0, 29.9)
"""Seconds after its start at which a call of unknown end takes effect: before `CALL_LIFE` is over."""
SLOW = (0.0, 1.0, 3.9)
"""Seconds that a call takes whose end is known: below `CALL_TIMEOUT`."""

T = TypeVar("T")


@dataclass
class Machine:
    """What all ports share."""

    scheduler: Scheduler
    faults: Faults
    monitor: Monitor

    def stall(self) -> None:
        """The process is frozen while the others go on."""
        kind = self.faults.pick(STALLS)
        if kind is not None:
            self.scheduler.say("process", kind)
            self.scheduler.pause(float(kind.split()[1]))

    def before(self, milliseconds: int) -> None:
        self.scheduler.tick(milliseconds)
        self.stall()
        self.scheduler.switch()

    def read(self, operation: str, deed: Callable[[], T], milliseconds: int, failure: type[Exception]) -> T:
        """A read: may fail, may be followed by a stall in which what was read grows old."""
        self.before(milliseconds)
        kind = self.faults.pick(("crash before", *READ_FAULTS))
        if kind == "crash before":
            self.scheduler.say(operation, "crash")
            raise Crash
        if kind is not None:
            self.scheduler.say(operation, kind)
            raise failure
        found = deed()
        self.scheduler.say(operation, "ok")
        return found

    def later(self, seconds: float, name: str, deed: Callable[[], None]) -> None:
        """An effect on its way that nobody waits for any more."""

        def arrive() -> None:
            self.scheduler.say(name, "takes effect late", "network")
            deed()

        self.scheduler.spawn("network", arrive, seconds, inline=True)


class SimulatedLedger:
    def __init__(self, machine: Machine, store: MemoryLedger) -> None:
        self._machine = machine
        self.store = store

    def load(
        self, meeting_id: str, users: Collection[str] = (), seats: Collection[str] = (), key: str | None = None
    ) -> Loaded:
        """As a BatchGet: each item as it is, together no snapshot."""
        first = self._read("load meeting", lambda: self.store.load(meeting_id, (), seats, key))
        if users:
            self._machine.scheduler.switch()
        second = self.store.load(meeting_id, users)
        self._machine.monitor.loaded(users)
        return Loaded(first.meeting, second.users, first.seats, first.key)

    def everybody(self, meeting_id: str) -> Mapping[str, User]:
        """As a query: page by page, no snapshot."""
        found: dict[str, User] = {}
        self._read("everybody", lambda: None)
        for user_id in list(self.store.everybody(meeting_id)):
            found[user_id] = self.store.users[meeting_id, user_id]
            self._machine.scheduler.switch()
        return found | {u: user for u, user in self.store.everybody(meeting_id).items() if u not in found}

    def hands(self, meeting_id: str) -> Mapping[str, datetime]:
        return self._read("hands", lambda: self.store.hands(meeting_id))

    def meetings_named(self, external_id: str) -> Sequence[str]:
        return self._read("meetings named", lambda: self.store.meetings_named(external_id))

    def change(self, meeting_id: str, change_id: str) -> Change | None:
        return self._read("change", lambda: self.store.change(meeting_id, change_id))

    def due(self, now: datetime, limit: int) -> Sequence[Any]:
        found = self._read("due", lambda: self.store.due(now, limit))
        self._machine.stall()
        return found

    def take_calls(self, count: int, now: datetime, *, looking: bool = False) -> bool:
        self._machine.before(LEDGER_MS)
        kind = self._machine.faults.pick(("lost, undone", "no calls to spare"))
        if kind is not None:
            self._machine.scheduler.say("take calls", kind)
        if kind == "lost, undone":
            raise LedgerUnavailable
        return kind is None

    def take_seconds(self, meeting_id: str, user_id: str, seconds: int, now: datetime) -> bool:
        return self._read("take seconds", lambda: self.store.take_seconds(meeting_id, user_id, seconds, now))

    def history(self, meeting_id: str, after: str, before: str, limit: int, user_id: str | None) -> Page:
        return self.store.history(meeting_id, after, before, limit, user_id)

    def transact(self, clauses: Sequence[Clause]) -> None:
        machine = self._machine
        operation = "transact " + " ".join(type(clause).__name__ for clause in clauses)
        machine.before(LEDGER_MS)
        kind = machine.faults.pick((*LEDGER_FAULTS, *CRASHES))
        if kind is None:
            self._commit(operation, clauses)
        else:
            self._act_out(kind, operation, clauses)
        machine.stall()

    def _act_out(self, kind: str, operation: str, clauses: Sequence[Clause]) -> None:
        machine = self._machine
        machine.scheduler.say(operation, kind)
        if kind == "contention":
            raise Contention
        if kind in ("lost, done", "crash after"):
            self._silently(operation, clauses)
        if kind.endswith("done later"):
            wait = LATE_LEDGER[machine.scheduler.choices.pick([1.0] * len(LATE_LEDGER))]
            machine.later(wait, operation, lambda: self._silently(operation, clauses))
        if kind.startswith("crash"):
            raise Crash
        machine.monitor.lost_answer()
        raise LedgerUnavailable

    def _silently(self, operation: str, clauses: Sequence[Clause]) -> None:
        """Nobody hears the answer."""
        try:
            self._commit(operation, clauses)
        except Conflict:
            return

    def _commit(self, operation: str, clauses: Sequence[Clause]) -> None:
        try:
            self._machine.monitor.about_to(clauses)
            self.store.transact(clauses)
        except Conflict as conflict:
            self._machine.scheduler.say(operation, f"conflict: {conflict}")
            raise
        self._machine.scheduler.say(operation, "ok")
        self._machine.monitor.committed(clauses)

    def _read(self, operation: str, deed: Callable[[], T]) -> T:
        return self._machine.read(operation, deed, LEDGER_MS, LedgerUnavailable)


class WatchedChime(MemoryChime):
    """Tells the monitor what each seat gets."""

    def __init__(self) -> None:
        super().__init__()
        self.started = 0
        self.looks: Looks = {}
        """When the seats were last looked at by whoever began the call."""
        self.monitor: Monitor | None = None

    def write(self, meeting_id: str, seat: SeatInChime, capabilities: Capabilities) -> None:
        if self.monitor is not None:
            self.monitor.wrote(seat, capabilities, self.started, self.looks)
        super().write(meeting_id, seat, capabilities)
        if self.monitor is not None:
            self.monitor.microphones.holds(self.rooms[meeting_id].seats[seat.attendee_id])

    def take_away(self, meeting_id: str, attendee_id: str) -> None:
        seat = self.rooms[meeting_id].seats[attendee_id]
        super().take_away(meeting_id, attendee_id)
        if self.monitor is not None:
            self.monitor.took_away(seat)


class SimulatedChime:
    def __init__(self, machine: Machine, rooms: WatchedChime) -> None:
        self._machine = machine
        self.rooms = rooms

    def meeting(self, meeting_id: str) -> MeetingInChime:
        return self._machine.read("get meeting", lambda: self.rooms.meeting(meeting_id), CHIME_MS, NotNow)

    def seat(self, meeting_id: str, attendee_id: str) -> SeatInChime:
        found = self._machine.read("get attendee", lambda: self.rooms.seat(meeting_id, attendee_id), CHIME_MS, NotNow)
        self._machine.monitor.microphones.looked([found])
        return found

    def roster(self, meeting_id: str) -> Sequence[SeatInChime]:
        found = self._machine.read("roster", lambda: self.rooms.roster(meeting_id), CHIME_MS, NotNow)
        self._machine.monitor.microphones.looked(found)
        return found

    def order(self, meeting_id: str, attendee_id: str, capabilities: Capabilities) -> Capabilities:
        operation = f"order {attendee_id[:8]} {capabilities.value:06b}"
        answer = self._call(operation, lambda: self.rooms.order(meeting_id, attendee_id, capabilities))
        return capabilities ^ EVERYTHING if answer is None else answer

    def order_except(self, meeting_id: str, excluded: Sequence[str], capabilities: Capabilities) -> None:
        names = ",".join(attendee_id[:8] for attendee_id in excluded)
        operation = f"order all but {names} {capabilities.value:06b}"
        self._call(operation, lambda: self.rooms.order_except(meeting_id, excluded, capabilities), silent=True)

    def remove(self, meeting_id: str, attendee_id: str) -> None:
        deed = lambda: self.rooms.remove(meeting_id, attendee_id)  # noqa: E731
        self._call(f"remove {attendee_id[:8]}", deed, silent=True)

    def end(self, meeting_id: str) -> None:
        self._call("end the meeting", lambda: self.rooms.end(meeting_id), silent=True)

    def _call(self, operation: str, deed: Callable[[], T], *, silent: bool = False) -> T | None:
        """A call starts here; it is on its way for less than `CALL_TIMEOUT` if its end is known. None: answered, but
        not with what was ordered. `silent`: its answer says nothing of what is held.
        """
        machine = self._machine
        started = machine.scheduler.now_ms
        deed = self._timed(deed, started)
        machine.scheduler.tick(CHIME_MS)
        self._on_the_way()
        kind = machine.faults.pick((*CHIME_FAULTS[: -1 if silent else None], *CRASHES))
        if kind is not None:
            self._act_out(kind, operation, deed, started)
            return None
        answer = deed()
        machine.scheduler.say(operation, "ok")
        machine.stall()
        return answer

    def _timed(self, deed: Callable[[], T], started: int) -> Callable[[], T]:
        looks = self._machine.monitor.microphones.looks()

        def at_last() -> T:
            self.rooms.started, self.rooms.looks = started, looks
            return deed()

        return at_last

    def _on_the_way(self) -> None:
        scheduler = self._machine.scheduler
        slow = 0.0
        if not self._machine.faults.quiet and self._machine.faults.rates.get("slow"):
            rate = self._machine.faults.rates["slow"]
            slow = SLOW[scheduler.choices.pick([1.0, rate, rate])]
        scheduler.pause(slow) if slow else scheduler.switch()

    def _act_out(self, kind: str, operation: str, deed: Callable[[], object], started: int) -> None:
        machine = self._machine
        machine.scheduler.say(operation, kind)
        if kind == "throttled":
            raise NotNow
        if kind in ("unknown end, done", "crash after"):
            self._unheard(deed)
        if kind.endswith("done later"):
            latest = LATE_CHIME[machine.scheduler.choices.pick([1.0] * len(LATE_CHIME))]
            left = latest - (machine.scheduler.now_ms - started) / 1000
            machine.later(max(left, 0.001), operation, lambda: self._unheard(deed))
        if kind.startswith("crash"):
            raise Crash
        if kind.startswith("unknown end"):
            cut_off = started + round(CALL_TIMEOUT.total_seconds() * 1000)
            machine.scheduler.pause(max(0.001, (cut_off - machine.scheduler.now_ms) / 1000))
            raise UnknownEnd

    def _unheard(self, deed: Callable[[], object]) -> None:
        """Chime may refuse, too, but nobody hears it."""
        try:
            deed()
        except ChimeFailure:
            return


assert max(LATE_CHIME) < CALL_LIFE.total_seconds()


class SimulatedSurroundings:
    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._count = 1_000_000  # above what the prepared meeting has used

    def now(self) -> datetime:
        return self._scheduler.now()

    def sleep(self, seconds: float) -> None:
        self._scheduler.pause(seconds)

    def chance(self) -> float:
        return self._scheduler.choices.chance()

    def new_id(self) -> str:
        self._count += 1
        digits = "".join(CROCKFORD[self._count >> shift & 31] for shift in range(75, -1, -5))
        return first_id_at(self.now())[:10] + digits


class SimulatedReminders:
    """A reminder comes, comes twice, late, early, or never."""

    def __init__(self, machine: Machine, deliver: Callable[..., None]) -> None:
        self._machine = machine
        self._deliver = deliver

    def remind(self, *what: Any) -> None:
        *reminder, after = what
        machine = self._machine
        kind = machine.faults.pick(("reminder lost", "reminder twice", "reminder late", "reminder early"))
        times = {"reminder lost": 0, "reminder twice": 2}.get(kind or "", 1)
        for again in range(times):
            wait = after.total_seconds() / (2 if kind == "reminder early" else 1)
            wait += again * 0.5 + (7 if kind == "reminder late" else 0)
            machine.scheduler.spawn("reminder", lambda: self._deliver(*reminder), wait)
