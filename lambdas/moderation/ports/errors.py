"""What goes wrong that is no decision.

MachineFailure          something that is no decision went wrong
├── LedgerUnavailable   the ledger did not answer, or not in time; whether it wrote is unknown
│   └── LedgerUnreachableError   it was never asked, or refused at once: surely nothing was written
├── Contention          the ledger refused because somebody else is writing the same item right now
├── Conflict            a clause of a transaction does not hold (any more)
└── ChimeFailure
    ├── Missing         404: no such meeting or attendee
    ├── NotTaken        refused for good (400, 403 …)
    ├── NotNow          429, 409, no connection: surely not done, worth another try
    └── UnknownEnd      5xx, time-out, dropped connection: done, not done, or done later
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .clauses import Clause
    from .services import Loaded


class InfrastructureError(Exception):
    pass


class LedgerUnavailableError(InfrastructureError):
    pass


class LedgerUnreachableError(LedgerUnavailableError):
    pass


class TransactionContentionError(InfrastructureError):
    pass


class ConditionFailedError(InfrastructureError):
    """`found` holds the meeting and the people whose clauses failed as they are now, so that nobody need read again.
    `is_after_lost_answer`: an earlier attempt of the same transaction may be what made them fail.
    """

    def __init__(
        self, failed: Sequence["Clause"], found: "Loaded | None" = None, *, is_after_lost_answer: bool = False
    ) -> None:
        super().__init__(", ".join(type(clause).__name__ for clause in failed))
        self.failed = tuple(failed)
        self.found = found
        self.is_after_lost_answer = is_after_lost_answer


class ChimeError(InfrastructureError):
    pass


class ChimeNotFoundError(ChimeError):
    pass


class ChimeRejectedError(ChimeError):
    pass


class ChimeRetryableError(ChimeError):
    pass


class OutcomeUnknownError(ChimeError):
    pass
