"""decide · commit, as far as all commands have it in common: the race, the change, its first entry, its commit."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from ..core.change import LEASE, Change
from ..core.decision import Refusal
from ..core.entry import DECIDED, Entry
from ..core.meeting import Meeting, MeetingRules, UserRules, host_count, next_end
from ..core.spoken import spoken
from ..ports import (
    ChangeOpened,
    ChimeFailure,
    Clause,
    Conflict,
    Contention,
    EntryWritten,
    KeyTaken,
    LedgerUnavailable,
    Reminder,
    World,
)
from .answers import kept
from .carried import due_after, lease_of
from .patience import REFUSED, is_worn_out
from .persistence import persistently
from .request import BUSY, CONTENDED, TOO_MANY, Answer, Outcome, Refused, Request

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


def raced(world: World, once: Callable[[Conflict | None], Outcome]) -> Outcome:
    """Decides anew as often as somebody else was quicker. A machine that failed is an answer, too."""
    lost: Conflict | None = None
    races, until = 0, world.surroundings.now() + RACE_FOR
    try:
        while world.surroundings.now() < until:
            try:
                return once(lost)
            except Conflict as conflict:
                lost = conflict
                world.surroundings.sleep(0.01 * 2 ** min(races, 5) * (0.5 + world.surroundings.chance()))
                races += 1
    except Contention:
        return CONTENDED
    except (LedgerUnavailable, ChimeFailure):
        return BUSY
    return CONTENDED


def opened(
    world: World, request: Request, meeting: Meeting, change_id: str, policies: tuple[str, ...], **about: Any
) -> Change:
    """The change with a fresh lease, held by whoever asked."""
    now = world.surroundings.now()
    lease = lease_of(world.surroundings.new_id(), now, LEASE)
    return Change(
        id=change_id,
        meeting_id=meeting.id,
        command=request.command.name,
        said=spoken(request.command),
        actor=request.actor,
        policies=policies,
        committed_at=now,
        reason=request.command.reason,
        lease=lease,
        due_at=due_after(lease),
        **about,
    )


def counting(meeting: Meeting, before: UserRules, after: UserRules, change_id: str) -> Meeting:
    """The meeting with as many hosts as it has when a person's rules change."""
    more = host_count(before, after)
    if not more:
        return meeting
    return replace(meeting, hosts=meeting.hosts + more, revision=meeting.revision + 1, revised_by=change_id)


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
        adds={
            "verdict": "refused" if refusal else "accepted",
            "policies": list(policies),
            "code": refusal.code if refusal else None,
            "parameters": spoken(request.command),
            "attendees": list(attendees),
        },
    )


def committed(world: World, request: Request, change: Change, entry: Entry, clauses: Sequence[Clause]) -> bool:
    """Also if it was this very transaction whose answer was lost before: the change in the ledger has our lease.

    Returns False if an earlier decision of the same request had been committed after all: then its lease is running,
    and what it left is taken up when that has ended. Raises `Conflict`.
    """
    every = [*clauses, ChangeOpened(change), EntryWritten(entry)]
    if request.key is not None:
        every.append(KeyTaken(request.key, request.fingerprint, change.meeting_id, change.id))
    try:
        persistently(world, every, world.surroundings.now() + COMMIT_WITHIN)
    except Conflict as conflict:
        if any(isinstance(clause, ChangeOpened) for clause in conflict.failed):
            stored = world.ledger.change(change.meeting_id, change.id)
            return stored is not None and stored.lease == change.lease
        raise
    return True


def keep(world: World, request: Request, outcome: Answer | Refused, clauses: Sequence[Clause] = ()) -> None:
    """Writes an answer that no change holds, if it has to be given again or told."""
    every = list(clauses)
    if request.key is not None:
        every.append(KeyTaken(request.key, request.fingerprint, request.meeting_id, None, kept(outcome)))
    if every and not request.dry_run:
        persistently(world, every, world.surroundings.now() + COMMIT_WITHIN)


def refuse(world: World, request: Request, outcome: Refused, entry: Entry, *, is_permitted: bool) -> Refused:
    """A refusal is a line of history, unless somebody goes on and on with what he may not do."""
    if not (is_permitted or request.dry_run) and is_worn_out(world, request.meeting_id, request.actor, REFUSED):
        return TOO_MANY
    keep(world, request, outcome, [EntryWritten(entry)] if outcome.code in RECORDED else [])
    return outcome


def unchanged(request: Request) -> str:
    """The status of an answer to what changes nothing, or would."""
    return "dry-run" if request.dry_run else "unchanged"


def remind_of_end(world: World, reminder: Reminder, rules: UserRules | MeetingRules) -> None:
    """To the second where nothing goes wrong; the `due` index knows of it as well."""
    ends_at = next_end(rules)
    if ends_at is not None:
        world.reminders.remind(reminder, ends_at - world.surroundings.now())


def deadline(committed_at: datetime) -> datetime:
    return committed_at + BUDGET
