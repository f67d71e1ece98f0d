"""Transactions and reads that are tried again where trying again can help."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from ...ports import (
    ChimeRetryableError,
    Clause,
    ConditionFailedError,
    LedgerUnavailableError,
    LedgerUnreachableError,
    OutcomeUnknownError,
    TransactionContentionError,
    World,
)

Found = TypeVar("Found")

FIRST_PAUSE = 0.02
LONGEST_PAUSE = 0.5
CONTENTION_PAUSE = 0.05
"""The longest pause after contention, in seconds: the transaction in the way takes ten milliseconds or so."""
READS = 3


def transact_with_retry(world: World, clauses: Sequence[Clause], until: datetime) -> None:
    """Commits despite contention and dropped answers, which have nothing to do with what the clauses say.

    A transaction whose answer was lost may have been done: the second try then fails with `Conflict` on its own
    doing, which says so, and the caller reads again to see where it stands. If time runs out, a lost answer outweighs
    what came after it: `LedgerUnavailable` means that the outcome is unknown, `LedgerUnreachableError` and `Contention`
    that nothing was written.
    """
    pause, lost = FIRST_PAUSE, None
    while True:
        try:
            return world.ledger.transact(clauses)
        except ConditionFailedError as conflict:
            raise ConditionFailedError(conflict.failed, conflict.found, is_after_lost_answer=lost is not None) from None
        except (TransactionContentionError, LedgerUnavailableError) as failure:
            if isinstance(failure, LedgerUnavailableError) and not isinstance(failure, LedgerUnreachableError):
                lost = failure
            if world.surroundings.now().timestamp() + pause > until.timestamp():
                raise lost or failure from None
            longest = CONTENTION_PAUSE if isinstance(failure, TransactionContentionError) else LONGEST_PAUSE
        world.surroundings.sleep(pause * (0.5 + world.surroundings.jitter()))
        pause = min(pause * 2, longest)


def read_with_retry(world: World, read: Callable[[], Found]) -> Found:
    """Reads from the ledger, up to three times. Raises `LedgerUnavailable`."""
    for attempt in range(1, READS):
        try:
            return read()
        except LedgerUnavailableError:
            world.surroundings.sleep(FIRST_PAUSE * 4**attempt * (0.5 + world.surroundings.jitter()))
    return read()


def call_with_retry(world: World, read: Callable[[], Found]) -> Found:
    """Reads from Chime, up to three times: a read may be repeated whatever its end was."""
    for again in range(1, READS):
        try:
            return read()
        except (ChimeRetryableError, OutcomeUnknownError):
            world.surroundings.sleep(FIRST_PAUSE * 4**again * (0.5 + world.surroundings.jitter()))
    return read()
