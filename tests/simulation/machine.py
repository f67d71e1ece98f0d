"""What all simulated ports share: each operation is a point where the schedule may do anything."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from .faults import READ_FAULTS, STALLS, Faults
from .monitor import Monitor
from .scheduler import Crash, Scheduler

T = TypeVar("T")


@dataclass
class Machine:
    """What all ports share."""

    scheduler: Scheduler
    faults: Faults
    monitors: Mapping[str, Monitor]
    """Meeting → who watches it."""

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
            for monitor in self.monitors.values():
                monitor.could_not_read()
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
