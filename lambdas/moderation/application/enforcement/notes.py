"""Notes of what a change of the whole meeting made Chime hold, written together with the entries that report it."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from ...domain.capability import Capabilities
from ...domain.effective import effects_on_attendee
from ...domain.entry import CAPABILITIES_CHANGED, changed
from ...domain.meeting import Attendee, User
from ...ports import AttendeesNoted, Clause, Clock, ConditionFailedError, EntryWritten, Ledger, MeetingIs
from .attendee_outcome import noted_without_report
from .change_in_progress import ChangeInProgress, change_entry, removed_entry
from .chime_calls import ChimeCalls
from .roster_snapshot import RosterSnapshot, attendees_to_note
from .transactions import ATTENDEES_TOGETHER, chunks, packed, transact_with_retry

NOTED_TOGETHER = 33
"""The most actions in one transaction of notes. More would contend more often with commands on the attendees."""
REPORTED_TOGETHER = 100
"""The most attendees in one entry: its event stays far below EventBridge's 256 KB."""


def note(
    ledger: Ledger, clock: Clock, in_progress: ChangeInProgress, snapshot: RosterSnapshot, calls: ChimeCalls
) -> None:
    """Notes the capabilities of attendees whose notes differ, and writes the entries in the same transaction.

    A function that takes the change over would find a separate note and publish nothing. A user whose rules were
    changed since the second look is left to that change. Raises `ConditionFailedError` if a note is out of date: the
    meeting was changed, another process holds the lease, the user was revised by no change that would apply the rules
    again, or something was noted after the lease had ended.
    """
    meeting, now = in_progress.meeting, clock.now()
    stands = _stands(in_progress, calls)
    _report_removals(ledger, clock, in_progress, snapshot, calls)
    altered = snapshot.altered | {attendee_id for attendee_id, _, _ in _unreported(snapshot, calls)}
    groups = [
        [AttendeesNoted(meeting.id, user.id, user.revision, tuple(attendees), user.notes + position)]
        for user in snapshot.users.values()
        for position, attendees in enumerate(
            chunks(attendees_to_note(user, snapshot, altered, now), ATTENDEES_TOGETHER)
        )
    ]
    for together in packed(groups, stands, NOTED_TOGETHER):
        notes = [each for group in together for each in group if isinstance(each, AttendeesNoted)]
        while notes:
            notes = _left(ledger, clock, in_progress, snapshot, calls, notes)


def capability_entries(
    clock: Clock,
    in_progress: ChangeInProgress,
    snapshot: RosterSnapshot,
    calls: ChimeCalls,
    attendee_ids: Collection[str],
) -> list[Clause]:
    """Entries with the capability changes of these attendees that are not reported yet."""
    documents = []
    for attendee_id, before, after in _unreported(snapshot, calls):
        if attendee_id in attendee_ids:
            effects = effects_on_attendee(before, after, before & ~after)
            documents.append(changed(attendee_id, snapshot.attendees[attendee_id], before, after, effects))
    return [
        EntryWritten(change_entry(clock, in_progress, CAPABILITIES_CHANGED, {"attendees": together}))
        for together in chunks(documents, REPORTED_TOGETHER)
    ]


def _unreported(snapshot: RosterSnapshot, calls: ChimeCalls) -> Iterator[tuple[str, Capabilities, Capabilities]]:
    """Attendees whose capabilities have changed since they were reported: their id, and the capabilities before and
    after.
    """
    for made in snapshot.changes:
        before = calls.reported.get(made.attendee_id, made.before)
        if before != made.after:
            yield made.attendee_id, before, made.after


def _left(
    ledger: Ledger,
    clock: Clock,
    in_progress: ChangeInProgress,
    snapshot: RosterSnapshot,
    calls: ChimeCalls,
    notes: Sequence[AttendeesNoted],
) -> list[AttendeesNoted]:
    """Writes the notes. Returns those that have to be tried again."""
    noted = {
        attendee.attendee_id: attendee.known
        for each in notes
        for attendee in each.attendees
        if attendee.known is not None
    }
    removed = _removed(clock, snapshot, calls, notes)
    notes = [_with_reports(each, removed.get(each.user_id, ())) for each in notes]
    entries = [
        *capability_entries(clock, in_progress, snapshot, calls, noted),
        *(
            EntryWritten(removed_entry(clock, in_progress, snapshot.users[user_id], out))
            for user_id, out in removed.items()
        ),
    ]
    reported = {attendee_id for out in removed.values() for attendee_id in out}
    stands = _stands(in_progress, calls, reported)
    try:
        transact_with_retry(ledger, clock, [*stands, *notes, *entries], calls.lease.until)
    except ConditionFailedError as conflict:
        is_written = any(each in conflict.failed for each in entries)  # by an attempt whose answer was lost
        if is_written:
            calls.reported |= noted
            calls.removing -= reported
        if any(each in conflict.failed for each in stands):
            raise
        if is_written:
            return []
        if clock.now() > calls.lease.until:
            raise  # the function was frozen: what others have noted since may be newer
        if any(each in conflict.failed and _is_out_of_date(each, snapshot, conflict) for each in notes):
            raise
        if any(_is_unreported_removal(each, conflict) for each in notes):
            raise  # to be reported after another look
        again = [_noted_again(each, conflict) if each in conflict.failed else each for each in notes]
        for each, kept in zip(notes, again, strict=True):
            snapshot.unnoted |= {attendee.attendee_id for attendee in each.attendees} - {
                attendee.attendee_id for attendee in kept.attendees
            }
        return [each for each in again if each.attendees]
    calls.reported |= noted
    calls.removing -= reported
    return []


def _stands(in_progress: ChangeInProgress, calls: ChimeCalls, reported: Collection[str] = ()) -> list[Clause]:
    """Conditions that the meeting and the lease are unchanged."""
    meeting = in_progress.meeting
    return [MeetingIs(meeting.id, meeting.revision, calls.lease.token), calls.kept(in_progress.change, reported)]


def _removed(
    clock: Clock, snapshot: RosterSnapshot, calls: ChimeCalls, notes: Sequence[AttendeesNoted]
) -> dict[str, list[str]]:
    """User → those noted as gone that a call removed, by rules that may have changed since."""
    now = clock.now()
    removed = {}
    for each in notes:
        user = snapshot.users[each.user_id]
        gone = [attendee.attendee_id for attendee in each.attendees if attendee.gone]
        out = [key for key in gone if key in calls.removed | calls.removing or user.may_go(key, now)]
        if out:
            removed[user.id] = out
    return removed


def _with_reports(note: AttendeesNoted, removed: Collection[str]) -> AttendeesNoted:
    """The note, with the attendees whose removal the same commit reports."""
    attendees = (replace(each, removal_reported=each.gone and each.attendee_id in removed) for each in note.attendees)
    return replace(note, attendees=tuple(attendees))


def _report_removals(
    ledger: Ledger, clock: Clock, in_progress: ChangeInProgress, snapshot: RosterSnapshot, calls: ChimeCalls
) -> None:
    """Reports removed attendees that another process has noted as gone without knowing why."""
    for user in list(snapshot.users.values()) if calls.removing else ():
        out = noted_without_report(user, in_progress.change.committed_at, calls.removing)
        if out:
            gone = tuple(user.attendees[key] for key in out)
            note = _with_reports(AttendeesNoted(in_progress.meeting.id, user.id, user.revision, gone, user.notes), out)
            entry = EntryWritten(removed_entry(clock, in_progress, user, out))
            transact_with_retry(ledger, clock, [*_stands(in_progress, calls, out), note, entry], calls.lease.until)
            calls.removing -= set(out)
            snapshot.are_gone(user, note.attendees)


def _is_unreported_removal(note: AttendeesNoted, conflict: ConditionFailedError) -> bool:
    """Whether another process has noted a removed attendee as gone meanwhile, without knowing why."""
    user = conflict.found.users.get(note.user_id) if conflict.found is not None else None
    stored = user.attendees if user is not None else {}
    now = [stored[each.attendee_id] for each in note.attendees if each.removal_reported and each.attendee_id in stored]
    return any(attendee.gone and not attendee.removal_reported for attendee in now)


def _is_out_of_date(note: AttendeesNoted, snapshot: RosterSnapshot, conflict: ConditionFailedError) -> bool:
    """Whether another look is needed. Either the user was revised since they were read, and not by a change of their
    own: they were admitted, or another attendee of theirs was bound. Or another change has noted since that an attendee
    has something else than this note says, if only what was noted before, and it isn't known whose call came last.
    """
    user = conflict.found.users.get(note.user_id) if conflict.found is not None else None
    if user is None:
        return False
    read = snapshot.users[note.user_id]
    if user.revision != note.revision:
        return user.revised_by == read.revised_by
    return any(
        _noted(user, ours)[0] != ours.known and _noted(user, ours) != _noted(read, ours) for ours in note.attendees
    )


def _noted(user: User, attendee: Attendee) -> tuple[Capabilities | None, datetime | None]:
    noted = user.attendees.get(attendee.attendee_id)
    return (noted.known, noted.noted_at) if noted is not None else (None, None)


def _noted_again(note: AttendeesNoted, conflict: ConditionFailedError) -> AttendeesNoted:
    """The note, merged with what another change has noted meanwhile by the same rules of the user.

    Without attendees if the user's rules have changed, and without those that Chime has reported since.
    """
    user = conflict.found.users.get(note.user_id) if conflict.found is not None else None
    if user is None or user.revision != note.revision:
        return replace(note, attendees=())
    stored = [user.attendees.get(attendee.attendee_id) for attendee in note.attendees]
    left = tuple(
        attendee
        for attendee, now in zip(note.attendees, stored, strict=True)
        if now is not None and not (now.gone or now.drifted or now.not_taken)
    )
    return replace(note, attendees=left, notes=user.notes)
