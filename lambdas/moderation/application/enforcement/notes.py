"""What a change of everybody has made Chime hold: noted on the attendees, and told with the note."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from ...domain.effects import effects_on_seat
from ...domain.entry import CAPABILITIES_CHANGED, changed
from ...ports import ChangeKept, Clause, ConditionFailedError, EntryWritten, MeetingIs, SeatsNoted, World
from .change_in_progress import ChangeInProgress, entry
from .chime_calls import ChimeCalls
from .retries import transact_with_retry
from .roster_snapshot import RosterSnapshot, news
from .transaction_batches import SEATS_TOGETHER, chunks, packed

NOTED_TOGETHER = 33
"""Actions in one transaction of notes: each of them may be contended by what an attendee is doing just then."""
TOLD_TOGETHER = 100
"""Attendees in one entry, so that its event stays far below EventBridge's 256 KB."""


def note(world: World, in_progress: ChangeInProgress, snapshot: RosterSnapshot, calls: ChimeCalls) -> None:
    """Notes what Chime has on everybody of whom something else was known, and tells it in the same transaction: a
    function that takes over would find it noted, and tell nobody. A user whose rules were changed since the second look
    is left to that change. Raises `Conflict` if a note would say nothing any more: the meeting has moved on, another
    process holds the lease, or the user was revised by no change that would apply the rules again.
    """
    meeting, now = in_progress.meeting, world.surroundings.now()
    stands: list[Clause] = [
        MeetingIs(meeting.id, meeting.revision, calls.lease.token),
        ChangeKept(in_progress.change, calls.lease.token),
    ]
    groups = [
        [SeatsNoted(meeting.id, user.id, user.revision, tuple(seats), user.notes + position)]
        for user in snapshot.people.values()
        for position, seats in enumerate(chunks(news(user, snapshot, now), SEATS_TOGETHER))
    ]
    for together in packed(groups, stands, NOTED_TOGETHER):
        notes = [each for group in together for each in group if isinstance(each, SeatsNoted)]
        while notes:
            notes = _left(world, in_progress, snapshot, calls, stands, notes)


def told_of(
    world: World,
    in_progress: ChangeInProgress,
    snapshot: RosterSnapshot,
    calls: ChimeCalls,
    attendee_ids: Collection[str],
) -> list[Clause]:
    """What has become of these attendees, as far as it was not told yet."""
    attendees = []
    for made in snapshot.changes:
        before, after = calls.told.get(made.attendee_id, made.before), made.after
        if made.attendee_id in attendee_ids and before != after:
            effects = effects_on_seat(before, after, before & ~after)
            attendees.append(changed(made.attendee_id, snapshot.seats[made.attendee_id], before, after, effects))
    return [
        EntryWritten(entry(world, in_progress, CAPABILITIES_CHANGED, {"attendees": together}))
        for together in chunks(attendees, TOLD_TOGETHER)
    ]


def _left(
    world: World,
    in_progress: ChangeInProgress,
    snapshot: RosterSnapshot,
    calls: ChimeCalls,
    stands: Sequence[Clause],
    notes: Sequence[SeatsNoted],
) -> list[SeatsNoted]:
    """Writes them, or returns those that are to be tried again."""
    noted = {seat.attendee_id: seat.known for each in notes for seat in each.seats if seat.known is not None}
    told = told_of(world, in_progress, snapshot, calls, noted) if in_progress.change.is_open else []
    try:
        transact_with_retry(world, [*stands, *notes, *told], calls.lease.until)
    except ConditionFailedError as conflict:
        is_written = any(each in conflict.failed for each in told)  # by an attempt whose answer was lost
        if is_written:
            calls.told |= noted
        if any(each in conflict.failed for each in stands):
            raise
        if is_written:
            return []
        if any(each in conflict.failed and _is_left_to_nobody(each, snapshot, conflict) for each in notes):
            raise
        again = [_noted_again(each, conflict) if each in conflict.failed else each for each in notes]
        snapshot.unnoted |= {each.user_id for each, kept in zip(notes, again, strict=True) if kept is None}
        return [each for each in again if each is not None]
    calls.told |= noted
    return []


def _is_left_to_nobody(note: SeatsNoted, snapshot: RosterSnapshot, conflict: ConditionFailedError) -> bool:
    """Whether the user was revised since they were read, and not by a change of their own: they were admitted, or
    another attendee of theirs was bound.
    """
    user = conflict.found.users.get(note.user_id) if conflict.found is not None else None
    if user is None or user.revision == note.revision:
        return False
    return user.revised_by == snapshot.people[note.user_id].revised_by


def _noted_again(note: SeatsNoted, conflict: ConditionFailedError) -> SeatsNoted | None:
    """The note on what another change has noted meanwhile by the same rules of the user. That change read the meeting
    before this one was committed, or gives what this one gives, so what this one has seen and done is younger. None if
    the rules of the user have moved, or Chime has told something of an attendee since.
    """
    user = conflict.found.users.get(note.user_id) if conflict.found is not None else None
    if user is None or user.revision != note.revision:
        return None
    stored = [user.seats.get(seat.attendee_id) for seat in note.seats]
    if any(seat is None or seat.gone or seat.drifted or seat.not_taken for seat in stored):
        return None
    return replace(note, notes=user.notes)
