"""The commit: the change, its first entry, and the transaction that writes them with the idempotency key."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from ...domain.change import LEASE, Change
from ...domain.decisions.decision import Refusal
from ...domain.entry import DECIDED, Entry
from ...domain.meeting import Meeting, MeetingRules, UserRules, next_end
from ...ports import (
    ChangeOpened,
    Clause,
    ConditionFailedError,
    EntryWritten,
    InfrastructureError,
    KeyTaken,
    LedgerUnavailableError,
    LedgerUnreachableError,
    Wakeup,
    World,
)
from ..answers import kept
from ..enforcement.change_in_progress import due_after, lease_of
from ..enforcement.retries import read_with_retry, transact_with_retry
from ..requests import BUSY, OUTCOME_UNKNOWN, Answer, Refused, Request

BUDGET = timedelta(seconds=10)
"""How long a caller waits for Chime after the commit; then the change is left pending. With lost races and the commit
it stays below the 29 s of the API.
"""
COMMIT_WITHIN = timedelta(seconds=5)
"""How long one commit is tried again under contention."""


class UndeterminedError(InfrastructureError):
    """The outcome of a write stays unknown; `answer` says what is known."""

    def __init__(self, answer: Refused) -> None:
        super().__init__(answer.code)
        self.answer = answer


def new_change(
    world: World, request: Request, meeting: Meeting, change_id: str, policies: tuple[str, ...], **about: Any
) -> Change:
    """The change with a fresh lease, which this process holds."""
    now = world.surroundings.now()
    lease = lease_of(world.surroundings.new_id(), now, LEASE)
    return Change(
        id=change_id,
        meeting_id=meeting.id,
        command=request.command.name,
        said=request.command.parameters(),
        actor=request.actor,
        policies=policies,
        committed_at=now,
        reason=request.command.reason,
        lease=lease,
        due_at=due_after(lease),
        **about,
    )


def decided_entry(
    world: World,
    request: Request,
    meeting: Meeting,
    revision: str,
    policies: tuple[str, ...],
    attendees: Sequence[Mapping[str, object]],
    *,
    change_id: str | None = None,
    refusal: Refusal | Refused | None = None,
) -> Entry:
    return Entry(
        id=world.surroundings.new_id(),
        type=DECIDED,
        meeting_id=meeting.id,
        external_meeting_id=meeting.external_id,
        occurred_at=world.surroundings.now(),
        actor=request.actor,
        command=request.command.name,
        revision=revision,
        change_id=change_id,
        reason=request.command.reason,
        extra={
            "verdict": "refused" if refusal else "accepted",
            "policies": list(policies),
            "code": refusal.code if refusal else None,
            "parameters": request.command.parameters(),
            "attendees": list(attendees),
        },
    )


def commit_change(world: World, request: Request, change: Change, entry: Entry, clauses: Sequence[Clause]) -> bool:
    """Commits a new change with its entry and the idempotency key.

    Returns False if the change is committed, but not under our lease any more, or can't be read now: then the
    reconciler takes it over when the lease has ended. Raises `ConditionFailedError`, `TransactionContentionError`,
    `UndeterminedError`.
    """
    return is_written(world, request, [*clauses, ChangeOpened(change), EntryWritten(entry)], change)


def is_written(world: World, request: Request, clauses: Sequence[Clause], change: Change) -> bool:
    """Writes the clauses, which store the change under a new lease, with the idempotency key.

    If the outcome is unknown, the change is read back: if it has our lease, this transaction was committed. Returns and
    raises as `commit_change`.
    """
    if request.key is not None:
        clauses = [*clauses, KeyTaken(request.key, request.fingerprint, change.meeting_id, change.id)]
    try:
        transact_with_retry(world, clauses, world.surroundings.now() + COMMIT_WITHIN)
    except ConditionFailedError as conflict:
        is_there = any(isinstance(clause, ChangeOpened) for clause in conflict.failed)
        if not is_there and not conflict.is_after_lost_answer:
            raise
        stored = _read_back(world, clauses, change, is_there=is_there)
        if stored is None and not is_there:
            raise
        return _has_lease_of(stored, change)
    except LedgerUnreachableError:
        raise UndeterminedError(BUSY) from None
    except LedgerUnavailableError:
        stored = _read_back(world, clauses, change, is_there=False)
        if stored is None:
            raise UndeterminedError(replace(OUTCOME_UNKNOWN, change_id=change.id)) from None
        return _has_lease_of(stored, change)
    return True


def _has_lease_of(stored: Change | None, change: Change) -> bool:
    lease = stored.lease if stored is not None else None
    return lease is not None and change.lease is not None and lease.token == change.lease.token


def _read_back(world: World, clauses: Sequence[Clause], change: Change, *, is_there: bool) -> Change | None:
    """The change as this very write left it, or as it went on since; None if it was not written. Raises
    `UndeterminedError` if it can't be read and may be missing.
    """
    try:
        stored = read_with_retry(world, lambda: world.ledger.change(change.meeting_id, change.id))
    except LedgerUnavailableError:
        if is_there:
            return None
        raise UndeterminedError(replace(OUTCOME_UNKNOWN, change_id=change.id)) from None
    if stored is None or any(isinstance(clause, ChangeOpened) for clause in clauses):
        return stored
    # It was there before, waiting for the user's answer: has it had this one?
    return stored if (stored.agreed_at, stored.lapsed) == (change.agreed_at, change.lapsed) else None


def store_result(world: World, request: Request, outcome: Answer | Refused, clauses: Sequence[Clause] = ()) -> None:
    """Writes the clauses and, under the idempotency key, an outcome that no change holds. An entry is written once: if
    it is there already, the answer to an earlier attempt was lost. Raises `ConditionFailedError`,
    `TransactionContentionError`, `UndeterminedError`.
    """
    every = list(clauses)
    if request.key is not None:
        every.append(KeyTaken(request.key, request.fingerprint, request.meeting_id, None, kept(outcome)))
    if not every or request.dry_run:
        return
    try:
        transact_with_retry(world, every, world.surroundings.now() + COMMIT_WITHIN)
    except ConditionFailedError as conflict:
        if not any(isinstance(clause, EntryWritten) for clause in conflict.failed):
            raise
    except LedgerUnreachableError:
        raise UndeterminedError(BUSY) from None
    except LedgerUnavailableError:
        changes_something = not all(isinstance(clause, EntryWritten | KeyTaken) for clause in every)
        raise UndeterminedError(OUTCOME_UNKNOWN if changes_something else BUSY) from None


def schedule_expiry(world: World, wakeup: Wakeup, rules: UserRules | MeetingRules) -> None:
    """Wakes the reconciler to the second when the first of the rules ends. The `due` index has the moment as well."""
    ends_at = next_end(rules)
    if ends_at is not None:
        world.wakeups.schedule(wakeup, ends_at - world.surroundings.now())


def deadline(committed_at: datetime) -> datetime:
    return committed_at + BUDGET
