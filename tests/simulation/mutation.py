"""A safeguard that is taken away: how the ledger is made to check less, and what has to be seen broken."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Any
from unittest.mock import patch

from moderation.ports import ChangeKept, ChangeOpened, Clause, MeetingIs, SeatsNoted, UserIs, UserRevised

from tests.memory.ledger import MemoryLedger

from .small import Case

Rewriting = Callable[[MemoryLedger, Sequence[Clause]], Sequence[Clause]]
Patch = Callable[[], AbstractContextManager[Any]]

HOLDS = "Chime holds what the rules say"
KNOWN = "what is known of Chime is so"
CLOSED = "every change is closed"
WIDER = "nobody gets more than he was allowed"
ONCE = "a change is closed once"
TWICE = "no change tells the same twice"
APPLIED = "what is applied is in the rules"
FRESH = "answers that commit nothing rest on a fresh read"
DECIDED_THERE = "a command is decided in the state it is committed in"
REVISIONS = "no revision is skipped or used twice"
TRUE = "answers are true"
ONE_KEY = "one key, one change"
BACK = "what is given up is taken back"
OUTAGE = {"throttled": 3.0, "unavailable": 0.1}
"""Long enough for what widens to be given up."""


@dataclass(frozen=True)
class Mutation:
    safeguard: str
    without: Patch
    loses: tuple[str, ...]
    rates: Mapping[str, float] = field(default_factory=dict)
    """What goes wrong more often than elsewhere, so that few schedules are enough."""
    first: int = 0
    """The seed to begin with: it is known to show soon after."""
    case: Case | None = None
    """A small case in which it shows, rather than random schedules."""


def rewriting(rewrite: Rewriting) -> Patch:
    """A ledger that is handed other clauses than production wrote."""
    original = MemoryLedger.transact

    def transact(self: MemoryLedger, clauses: Sequence[Clause]) -> None:
        original(self, rewrite(self, clauses))

    return lambda: patch.object(MemoryLedger, "transact", transact)


def settles(clauses: Sequence[Clause]) -> bool:
    kinds = {type(clause) for clause in clauses}
    return ChangeKept in kinds and bool(kinds & {MeetingIs, SeatsNoted})


def commits(clauses: Sequence[Clause]) -> bool:
    return any(isinstance(c, ChangeOpened) for c in clauses)


def any_revision(store: MemoryLedger, clauses: Sequence[Clause]) -> Sequence[Clause]:
    if not settles(clauses):
        return clauses
    found: list[Clause] = []
    for clause in clauses:
        if isinstance(clause, SeatsNoted):
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
    """Whoever writes last wins."""
    found: list[Clause] = []
    for clause in clauses:
        if isinstance(clause, UserRevised) and clause.was:
            stored = store.users[clause.meeting_id, clause.user.id]
            found.append(replace(clause, was=stored.revision, notes=None))
        else:
            found.append(clause)
    return found


def drop(kind: type, where: Callable[[Sequence[Clause]], bool]) -> Patch:
    def rewrite(_: MemoryLedger, clauses: Sequence[Clause]) -> Sequence[Clause]:
        return [c for c in clauses if not isinstance(c, kind)] if where(clauses) else clauses

    return rewriting(rewrite)
