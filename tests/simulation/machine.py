"""What all simulated ports share: each operation is a point where the schedule may switch, stall or crash."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from .faults import READ_FAULTS, STALLS, Faults
from .monitor import Monitor
from .scheduler import Crash, Scheduler

T = TypeVar("T")


@dataclass
class Machine:
    """The base of the simulated ports."""

    scheduler: Scheduler
    faults: Faults
    monitors: Mapping[str, Monitor]
    """Meeting → its monitor."""

    def stall(self) -> None:
        """The process is frozen while others continue."""
        kind = self.faults.pick(STALLS)
        if kind is not None:
            self.scheduler.say("process", kind)
            self.scheduler.pause(float(kind.split()[1]))

    def before(self, milliseconds: int) -> None:
        self.scheduler.tick(milliseconds)
        self.stall()
        self.scheduler.switch()

    def read(self, operation: str, call: Callable[[], T], milliseconds: int, failure: type[Exception]) -> T:
        """A read. It may fail, and a stall after it may make its result old."""
        self.before(milliseconds)
        kind = self.faults.pick(("crash before", *READ_FAULTS))
        if kind == "crash before":
            self.scheduler.say(operation, "crash")
            raise Crash
        if kind is not None:
            self.scheduler.say(operation, kind)
            for monitor in self.monitors.values():
                monitor.could_not_read()
            raise failure
        found = call()
        self.scheduler.say(operation, "ok")
        return found

    def later(self, seconds: float, name: str, call: Callable[[], None]) -> None:
        """Schedules an effect that no process waits for."""

        def arrive() -> None:
            self.scheduler.say(name, "takes effect late", "network")
            call()

        self.scheduler.spawn("network", arrive, seconds, inline=True)
