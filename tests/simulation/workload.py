"""The commands, their targets and the faults of a random run, drawn from the run's own seed."""

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

from moderation.application.requests import Request
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.capability import Medium, of_word
from moderation.domain.commands import (
    MeetingCommand,
    Mute,
    MuteEverybody,
    SetCapabilities,
    SetMeeting,
    Unmute,
    UnmuteEverybody,
    UserCommand,
)
from moderation.domain.meeting import Features, User, revision_of

from tests.memory.moderated_meeting import MEETING, attendee_of

from .account import Account
from .choices import Seeded
from .crowds import OFTEN, Crowds
from .disorder import OFTEN as DISORDER
from .disorder import Disorder
from .faults import BESIDE, Faults
from .hands import OFTEN as HANDS
from .hands import Hands
from .happenings import Happenings
from .monitor import Asking
from .next_door import OFTEN as NEIGHBOURS
from .next_door import NextDoor
from .outsiders import OFTEN as OUTSIDERS
from .outsiders import Outsiders
from .result import Result
from .scheduler import Scheduler
from .user_commands import UserCommands
from .world import Setup, Simulation, asking, registration

ROLES = {"alice": "host", "hugo": "host", "bob": "participant", "carol": "participant"}
MODES = ("open", "presentation", "audio-only")
LENGTHS = (2, 12, 30, 47, 90, 200)
"""Seconds of a mute: shorter and longer than a lease, than a run, than the time until a widening is given up."""
WORDS = ("SendReceive", "Send", "Receive", "None")
RATES = {
    "crash": 0.006,
    "stall": 0.006,
    "contention": 0.04,
    "lost": 0.012,
    "unavailable": 0.01,
    "throttled": 0.08,
    "unknown end": 0.04,
    "answers otherwise": 0.03,
    "slow": 0.1,
    "no calls to spare": 0.05,
    "index behind": 0.05,
    "a short page": 0.05,
    "reminder lost": 0.2,
    "reminder twice": 0.3,
    "reminder late": 0.2,
}
STORMS = (0.0, 0.5, 1.0, 1.0, 2.0, 4.0)
"""Strengths of the faults."""

Making = Callable[[], Asking]
Asked = TypeVar("Asked", UserCommand, MeetingCommand)


def simulate(seed: int, rates: Mapping[str, float] | None = None) -> Result:
    """One random run. `rates`, from the search for the effect of a safeguard, makes some faults more frequent. Those
    runs have no crowds and no concurrent transactions on an item, and are denser.
    """
    workload = Workload(seed, rates)
    workload.anything()
    return workload.simulation.account.run()


class Workload:
    def __init__(self, seed: int, often: Mapping[str, float] | None = None) -> None:
        self._seed = seed
        self.random = random.Random(f"workload {seed}")
        self._everybody = random.Random(f"everybody {seed}")
        self._often_all = self._everybody.choice((0, 0, 0, 0.5))
        self._times = random.Random(f"times {seed}")
        self._often_timed = self._times.choice((0, 0, 0, 0.8))
        choices = Seeded(seed)
        storm = self.random.choice(STORMS)
        outage = self.random.random() < 0.1
        rates = {kind: rate * storm for kind, rate in RATES.items()} | dict(often or {})
        if self._often_timed:
            rates.setdefault("reminder early", 0.3 * storm)
        if outage:
            rates["throttled"] = 6.0
        beside = random.Random(f"beside {seed}")
        if often is None and beside.random() < 0.5:
            rates[BESIDE] = 1.0
        budget = {"crash": 3, "stall": 3, "lost": 4, "unknown end": 4, "throttled": self.random.choice((4, 40, 400))}
        scheduler = Scheduler(choices, stay=self.random.choice((0.3, 0.6, 0.9)))
        self._user_commands, self._crowds = UserCommands(seed), Crowds(seed, 0.0 if often is not None else OFTEN)
        self._outsiders = Outsiders(seed, 0.0 if often is not None else OUTSIDERS)
        self._hands = Hands(seed, 0.0 if often is not None else HANDS)
        self.setup = self._outsiders.setup(self._crowds.setup(self._user_commands.setup(self._setup())))
        disorder = Disorder(seed, 0.0 if often is not None else DISORDER)
        disorder.skew(scheduler)
        account = Account(choices, scheduler, Faults(choices, rates, budget), disorder.upgrade())
        self.simulation = Simulation(account, self.setup)
        self._next_door = NextDoor(seed, 0.0 if often is not None else NEIGHBOURS, account)

    def _setup(self) -> Setup:
        draw = self.random
        silent = draw.random() < 0.15
        return Setup(
            roles=ROLES if draw.random() < 0.8 else ROLES | {"cora": "cohost"},
            mode=draw.choice(MODES),
            features=Features(video=not silent),
            strict=silent and draw.random() < 0.5,
            absent=frozenset({"carol"} if draw.random() < 0.2 else ()),
        )

    # ---- what happens ----------------------------------------------------------------------------------------------

    def anything(self) -> None:
        """Two or three processes, the reconciler every minute and in between, attendees who join and leave."""
        draw = self.random
        for number in range(draw.choice((2, 2, 3))):
            makings = [self._making(f"r{number}.{i}") for i in range(draw.choice((1, 1, 2, 3)))]
            self.simulation.process(f"process {number}", makings, self._soon())
        if draw.random() < 0.25:
            self._same_key_twice()
        self.reconcile()
        if self._times.random() < 0.15:
            self._freezes()
        self._user_commands.anything(self.simulation)
        self._crowds.anything(self.simulation)
        self._outsiders.anything(self.simulation)
        self._hands.anything(self.simulation)
        self._next_door.anything(self._making)
        Happenings(self._seed, self.simulation, self.setup).anything()
        if draw.random() < 0.3:
            self.simulation.leaves("bob", draw.choice((0.1, 1, 20, 40)))
        if draw.random() < 0.3:
            number = draw.choice((0, 2))
            user = draw.choice(("zoe", "bob", "carol")) if number else "zoe"
            self.simulation.joins(user, number, draw.choice((0.05, 0.2, 1, 15, 35)))

    def reconcile(self) -> None:
        first = self.random.randrange(60)
        for minute in range(4):
            self.simulation.reconciler(first + 60 * minute)
        for _ in range(self.random.randrange(4)):
            self.simulation.reconciler(self.random.choice((3, 8, 17, 22, 32, 46, 50, 65, 80)), "reconciler, too")

    def _freezes(self) -> None:
        """Processes stall once or more, for a while or for good."""
        draw, at = self._times, 0.0
        for number, frozen in enumerate((True, False, True, False)[: draw.choice((1, 2, 2, 3, 4))]):
            at += draw.choice((0.05, 1, 7, 33, 64))
            self.simulation.process("freezes", [self._sets(f"f{number}", SetMeeting(frozen=frozen))], at)

    def _sets(self, label: str, command: MeetingCommand) -> Making:
        who = Actor(ActorKind.USER, self._times.choice(("alice", "hugo")))
        return lambda: asking(label, who, Request(MEETING, who, command), None)

    def _soon(self) -> float:
        return self.random.choice((0, 0, 0, 0.01, 0.1, 0.5, 5, 20))

    def _same_key_twice(self) -> None:
        who, command, user = self._who(), self._for_a_time(self._command()), self._target()
        for number in (1, 2):
            name = f"process k{number}"
            make = self.on_user("k", who, command, user, key="key", fingerprint="f")
            self.simulation.process(name, [make], self._soon())

    def _making(self, label: str) -> Making:
        draw = self.random
        if self._everybody.random() < self._often_all:
            return self.on_everybody(label)
        if draw.random() < 0.22:
            return self.registers(label)
        dry_run, matches = draw.random() < 0.06, draw.random() < 0.15
        key = f"key-{label}" if draw.random() < 0.2 else None
        fingerprint = "f" if key else ""
        return self.on_user(
            label, self._who(), self._for_a_time(self._command()), self._target(),
            matches=matches, dry_run=dry_run, key=key, fingerprint=fingerprint,
        )  # fmt: skip

    def registers(self, label: str, **body: object) -> Making:
        draw, store = self.random, self.simulation.store
        asked: dict[str, object] = {"mode": draw.choice(MODES)}
        if draw.random() < 0.3:
            asked["default_role"] = draw.choice(("participant", "viewer", "presenter"))
        if draw.random() < 0.3:
            asked["roles"] = {**ROLES, "hugo": draw.choice(("host", "participant")), "bob": "presenter"}
        return lambda: registration(label, store, **(asked | body))

    def on_everybody(self, label: str) -> Making:
        draw = self._everybody
        media = tuple(draw.sample(tuple(Medium), draw.choice((1, 1, 2))))
        command: MeetingCommand = draw.choice(
            (MuteEverybody(media), UnmuteEverybody(media), UnmuteEverybody(media), SetMeeting(mode=draw.choice(MODES)))
        )
        command = self._for_a_time(command)
        who = Actor(ActorKind.USER, draw.choice(("alice", "hugo")))
        return lambda: asking(label, who, Request(MEETING, who, command), None)

    def on_user(
        self,
        label: str,
        who: str,
        command: UserCommand,
        user: str,
        *,
        matches: bool = False,
        dry_run: bool = False,
        key: str | None = None,
        fingerprint: str = "",
    ) -> Making:
        by_attendee = user != "zoe" and user not in self.setup.absent
        store = self.simulation.store

        def make() -> Asking:
            if_match = None
            if matches:
                if_match = revision_of(store.users.get((MEETING, user), User(user)), store.meetings[MEETING])
            request = Request(
                MEETING,
                Actor(ActorKind.USER, who),
                command,
                attendee_id=attendee_of(user) if by_attendee else None,
                user_id=None if by_attendee else user,
                dry_run=dry_run,
                if_match=if_match,
                key=key,
                fingerprint=fingerprint,
            )
            return asking(label, request.actor, request, user)

        return make

    def _for_a_time(self, command: Asked) -> Asked:
        if not isinstance(command, Mute | MuteEverybody) or self._times.random() >= self._often_timed:
            return command
        return replace(command, seconds=self._times.choice(LENGTHS))

    def _who(self) -> str:
        return self.random.choice(("alice", "hugo", "alice", "hugo", "alice", "bob", "carol"))

    def _target(self) -> str:
        return self.random.choice(("bob", "bob", "bob", "carol", "hugo", "zoe"))

    def _command(self) -> UserCommand:
        draw = self.random
        media = tuple(draw.sample(tuple(Medium), draw.choice((1, 1, 2))))
        kind = draw.randrange(5)
        if kind < 2:
            return Mute(media)
        if kind < 4:
            return Unmute(media)
        return SetCapabilities({medium: of_word(medium, draw.choice(WORDS)) for medium in media})
