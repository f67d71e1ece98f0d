"""Attendee binding: records the user of an attendee that Chime shows. The user's rules then bind the attendee."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache

from ...domain.actor import CHIME
from ...domain.capability import EVERYTHING, NOTHING, Capabilities
from ...domain.change import CALL_LIFE
from ...domain.decisions.decide import has_come_to_wait
from ...domain.ids import is_pipeline
from ...domain.meeting import Attendee, Meeting, User
from ...ports import (
    AttendeeBound,
    ChimeAttendee,
    Clause,
    Clock,
    ConditionFailedError,
    EntryWritten,
    Ledger,
    Policies,
    TransactionContentionError,
    UserRevised,
)
from .lobby import admission_requested, with_waiting
from .transactions import ATTENDEES_TOGETHER, chunks, packed, transact_with_retry

TRIES = 5


def with_attendees(
    policies: Policies,
    clock: Clock,
    meeting: Meeting,
    user: User,
    found: Sequence[ChimeAttendee],
    recorded_batches: Callable[[str], Collection[Capabilities]],
) -> User:
    """The user with attendees seen in Chime. If the user's grant is unknown, it is taken from the first of them.

    If a batch may have given what that attendee holds, nobody knows how the attendee was created: the user is granted
    everything, as if they had been admitted. The same holds for an attendee that was created with nothing for a user
    who has to wait. `recorded_batches`: that operation of the ledger. It is asked only if it matters.
    """
    new = {s.attendee_id: Attendee(s.attendee_id, s.capabilities) for s in found if s.attendee_id not in user.attendees}
    if not new:
        return user
    user = with_waiting(policies, clock, meeting, user)
    grant = user.rules.grant
    if grant is None:
        seen = found[0].capabilities
        is_held_since = user.rules.waiting is not None and seen == NOTHING
        is_unclear = is_held_since or (seen != EVERYTHING and seen in recorded_batches(meeting.id))
        grant = EVERYTHING if is_unclear else seen
    return replace(user, rules=replace(user.rules, grant=grant), attendees={**user.attendees, **new})


def bind(
    ledger: Ledger,
    policies: Policies,
    clock: Clock,
    meeting: Meeting,
    roster: Sequence[ChimeAttendee],
    users: Mapping[str, User],
    holder: Sequence[Clause] = (),
) -> Mapping[str, User]:
    """Binds all attendees on the roster and returns their users as stored afterwards.

    Raises `TransactionContentionError` if other functions keep changing the same users. Raises `ConditionFailedError`
    if `holder` does not hold: then no process would apply the rules to the attendees.
    """
    for _ in range(TRIES):
        unbound = _unbound(ledger, policies, clock, meeting, roster, users)
        if not unbound:
            return users
        groups = (group for pair in unbound for group in _groups(clock, meeting, *pair))
        for together in packed(groups, holder):
            _bind(ledger, clock, together, holder)
        users = ledger.all_users(meeting.id)
    raise TransactionContentionError


def _unbound(
    ledger: Ledger,
    policies: Policies,
    clock: Clock,
    meeting: Meeting,
    roster: Sequence[ChimeAttendee],
    users: Mapping[str, User],
) -> list[tuple[User, User]]:
    """Users with attendees that the ledger does not know: as stored, and as they will be."""
    seen: dict[str, list[ChimeAttendee]] = {}
    for attendee in roster:
        if not is_pipeline(attendee.user_id):
            seen.setdefault(attendee.user_id, []).append(attendee)
    recorded_batches, found = cache(ledger.recorded_batches), []
    for user_id, attendees in seen.items():
        stored = users.get(user_id, User(user_id))
        user = with_attendees(policies, clock, meeting, stored, attendees, recorded_batches)
        if user is not stored:
            found.append((stored, user))
    return found


def _bind(ledger: Ledger, clock: Clock, together: Sequence[Sequence[Clause]], holder: Sequence[Clause]) -> None:
    """Binds the users in one transaction or, after a conflict, one by one."""
    until = clock.now() + CALL_LIFE
    try:
        transact_with_retry(ledger, clock, [*holder, *(clause for group in together for clause in group)], until)
    except ConditionFailedError as conflict:
        if any(clause in conflict.failed for clause in holder):
            raise
        if len(together) > 1:
            for group in together:
                _bind(ledger, clock, [group], holder)


def _groups(clock: Clock, meeting: Meeting, stored: User, user: User) -> Iterator[list[Clause]]:
    """The clauses that bind a user's attendees, in steps if there are many. Each step rests on the one before."""
    new = [attendee for key, attendee in user.attendees.items() if key not in stored.attendees]
    revision, attendees = stored.revision, dict(stored.attendees)
    entries = [EntryWritten(admission_requested(clock, meeting, user, CHIME))] if has_come_to_wait(stored, user) else []
    for some in chunks(new, ATTENDEES_TOGETHER):
        attendees |= {attendee.attendee_id: attendee for attendee in some}
        step = replace(user, attendees=dict(attendees), revision=revision + 1)
        bound = [AttendeeBound(meeting.id, attendee.attendee_id, user.id) for attendee in some]
        yield [UserRevised(meeting.id, step, revision, tuple(some)), *bound, *entries]
        revision, entries = revision + 1, []
