"""A mutation removes a safeguard: it makes the ledger check less, and names the invariants that have to break."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Any
from unittest.mock import patch

from moderation.ports import AttendeesNoted, ChangeKept, ChangeOpened, Clause, MeetingIs, UserIs, UserRevised

from tests.memory.ledger import MemoryLedger

from .small import Case

Rewriting = Callable[[MemoryLedger, Sequence[Clause]], Sequence[Clause]]
Patch = Callable[[], AbstractContextManager[Any]]

HOLDS = "Chime holds what the rules say"
KNOWN = "what is known of Chime is so"
CLOSED = "every change is closed"
WIDER = "no attendee gets more than the rules allow"
ONCE = "a change is closed once"
TWICE = "no change tells the same twice"
APPLIED = "what is applied is in the rules"
FRESH = "answers that commit nothing rest on a fresh read"
DECIDED_THERE = "a command is decided in the state it is committed in"
REVISIONS = "no revision is skipped or used twice"
TRUE = "answers are true"
ONE_KEY = "one key, one change"
BACK = "what is given up is taken back"
TOLD = "who is taken out is told of"
FROZEN = "nobody gains while the meeting is frozen"
CONSENT = "no microphone opens without consent"
OUTAGE = {"throttled": 3.0, "unavailable": 0.1}
"""Long enough that widenings are given up."""


@dataclass(frozen=True)
class Mutation:
    safeguard: str
    without: Patch
    loses: tuple[str, ...]
    rates: Mapping[str, float] = field(default_factory=dict)
    """Faults that are more frequent than usual, so that few schedules are enough."""
    first: int = 0
    """The first seed to try. It is known to show the loss soon after."""
    case: Case | None = None
    """A small case that shows the loss, in place of random schedules."""


def rewriting(rewrite: Rewriting) -> Patch:
    """Replaces the clauses that production wrote."""
    original = MemoryLedger.transact

    def transact(self: MemoryLedger, clauses: Sequence[Clause]) -> None:
        original(self, rewrite(self, clauses))

    return lambda: patch.object(MemoryLedger, "transact", transact)


def settles(clauses: Sequence[Clause]) -> bool:
    kinds = {type(clause) for clause in clauses}
    return ChangeKept in kinds and bool(kinds & {MeetingIs, AttendeesNoted})


def commits(clauses: Sequence[Clause]) -> bool:
    return any(isinstance(c, ChangeOpened) for c in clauses)


def any_revision(store: MemoryLedger, clauses: Sequence[Clause]) -> Sequence[Clause]:
    if not settles(clauses):
        return clauses
    found: list[Clause] = []
    for clause in clauses:
        if isinstance(clause, AttendeesNoted):
            stored = store.users.get((clause.meeting_id, clause.user_id))
            found.append(replace(clause, revision=stored.revision if stored else 0, notes=None))
        elif not isinstance(clause, UserIs):
            found.append(clause)
    return found


def any_token(store: MemoryLedger, clauses: Sequence[Clause]) -> Sequence[Clause]:
    found: list[Clause] = []
    for clause in clauses:
        if isinstance(clause, ChangeKept) and settles(clauses):
            kept = store.changes.get((clause.change.meeting_id, clause.change.id))
            token = kept.lease.token if kept and kept.lease else clause.token
            found.append(replace(clause, token=token))
        else:
            found.append(clause)
    return found


def any_user(store: MemoryLedger, clauses: Sequence[Clause]) -> Sequence[Clause]:
    """The last write wins."""
    found: list[Clause] = []
    for clause in clauses:
        if isinstance(clause, UserRevised) and clause.was:
            stored = store.users[clause.meeting_id, clause.user.id]
            found.append(replace(clause, was=stored.revision, notes=None))
        else:
            found.append(clause)
    return found


def any_notes(_: MemoryLedger, clauses: Sequence[Clause]) -> Sequence[Clause]:
    """Ignores what was noted since a user was read."""
    if not commits(clauses):
        return clauses
    return [replace(c, notes=None) if isinstance(c, UserRevised) else c for c in clauses]


def drop(kind: type, where: Callable[[Sequence[Clause]], bool]) -> Patch:
    def rewrite(_: MemoryLedger, clauses: Sequence[Clause]) -> Sequence[Clause]:
        return [c for c in clauses if not isinstance(c, kind)] if where(clauses) else clauses

    return rewriting(rewrite)
