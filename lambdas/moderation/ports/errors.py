"""Errors of the infrastructure. A refusal is a decision and no error.

InfrastructureError
├── LedgerUnavailableError          the ledger did not answer in time; whether it wrote is unknown
│   └── LedgerUnreachableError      the ledger was not asked, or refused at once: nothing was written
├── TransactionContentionError      another transaction is writing the same item right now
├── ConditionFailedError            a clause of a transaction does not hold (any more)
└── ChimeError
    ├── ChimeNotFoundError          404: no such meeting or attendee
    ├── ChimeRejectedError          rejected for good (400, 403 …)
    ├── ChimeRetryableError         429, 409, no connection: not done, worth another attempt
    └── OutcomeUnknownError         5xx, time-out, dropped connection: done, not done, or done later
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
    """A clause of a transaction does not hold.

    `found` holds the meeting and the users whose clauses failed, as they are now: no further read is needed.
    `is_after_lost_answer`: an earlier attempt of the same transaction may be the reason.
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
