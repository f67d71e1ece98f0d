"""A storm on Chime's quota: a thousand hosts command within ten seconds, in forty meetings of one account.

Time is virtual, so minutes of it take seconds; everything follows from the seed.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from unittest import mock

from moderation.application.enforcement import meeting_applier
from moderation.application.requests import Answer, Request
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.batch_plan import AttendeeState, Call, Update
from moderation.domain.capability import EVERYTHING, Capabilities, Medium, sending
from moderation.domain.commands import Command, Mute, MuteEverybody, Register, Unmute, UnmuteEverybody
from moderation.domain.effective import effective
from moderation.ports import ChimeRetryableError

from benchmarks.account import Account
from benchmarks.report import Report, Summary

SEED = 20261124
MEETINGS, HOSTS, OTHERS = 40, 25, 50
"""Hosts and others in each meeting; every host commands once."""
LOUD = 10
"""How many users the single commands of a meeting are about: several hosts mute the same noisy users."""
STORM_SECONDS = 10
MIX: tuple[tuple[Command, int], ...] = ((Mute(), 14), (Unmute(), 5), (MuteEverybody(), 4), (UnmuteEverybody(), 2))
"""What a meeting's 25 hosts do, in an order that chance makes."""
MINUTES = 60
"""Virtual ones, after which a side has failed."""
ASK_AGAIN_SECONDS = 2.0
SPEECH = sending([Medium.AUDIO])
SILENT = EVERYTHING & ~SPEECH
BOTO_ATTEMPTS, BOTO_LONGEST = 3, 20
"""`standard` mode: https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html"""
COLUMNS = ("", "capability calls", "throttled besides", "last in force", "at rest", "busy at a time")
SETTING = f"""\
{MEETINGS} meetings have {HOSTS} hosts and {OTHERS} other users each. Within {STORM_SECONDS} s each host commands
once. Of the commands of a meeting, 14 mute and 5 unmute one of {LOUD} loud users, 4 mute all, 2 unmute all. Chime
takes 10 capability calls a second of the account, bursts of 20. Last in force: when the last user that the commands
silence was silent for good. Audible: how many of them never were. At rest: when the last call was made. Seconds
count from the start of the storm."""
REMARKS = (
    """\
By hand: a call for each command (a mute-all is one batch that excludes the hosts), with the backoff of boto3's
  `standard` mode: three attempts, or as many as it takes. A late call overwrites the result of a newer command.""",
    """\
Gavel: the production code with a ledger and a Chime in memory that take 5, 10 and 50 ms for a read, a transaction
  and a call. A transaction that meets another one on the same item fails, and Gavel repeats it.""",
    """\
Plan alone: without the read of Chime before a change that waited is applied. This read saves the call if a later
  change has made it already. One by one: without the plan as well.""",
    "The clock is virtual, and every run follows from a seed. So these seconds are the same on every machine.",
)


@dataclass(frozen=True)
class Click:
    """What a host does, so many seconds after the storm has begun."""

    at: float
    meeting: str
    host: str
    command: Command
    target: str | None

    @property
    def silences(self) -> bool:
        return isinstance(self.command, Mute | MuteEverybody)

    @property
    def attendee(self) -> str | None:
        return attendee_of(self.meeting, self.target) if self.target else None


@dataclass(frozen=True)
class Measured:
    calls: int
    throttled: int
    last: float
    """Seconds until everybody who is to be silent is silent for good."""
    audible: int
    at_rest: float
    most_at_once: int

    @property
    def in_force(self) -> str:
        return f"never: {self.audible} audible" if self.audible else f"{self.last:.0f} s"

    def row(self, name: str) -> list[str]:
        counted = [self.calls, self.throttled, self.in_force, f"{self.at_rest:.0f} s", self.most_at_once]
        return [name, *map(str, counted)]


def run() -> Report:
    given_up, by_hand = _by_hand(BOTO_ATTEMPTS), _by_hand(None)
    with mock.patch.object(meeting_applier, "plan", _one_by_one):
        one_by_one = moderated(Account(SEED, shows_attendees=False))
    planned = moderated(Account(SEED, shows_attendees=False))
    ours = moderated(Account(SEED))
    return Report(
        name="storm",
        title="A thousand hosts in ten seconds",
        setting=SETTING,
        columns=COLUMNS,
        rows=[
            by_hand.row("by hand, until Chime takes it"),
            given_up.row("by hand, three attempts"),
            one_by_one.row("Gavel, one by one"),
            planned.row("Gavel, plan alone"),
            ours.row("Gavel"),
        ],
        remarks=REMARKS,
        summaries=[
            Summary(
                "storm convergence: 1,000 hosts in 10 s",
                by_hand.in_force,
                ours.in_force,
                _ratio(by_hand, ours),
            ),
            Summary(
                "the same without plan and coalescing",
                one_by_one.in_force,
                ours.in_force,
                _ratio(one_by_one, ours),
            ),
        ],
    )


def _ratio(other: Measured, ours: Measured) -> str:
    return "" if other.audible else f"{other.last / ours.last:.0f} : 1"


def attendee_of(meeting: str, user: str) -> str:
    return f"{meeting}/{user}"


def clicks() -> list[Click]:
    chance = random.Random(SEED)
    made = []
    for number in range(MEETINGS):
        commands = [command for command, times in MIX for _ in range(times)]
        chance.shuffle(commands)
        for host, command in enumerate(commands):
            target = f"other-{chance.randrange(LOUD)}" if isinstance(command, Mute | Unmute) else None
            at = chance.uniform(0, STORM_SECONDS)
            made.append(Click(at, f"meeting-{number}", f"host-{host}", command, target))
    return sorted(made, key=lambda click: click.at)


def _open(account: Account) -> None:
    """Everybody is seated with everything."""
    users = [f"host-{n}" for n in range(HOSTS)] + [f"other-{n}" for n in range(OTHERS)]
    for number in range(MEETINGS):
        account.chime.open(f"meeting-{number}", {attendee_of(f"meeting-{number}", user): user for user in users})


def _judged(account: Account, silenced: set[str]) -> Measured:
    chime = account.chime
    audible = {each for each in silenced if SPEECH in chime.held(each.partition("/")[0], each)}
    return Measured(
        calls=len(chime.taken),
        throttled=chime.throttled,
        last=max(chime.heard[each][-1][0] for each in silenced - audible),
        audible=len(audible),
        at_rest=chime.taken[-1],
        most_at_once=account.most_at_once,
    )


def _by_hand(attempts: int | None) -> Measured:
    """`attempts` None: until it is taken. What was clicked last is what everybody is to have."""
    account = Account(SEED)
    _open(account)
    silenced: set[str] = set()
    for click in clicks():
        account.time.spawn(partial(account.busy, partial(_called, account, click, attempts)), click.at)
        users = (
            [click.attendee] if click.attendee else [attendee_of(click.meeting, f"other-{n}") for n in range(OTHERS)]
        )
        silenced = silenced | set(users) if click.silences else silenced - set(users)
    account.time.run()
    return _judged(account, silenced)


def _called(account: Account, click: Click, attempts: int | None) -> None:
    capabilities = SILENT if click.silences else EVERYTHING
    tries = 0
    while attempts is None or tries < attempts:
        try:
            if click.attendee:
                account.chime.update(click.meeting, click.attendee, capabilities)
            else:
                hosts = [attendee_of(click.meeting, f"host-{n}") for n in range(HOSTS)]
                account.chime.update_except(click.meeting, hosts, capabilities)
        except ChimeRetryableError:
            account.time.sleep(account.jitter() * min(2**tries, BOTO_LONGEST))
            tries += 1
        else:
            return


def moderated(account: Account) -> Measured:
    """What the rules say in the end is what everybody is to have."""
    _open(account)
    roles = {f"host-{n}": "host" for n in range(HOSTS)}
    for number in range(MEETINGS):
        request = Request(f"meeting-{number}", Actor(ActorKind.ADMIN, "back-end"), Register(roles=roles))
        account.time.spawn(partial(account.perform, request), number)
    account.time.run()
    account.start_anew()
    asking = [MEETINGS * HOSTS]
    for click in clicks():
        account.time.spawn(partial(_asked, account, click, asking), click.at)
    account.tick_until(lambda: not asking[0] and not account.open_changes(), MINUTES)
    account.time.run()
    if account.open_changes():
        raise RuntimeError(f"{account.open_changes()} changes are still open after {MINUTES} minutes")
    return _judged(account, _silenced(account))


def _asked(account: Account, click: Click, asking: list[int]) -> None:
    """A front end asks again where it is told to."""
    request = Request(click.meeting, Actor(ActorKind.USER, click.host), click.command, attendee_id=click.attendee)
    while True:
        outcome = account.perform(request)
        if isinstance(outcome, Answer):
            break
        if outcome.code not in ("busy", "contended"):
            raise RuntimeError(f"{click}: {outcome}")
        account.time.sleep(ASK_AGAIN_SECONDS)
    asking[0] -= 1


def _silenced(account: Account) -> set[str]:
    held, now = account.ports.policies.capabilities_for, account.time.now()
    users = ((account.store.meetings[meeting], user) for (meeting, _), user in account.store.users.items())
    return {attendee_of(m.id, user.id) for m, user in users if SPEECH not in effective(m, user, held, now)}


def _one_by_one(roster: Sequence[AttendeeState], _: Capabilities) -> tuple[Call, ...]:
    """In place of the plan: one call for each attendee whose capabilities differ from the rules."""
    return tuple(
        Update(standing.attendee_id, standing.wanted)
        for standing in roster
        if standing.wanted is not None and standing.wanted != standing.actual
    )
