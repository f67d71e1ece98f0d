"""An account in memory whose calls take time and whose Chime has a quota, on a clock that jumps.

The moderator around it is production's, with as many processes as there are requests at a time.
"""

import random
from collections import deque
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar, cast

from moderation.adapters.cedar import CedarPolicies
from moderation.application.requests import Outcome, Request
from moderation.bootstrap import Gavel
from moderation.domain.capability import Capabilities, Medium, sending
from moderation.domain.entry import CROCKFORD, first_id_at
from moderation.ports import ChimeRetryableError, Clause, Ledger, SeatInChime, TransactionContentionError, Wakeup, World

from benchmarks.virtual_time import VirtualTime
from local.chime.errors import Refusal
from local.chime.quota import Quota, QuotaReading
from tests.memory.chime import MemoryChime
from tests.memory.ledger import MemoryLedger, places

READ_SECONDS, TRANSACTION_SECONDS, CHIME_SECONDS = 0.005, 0.010, 0.050
"""What a call takes: single digits of milliseconds for DynamoDB, some tens for Chime."""
RUN = timedelta(seconds=50)
TICK_SECONDS = 60
REMINDED_AT_ONCE = 2
"""As `reconciler/handler.py` and `infra/reconciler.py` have them."""

Done = TypeVar("Done")


class SlowLedger:
    """As DynamoDB: what two transactions touch at the same time, only one of them gets, be it for a check alone."""

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
    """Remembers who could be heard since when."""

    def __init__(self, time: VirtualTime, reading: QuotaReading | None, *, shows_seats: bool) -> None:
        """Without a reading there is no quota."""
        super().__init__()
        self._time = time
        self._reading = reading
        self._shows_seats = shows_seats
        self.start_anew()

    def start_anew(self) -> None:
        """As before the first call, but for what people hold."""
        self._quota = Quota(lambda: self._time.seconds)
        self.taken: list[float] = []
        self.throttled = 0
        self.heard: dict[str, list[tuple[float, bool]]] = {}
        """attendee → when it changed whether he may send audio, and to what"""

    def seat(self, meeting_id: str, attendee_id: str) -> SeatInChime:
        if not self._shows_seats:
            raise ChimeRetryableError("GetAttendee")
        self._take("GetAttendee")
        return super().seat(meeting_id, attendee_id)

    def roster(self, meeting_id: str) -> Sequence[SeatInChime]:
        self._take("ListAttendees")
        return super().roster(meeting_id)

    def order(self, meeting_id: str, attendee_id: str, capabilities: Capabilities) -> Capabilities:
        self._take("UpdateAttendeeCapabilities", counts=True)
        return super().order(meeting_id, attendee_id, capabilities)

    def order_except(self, meeting_id: str, excluded: Sequence[str], capabilities: Capabilities) -> None:
        self._take("BatchUpdateAttendeeCapabilitiesExcept", counts=True)
        super().order_except(meeting_id, excluded, capabilities)

    def write(self, meeting_id: str, seat: SeatInChime, capabilities: Capabilities) -> None:
        can_send = sending([Medium.AUDIO]) in capabilities
        if can_send != (sending([Medium.AUDIO]) in seat.capabilities):
            self.heard.setdefault(seat.attendee_id, []).append((self._time.seconds, can_send))
        super().write(meeting_id, seat, capabilities)

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


class Surroundings:
    """Chance from a seed."""

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
    """`perform` is a request at the door, `tick_until` the clock's minute; reminders come as their queue delivers them.

    Without `shows_seats` Chime never tells what one seat holds, so that nobody can rely on it.
    """

    def __init__(
        self, seed: int, reading: QuotaReading | None = QuotaReading.STRICT, *, shows_seats: bool = True
    ) -> None:
        self.time = VirtualTime()
        self.store = MemoryLedger()
        self.chime = ThrottlingChime(self.time, reading, shows_seats=shows_seats)
        surroundings = Surroundings(self.time, seed)
        self.jitter = surroundings.jitter
        self.ledger = SlowLedger(self.time, self.store)
        self.world = World(cast("Ledger", self.ledger), self.chime, CedarPolicies(), surroundings, self)
        self.most_at_once = 0
        self._at_once = 0
        self._idle: list[Gavel] = []
        self._reminders: deque[Wakeup] = deque()
        self._reminded_at_once = 0

    def start_anew(self) -> None:
        """Time and counters, when the scene is set."""
        self.time.milliseconds = 0
        self.chime.start_anew()
        self.most_at_once = 0

    def open_changes(self) -> int:
        return sum(change.is_open for change in self.store.changes.values())

    def schedule(self, reminder: Wakeup, after: timedelta) -> None:
        """The port: a delayed message, then one of the two that work them off, in their order."""
        self.time.spawn(partial(self._reminded, reminder), max(0.0, after.total_seconds()))

    def _reminded(self, reminder: Wakeup) -> None:
        self._reminders.append(reminder)
        if self._reminded_at_once < REMINDED_AT_ONCE:
            self._reminded_at_once += 1
            while self._reminders:
                following = self._reminders.popleft()
                self.in_a_process(lambda gavel: gavel.reconciler.on_wakeup(following))  # noqa: B023 - called at once
            self._reminded_at_once -= 1

    def perform(self, request: Request) -> Outcome:
        return self.busy(lambda: self.in_a_process(lambda gavel: gavel.perform(request)))

    def busy(self, deed: Callable[[], Done]) -> Done:
        """Counts how many functions are at it at a time."""
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            return deed()
        finally:
            self._at_once -= 1

    def tick_until(self, is_over: Callable[[], bool], minutes: int) -> None:
        """The reconciler, every minute, for so long at most."""

        def tick() -> None:
            self.time.spawn(lambda: self.in_a_process(lambda gavel: gavel.reconciler.run(self.time.now() + RUN)))
            if not is_over() and self.time.seconds < minutes * TICK_SECONDS:
                self.time.spawn(tick, TICK_SECONDS)

        self.time.spawn(tick, TICK_SECONDS)

    def in_a_process(self, deed: Callable[[Gavel], Done]) -> Done:
        """One that is idle, or a new one that remembers nothing."""
        gavel = self._idle.pop() if self._idle else Gavel(self.world)
        try:
            return deed(gavel)
        finally:
            self._idle.append(gavel)
