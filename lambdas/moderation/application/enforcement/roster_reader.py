"""Reads the roster: a meeting's attendees in Chime with their users in the ledger. Removes attendees who may not be
there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from ...domain.capability import Capabilities
from ...domain.change import CLOCKS_DIFFER_BY
from ...domain.ids import is_pipeline
from ...domain.meeting import Attendee, Meeting, UnmuteConsent, User
from ...ports import (
    AttendeesNoted,
    Chime,
    ChimeAttendee,
    ChimeNotFoundError,
    Clause,
    Clock,
    EntryWritten,
    Ledger,
    MeetingIs,
    Policies,
)
from .attendee_binding import bind
from .change_in_progress import ChangeInProgress, removed_entry, wanted
from .chime_calls import ChimeCalls, MeetingOverError
from .roster_snapshot import RosterSnapshot
from .transactions import ATTENDEES_TOGETHER, call_with_retry, chunks, transact_with_retry


class RosterReader:
    """Reads the roster of a meeting for a change of the whole meeting."""

    def __init__(self, ledger: Ledger, chime: Chime, policies: Policies, clock: Clock) -> None:
        self._ledger = ledger
        self._chime = chime
        self._policies = policies
        self._clock = clock

    def read(self, in_progress: ChangeInProgress, calls: ChimeCalls) -> RosterSnapshot:
        """The snapshot of the roster. Raises `MeetingOverError`, `ChimeError`, and `ConditionFailedError` as
        `read_again` does.
        """
        meeting, asked_at = in_progress.meeting, self._clock.now()
        roster = self._roster(meeting)
        users = self._bound(in_progress, roster, calls)
        moderated = [attendee for attendee in roster if not is_pipeline(attendee.user_id)]
        return RosterSnapshot(
            attendees={attendee.attendee_id: attendee.user_id for attendee in moderated},
            before={s.attendee_id: _before(users[s.user_id], s, calls, asked_at) for s in moderated},
            pipelines=tuple(attendee.attendee_id for attendee in roster if is_pipeline(attendee.user_id)),
            users=users,
            held={s.attendee_id: _shown(users[s.user_id], s, asked_at) for s in moderated},
            gone={s.attendee_id for s in moderated if _is_removed(users[s.user_id], s.attendee_id, asked_at)},
        )

    def read_again(
        self, in_progress: ChangeInProgress, snapshot: RosterSnapshot, calls: ChimeCalls
    ) -> Mapping[str, User]:
        """All users as stored now, and those who joined between the roster and a batch.

        A batch does not show which attendees have left; the roster does. Raises `ConditionFailedError` if another
        process holds the lease: only the holder applies the rules to attendees that are bound.
        """
        meeting = in_progress.meeting
        if not snapshot.is_batched:
            return self._ledger.all_users(meeting.id)
        roster = self._roster(meeting)
        snapshot.gone |= snapshot.attendees.keys() - {attendee.attendee_id for attendee in roster}
        came = [attendee for attendee in roster if attendee.attendee_id not in snapshot.attendees]
        snapshot.is_batched = False
        return self._bound(in_progress, came, calls)

    def read_unclear_attendees(self, meeting: Meeting, snapshot: RosterSnapshot) -> None:
        """Asks Chime about users who were changed since the roster was read, if consent is required: their notes may be
        older than the call that closed their microphone, also on attendees that are left to a later change. Raises
        `ChimeError`.
        """
        if meeting.rules.unmute_consent is UnmuteConsent.NONE:
            return
        for attendee, user_id in snapshot.attendees.items():
            is_held = snapshot.held.get(attendee) is not None and attendee not in snapshot.handed_over
            is_clear = is_held or attendee in snapshot.gone or attendee in snapshot.shown
            if is_clear or Capabilities.SEND_AUDIO not in wanted(
                self._policies, self._clock, meeting, snapshot.seen(user_id)
            ):
                continue
            try:
                found = call_with_retry(self._clock, partial(self._chime.attendee, meeting.id, attendee))
            except ChimeNotFoundError:
                snapshot.gone.add(attendee)
            else:
                snapshot.shown[attendee] = found.capabilities

    def remove_attendees(
        self, calls: ChimeCalls, in_progress: ChangeInProgress, snapshot: RosterSnapshot, user: User
    ) -> None:
        """Removes a user's attendees that may not be in the meeting, and reports it with the note that they are gone.

        The change is stored with them first. Raises `ConditionFailedError` if the meeting or the user was changed at
        this moment, if another process has noted something on the user, or if another one holds the lease.
        """
        leaving = user.leavers
        if not leaving:
            return
        is_wanted = partial(self._is_unchanged, in_progress.meeting, user)
        calls.store_removals(in_progress.change, [attendee.attendee_id for attendee in leaving])
        for attendee in leaving:
            calls.remove(attendee.attendee_id, is_wanted)
        meeting, now = in_progress.meeting, self._clock.now()
        left = [replace(attendee, gone=True, removal_reported=True, noted_at=now) for attendee in leaving]
        for gone in chunks(left, ATTENDEES_TOGETHER):
            out = [attendee.attendee_id for attendee in gone]
            clauses: list[Clause] = [
                MeetingIs(meeting.id, meeting.revision, user.id),
                AttendeesNoted(meeting.id, user.id, user.revision, tuple(gone), user.notes),
                calls.kept(in_progress.change, out),
                EntryWritten(removed_entry(self._clock, in_progress, user, out)),
            ]
            transact_with_retry(self._ledger, self._clock, clauses, calls.lease.until)
            calls.removing -= set(out)
            snapshot.are_gone(user, gone)
            user = snapshot.users[user.id]

    def _is_unchanged(self, meeting: Meeting, user: User) -> bool:
        return self._ledger.load(meeting.id, [user.id]).users[user.id].revision == user.revision

    def _bound(
        self, in_progress: ChangeInProgress, roster: Sequence[ChimeAttendee], calls: ChimeCalls
    ) -> Mapping[str, User]:
        users = self._ledger.all_users(in_progress.meeting.id)
        return bind(
            self._ledger,
            self._policies,
            self._clock,
            in_progress.meeting,
            roster,
            users,
            [calls.kept(in_progress.change)],
        )

    def _roster(self, meeting: Meeting) -> Sequence[ChimeAttendee]:
        try:
            return call_with_retry(self._clock, lambda: self._chime.roster(meeting.id))
        except ChimeNotFoundError:
            raise MeetingOverError from None


def _before(user: User, attendee: ChimeAttendee, calls: ChimeCalls, asked_at: datetime) -> Capabilities:
    """The attendee's capabilities at the first look of the change.

    For a change that was taken over, it is the last note: Chime may show the change's own effect, which is not reported
    yet. If another change has noted something else since the roster was asked for, it is that note.
    """
    known = user.attendees.get(attendee.attendee_id)
    is_noted = calls.is_resumed or _is_noted_since(known, attendee, asked_at)
    noted = known.known if known is not None and is_noted else None
    return calls.before.setdefault(attendee.attendee_id, attendee.capabilities if noted is None else noted)


def _is_removed(user: User, attendee_id: str, asked_at: datetime) -> bool:
    """Whether another process has removed the attendee since the roster was asked for, by rules that may have ended
    since: a removed one never returns.
    """
    known = user.attendees.get(attendee_id)
    if known is None or not known.gone:
        return False
    is_noted_since = known.noted_at is not None and known.noted_at > asked_at - CLOCKS_DIFFER_BY
    return is_noted_since or user.is_out(attendee_id)


def _shown(user: User, attendee: ChimeAttendee, asked_at: datetime) -> Capabilities | None:
    """The capabilities that Chime shows. `None` if Chime's media servers are known not to hold them, or if another
    change has noted something else since the roster was asked for.
    """
    known = user.attendees.get(attendee.attendee_id)
    is_unclear = _is_noted_since(known, attendee, asked_at) or (known is not None and known.not_taken)
    return None if is_unclear else attendee.capabilities


def _is_noted_since(known: Attendee | None, attendee: ChimeAttendee, asked_at: datetime) -> bool:
    if known is None or known.noted_at is None or known.known in (None, attendee.capabilities):
        return False
    return known.noted_at > asked_at - CLOCKS_DIFFER_BY
