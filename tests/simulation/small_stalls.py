"""Small cases of processes that stall for longer than their leases, explored exhaustively."""

from dataclasses import replace
from functools import partial

from moderation.application.requests import Request
from moderation.domain.capability import EVERYTHING
from moderation.domain.commands import Mute, SetRole, Unmute

from tests.memory.moderated_meeting import MEETING, attendee_of

from .monitor import Asking
from .small import SETUP, Case, host
from .world import HOSTS, Simulation, asking


def outlived(simulation: Simulation) -> None:
    """A holder wakes after its lease and finds another process at work, which has something to apply because a third
    has written to Chime; a host decides otherwise later.
    """
    host(simulation, "mute", "alice", Mute())
    simulation.drifts("bob", 0, EVERYTHING, 45.2)
    simulation.reconciler(45.5)
    host(simulation, "unmute", "hugo", Unmute(), 50)
    simulation.reconciler(95)


def settled_late(simulation: Simulation) -> None:
    """A holder settles a change to be verified, between another's query of due records and its taking the lease."""
    host(simulation, "mute", "alice", Mute())
    simulation.reconciler(50.14)


def given_up_late(simulation: Simulation) -> None:
    """A holder gives up an old change, between another's query of due records and its taking the lease."""
    host(simulation, "host", "alice", SetRole("host"))
    simulation.reconciler(61)
    simulation.reconciler(107.04)


def muted_again_by_memory(simulation: Simulation) -> None:
    """A function stalls until its lease is over, and leaves its mute pending. Another function applies and notes it.
    The first has bob in its cache as before, and is to mute bob again.
    """

    def later() -> Asking:
        simulation.scheduler.pause(10)
        return again()

    first, again = (
        partial(
            asking,
            label,
            HOSTS["alice"],
            Request(MEETING, HOSTS["alice"], Mute(), attendee_id=attendee_of("bob")),
            "bob",
        )
        for label in ("mute", "mute again")
    )
    simulation.process("alice", [first, later])


OUTLIVED = Case(
    "a holder that outlives its lease", outlived, {"stall 46 s": 1.0, "crash, done later": 1.0}, preemptions=0
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
    setup=replace(SETUP, mode="presentation"),
)
MUTED_AGAIN_BY_MEMORY = Case(
    "muted again by memory", muted_again_by_memory, {"stall 16 s": 1.0}, preemptions=0, at_least=5
)
STALLS = (OUTLIVED, SETTLED_LATE, GIVEN_UP_LATE, MUTED_AGAIN_BY_MEMORY)
