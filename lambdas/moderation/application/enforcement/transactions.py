"""Transactions: entries, commits with the idempotency key, retries, and writes that need several transactions."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from ...domain.actor import Actor
from ...domain.change import Change
from ...domain.entry import Entry
from ...domain.meeting import Meeting, MeetingRules, UserRules
from ...domain.schedule import next_end
from ...ports import (
    AttendeesNoted,
    ChangeOpened,
    ChimeRetryableError,
    Clause,
    Clock,
    ConditionFailedError,
    EntryWritten,
    InfrastructureError,
    KeyTaken,
    Ledger,
    LedgerUnavailableError,
    LedgerUnreachableError,
    OutcomeUnknownError,
    TransactionContentionError,
    UserRevised,
    Wakeup,
    WakeupScheduler,
    actions_of,
)
from ..answers import kept
from ..requests import BUSY, OUTCOME_UNKNOWN, Answer, Refused, Request

Found = TypeVar("Found")
Item = TypeVar("Item")

FIRST_PAUSE = 0.02
LONGEST_PAUSE = 0.5
CONTENTION_PAUSE = 0.05
"""The longest pause after contention, in seconds. The other transaction takes about ten milliseconds."""
READS = 3
COMMIT_WITHIN = timedelta(seconds=5)
"""How long one commit is tried again under contention."""


def transact_with_retry(ledger: Ledger, clock: Clock, clauses: Sequence[Clause], until: datetime | None = None) -> None:
    """Commits despite contention and lost answers, until then or, by default, for `COMMIT_WITHIN`.

    A transaction whose answer was lost may have been committed: then the next try fails with `ConditionFailedError`
    because of its own write, and the caller reads again to see the state. If time runs out, a lost answer outweighs
    later failures: `LedgerUnavailableError` means that the outcome is unknown, `LedgerUnreachableError` and
    `TransactionContentionError` that nothing was written.
    """
    pause, lost, until = FIRST_PAUSE, None, until or clock.now() + COMMIT_WITHIN
    while True:
        try:
            return ledger.transact(clauses)
        except ConditionFailedError as conflict:
            raise ConditionFailedError(conflict.failed, conflict.found, is_after_lost_answer=lost is not None) from None
        except (TransactionContentionError, LedgerUnavailableError) as failure:
            if isinstance(failure, LedgerUnavailableError) and not isinstance(failure, LedgerUnreachableError):
                lost = failure
            if clock.now().timestamp() + pause > until.timestamp():
                raise lost or failure from None
            longest = CONTENTION_PAUSE if isinstance(failure, TransactionContentionError) else LONGEST_PAUSE
        clock.sleep(pause * (0.5 + clock.jitter()))
        pause = min(pause * 2, longest)


def read_with_retry(clock: Clock, read: Callable[[], Found]) -> Found:
    """Reads from the ledger, up to three times. Raises `LedgerUnavailableError`."""
    for attempt in range(1, READS):
        try:
            return read()
        except LedgerUnavailableError:
            clock.sleep(FIRST_PAUSE * 4**attempt * (0.5 + clock.jitter()))
    return read()


def call_with_retry(clock: Clock, read: Callable[[], Found]) -> Found:
    """Reads from Chime, up to three times. A read may be repeated whatever its outcome."""
    for again in range(1, READS):
        try:
            return read()
        except (ChimeRetryableError, OutcomeUnknownError):
            clock.sleep(FIRST_PAUSE * 4**again * (0.5 + clock.jitter()))
    return read()


def new_entry(
    clock: Clock,
    meeting: Meeting | None,
    kind: str,
    *,
    actor: Actor,
    command: str,
    revision: str,
    extra: Mapping[str, object],
    change_id: str | None = None,
    reason: str | None = None,
) -> Entry:
    """A new entry. `kind` is its type; `extra` has the fields of that type beyond those of every entry. An entry
    without a meeting is the refusal of a command for a meeting that is not registered.
    """
    return Entry(
        id=clock.new_id(),
        type=kind,
        meeting_id=meeting.id if meeting is not None else None,
        external_meeting_id=meeting.external_id if meeting is not None else None,
        occurred_at=clock.now(),
        actor=actor,
        command=command,
        revision=revision,
        change_id=change_id,
        reason=reason,
        extra=extra,
    )


BUDGET = timedelta(seconds=10)
"""How long a caller waits for Chime after the commit. Then the change stays pending. Together with conflicts and the
commit it stays below the 29 s of API Gateway.
"""


class UndeterminedError(InfrastructureError):
    """The outcome of a write is unknown. `answer` says what is known."""

    def __init__(self, answer: Refused) -> None:
        super().__init__(answer.code)
        self.answer = answer


def commit_change(
    ledger: Ledger, clock: Clock, request: Request, change: Change, entry: Entry, clauses: Sequence[Clause]
) -> bool:
    """Commits a new change with its entry and the idempotency key.

    Returns False if the change is committed, but is not under this process's lease any more, or cannot be read now:
    then the reconciler takes it over when the lease has ended. Raises `ConditionFailedError`,
    `TransactionContentionError`, `UndeterminedError`.
    """
    return is_written(ledger, clock, request, [*clauses, ChangeOpened(change), EntryWritten(entry)], change)


def is_written(ledger: Ledger, clock: Clock, request: Request, clauses: Sequence[Clause], change: Change) -> bool:
    """Writes the clauses, which store the change under a new lease, with the idempotency key.

    If the outcome is unknown, the change is read back: if it has this process's lease, the transaction was committed.
    Returns and raises as `commit_change`.
    """
    if request.key is not None:
        clauses = [*clauses, KeyTaken(request.key, request.fingerprint, change.meeting_id, change.id)]
    try:
        transact_with_retry(ledger, clock, clauses)
    except ConditionFailedError as conflict:
        is_there = any(isinstance(clause, ChangeOpened) for clause in conflict.failed)
        if not is_there and not conflict.is_after_lost_answer:
            raise
        stored = _read_back(ledger, clock, clauses, change, is_there=is_there)
        if stored is None and not is_there:
            raise
        return _has_lease_of(stored, change)
    except LedgerUnreachableError:
        raise UndeterminedError(BUSY) from None
    except LedgerUnavailableError:
        stored = _read_back(ledger, clock, clauses, change, is_there=False)
        if stored is None:
            raise UndeterminedError(replace(OUTCOME_UNKNOWN, change_id=change.id)) from None
        return _has_lease_of(stored, change)
    return True


def _has_lease_of(stored: Change | None, change: Change) -> bool:
    lease = stored.lease if stored is not None else None
    return lease is not None and change.lease is not None and lease.token == change.lease.token


def _read_back(
    ledger: Ledger, clock: Clock, clauses: Sequence[Clause], change: Change, *, is_there: bool
) -> Change | None:
    """The change as this write left it, or as it continued since. `None` if it was not written. Raises
    `UndeterminedError` if it cannot be read and may be missing.
    """
    try:
        stored = read_with_retry(clock, lambda: ledger.change(change.meeting_id, change.id))
    except LedgerUnavailableError:
        if is_there:
            return None
        raise UndeterminedError(replace(OUTCOME_UNKNOWN, change_id=change.id)) from None
    if stored is None or any(isinstance(clause, ChangeOpened) for clause in clauses):
        return stored
    # It was there before, waiting for the user's answer: has it had this one?
    return stored if (stored.agreed_at, stored.lapsed) == (change.agreed_at, change.lapsed) else None


def store_result(
    ledger: Ledger, clock: Clock, request: Request, outcome: Answer | Refused, clauses: Sequence[Clause] = ()
) -> None:
    """Writes the clauses and, under the idempotency key, an outcome without a change.

    An entry is written once: if it is stored already, the answer to an earlier attempt was lost. Raises
    `ConditionFailedError`, `TransactionContentionError`, `UndeterminedError`.
    """
    every = list(clauses)
    if request.key is not None:
        every.append(KeyTaken(request.key, request.fingerprint, request.meeting_id, None, kept(outcome)))
    if not every or request.dry_run:
        return
    try:
        transact_with_retry(ledger, clock, every)
    except ConditionFailedError as conflict:
        if not any(isinstance(clause, EntryWritten) for clause in conflict.failed):
            raise
    except LedgerUnreachableError:
        raise UndeterminedError(BUSY) from None
    except LedgerUnavailableError:
        changes_something = not all(isinstance(clause, EntryWritten | KeyTaken) for clause in every)
        raise UndeterminedError(OUTCOME_UNKNOWN if changes_something else BUSY) from None


def schedule_expiry(clock: Clock, wakeups: WakeupScheduler, wakeup: Wakeup, rules: UserRules | MeetingRules) -> None:
    """Wakes the reconciler at the first end of the rules. The `due` index has the time as well."""
    ends_at = next_end(rules)
    if ends_at is not None:
        wakeups.schedule(wakeup, ends_at - clock.now())


def deadline(committed_at: datetime) -> datetime:
    return committed_at + BUDGET


MOST_ACTIONS = 100
MOST_BYTES = 3 * 1024 * 1024
"""DynamoDB's limits of a transaction are 100 actions and 4 MB:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
"""
ATTENDEES_TOGETHER = 40
"""Attendees of one user in one clause. Each adds about 40 characters to an expression, which has 4 KB."""


def chunks(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def packed(
    groups: Iterable[Sequence[Clause]], beside: Sequence[Clause] = (), most: int = MOST_ACTIONS
) -> Iterator[list[Sequence[Clause]]]:
    """Packs the groups in their order into transactions, with the clauses that each transaction has `beside` them. A
    group stays whole, and no two groups in a transaction write the same user.
    """
    room, space = most - sum(map(actions_of, beside)), MOST_BYTES - sum(map(size, beside))
    together: list[Sequence[Clause]] = []
    users: set[str] = set()
    count = length = 0
    for group in groups:
        added, written, actions = sum(map(size, group)), _users(group), sum(map(actions_of, group))
        if together and (count + actions > room or length + added > space or users & written):
            yield together
            together, users, count, length = [], set(), 0, 0
        together.append(group)
        users |= written
        count += actions
        length += added
    if together:
        yield together


def size(clause: Clause) -> int:
    """The size in bytes of the printed clause, which is more than it takes in the table."""
    return len(repr(clause).encode("utf-8", "replace"))


def _users(group: Sequence[Clause]) -> set[str]:
    revised = {clause.user.id for clause in group if isinstance(clause, UserRevised)}
    return revised | {clause.user_id for clause in group if isinstance(clause, AttendeesNoted)}
