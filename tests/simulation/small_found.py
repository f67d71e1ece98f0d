"""Small cases of what was found outside the simulation, gone through exhaustively: each names what went wrong."""

from moderation.domain.commands import Ban, Mute, MuteEverybody, Remove, Unban, Unmute

from .small import CRASH, Case, host, with_reconciler
from .small_people import everybody
from .world import Simulation

MANY = 34
"""People on two seats each: three clauses each, and a transaction has room for a hundred."""


def removed_and_unbanned(simulation: Simulation) -> None:
    """Of a removal with a ban nothing is left when the ban is lifted before it has settled, though he was banned when
    it was decided.
    """
    host(simulation, "ban", "alice", Ban())
    host(simulation, "remove", "hugo", Remove(ban=True), 1)
    host(simulation, "unban", "alice", Unban(), 1.05)


def muted_while_the_unmute_is_throttled(simulation: Simulation) -> None:
    """An unmute that Chime did not take at first is not tried again after somebody else has muted."""
    host(simulation, "mute", "alice", Mute())
    host(simulation, "unmute", "alice", Unmute(), 1)
    host(simulation, "mute again", "hugo", Mute(reason="noise"), 1.02)


def many_come_on_two_seats(simulation: Simulation) -> None:
    """More of them than one transaction can bind are bound in several, and are silent like all others."""
    simulation.is_watched()
    for number in range(MANY):
        for seat in (0, 1):
            simulation.joins(f"u{number}", seat, (2 * number + seat) / 1000)
    everybody(simulation, "alice", MuteEverybody(), 0.1)


FOUND = (
    Case(
        "removed with a ban, and unbanned",
        with_reconciler(47, then=removed_and_unbanned),
        CRASH,
        preemptions=1,
        at_least=40,
    ),
    Case(
        "muted while the unmute is throttled",
        muted_while_the_unmute_is_throttled,
        {"throttled": 1.0},
        preemptions=1,
        at_least=20,
    ),
    Case("many come on two seats each", many_come_on_two_seats, preemptions=0, at_least=1),
)
