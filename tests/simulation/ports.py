"""Simulated clock and wake-ups."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from moderation.domain.entry import CROCKFORD, first_id_at

from .machine import Machine
from .scheduler import Scheduler


class SimulatedClock:
    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._count = 1_000_000  # above what the prepared meeting has used

    def now(self) -> datetime:
        return self._scheduler.own_now()

    def sleep(self, seconds: float) -> None:
        self._scheduler.pause(seconds)

    def jitter(self) -> float:
        return self._scheduler.choices.jitter()

    def new_id(self) -> str:
        self._count += 1
        digits = "".join(CROCKFORD[self._count >> shift & 31] for shift in range(75, -1, -5))
        return first_id_at(self.now())[:10] + digits


class SimulatedWakeups:
    """A wake-up comes, comes twice, late, early, or never."""

    def __init__(self, machine: Machine, deliver: Callable[..., None]) -> None:
        self._machine = machine
        self._deliver = deliver

    def schedule(self, *what: Any) -> None:
        *reminder, after = what
        machine = self._machine
        kind = machine.faults.pick(("reminder lost", "reminder twice", "reminder late", "reminder early"))
        times = {"reminder lost": 0, "reminder twice": 2}.get(kind or "", 1)
        for again in range(times):
            wait = after.total_seconds() / (2 if kind == "reminder early" else 1)
            wait += again * 0.5 + (7 if kind == "reminder late" else 0)
            machine.scheduler.spawn("reminder", lambda: self._deliver(*reminder), wait)
