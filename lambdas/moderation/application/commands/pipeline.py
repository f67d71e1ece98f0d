"""decide · commit, as far as all commands have it in common: the race, the change, its first entry, its commit."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from ...domain.change import LEASE, Change
from ...domain.decisions.decision import Refusal
from ...domain.entry import DECIDED, Entry
from ...domain.meeting import Meeting, MeetingRules, UserRules, next_end
from ...domain.parameters import parameters_of
from ...ports import (
    ChangeOpened,
    ChimeError,
    Clause,
    ConditionFailedError,
    EntryWritten,
    InfrastructureError,
    KeyTaken,
    LedgerUnavailableError,
    LedgerUnreachableError,
    TransactionContentionError,
    Wakeup,
    World,
)
from ..answers import kept
from ..enforcement.change_in_progress import due_after, lease_of
from ..enforcement.retries import FIRST_PAUSE, read_with_retry, transact_with_retry
from ..rate_limit import REFUSED, is_rate_limited
from ..requests import BUSY, CONTENDED, OUTCOME_UNKNOWN, TOO_MANY, Answer, Outcome, Refused, Request

RACE_FOR = timedelta(seconds=8)
"""How long a command that keeps losing its race is decided anew before the caller hears `contended`."""
BUDGET = timedelta(seconds=10)
"""How long a caller waits for Chime after the commit; then the change is left pending. With the race and the commit it
stays below the 29 s of the API.
"""
COMMIT_WITHIN = timedelta(seconds=5)
"""How long one commit is tried again under contention."""
RECORDED = {"not-permitted", "capability-unavailable", "meeting-ended", "last-host", "not-undoable", "too-late"}
"""Refusals that become entries; the others are answers to malformed requests."""


class UndeterminedError(InfrastructureError):
    """The outcome of a write stays unknown; `answer` is what can be said all the same."""

    def __init__(self, answer: Refused) -> None:
        super().__init__(answer.code)
        self.answer = answer


def retry_on_conflict(world: World, once: Callable[[ConditionFailedError | None], Outcome]) -> Outcome:
    """Decides anew as often as somebody else was quicker, and once more after a read that failed. A machine that failed
    is an answer, too: `busy` and `contended` where nothing was decided.
    """
    lost: ConditionFailedError | None = None
    races, until, answer = 0, world.surroundings.now() + RACE_FOR, CONTENDED
    try:
        while world.surroundings.now() < until:
            try:
                return once(lost)
            except ConditionFailedError as conflict:
                lost = conflict
                world.surroundings.sleep(0.01 * 2 ** min(races, 5) * (0.5 + world.surroundings.jitter()))
                races += 1
            except LedgerUnavailableError:
                if answer is BUSY:
                    return BUSY
                answer = BUSY
                world.surroundings.sleep(FIRST_PAUSE * (0.5 + world.surroundings.jitter()))
    except UndeterminedError as undetermined:
        return undetermined.answer
    except TransactionContentionError:
        return CONTENDED
    except ChimeError:
        return BUSY
    return answer


def new_change(
    world: World, request: Request, meeting: Meeting, change_id: str, policies: tuple[str, ...], **about: Any
) -> Change:
    """The change with a fresh lease, held by whoever asked."""
    now = world.surroundings.now()
    lease = lease_of(world.surroundings.new_id(), now, LEASE)
    return Change(
        id=change_id,
        meeting_id=meeting.id,
        command=request.command.name,
        said=parameters_of(request.command),
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
            "parameters": parameters_of(request.command),
            "attendees": list(attendees),
        },
    )


def commit_change(world: World, request: Request, change: Change, entry: Entry, clauses: Sequence[Clause]) -> bool:
    """Also if it was this very transaction whose answer was lost before: the change in the ledger has our lease.

    Returns False if the change is committed, but not under our lease any more, or not to be read now: what it left is
    taken up when the lease has ended. Raises `Conflict`, `Contention`, `UndeterminedError`.
    """
    every = [*clauses, ChangeOpened(change), EntryWritten(entry)]
    if request.key is not None:
        every.append(KeyTaken(request.key, request.fingerprint, change.meeting_id, change.id))
    return is_written(world, every, change)


def is_written(world: World, clauses: Sequence[Clause], change: Change) -> bool:
    """Writes what stores the change under a new lease. If the outcome is unknown, the change is read back."""
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
    """The change as this very write left it, or as it was carried on since; None if it was not written. Raises
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
    # It was there before, waiting for the person's answer: has it had this one?
    return stored if (stored.agreed_at, stored.lapsed) == (change.agreed_at, change.lapsed) else None


def store_result(world: World, request: Request, outcome: Answer | Refused, clauses: Sequence[Clause] = ()) -> None:
    """Writes an answer that no change holds, if it has to be given again or told. An entry is written once: if it is
    there already, the answer to an earlier attempt was lost. Raises `Conflict`, `Contention`, `UndeterminedError`.
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


def refuse(world: World, request: Request, outcome: Refused, entry: Entry, *, is_permitted: bool) -> Refused:
    """A refusal is a line of history, unless somebody goes on and on with what he may not do."""
    if not (is_permitted or request.dry_run) and is_rate_limited(world, request.meeting_id, request.actor, REFUSED):
        return TOO_MANY
    store_result(world, request, outcome, [EntryWritten(entry)] if outcome.code in RECORDED else [])
    return outcome


def unchanged(request: Request) -> str:
    """The status of an answer to what changes nothing, or would."""
    return "dry-run" if request.dry_run else "unchanged"


def schedule_expiry(world: World, wakeup: Wakeup, rules: UserRules | MeetingRules) -> None:
    """To the second where nothing goes wrong; the `due` index knows of it as well."""
    ends_at = next_end(rules)
    if ends_at is not None:
        world.wakeups.schedule(wakeup, ends_at - world.surroundings.now())


def deadline(committed_at: datetime) -> datetime:
    return committed_at + BUDGET
