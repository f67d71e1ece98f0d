"""Small cases of user commands, explored exhaustively: races of two commands on the same user."""

from collections.abc import Callable
from dataclasses import replace

from moderation.application.requests import Request
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.capability import EVERYTHING, Capabilities, Medium
from moderation.domain.commands import (
    Ban,
    EndFloor,
    GrantFloor,
    LowerAllHands,
    LowerHand,
    Mute,
    MuteEverybody,
    RaiseHand,
    SetMeeting,
    SetRole,
    Undo,
    Unmute,
    UnmuteEverybody,
)

from tests.memory.moderated_meeting import MEETING, attendee_of

from .monitor import Asking
from .small import CRASH, SETUP, UNKNOWN, Case, host, with_reconciler
from .world import HOSTS, Simulation, asking

PRESENTATION = replace(SETUP, mode="presentation")
AGAIN = 4
"""The number of bob's other attendee."""


def everybody(
    simulation: Simulation, who: str, command: MuteEverybody | UnmuteEverybody | SetMeeting, after: float
) -> None:
    def make() -> Asking:
        return asking(f"{who} {command.name}", HOSTS[who], Request(MEETING, HOSTS[who], command), None)

    simulation.process(who, [make], after)


def bob_comes_again(
    simulation: Simulation, at: float, told: float, holding: Capabilities = EVERYTHING, number: int = AGAIN
) -> None:
    simulation.is_watched()
    simulation.joins("bob", number, at, holding)
    simulation.told("came bob", lambda presence: presence.on_joined(MEETING, attendee_of("bob", number)), told)


def floor_and_mute(simulation: Simulation) -> None:
    """A floor ends by the clock while a host mutes its owner."""
    host(simulation, "floor", "alice", GrantFloor(seconds=1))
    host(simulation, "mute", "hugo", Mute(), 1.002)


def floor_and_exclusive_floor(simulation: Simulation) -> None:
    """A floor ends because another begins, while a host renews it."""
    host(simulation, "floor", "alice", GrantFloor(seconds=60))

    def make() -> Asking:
        request = Request(
            MEETING, HOSTS["hugo"], GrantFloor(seconds=60, exclusive=True), attendee_id=attendee_of("carol")
        )
        return asking("alone", HOSTS["hugo"], request, "carol")

    simulation.process("hugo", [make])


def exclusive_floor_and_its_end(simulation: Simulation) -> None:
    """Another host ends the exclusive floor before it has settled."""
    for who, command, after in (("alice", GrantFloor(seconds=60, exclusive=True), 0.0), ("hugo", EndFloor(), 0.01)):
        request = Request(MEETING, HOSTS[who], command, attendee_id=attendee_of("carol"))
        simulation.process(who, [_made(command.name, request, "carol")], after)


def exclusive_floor_and_a_shorter_one(simulation: Simulation) -> None:
    """Another host gives the same user a floor of a second before the exclusive floor has settled."""
    for who, command, after in (
        ("alice", GrantFloor(seconds=60, exclusive=True), 0.0),
        ("hugo", GrantFloor(seconds=1), 0.01),
    ):
        request = Request(MEETING, HOSTS[who], command, attendee_id=attendee_of("carol"))
        simulation.process(who, [_made(f"{who} {command.name}", request, "carol")], after)


def role_and_everybody(simulation: Simulation) -> None:
    """A user becomes a presenter while the mode silences all others."""
    host(simulation, "role", "alice", SetRole("presenter"))
    everybody(simulation, "hugo", SetMeeting(mode="presentation"), 0)


def hosts_demote_each_other(simulation: Simulation) -> None:
    """Of two hosts, one is left."""
    for who, target in (("alice", "hugo"), ("hugo", "alice")):
        request = Request(MEETING, HOSTS[who], SetRole("participant"), attendee_id=attendee_of(target))
        simulation.process(who, [_made(f"{who} demotes", request, target)])


def demoted_while_commanding(simulation: Simulation) -> None:
    """carol, a cohost, loses that role while they mute bob: the mute is refused, or it was committed before."""
    for role, after in (("cohost", 0.0), ("participant", 1.0)):
        request = Request(MEETING, HOSTS["alice"], SetRole(role), attendee_id=attendee_of("carol"))
        simulation.process("alice", [_made(f"to be {role}", request, "carol")], after)
    carol = Actor(ActorKind.USER, "carol")
    mute = Request(MEETING, carol, Mute(), attendee_id=attendee_of("bob"))
    simulation.process("carol", [_made("mute", mute, "bob")], 1.0)


def _made(label: str, request: Request, subject: str) -> Callable[[], Asking]:
    return lambda: asking(label, request.actor, request, subject)


def all_hands_and_one(simulation: Simulation) -> None:
    """A host lowers all hands while bob lowers their own and carol raises hers."""
    for user, command, after in (("bob", RaiseHand(), 0.0), ("bob", LowerHand(), 1.0), ("carol", RaiseHand(), 1.0)):
        request = Request(MEETING, Actor(ActorKind.USER, user), command, user_id=user)
        simulation.process(user, [_made(f"{user} {command.name}", request, user)], after)
    request = Request(MEETING, HOSTS["alice"], LowerAllHands(), key="all", fingerprint="f")
    simulation.process("alice", [lambda: asking("all hands", HOSTS["alice"], request, None)], 1.0)


def ban_and_rejoin(simulation: Simulation) -> None:
    """A user rejoins as another attendee while they are banned."""
    host(simulation, "ban", "alice", Ban())
    bob_comes_again(simulation, 0.01, 0.012)


def ban_and_everybody(simulation: Simulation) -> None:
    """A user rejoins without an event, and a mute-all finds them."""
    host(simulation, "ban", "alice", Ban())
    simulation.joins("bob", AGAIN, 0.5)
    everybody(simulation, "hugo", MuteEverybody(), 1)


def found_out_twice(simulation: Simulation) -> None:
    """The process that finds the user is frozen before it reports it, and another takes over."""
    ban_and_everybody(simulation)
    simulation.reconciler(46.5)


def undo_of_what_has_moved(simulation: Simulation) -> None:
    """A host undoes what another host has partly undone already."""
    host(simulation, "mute", "alice", Mute((Medium.AUDIO, Medium.VIDEO)))
    host(simulation, "unmute", "hugo", Unmute((Medium.VIDEO,)), 0.5)

    def make() -> Asking:
        muted = next(c.id for c in simulation.store.changes.values() if c.command == "mute")
        return asking("undo", HOSTS["alice"], Request(MEETING, HOSTS["alice"], Undo(muted)), None)

    simulation.process("alice", [make], 0.51)


def look_and_mute_all(simulation: Simulation) -> None:
    """A comparison runs while all are muted for a time. No wake-up reports its end."""
    simulation.reconciler(120.001)
    everybody(simulation, "hugo", MuteEverybody(seconds=2), 120.01)
    simulation.reconciler(123)


def two_attendees(simulation: Simulation) -> None:
    """Another attendee of the user joins while the user is muted: it is muted as well."""
    host(simulation, "mute", "alice", Mute())
    bob_comes_again(simulation, 0.0, 0.004)


DEMOTED = Case("a cohost is demoted while they command", demoted_while_commanding, at_least=100)
BAN_AND_REJOIN = Case("ban and rejoin", ban_and_rejoin, at_least=20)
BAN_AND_EVERYBODY = Case("a banned user is found out by a mute-all", ban_and_everybody, at_least=1)
FOUND_OUT_TWICE = Case(
    "a banned user is found out twice", found_out_twice, {"stall 46 s": 1.0}, preemptions=0, at_least=10
)
UNDO = Case("an undo of what has moved on", undo_of_what_has_moved, at_least=10)
LOOK_AND_MUTE_ALL = Case(
    "a look at the meeting and a mute-all for a time",
    look_and_mute_all,
    {"reminder lost": 1.0},
    preemptions=1,
    at_least=10,
)
LAST_HOST = Case("two hosts demote each other", hosts_demote_each_other)
EXCLUSIVE_ENDED = Case("an exclusive floor and its end", exclusive_floor_and_its_end, setup=PRESENTATION, at_least=20)
FLOOR_SHORTENED = Case(
    "an exclusive floor and a shorter one",
    exclusive_floor_and_a_shorter_one,
    {"unknown end, done": 1.0, "stall 31 s": 1.0},
    preemptions=0,
    setup=PRESENTATION,
    at_least=150,
)
FLOORS = Case("a floor and an exclusive floor", floor_and_exclusive_floor, setup=PRESENTATION)
USERS = (
    FLOOR_SHORTENED,
    Case("all hands and one", all_hands_and_one, preemptions=1, at_least=40),
    Case("the end of a floor and a mute", floor_and_mute, setup=PRESENTATION, at_least=60),
    Case(
        "the end of a floor and a mute, a crash anywhere",
        with_reconciler(46, 92, then=floor_and_mute),
        CRASH,
        preemptions=0,
        setup=PRESENTATION,
        at_least=40,
    ),
    FLOORS,
    EXCLUSIVE_ENDED,
    Case("a role and the mode of all", role_and_everybody),
    Case(
        "a role and the mode of all, a crash anywhere",
        with_reconciler(46, then=role_and_everybody),
        CRASH,
        preemptions=0,
        at_least=60,
    ),
    LAST_HOST,
    DEMOTED,
    UNDO,
    LOOK_AND_MUTE_ALL,
    BAN_AND_REJOIN,
    BAN_AND_EVERYBODY,
    FOUND_OUT_TWICE,
    Case(
        "ban and rejoin, a call of unknown end",
        with_reconciler(32, then=ban_and_rejoin),
        UNKNOWN,
        preemptions=0,
        at_least=4,
    ),
    Case(
        "ban and rejoin, a crash anywhere",
        with_reconciler(46, 92, then=ban_and_rejoin),
        CRASH,
        preemptions=0,
        at_least=60,
    ),
    Case("two attendees and a mute", two_attendees, at_least=40),
)
