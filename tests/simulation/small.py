"""Small cases, explored exhaustively: few actors, few faults, at every possible place.

The bounds are `preemptions` (switches from an actor that could continue) and the number of each kind of fault. Within
the bounds nothing is left out.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from moderation.application.requests import Request
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.capability import Medium, of_word
from moderation.domain.commands import Mute, SetCapabilities, Unmute, UserCommand

from tests.memory.moderated_meeting import MEETING, attendee_of

from .account import Account
from .choices import Prefix, every_prefix
from .faults import Faults
from .monitor import Asking
from .policies import EarlierPolicies
from .result import Result
from .scheduler import Scheduler
from .upgrade import Upgrade
from .world import HOSTS, Setup, Simulation, asking, registration

CRASH = {"crash": 1.0}
STALL = {"stall 31 s": 1.0, "stall 46 s": 1.0}
UNKNOWN = {"unknown end, done later": 1.0}
LOST = {"lost, done": 1.0, "lost, undone": 1.0}
SETUP = Setup(roles={"alice": "host", "hugo": "host", "bob": "participant", "carol": "participant"})
MOST = 60_000


@dataclass(frozen=True)
class Case:
    """`faults`: kinds, at most one of each group. `set`: who does what."""

    name: str
    set: Callable[[Simulation], None]
    faults: Mapping[str, float] = field(default_factory=dict)
    preemptions: int = 2
    setup: Setup = SETUP
    at_least: int = 100
    """The least number of schedules. Far fewer would mean that possible places were lost."""
    slow: int | None = None
    """The most slow calls, if there is a limit."""
    most: Mapping[str, int] = field(default_factory=dict)
    """Group of faults → the most of them, if it is not one."""
    earlier: EarlierPolicies | None = None
    """The policies before a deployment at the start of the run."""

    def all_runs(self) -> Iterator[tuple[Prefix, Result]]:
        for choices in every_prefix(MOST):
            yield choices, self.run(choices)

    def run(self, choices: Prefix) -> Result:
        return self.simulation(choices).account.run()

    def simulation(self, choices: Prefix) -> Simulation:
        budget = {"crash": 1, "stall": 1, "lost": 1, "unknown end": 1, "unavailable": 1, "throttled": 2, **self.most}
        if self.slow is not None:
            budget["slow"] = self.slow
        scheduler = Scheduler(choices, stay=0.5, preemptions=self.preemptions)
        upgrade = None if self.earlier is None else Upgrade(self.name, 0, self.earlier)
        account = Account(choices, scheduler, Faults(choices, self.faults, budget), upgrade)
        simulation = Simulation(account, self.setup)
        self.set(simulation)
        return simulation


def host(simulation: Simulation, label: str, who: str, command: UserCommand, after: float = 0) -> None:
    def make() -> Asking:
        request = Request(MEETING, HOSTS[who], command, attendee_id=attendee_of("bob"))
        return asking(label, request.actor, request, "bob")

    simulation.process(who, [make], after)


def oneself(simulation: Simulation, label: str, who: str, command: UserCommand, after: float) -> None:
    actor = Actor(ActorKind.USER, who)
    request = Request(MEETING, actor, command, attendee_id=attendee_of(who))
    simulation.process(who, [lambda: asking(label, actor, request, who)], after)


def meeting(simulation: Simulation, after: float = 0, **body: object) -> None:
    simulation.process("back-end", [lambda: registration("everybody", simulation.store, **body)], after)


def two_hosts(simulation: Simulation) -> None:
    host(simulation, "mute", "alice", Mute())
    host(simulation, "no video", "hugo", SetCapabilities({Medium.VIDEO: of_word(Medium.VIDEO, "None")}))


def one_host(simulation: Simulation) -> None:
    host(simulation, "mute", "alice", Mute())


def mute_and_unmute(simulation: Simulation) -> None:
    host(simulation, "mute", "alice", Mute())
    host(simulation, "unmute", "hugo", Unmute(), 0.005)


def host_and_everybody(simulation: Simulation) -> None:
    host(simulation, "mute", "alice", Mute())
    meeting(simulation, mode="presentation")


def with_reconciler(*at: float, then: Callable[[Simulation], None] = two_hosts) -> Callable[[Simulation], None]:
    def set_up(simulation: Simulation) -> None:
        then(simulation)
        for seconds in at:
            simulation.reconciler(seconds)

    return set_up


def overtaken(simulation: Simulation) -> None:
    """While the outcome of one call is open, another host decides otherwise."""
    host(simulation, "mute", "alice", Mute())
    host(simulation, "unmute", "hugo", Unmute(), 1)


def newcomer(simulation: Simulation) -> None:
    """An attendee who joins after the roster was read is muted before users are read."""

    def make() -> Asking:
        return asking("mute zoe", HOSTS["alice"], Request(MEETING, HOSTS["alice"], Mute(), user_id="zoe"), "zoe")

    meeting(simulation, mode="open")
    simulation.joins("zoe", 0, 0.039)
    simulation.process("alice", [make], 0.04)


NEWCOMER = Case("a newcomer is muted", newcomer, setup=replace(SETUP, mode="presentation"), at_least=50)
SLOW_TO_SETTLE = Case("a stall before the settle", overtaken, UNKNOWN | {"stall 31 s": 1.0}, preemptions=0)
TAKEN_OVER = Case("a crash and a takeover", with_reconciler(20, 46, then=overtaken), CRASH, preemptions=0, at_least=40)
HOST_AND_EVERYBODY = Case("host and everybody", host_and_everybody, at_least=200)
CASES = (
    Case("two hosts, three preemptions", two_hosts, preemptions=3, at_least=400),
    Case("mute and unmute, three preemptions", mute_and_unmute, preemptions=3, at_least=90),
    Case("two hosts, a crash anywhere", with_reconciler(46), CRASH, preemptions=1, at_least=700),
    Case("two hosts, a call of unknown end", with_reconciler(31, 62), UNKNOWN, preemptions=1, at_least=100),
    Case("two hosts, a lost answer of the ledger", two_hosts, LOST, preemptions=1, at_least=100),
    Case("two hosts, a stall anywhere", with_reconciler(46), STALL, preemptions=1, at_least=400),
    Case(
        "host and reconciler, a crash and a call of unknown end",
        with_reconciler(20, 46, 62, then=one_host),
        CRASH | UNKNOWN,
        at_least=250,
    ),
    NEWCOMER,
    SLOW_TO_SETTLE,
    TAKEN_OVER,
    HOST_AND_EVERYBODY,
    Case(
        "host and everybody, a crash anywhere",
        with_reconciler(46, then=host_and_everybody),
        CRASH,
        preemptions=0,
        at_least=100,
    ),
    Case(
        "host and everybody, a call of unknown end",
        with_reconciler(31, 62, then=host_and_everybody),
        UNKNOWN,
        preemptions=1,
        at_least=300,
    ),
)
