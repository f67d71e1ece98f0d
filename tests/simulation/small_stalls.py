"""Small cases of processes that are frozen for longer than their leases last, gone through exhaustively."""

from dataclasses import replace

from moderation.domain.capability import EVERYTHING
from moderation.domain.commands import Mute, SetRole, Unmute

from .small import STAGE, Case, host
from .world import Simulation


def outlived(simulation: Simulation) -> None:
    """A holder who wakes after his lease finds another at work, who has something to order because somebody has written
    into Chime meanwhile; a host decides otherwise later.
    """
    host(simulation, "mute", "alice", Mute())
    simulation.drifts("bob", 0, EVERYTHING, 45.2)
    simulation.reconciler(45.5)
    host(simulation, "unmute", "hugo", Unmute(), 50)
    simulation.reconciler(95)


def settled_late(simulation: Simulation) -> None:
    """A holder settles what is to be looked at again, between another's look at what is due and his taking it over."""
    host(simulation, "mute", "alice", Mute())
    simulation.reconciler(50.14)


def given_up_late(simulation: Simulation) -> None:
    """A holder gives up what waited too long, between another's look at what is due and his taking it over."""
    host(simulation, "host", "alice", SetRole("host"))
    simulation.reconciler(61)
    simulation.reconciler(107.04)


OUTLIVED = Case(
    "a holder who outlives his lease", outlived, {"stall 46 s": 1.0, "crash, done later": 1.0}, preemptions=0
)
SETTLED_LATE = Case(
    "a stall before what is settled to be looked at again",
    settled_late,
    {"stall 46 s": 1.0, "unknown end, undone": 1.0},
    preemptions=1,
    at_least=30,
)
GIVEN_UP_LATE = Case(
    "a stall before what is given up",
    given_up_late,
    {"stall 46 s": 1.0, "crash after": 1.0},
    stage=replace(STAGE, mode="presentation"),
)
STALLS = (OUTLIVED, SETTLED_LATE, GIVEN_UP_LATE)
