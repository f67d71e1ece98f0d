"""250 attendees who mute and unmute themselves as often as they may, and a host who commands once a second beside them.

Time is virtual, so minutes of it take seconds; everything follows from the seed.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from statistics import quantiles

from moderation.application.requests import Answer, Request
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.capability import Medium
from moderation.domain.commands import Command, Mute, MuteEverybody, Register, Unmute, UnmuteEverybody

from benchmarks.account import Account
from benchmarks.report import Report, Summary

SEED = 20261129
MEETING, HOST = "meeting", "host"
ATTENDEES = 250
EACH_SECONDS = 2.0
"""Between two commands of one attendee: 30 in a minute, as many as the rate limit permits."""
SECONDS = 60
COLUMNS = ("", "answered", "contended or busy", "p50 ms", "p95 ms", "longest ms")
SETTING = f"""\
{ATTENDEES} attendees of one meeting mute and unmute themselves every {EACH_SECONDS:.0f} s for {SECONDS} s. A host
commands once a second: three of four commands mute or unmute one attendee's video, the fourth mutes or unmutes all.
A read of the ledger takes 5 ms, a transaction 10 ms, a call to Chime 50 ms. The ledger cancels a transaction that
touches an item of another one under way, as DynamoDB does. Chime has no quota here, because the quota would be the
first limit."""
REMARKS = ("The clock is virtual, and every run follows from a seed. So these figures are the same on every machine.",)


@dataclass
class Answers:
    """What the callers of one kind were answered, and after how many milliseconds."""

    statuses: Counter[str] = field(default_factory=Counter)
    took: list[float] = field(default_factory=list)

    @property
    def undecided(self) -> int:
        return sum(count for status, count in self.statuses.items() if status in ("contended", "busy"))

    def percentile(self, at: int) -> float:
        return quantiles(self.took, n=100)[at - 1]

    def row(self, name: str) -> list[str]:
        figures = [self.percentile(50), self.percentile(95), max(self.took)]
        return [name, str(len(self.took)), str(self.undecided), *(f"{figure:.0f}" for figure in figures)]


def run() -> Report:
    quiet, _ = measured(0)
    host, attendees = measured(ATTENDEES)
    return Report(
        name="contention",
        title="A host beside 250 attendees who command all the time",
        setting=SETTING,
        columns=COLUMNS,
        rows=[
            quiet.row("the host alone"),
            host.row("the host"),
            attendees.row("the attendees"),
        ],
        remarks=REMARKS,
        summaries=[
            Summary(
                "a host beside 250 busy attendees: p95",
                f"{quiet.percentile(95):.0f} ms alone",
                f"{host.percentile(95):.0f} ms",
                f"{host.percentile(95) / quiet.percentile(95):.1f} : 1",
                "under 1 s, none `contended`",
            )
        ],
    )


def measured(busy: int) -> tuple[Answers, Answers]:
    """What the host was answered, and what so many attendees were."""
    account = Account(SEED, None)
    users = [HOST, *(_attendee(number) for number in range(ATTENDEES))]
    account.chime.open(MEETING, {_attendee_id(user): user for user in users})
    request = Request(MEETING, Actor(ActorKind.ADMIN, "back-end"), Register(roles={HOST: "host"}))
    account.time.spawn(partial(account.perform, request))
    account.time.run()
    account.start_anew()
    host, attendees = Answers(), Answers()
    account.time.spawn(partial(_commanding, account, HOST, _of_the_host(), lambda: 1.0, host))
    for number in range(busy):
        user = _attendee(number)
        chance = random.Random(f"{SEED} {user}")
        pause = partial(chance.uniform, 0.8 * EACH_SECONDS, 1.2 * EACH_SECONDS)
        begin = chance.uniform(0, EACH_SECONDS)
        account.time.spawn(partial(_commanding, account, user, _of(user), pause, attendees), begin)
    account.time.run()
    return host, attendees


def _attendee(number: int) -> str:
    return f"attendee-{number:03d}"


def _attendee_id(user: str) -> str:
    return f"{MEETING}/{user}"


def _of(user: str) -> Iterator[tuple[Command, str | None]]:
    while True:
        yield Mute(), _attendee_id(user)
        yield Unmute(), _attendee_id(user)


def _of_the_host() -> Iterator[tuple[Command, str | None]]:
    chance = random.Random(SEED)
    while True:
        for everybody in (MuteEverybody(), UnmuteEverybody()):
            for _ in range(3):
                target = _attendee_id(_attendee(chance.randrange(ATTENDEES)))
                yield chance.choice((Mute((Medium.VIDEO,)), Unmute((Medium.VIDEO,)))), target
            yield everybody, None


def _commanding(
    account: Account,
    user: str,
    commands: Iterator[tuple[Command, str | None]],
    pause: Callable[[], float],
    answers: Answers,
) -> None:
    while account.time.seconds < SECONDS:
        began = account.time.seconds
        command, attendee = next(commands)
        outcome = account.perform(Request(MEETING, Actor(ActorKind.USER, user), command, attendee_id=attendee))
        answers.statuses[outcome.status if isinstance(outcome, Answer) else outcome.code] += 1
        answers.took.append((account.time.seconds - began) * 1000)
        account.time.sleep(max(0.001, pause() - (account.time.seconds - began)))
