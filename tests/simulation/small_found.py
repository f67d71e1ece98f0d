"""Small cases of faults found outside the simulation, explored exhaustively. Each names the fault."""

from moderation.domain.commands import Ban, Mute, MuteEverybody, Remove, Unban, Unmute

from .small import CRASH, Case, host, with_reconciler
from .small_users import everybody
from .world import Simulation

MANY = 34
"""Users with two attendees each: three clauses each, and a transaction has a hundred."""


def removed_and_unbanned(simulation: Simulation) -> None:
    """A removal with a ban leaves nothing if the ban is lifted before the removal settles, although bob was banned when
    it was decided.
    """
    host(simulation, "ban", "alice", Ban())
    host(simulation, "remove", "hugo", Remove(ban=True), 1)
    host(simulation, "unban", "alice", Unban(), 1.05)


def removed_slowly_and_unbanned(simulation: Simulation) -> None:
    """The same, if the ban is lifted and bob is noted while the call that removes bob is still on its way."""
    host(simulation, "ban", "alice", Ban())
    host(simulation, "remove", "hugo", Remove(ban=True), 1)
    host(simulation, "unban", "alice", Unban(), 3.5)


def muted_while_the_unmute_is_throttled(simulation: Simulation) -> None:
    """An unmute that Chime did not take at first is not retried after another host has muted."""
    host(simulation, "mute", "alice", Mute())
    host(simulation, "unmute", "alice", Unmute(), 1)
    host(simulation, "mute again", "hugo", Mute(reason="noise"), 1.02)


def many_come_on_two_attendees(simulation: Simulation) -> None:
    """More users than one transaction can bind are bound in several, and are silent like all others."""
    simulation.is_watched()
    for number in range(MANY):
        for attendee in (0, 1):
            simulation.joins(f"u{number}", attendee, (2 * number + attendee) / 1000)
    everybody(simulation, "alice", MuteEverybody(), 0.1)


REMOVED_AND_UNBANNED = Case(
    "removed with a ban, and unbanned",
    with_reconciler(47, then=removed_and_unbanned),
    CRASH,
    preemptions=1,
    at_least=40,
)
REMOVED_SLOWLY_AND_UNBANNED = Case(
    "removed with a ban by a slow call, and unbanned",
    with_reconciler(47, then=removed_slowly_and_unbanned),
    CRASH | {"slow": 1.0},
    preemptions=0,
    at_least=20,
    slow=1,
)
FOUND = (
    REMOVED_AND_UNBANNED,
    REMOVED_SLOWLY_AND_UNBANNED,
    Case(
        "muted while the unmute is throttled",
        muted_while_the_unmute_is_throttled,
        {"throttled": 1.0},
        preemptions=1,
        at_least=20,
    ),
    Case("many come on two attendees each", many_come_on_two_attendees, preemptions=0, at_least=1),
)
