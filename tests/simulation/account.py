"""The account that all meetings of a run share: ledger, Chime and functions."""

import contextlib
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from moderation.application.background.chime_events import ChimeEventHandler, NotSettledError
from moderation.application.background.reconciler import Reconciler
from moderation.bootstrap import Gavel, Ports
from moderation.ports import InfrastructureError

from tests.memory.described import DescribedLedger

from .bus import publish
from .choices import Choices
from .ends import ends
from .excuses import Excuse
from .faults import Faults
from .machine import Machine
from .monitor import Monitor, Violation
from .one_meeting import OneMeeting
from .policies import policies
from .ports import SimulatedClock, SimulatedWakeups
from .reading import Reader
from .result import Result
from .scheduler import Scheduler
from .simulated_chime import SimulatedChime, WatchedChime
from .simulated_ledger import SimulatedLedger
from .upgrade import Upgrade
from .verdict import at_rest

MOST_ROUNDS = 40
EARLIER, TWO_MEETINGS, SKEWED = "a function of the earlier version", "two meetings", "clocks that differ"
LOOKS = 3
"""Comparisons with Chime after the last fault. What was just changed is found by the next one."""
TOLD_AGAIN_AFTER = (1, 10, 60)
"""Seconds between deliveries of an event that could not be processed. Then it is dropped."""


class Account:
    """Set up, then given meetings and actors, then run."""

    def __init__(self, choices: Choices, scheduler: Scheduler, faults: Faults, upgrade: Upgrade | None = None) -> None:
        self.choices, self.scheduler, self.faults = choices, scheduler, faults
        self.store, self.rooms = DescribedLedger(), WatchedChime()
        self.monitors: dict[str, Monitor] = {}
        self.readers: list[Reader] = []
        self.watched: set[str] = set()
        """Meetings with events in Chime that only a comparison is sure to find."""
        self.rooms.monitors = self.monitors
        self._upgrade = upgrade
        machine = Machine(scheduler, faults, self.monitors)
        clock = SimulatedClock(scheduler)
        self._ledger = SimulatedLedger(machine, self.store)
        self._ports = Ports(
            self._ledger,
            SimulatedChime(machine, self.rooms),
            policies(),
            clock,
            SimulatedWakeups(machine, self._reminded),
        )
        if upgrade is not None:
            self._ports_before = Ports(
                self._ports.ledger, self._ports.chime, upgrade.policies, clock, self._ports.wakeups
            )

    def watch(self, meeting_id: str) -> Monitor:
        """Starts a monitor of the meeting."""
        versions = (policies(),) if self._upgrade is None else (policies(), self._upgrade.policies)
        view = OneMeeting(self.store, meeting_id)
        self.monitors[meeting_id] = Monitor(view, versions, self.scheduler)
        return self.monitors[meeting_id]

    def function(self) -> Gavel:
        """A function that starts now, in a deployed version."""
        if self._upgrade is not None and self._upgrade.starts_the_earlier(self.scheduler.now_ms):
            self.scheduler.say(EARLIER, "starts")
            self.faults.happened[EARLIER] += 1
            return Gavel(self._ports_before)
        return Gavel(self._ports)

    # ---- what happens ----------------------------------------------------------------------------------------------

    def reconciler(self, after: float = 0, name: str = "reconciler") -> None:
        def live() -> None:
            with contextlib.suppress(InfrastructureError):
                reconciler = self._new_reconciler()
                reconciler.run(self.scheduler.now() + timedelta(seconds=50))

        self.scheduler.spawn(name, live, after)

    def told(self, name: str, tell: Callable[[ChimeEventHandler], None], after: float) -> None:
        """Delivers an event like a bus: again if it could not be processed, but not for ever."""

        def live() -> None:
            for wait in TOLD_AGAIN_AFTER:
                try:
                    tell(self.function().chime_events)
                    return
                except (InfrastructureError, NotSettledError):
                    self.scheduler.pause(wait)

        self.scheduler.spawn(name, live, after)

    def _reminded(self, *reminder: Any) -> None:
        with contextlib.suppress(InfrastructureError):
            self._new_reconciler().on_wakeup(*reminder)

    def _new_reconciler(self) -> Reconciler:
        return self.function().reconciler

    # ---- run -------------------------------------------------------------------------------------------------------

    def run(self) -> Result:
        """Runs with the chosen faults, and then without any until the reconciler has nothing left to do."""
        self.scheduler.run()
        self.faults.happened[TWO_MEETINGS] += len(self.monitors) > 1
        self.faults.happened[SKEWED] += self.scheduler.most_skew_ms > 0
        self.faults.quiet = True
        if self._upgrade is not None:
            self._upgrade.is_over = True
        self.scheduler.say("faults", "stop")
        comes_to_rest = self._comes_to_rest()
        violations = [Violation("nothing breaks", broken) for broken in self.scheduler.broken]
        if not comes_to_rest:
            violations.append(Violation("comes to rest", f"not within {MOST_ROUNDS} runs of the reconciler"))
        for meeting_id, monitor in self.monitors.items():
            violations += monitor.violations
            violations += at_rest(monitor, self.rooms, policies(), all_known=meeting_id in self.watched)
        violations += publish(self.store.entries, self._ledger.arrivals, self.choices, self.faults.happened)
        for reader in self.readers:
            violations += reader.missed(self.monitors[reader.meeting_id])
        return Result(
            tuple(violations),
            tuple(self.scheduler.trace),
            self.faults.happened,
            sum((monitor.excused for monitor in self.monitors.values()), Counter[Excuse]()),
            len(self.scheduler.crashed),
            self.scheduler.now_ms / 1000,
        )

    def _comes_to_rest(self) -> bool:
        """Runs comparisons of all meetings until the last ones find nothing to do. They also find the effect of newer
        policies.
        """
        looks = LOOKS if self.watched or self._upgrade is not None else 0
        for _ in range(MOST_ROUNDS):
            due = [
                change.next_attempt_at for change in self.store.changes.values() if change.next_attempt_at is not None
            ]
            due += [at for _, at in ends(self.store)]
            if not due and not looks:
                return True
            if not due:
                looks -= 1
                comparisons = [m.check_at for m in self.store.meetings.values() if m.check_at is not None]
                if not comparisons:
                    return True
                due = [max(comparisons)]
            wait = (min(due) - self.scheduler.now()).total_seconds()
            self.reconciler(max(wait, 0) + 0.001 + self.scheduler.most_skew_ms / 1000)
            self.scheduler.run()
        return False
