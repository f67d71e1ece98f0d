"""Binding seats: a person whom Chime shows becomes known to the ledger, and from then on rules bind all his seats."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from ...domain.actor import CHIME
from ...domain.capability import EVERYTHING, NOTHING
from ...domain.change import CALL_LIFE
from ...domain.meeting import Meeting, Seat, User, is_pipeline
from ...ports import (
    Clause,
    ConditionFailedError,
    EntryWritten,
    SeatBound,
    SeatInChime,
    TransactionContentionError,
    UserRevised,
    World,
)
from .change_in_progress import wanted
from .lobby import admission_requested, has_come_to_wait, with_waiting
from .retries import transact_with_retry
from .transaction_batches import SEATS_TOGETHER, chunks, packed

TRIES = 5
BATCHES_ARE_OVER_AFTER = timedelta(seconds=60)


def with_seats(world: World, meeting: Meeting, user: User, found: Sequence[SeatInChime]) -> User:
    """The person with seats that were seen in Chime; the first tells what he was granted, if nobody said before.

    Who holds just what the rules give an unknown newcomer may have got it from a batch that reached him before anybody
    saw him: that says nothing of what he was created with, and he is granted everything, as if he had been admitted.
    Neither does an attendee that was created with nothing for a user who has to wait.
    """
    new = {s.attendee_id: Seat(s.attendee_id, s.capabilities) for s in found if s.attendee_id not in user.seats}
    if not new:
        return user
    user = with_waiting(world, meeting, user)
    grant = user.rules.grant
    if grant is None:
        seen = found[0].capabilities
        is_held_since = user.rules.waiting is not None and seen == NOTHING
        batched = seen == wanted(world, meeting, User("")) and _may_have_batched(world, meeting)
        grant = EVERYTHING if batched or is_held_since else seen
    return replace(user, rules=replace(user.rules, grant=grant), seats={**user.seats, **new})


def _may_have_batched(world: World, meeting: Meeting) -> bool:
    """Whether a batch may have reached him unseen: what changed the meeting last is under way, or just was."""
    change = world.ledger.change(meeting.id, meeting.revised_by) if meeting.revised_by else None
    if change is None:
        return False
    return change.due_at is not None or world.surroundings.now() < change.committed_at + BATCHES_ARE_OVER_AFTER


def bind(
    world: World,
    meeting: Meeting,
    roster: Sequence[SeatInChime],
    people: Mapping[str, User],
    holder: Sequence[Clause] = (),
) -> Mapping[str, User]:
    """Everybody on the roster as the ledger has them afterwards, whoever bound them. Raises `Contention` if others
    keep changing the same people, and `Conflict` if `holder` does not hold: no process would apply the rules to them.
    """
    for _ in range(TRIES):
        strangers = _strangers(world, meeting, roster, people)
        if not strangers:
            return people
        groups = (group for pair in strangers for group in _groups(world, meeting, *pair))
        for together in packed(groups, holder):
            _bind(world, together, holder)
        people = world.ledger.everybody(meeting.id)
    raise TransactionContentionError


def _strangers(
    world: World, meeting: Meeting, roster: Sequence[SeatInChime], people: Mapping[str, User]
) -> list[tuple[User, User]]:
    """Who has seats that the ledger doesn't know: as he is stored, and as he will be."""
    seen: dict[str, list[SeatInChime]] = {}
    for seat in roster:
        if not is_pipeline(seat.user_id):
            seen.setdefault(seat.user_id, []).append(seat)
    found = []
    for user_id, seats in seen.items():
        stored = people.get(user_id, User(user_id))
        user = with_seats(world, meeting, stored, seats)
        if user is not stored:
            found.append((stored, user))
    return found


def _bind(world: World, together: Sequence[Sequence[Clause]], holder: Sequence[Clause]) -> None:
    """Together if nobody stands in the way, else one by one."""
    until = world.surroundings.now() + CALL_LIFE
    try:
        transact_with_retry(world, [*holder, *(clause for group in together for clause in group)], until)
    except ConditionFailedError as conflict:
        if any(clause in conflict.failed for clause in holder):
            raise
        if len(together) > 1:
            for group in together:
                _bind(world, [group], holder)


def _groups(world: World, meeting: Meeting, stored: User, user: User) -> Iterator[list[Clause]]:
    """What makes the new seats known, in steps where there are many: each step rests on the one before."""
    new = [seat for key, seat in user.seats.items() if key not in stored.seats]
    revision, seats = stored.revision, dict(stored.seats)
    told = [EntryWritten(admission_requested(world, meeting, user, CHIME))] if has_come_to_wait(stored, user) else []
    for some in chunks(new, SEATS_TOGETHER):
        seats |= {seat.attendee_id: seat for seat in some}
        step = replace(user, seats=dict(seats), revision=revision + 1)
        bound = [SeatBound(meeting.id, seat.attendee_id, user.id) for seat in some]
        yield [UserRevised(meeting.id, step, revision, tuple(some)), *bound, *told]
        revision, told = revision + 1, []
