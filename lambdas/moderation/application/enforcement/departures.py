"""Attendees whom Chime does not hold any more, as the ledger notes them."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from ...domain.capability import Capabilities
from ...domain.meeting import Meeting, Seat, UnmuteConsent, User
from ...ports import ChimeNotFoundError, SeatsNoted, World
from .meeting_end import WRITTEN_WITHIN
from .retries import call_with_retry, transact_with_retry
from .transaction_batches import SEATS_TOGETHER, chunks


def note_gone(world: World, meeting: Meeting, user: User, seats: Sequence[Seat]) -> User:
    """The user without them. Raises `Conflict` if the user was just changed."""
    now = world.surroundings.now()
    noted = tuple(replace(seat, gone=True, noted_at=now) for seat in seats)
    for some in chunks(noted, SEATS_TOGETHER):
        note = SeatsNoted(meeting.id, user.id, user.revision, tuple(some))
        transact_with_retry(world, [note], now + WRITTEN_WITHIN)
        user = user.with_notes(some)
    return user


def without_ghosts(world: World, meeting: Meeting, user: User) -> User:
    """Where microphones open by consent only, an open one vouches for a new attendee of the user: so Chime is asked
    whether it is still there. One that is suffices.
    """
    if meeting.rules.unmute_consent is UnmuteConsent.NONE:
        return user
    gone = []
    for seat in user.present:
        is_out = user.is_out(seat.attendee_id)  # noted, and told of, by the change that takes the attendee out
        if is_out or seat.known is None or Capabilities.SEND_AUDIO not in seat.known:
            continue
        try:
            call_with_retry(world, partial(world.chime.seat, meeting.id, seat.attendee_id))
            break
        except ChimeNotFoundError:
            gone.append(seat)
    return note_gone(world, meeting, user, gone) if gone else user
