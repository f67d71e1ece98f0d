"""Transactions and reads that are tried again where trying again can help."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from ..ports import Clause, Contention, LedgerUnavailable, NotNow, UnknownEnd, World

Found = TypeVar("Found")

FIRST_PAUSE = 0.02
LONGEST_PAUSE = 0.5
READS = 3


def persistently(world: World, clauses: Sequence[Clause], until: datetime) -> None:
    """Commits despite contention and dropped answers, which have nothing to do with what the clauses say.

    A transaction whose answer was lost may have been done: the second try then fails with `Conflict` on its own
    doing, and the caller reads again to see where he stands.
    """
    pause = FIRST_PAUSE
    while True:
        try:
            return world.ledger.transact(clauses)
        except (Contention, LedgerUnavailable):
            if world.surroundings.now().timestamp() + pause > until.timestamp():
                raise
        world.surroundings.sleep(pause * (0.5 + world.surroundings.chance()))
        pause = min(pause * 2, LONGEST_PAUSE)


def patiently(world: World, read: Callable[[], Found]) -> Found:
    """Reads from Chime, up to three times: a read may be repeated whatever its end was."""
    for again in range(1, READS):
        try:
            return read()
        except (NotNow, UnknownEnd):
            world.surroundings.sleep(FIRST_PAUSE * 4**again * (0.5 + world.surroundings.chance()))
    return read()
