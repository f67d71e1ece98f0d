"""Attendees that have left, and meetings that have ended, as Chime shows."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from ...domain.actor import CHIME
from ...domain.commands import End
from ...domain.documents import meeting_revision
from ...domain.entry import MEETING_ENDED
from ...domain.meeting import Attendee, Meeting, UnmuteConsent, User
from ...ports import AttendeesNoted, Chime, ChimeNotFoundError, Clause, Clock, EntryWritten, Ledger, MeetingRevised
from .transactions import ATTENDEES_TOGETHER, call_with_retry, chunks, new_entry, transact_with_retry


def note_gone(ledger: Ledger, clock: Clock, meeting: Meeting, user: User, attendees: Sequence[Attendee]) -> User:
    """The user without attendees that are gone. Raises `ConditionFailedError` if the user was just changed, or another
    process has just noted something on them.
    """
    now = clock.now()
    noted = tuple(replace(attendee, gone=True, noted_at=now) for attendee in attendees)
    for some in chunks(noted, ATTENDEES_TOGETHER):
        note = AttendeesNoted(meeting.id, user.id, user.revision, tuple(some), user.notes)
        transact_with_retry(ledger, clock, [note])
        user = user.with_notes(some)
    return user


def without_departed(ledger: Ledger, chime: Chime, clock: Clock, meeting: Meeting, user: User) -> User:
    """The user without attendees that Chime does not have any more, if consent is required: there, an open attendee
    permits a new attendee of the user to be heard. One that is present is enough.
    """
    if meeting.rules.unmute_consent is UnmuteConsent.NONE:
        return user
    gone, now = [], clock.now()
    for attendee in user.present:
        is_out = user.may_go(attendee.attendee_id, now)  # noted and reported by the change that takes the attendee out
        if is_out or not attendee.is_heard:
            continue
        try:
            call_with_retry(clock, partial(chime.attendee, meeting.id, attendee.attendee_id))
            break
        except ChimeNotFoundError:
            gone.append(attendee)
    return note_gone(ledger, clock, meeting, user, gone) if gone else user


def ended(clock: Clock, meeting: Meeting) -> tuple[Meeting, list[Clause]]:
    """The ended meeting, and the clauses that store it. Reads of it still work, commands are refused. No change revises
    it so.
    """
    now = clock.now()
    over = replace(meeting, ended_at=now, revision=meeting.revision + 1, revised_by=None, check_at=None)
    entry = new_entry(
        clock,
        meeting,
        MEETING_ENDED,
        actor=CHIME,
        command=End.name,
        revision=meeting_revision(over),
        extra={"attendees": []},
    )
    return over, [MeetingRevised(over, meeting.revision), EntryWritten(entry)]


def close(ledger: Ledger, clock: Clock, meeting: Meeting) -> None:
    """Stores the end of the meeting. Raises `ConditionFailedError` if the meeting is changed at this moment."""
    _, clauses = ended(clock, meeting)
    transact_with_retry(ledger, clock, clauses)
