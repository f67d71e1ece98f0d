"""Actors as greenlets: one runs at a time, and a choice decides which.

Greenlets switch in the middle of production code, which has no coroutines. Nothing runs in parallel, nothing really
sleeps, and the clock moves when the scheduler says so.

A greenlet has a part of the C stack only. Cedar's errors would capture a backtrace where the environment asks for one,
and that reads beyond the part: the process would crash.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import cast

from greenlet import getcurrent, greenlet

from .choices import Choices

os.environ |= {"RUST_BACKTRACE": "0", "RUST_LIB_BACKTRACE": "0"}

START = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
MOST_STEPS = 6_000


class Crash(BaseException):
    """A process dies. Production code does not catch it."""


class Runaway(BaseException):
    """A run has more steps than any run needs."""


@dataclass(eq=False, slots=True)
class Actor:
    """`wake`: milliseconds after `START` at which the actor may run. `stack`: its greenlet, once it runs. An inline
    actor has none and runs at once.
    """

    name: str
    body: Callable[[], None]
    wake: int
    inline: bool = False
    stack: greenlet | None = None
    skew_ms: int = 0
    """How far its clock is ahead."""


Line = tuple[int, str, str, str]


class Scheduler:
    def __init__(self, choices: Choices, *, stay: float, preemptions: int | None = None) -> None:
        """`stay`: the probability that an actor continues. `preemptions`: how often another one may take over."""
        self.choices = choices
        self.now_ms = 0
        self.actors: list[Actor] = []
        self.current: Actor | None = None
        self.trace: list[Line] = []
        self.broken: list[str] = []
        self.crashed: list[str] = []
        self.skews: Callable[[], int] = lambda: 0
        """How far the clock of the next actor is ahead, in milliseconds."""
        self.most_skew_ms = 0
        self._stay = stay
        self._preemptions = preemptions
        self._steps = 0
        self._hub = getcurrent()

    def now(self) -> datetime:
        return START + timedelta(milliseconds=self.now_ms)

    def own_now(self) -> datetime:
        """The time on the clock of the running actor."""
        return self.now() + timedelta(milliseconds=self.current.skew_ms if self.current is not None else 0)

    def own_moments(self) -> tuple[datetime, datetime]:
        """The earliest and the latest time that any clock may show."""
        skew = timedelta(milliseconds=self.most_skew_ms)
        return self.now() - skew, self.now() + skew

    def spawn(self, name: str, body: Callable[[], None], after: float = 0, *, inline: bool = False) -> None:
        skew_ms = 0 if inline else self.skews()
        self.actors.append(Actor(name, body, self.now_ms + round(after * 1000), inline, skew_ms=skew_ms))

    def say(self, operation: str, outcome: str, who: str | None = None) -> None:
        name = who or (self.current.name if self.current else "-")
        self.trace.append((self.now_ms, name, operation, outcome))

    def run(self) -> None:
        """Runs until no actor is left."""
        self._hub = getcurrent()
        following = self._next()
        while following is not None:
            following = self._resume(following)

    def pause(self, seconds: float) -> None:
        """The running actor pauses."""
        me = self._me()
        me.wake = self.now_ms + max(1, round(seconds * 1000))
        self.switch()

    def tick(self, milliseconds: int) -> None:
        self.now_ms += milliseconds

    def switch(self) -> None:
        """A point where another actor may run."""
        me = self._me()
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise Runaway
        following = self._next()
        if following is not None and following is not me:
            self._resume(following)

    def _me(self) -> Actor:
        if self.current is None:
            raise RuntimeError("no actor is running")
        return self.current

    def _resume(self, actor: Actor) -> Actor | None:
        """Continues the actor. In `run`, returns when an actor has ended: the one to continue with."""
        self.current = actor
        if actor.stack is None:
            actor.stack = greenlet(self._live, self._hub)
            return cast("Actor | None", actor.stack.switch(actor))
        return cast("Actor | None", actor.stack.switch())

    def _live(self, me: Actor) -> Actor | None:
        """The actor's life. What a greenlet returns, its parent receives."""
        try:
            me.body()
        except Crash:
            self.crashed.append(me.name)
        except Runaway:
            self.broken.append("runs for ever")
        except BaseException as unexpected:  # whatever production raises that it should not
            self.broken.append(f"{me.name} raised {type(unexpected).__name__}: {unexpected}")
        self.actors.remove(me)
        self.current = None
        return self._next()

    def _next(self) -> Actor | None:
        """The next actor. Inline actors run on the way. Time moves only if no actor can run now."""
        while self.actors:
            ready = [actor for actor in self.actors if actor.wake <= self.now_ms]
            if not ready:
                self.now_ms = min(actor.wake for actor in self.actors)
                continue
            chosen = ready[0] if len(ready) == 1 else self._chosen(ready)
            if not chosen.inline:
                return chosen
            self.actors.remove(chosen)
            running, self.current = self.current, chosen
            chosen.body()
            self.current = running
        return None

    def _chosen(self, ready: list[Actor]) -> Actor:
        """The running actor comes first, if it can continue: a switch is a preemption."""
        if self.current not in ready:
            return ready[self.choices.pick([1.0] * len(ready))]
        if self._preemptions is not None and self._preemptions <= 0:
            return self.current
        others = [actor for actor in ready if actor is not self.current]
        at = self.choices.pick([self._stay, *[(1 - self._stay) / len(others)] * len(others)])
        if at and self._preemptions is not None:
            self._preemptions -= 1
        return others[at - 1] if at else self.current
