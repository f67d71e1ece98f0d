"""An in-memory account whose calls take time and whose Chime has a quota, on a clock that jumps.

The application is production's, with as many processes as there are concurrent requests.
"""

import random
from collections import deque
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar, cast

from chime_simulator.errors import Refusal
from chime_simulator.quota import Quota, QuotaReading
from moderation.adapters.cedar import CedarPolicies
from moderation.application.requests import Outcome, Request
from moderation.bootstrap import Gavel, Ports
from moderation.domain.capability import Capabilities, Medium, sending
from moderation.domain.entry import CROCKFORD, first_id_at
from moderation.ports import ChimeAttendee, ChimeRetryableError, Clause, Ledger, TransactionContentionError, Wakeup

from benchmarks.virtual_time import VirtualTime
from tests.memory.chime import MemoryChime
from tests.memory.ledger import MemoryLedger, places

READ_SECONDS, TRANSACTION_SECONDS, CHIME_SECONDS = 0.005, 0.010, 0.050
"""Seconds of a call: single digits of milliseconds for DynamoDB, some tens for Chime."""
RUN = timedelta(seconds=50)
TICK_SECONDS = 60
REMINDED_AT_ONCE = 2
"""The values of `reconciler/handler.py` and `infra/constructs/reconciler.py`."""

Done = TypeVar("Done")


class SlowLedger:
    """Like DynamoDB: of two concurrent transactions on an item, only one succeeds, condition checks included."""

    def __init__(self, time: VirtualTime, store: MemoryLedger) -> None:
        self._time = time
        self._store = store
        self._touched: set[tuple[str, ...]] = set()
        self.transactions = 0
        self.conflicts = 0

    def __getattr__(self, name: str) -> Any:
        read = getattr(self._store, name)

        def slowly(*args: Any, **kwargs: Any) -> Any:
            self._time.sleep(READ_SECONDS)
            return read(*args, **kwargs)

        return slowly

    def transact(self, clauses: Sequence[Clause]) -> None:
        touched = {place for clause in clauses for place in places(clause)}
        self.transactions += 1
        if touched & self._touched:
            self.conflicts += 1
            self._time.sleep(READ_SECONDS)
            raise TransactionContentionError
        self._touched |= touched
        self._time.sleep(TRANSACTION_SECONDS)
        self._touched -= touched
        self._store.transact(clauses)


class ThrottlingChime(MemoryChime):
    """Records since when each attendee could send audio."""

    def __init__(self, time: VirtualTime, reading: QuotaReading | None, *, shows_attendees: bool) -> None:
        """Without a reading there is no quota."""
        super().__init__()
        self._time = time
        self._reading = reading
        self._shows_attendees = shows_attendees
        self.start_anew()

    def start_anew(self) -> None:
        """Resets everything but the attendees' capabilities."""
        self._quota = Quota(lambda: self._time.seconds)
        self.taken: list[float] = []
        self.throttled = 0
        self.heard: dict[str, list[tuple[float, bool]]] = {}
        """AttendeeId → when their permission to send audio changed, and to what."""

    def attendee(self, meeting_id: str, attendee_id: str) -> ChimeAttendee:
        if not self._shows_attendees:
            raise ChimeRetryableError("GetAttendee")
        self._take("GetAttendee")
        return super().attendee(meeting_id, attendee_id)

    def roster(self, meeting_id: str) -> Sequence[ChimeAttendee]:
        self._take("ListAttendees")
        return super().roster(meeting_id)

    def update(self, meeting_id: str, attendee_id: str, capabilities: Capabilities) -> Capabilities:
        self._take("UpdateAttendeeCapabilities", counts=True)
        return super().update(meeting_id, attendee_id, capabilities)

    def update_except(self, meeting_id: str, excluded: Sequence[str], capabilities: Capabilities) -> None:
        self._take("BatchUpdateAttendeeCapabilitiesExcept", counts=True)
        super().update_except(meeting_id, excluded, capabilities)

    def write(self, meeting_id: str, attendee: ChimeAttendee, capabilities: Capabilities) -> None:
        can_send = sending([Medium.AUDIO]) in capabilities
        if can_send != (sending([Medium.AUDIO]) in attendee.capabilities):
            self.heard.setdefault(attendee.attendee_id, []).append((self._time.seconds, can_send))
        super().write(meeting_id, attendee, capabilities)

    def _take(self, operation: str, *, counts: bool = False) -> None:
        self._time.sleep(CHIME_SECONDS)
        try:
            if self._reading is not None:
                self._quota.take(operation, self._reading)
        except Refusal:
            self.throttled += counts
            raise ChimeRetryableError(operation) from None
        if counts:
            self.taken.append(self._time.seconds)


class Clock:
    """A clock with jitter from a seed."""

    def __init__(self, time: VirtualTime, seed: int) -> None:
        self.now = time.now
        self.sleep = time.sleep
        self.jitter = random.Random(seed).random
        self._count = 0

    def new_id(self) -> str:
        self._count += 1
        digits = "".join(CROCKFORD[self._count >> shift & 31] for shift in range(75, -1, -5))
        return first_id_at(self.now())[:10] + digits


class Account:
    """`perform` is a request to the function, `tick_until` the reconciler's schedule. Wake-ups arrive as their queue
    delivers them.

    Without `shows_attendees` Chime never reports what one attendee holds, so that the application cannot rely on it.
    """

    def __init__(
        self, seed: int, reading: QuotaReading | None = QuotaReading.STRICT, *, shows_attendees: bool = True
    ) -> None:
        self.time = VirtualTime()
        self.store = MemoryLedger()
        self.chime = ThrottlingChime(self.time, reading, shows_attendees=shows_attendees)
        clock = Clock(self.time, seed)
        self.jitter = clock.jitter
        self.ledger = SlowLedger(self.time, self.store)
        self.ports = Ports(cast("Ledger", self.ledger), self.chime, CedarPolicies(), clock, self)
        self.most_at_once = 0
        self._at_once = 0
        self._idle: list[Gavel] = []
        self._wakeups: deque[Wakeup] = deque()
        self._reminded_at_once = 0

    def start_anew(self) -> None:
        """Starts time and counters, after the set-up."""
        self.time.milliseconds = 0
        self.chime.start_anew()
        self.most_at_once = 0

    def open_changes(self) -> int:
        return sum(change.is_open for change in self.store.changes.values())

    def schedule(self, wakeup: Wakeup, after: timedelta) -> None:
        """The port: a delayed message, then one of the two concurrent workers, in order."""
        self.time.spawn(partial(self._woken, wakeup), max(0.0, after.total_seconds()))

    def _woken(self, wakeup: Wakeup) -> None:
        self._wakeups.append(wakeup)
        if self._reminded_at_once < REMINDED_AT_ONCE:
            self._reminded_at_once += 1
            while self._wakeups:
                following = self._wakeups.popleft()
                self.in_a_process(lambda gavel: gavel.reconciler.on_wakeup(following))  # noqa: B023 - called at once
            self._reminded_at_once -= 1

    def perform(self, request: Request) -> Outcome:
        return self.busy(lambda: self.in_a_process(lambda gavel: gavel.perform(request)))

    def busy(self, call: Callable[[], Done]) -> Done:
        """Counts concurrent functions."""
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            return call()
        finally:
            self._at_once -= 1

    def tick_until(self, is_over: Callable[[], bool], minutes: int) -> None:
        """Runs the reconciler every minute, for at most so many minutes."""

        def tick() -> None:
            self.time.spawn(lambda: self.in_a_process(lambda gavel: gavel.reconciler.run(self.time.now() + RUN)))
            if not is_over() and self.time.seconds < minutes * TICK_SECONDS:
                self.time.spawn(tick, TICK_SECONDS)

        self.time.spawn(tick, TICK_SECONDS)

    def in_a_process(self, call: Callable[[Gavel], Done]) -> Done:
        """Runs in an idle process, or in a new one with an empty cache."""
        gavel = self._idle.pop() if self._idle else Gavel(self.ports)
        try:
            return call(gavel)
        finally:
            self._idle.append(gavel)
