"""One run: production code around a ledger and a Chime whose every operation the schedule decides on."""

import contextlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from typing import Any, cast

from moderation.core.actor import Actor, ActorKind, Held, Question, Verdict
from moderation.core.capability import EVERYTHING, Capabilities
from moderation.core.command import Register
from moderation.core.meeting import Features, UnmuteConsent
from moderation.moderator.facts import FactFinder
from moderation.moderator.presence import NotSettled, Presence
from moderation.moderator.reconciler import Reconciler
from moderation.moderator.request import Request
from moderation.policies import CedarPolicies
from moderation.ports import MachineFailure, SeatInChime, World
from moderation.wiring import Gavel

from tests.memory.described import DescribedLedger
from tests.memory.ledger import MemoryLedger
from tests.memory.scene import MEETING, seat

from .bus import publish
from .choices import Choices
from .ends import ends
from .faults import Faults
from .machine import Machine
from .monitor import Asking, Monitor, Violation
from .ports import SimulatedReminders, SimulatedSurroundings
from .prepared import registered
from .scheduler import Line, Scheduler
from .simulated_chime import SimulatedChime, WatchedChime
from .simulated_ledger import SimulatedLedger
from .verdict import at_rest

ADMIN = Actor(ActorKind.ADMIN, "back-end")
HOSTS = {name: Actor(ActorKind.USER, name) for name in ("alice", "hugo")}
MOST_ROUNDS = 40
LOOKS = 3
"""Of the sweep, once nothing goes wrong any more: whoever was just changed is found by the next one."""
TOLD_AGAIN_AFTER = (1, 10, 60)
"""Seconds between deliveries of an event that could not be seen to; then it is dropped."""


class RememberingPolicies:
    """The shipped policies; they are pure, so each question is put to Cedar once."""

    def __init__(self) -> None:
        self._cedar = CedarPolicies()
        self._verdicts: dict[Question, Verdict] = {}

    @property
    def roles(self) -> frozenset[str]:
        return self._cedar.roles

    @property
    def ranking(self) -> tuple[str, ...]:
        return self._cedar.ranking

    @property
    def modes(self) -> frozenset[str]:
        return self._cedar.modes

    def judge(self, question: Question) -> Verdict:
        question = replace(question, principal=replace(question.principal, via=None))
        if question not in self._verdicts:
            self._verdicts[question] = self._cedar.judge(question)
        return self._verdicts[question]

    def held(self, role: str | None, mode: str, has_floor: bool) -> Held:
        return self._cedar.held(role, mode, has_floor)


@cache
def policies() -> RememberingPolicies:
    return RememberingPolicies()


@dataclass(frozen=True)
class Stage:
    """What stands when a run begins. `created`: whoever Chime created with less than everything."""

    roles: Mapping[str, str]
    mode: str = "open"
    features: Features = field(default_factory=Features)
    strict: bool = False
    created: Mapping[str, Capabilities] = field(default_factory=dict)
    absent: frozenset[str] = frozenset()
    consent: UnmuteConsent = UnmuteConsent.NONE


@dataclass(frozen=True)
class Result:
    violations: tuple[Violation, ...]
    trace: tuple[Line, ...]
    faults: Mapping[str, int]
    crashes: int
    seconds: float


class Simulation:
    """Set up, then given actors, then run."""

    def __init__(self, choices: Choices, scheduler: Scheduler, faults: Faults, stage: Stage) -> None:
        self.choices, self.scheduler, self.faults, self.stage = choices, scheduler, faults, stage
        self.store, self.rooms = DescribedLedger(), WatchedChime()
        self.readers: list[Reader] = []
        self.is_watched = False
        """Whether things happen in Chime that only the sweep is sure to find."""
        self._set(stage)
        watching = World(self.store, self.rooms, policies(), SimulatedSurroundings(scheduler), _nothing)
        self.monitor = Monitor(self.store, policies(), FactFinder(watching), scheduler)
        self.rooms.monitor = self.monitor
        machine = Machine(scheduler, faults, self.monitor)
        self.world = World(
            SimulatedLedger(machine, self.store),
            SimulatedChime(machine, self.rooms),
            policies(),
            SimulatedSurroundings(scheduler),
            SimulatedReminders(machine, self._reminded),
        )
        self.monitor.from_now_on()
        for each in self.seats().values():
            self.monitor.holds(each, by_gavel=True)

    def seats(self) -> dict[str, SeatInChime]:
        """Who sits in the meeting; nobody, once it has ended."""
        return self.rooms.rooms[MEETING].seats if MEETING in self.rooms.rooms else {}

    def _set(self, stage: Stage) -> None:
        """Registered and at rest. What is prepared once is shared: nothing in it is ever changed in place."""
        here = {seat(user): user for user in stage.roles if user not in stage.absent}
        room = self.rooms.open(MEETING, here, stage.features, stage.strict)
        for user, capabilities in stage.created.items():
            room.seats[seat(user)] = SeatInChime(seat(user), user, capabilities)
        created = stage.created.items()
        key = (*stage.roles.items(), stage.mode, stage.features, stage.strict, *created, *here, stage.consent)
        body = Register(roles=stage.roles, mode=stage.mode, unmute_consent=stage.consent)
        registered(key, body, self.store, self.rooms, policies())

    # ---- actors ----------------------------------------------------------------------------------------------------

    def process(self, name: str, askings: Sequence[Callable[[], Asking]], after: float = 0) -> None:
        """A warm function: its requests one after the other, with the same memory, until it crashes."""

        def live() -> None:
            gavel = Gavel(self.world)
            for make in askings:
                asking = make()
                self.monitor.begins(asking)
                self.monitor.ends(gavel.perform(asking.request))

        self.scheduler.spawn(name, live, after)

    def reconciler(self, after: float = 0, name: str = "reconciler") -> None:
        def live() -> None:
            with contextlib.suppress(MachineFailure):
                self._new_reconciler().run(self.scheduler.now() + timedelta(seconds=50))

        self.scheduler.spawn(name, live, after)

    def joins(self, user: str, number: int, after: float, capabilities: Capabilities = EVERYTHING) -> None:
        def join() -> None:
            if MEETING not in self.rooms.rooms:
                return
            self.scheduler.say("joins", seat(user, number)[:8], user)
            self.seats()[seat(user, number)] = SeatInChime(seat(user, number), user, capabilities)
            self.monitor.comes(self.seats()[seat(user, number)])

        self.scheduler.spawn(user, join, after, inline=True)

    def drifts(self, user: str, number: int, capabilities: Capabilities, after: float) -> None:
        """Somebody writes into Chime without asking Gavel."""

        def drift() -> None:
            seats, attendee_id = self.seats(), seat(user, number)
            if attendee_id in seats:
                self.scheduler.say(f"is written {attendee_id[:8]} {capabilities.value:06b}", "ok", "out of band")
                seats[attendee_id] = SeatInChime(attendee_id, user, capabilities)
                self.monitor.drifted.add(attendee_id)
                self.monitor.holds(seats[attendee_id], by_gavel=False)

        self.scheduler.spawn(user, drift, after, inline=True)

    def told(self, name: str, tell: Callable[[Presence], None], after: float) -> None:
        """An event, as a bus delivers it: again if it could not be seen to, but not for ever."""

        def live() -> None:
            for wait in TOLD_AGAIN_AFTER:
                try:
                    tell(Gavel(self.world).presence)
                    return
                except (MachineFailure, NotSettled):
                    self.scheduler.pause(wait)

        self.scheduler.spawn(name, live, after)

    def leaves(self, user: str, after: float, number: int = 0) -> None:
        def leave() -> None:
            self.scheduler.say("is deleted", "ok", user)
            left = self.seats().pop(seat(user, number), None)
            if left is not None:
                self.monitor.leaves(left)

        self.scheduler.spawn(user, leave, after, inline=True)

    def closes(self, after: float) -> None:
        """Chime holds the meeting no more, and nobody of Gavel has ended it."""

        def close() -> None:
            if MEETING in self.rooms.rooms:
                self.scheduler.say("the meeting is deleted", "ok", "out of band")
                for each in list(self.seats().values()):
                    self.monitor.leaves(each)
                self.rooms.close(MEETING)

        self.scheduler.spawn("somebody", close, after, inline=True)

    def reader(self, moments: Sequence[float]) -> None:
        """Reads the history at these moments, each time from where the last answer has left off."""
        reader = Reader()
        self.readers.append(reader)
        for moment in moments:
            self.scheduler.spawn("reader", lambda: reader.reads(Gavel(self.world)), moment)

    def _reminded(self, *reminder: Any) -> None:
        with contextlib.suppress(MachineFailure):
            self._new_reconciler().remind(*reminder)

    def _new_reconciler(self) -> Reconciler:
        return Gavel(self.world).reconciler

    # ---- run -------------------------------------------------------------------------------------------------------

    def run(self) -> Result:
        """Everything goes wrong that is chosen to; then nothing does, until the reconciler has nothing left to do."""
        self.scheduler.run()
        self.faults.quiet = True
        self.scheduler.say("faults", "stop")
        if not self._comes_to_rest():
            self.monitor.violated("comes to rest", f"not within {MOST_ROUNDS} runs of the reconciler")
        violations = [*self.monitor.violations, *(Violation("nothing breaks", b) for b in self.scheduler.broken)]
        violations += at_rest(self.monitor, self.store, self.rooms, policies(), all_known=self.is_watched)
        violations += publish(self.store.entries, self.choices)
        violations += [missed for reader in self.readers for missed in reader.missed(self.store, self.monitor.held_up)]
        return Result(
            tuple(violations),
            tuple(self.scheduler.trace),
            self.faults.happened,
            len(self.scheduler.crashed),
            self.scheduler.now_ms / 1000,
        )

    def _comes_to_rest(self) -> bool:
        """Meetings are looked at for ever; at rest is one of which the last looks found nothing to do."""
        looks = LOOKS if self.is_watched else 0
        for _ in range(MOST_ROUNDS):
            due = [change.due_at for change in self.store.changes.values() if change.due_at is not None]
            due += [at for _, at in ends(self.store)]
            if not due and not looks:
                return True
            if not due:
                looks -= 1
                due = [m.check_at for m in self.store.meetings.values() if m.check_at is not None]
            if not due:
                return True
            wait = (min(due) - self.scheduler.now()).total_seconds()
            self.reconciler(max(wait, 0) + 0.001)
            self.scheduler.run()
        return False


class Reader:
    """A poll may repeat an entry, but never skips one."""

    def __init__(self) -> None:
        self._cursor: str | None = None
        self._seen: set[str] = set()

    def reads(self, gavel: Gavel) -> None:
        page = gavel.history(MEETING, ADMIN, after=self._cursor, limit=100)
        if isinstance(page, dict):
            self._seen |= {item["entryId"] for item in cast("list[dict[str, str]]", page["items"])}
            self._cursor = str(page["cursor"])

    def missed(self, store: MemoryLedger, held_up: Collection[str]) -> Iterator[Violation]:
        """What lies before the cursor and was never shown. `held_up`: entries of functions that hung between the name
        of the entry and its commit.
        """
        for entry in store.entries:
            is_passed = self._cursor is not None and entry.id <= self._cursor
            if is_passed and entry.id not in self._seen and entry.id not in held_up:
                yield Violation("a reader misses nothing", f"{entry.type} {entry.id[-4:]}")


class _Nothing:
    def remind(self, *what: Any) -> None:
        pass


_nothing = _Nothing()


def asking(label: str, who: Actor, request: Request, subject: str | None) -> Asking:
    """The label travels as the back end that speaks for whoever asks, so that every change and entry bears it."""
    return Asking(label, replace(request, actor=replace(who, via=label)), subject)


def registration(label: str, store: MemoryLedger, **body: object) -> Asking:
    """As a back end does it that has just looked which revision the meeting has."""
    meeting = store.meetings.get(MEETING)
    if_match = f"m{meeting.revision}" if meeting else None
    request = Request(MEETING, ADMIN, Register(**body), if_match=if_match)  # type: ignore[arg-type]
    return asking(label, ADMIN, request, None)
