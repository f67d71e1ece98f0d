"""A meeting that Chime has ended by itself, or by somebody else's call: it is closed, and subscribers are told."""

from dataclasses import replace
from datetime import timedelta

from ...domain.actor import CHIME
from ...domain.commands import End
from ...domain.documents import meeting_revision
from ...domain.entry import MEETING_ENDED, Entry
from ...domain.meeting import Meeting
from ...ports import Clause, EntryWritten, MeetingRevised, World
from .retries import transact_with_retry

WRITTEN_WITHIN = timedelta(seconds=5)


def ended(world: World, meeting: Meeting) -> tuple[Meeting, list[Clause]]:
    """The meeting as it is from now on, and what makes it so. Reads go on after it, writes don't."""
    now = world.surroundings.now()
    over = replace(meeting, ended_at=now, revision=meeting.revision + 1, check_at=None)
    told = Entry(
        id=world.surroundings.new_id(),
        type=MEETING_ENDED,
        meeting_id=meeting.id,
        external_meeting_id=meeting.external_id,
        occurred_at=now,
        actor=CHIME,
        command=End.name,
        revision=meeting_revision(over),
        extra={"attendees": []},
    )
    return over, [MeetingRevised(over, meeting.revision), EntryWritten(told)]


def close(world: World, meeting: Meeting) -> None:
    """Raises `Conflict` if the meeting is changed at this moment."""
    _, clauses = ended(world, meeting)
    transact_with_retry(world, clauses, world.surroundings.now() + WRITTEN_WITHIN)
