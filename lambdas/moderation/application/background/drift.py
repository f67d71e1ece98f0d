"""Drift: Chime differs from the rules although no change is under way. Gavel corrects wider capabilities, and reports
narrower ones and leaves them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from ...domain.actor import CHIME
from ...domain.capability import NOTHING, Capabilities, in_words, is_narrower
from ...domain.commands import Bind
from ...domain.effective import effects
from ...domain.entry import DELAYED, DRIFT_FOUND, Entry, concerning, iso
from ...domain.ids import is_pipeline
from ...domain.meeting import Attendee, Meeting, User, revision_of
from ...domain.schedule import next_end
from ...ports import (
    AttendeesNoted,
    ChimeAttendee,
    Clause,
    Clock,
    EntryWritten,
    Ledger,
    MeetingIs,
    Policies,
    UserRevised,
)
from ..commands.handler import new_change
from ..enforcement.change_applier import ChangeApplier
from ..enforcement.change_in_progress import ChangeInProgress, wanted
from ..enforcement.transactions import commit_change, deadline, new_entry, transact_with_retry
from ..requests import Request

QUIET = timedelta(seconds=60)
"""A difference within this time after a note comes from a call under way and is not drift."""


@dataclass(frozen=True, slots=True)
class Difference:
    """An attendee whose capabilities in Chime differ from the rules."""

    attendee: Attendee
    found: Capabilities
    wanted: Capabilities
    is_out: bool = False
    """Whether the attendee should not be in the meeting."""

    @property
    def is_wider(self) -> bool:
        return self.is_out or not is_narrower(self.found, self.wanted)


class Drift:
    """Finds drift, corrects what is wider than the rules, and reports what is narrower."""

    def __init__(self, ledger: Ledger, policies: Policies, clock: Clock, applier: ChangeApplier) -> None:
        self._ledger = ledger
        self._policies = policies
        self._clock = clock
        self._applier = applier

    def compare(self, meeting: Meeting, user: User, found: Sequence[ChimeAttendee], *, reported: bool = False) -> int:
        """Compares the attendees of one user, read from Chime after the meeting and the user were read.

        Returns the number that had drifted. `reported`: whether an event of Chime reports the difference, so that it is
        no call of Gavel under way. Raises `ConditionFailedError` if anything was changed or noted since the reads,
        because `found` may be older.
        """
        if meeting.ended_at is not None or is_pipeline(user.id):
            return 0
        user = self._with_the_returned(meeting, user, found)
        user = self._without_past_drift(meeting, user, found)
        differences = [
            d for attendee in found if (d := self._difference(meeting, user, attendee, reported=reported)) is not None
        ]
        refused = [
            attendee
            for f in found
            if (attendee := user.attendees.get(f.attendee_id)) is not None and attendee.not_taken
        ]
        if not (differences or refused) or self._is_under_way(meeting, user):
            return 0
        if refused:
            self._apply_again(meeting, user, refused)
            return len(refused)
        wider = [d for d in differences if d.is_wider]
        narrower = [d for d in differences if not d.is_wider]
        if narrower and not wider:
            self._report(meeting, user, narrower)
        if wider:
            self._put_right(meeting, user, wider)
        return len(differences)

    def is_expected(self, meeting: Meeting, user: User, attendee_id: str, reported: Capabilities | None = None) -> bool:
        """Whether the event most likely reports Gavel's own update, so that no comparison is needed.

        An event that reports more than the rules give is always compared. The next comparison finds drift missed here.
        """
        attendee = user.attendees[attendee_id]
        if reported is not None and not is_narrower(reported, wanted(self._policies, self._clock, meeting, user)):
            return self._is_under_way(meeting, user)
        fresh = attendee.noted_at is not None and self._clock.now() < attendee.noted_at + QUIET
        return (fresh and not (attendee.drifted or attendee.not_taken)) or self._is_under_way(meeting, user)

    def not_taken(self, meeting: Meeting, user: User, attendee_id: str, reported: Capabilities | None) -> bool:
        """Applies the rules again after Chime's media servers rejected what its API had accepted. If that was just
        done, the next comparison does it.

        Returns False if a change under way may settle it. Raises `ConditionFailedError` if the user was just changed.
        """
        attendee = user.attendees[attendee_id]
        is_old = reported is not None and reported != wanted(self._policies, self._clock, meeting, user)
        if is_old or attendee.gone or attendee.not_taken or user.is_out(attendee_id):
            return True
        if self._is_under_way(meeting, user):
            return False
        noted = replace(attendee, not_taken=True)
        user_then = self._with_notes(meeting, user, (noted,))
        if not self._was_just_applied_again(meeting, user):
            self._apply_again(meeting, user_then, [noted])
        return True

    def _was_just_applied_again(self, meeting: Meeting, user: User) -> bool:
        change = self._ledger.change(meeting.id, user.revised_by) if user.revised_by else None
        if change is None or change.actor != CHIME:
            return False
        return self._clock.now() < change.committed_at + QUIET

    def _with_the_returned(self, meeting: Meeting, user: User, found: Sequence[ChimeAttendee]) -> User:
        """The user with the attendees that the ledger took for gone and that Chime has. A change under way notes and
        reports its own effects on them.
        """
        gone = [(user.attendees[f.attendee_id], f) for f in found if f.attendee_id in user.attendees]
        there = tuple(
            attendee.found(f.capabilities)
            for attendee, f in gone
            if attendee.gone and not user.is_out(attendee.attendee_id)
        )
        if not there or self._is_under_way(meeting, user):
            return user
        note = AttendeesNoted(meeting.id, user.id, user.revision, there, user.notes)
        transact_with_retry(self._ledger, self._clock, [note])
        return user.with_notes(there)

    def _difference(
        self, meeting: Meeting, user: User, found: ChimeAttendee, *, reported: bool = False
    ) -> Difference | None:
        """The attendee's difference, if it is drift. A narrower attendee that was never noted is none: an expiry may
        still give them the rest.
        """
        attendee = user.attendees.get(found.attendee_id)
        target = wanted(self._policies, self._clock, meeting, user)
        if attendee is None:
            return None
        if user.is_out(attendee.attendee_id):
            return Difference(attendee.found(found.capabilities), found.capabilities, NOTHING, is_out=True)
        if found.capabilities == target:
            return None
        if (attendee.drifted or attendee.known != target) and is_narrower(found.capabilities, target):
            return None
        is_fresh = attendee.noted_at is not None and self._clock.now() < attendee.noted_at + QUIET
        if is_fresh and not reported:
            return None
        return Difference(attendee, found.capabilities, target)

    def _is_under_way(self, meeting: Meeting, user: User) -> bool:
        """Whether a change of the user's or the meeting's rules is open or due for another check, or an expiry has
        still to be applied. While the meeting is frozen, expiries wait.
        """
        ends, now = (next_end(user.rules), next_end(meeting.rules)), self._clock.now()
        if meeting.rules.frozen_at is None and any(end is not None and end <= now for end in ends):
            return True
        latest = {by for by in (meeting.revised_by, user.revised_by) if by is not None}
        changes = [self._ledger.change(meeting.id, change_id) for change_id in latest]
        return any(change is not None and change.next_attempt_at is not None for change in changes)

    def _without_past_drift(self, meeting: Meeting, user: User, found: Sequence[ChimeAttendee]) -> User:
        """The user with notes on drifted attendees that have again what the rules give."""
        now, target = self._clock.now(), wanted(self._policies, self._clock, meeting, user)
        owned = [
            user.attendees[f.attendee_id] for f in found if f.attendee_id in user.attendees and f.capabilities == target
        ]
        right = tuple(attendee.noted(target, now) for attendee in owned if attendee.drifted and not attendee.not_taken)
        if not right or self._is_under_way(meeting, user):
            return user
        return self._with_notes(meeting, user, right)

    def _report(self, meeting: Meeting, user: User, narrower: Sequence[Difference]) -> None:
        """Notes attendees that are narrower than the rules, and writes the entry about them."""
        now = self._clock.now()
        attendees = tuple(replace(d.attendee, known=d.found, drifted=True, noted_at=now) for d in narrower)
        reported = EntryWritten(self._drift_entry(meeting, user, narrower, corrected=False))
        self._with_notes(meeting, user, attendees, reported)

    def _with_notes(self, meeting: Meeting, user: User, attendees: Sequence[Attendee], *beside: Clause) -> User:
        """Notes the documents, if the rules are still those that they were compared with."""
        note = AttendeesNoted(meeting.id, user.id, user.revision, tuple(attendees), user.notes)
        still = MeetingIs(meeting.id, meeting.revision, user.id)
        transact_with_retry(self._ledger, self._clock, [still, note, *beside])
        return user.with_notes(attendees)

    def _put_right(self, meeting: Meeting, user: User, wider: Sequence[Difference]) -> None:
        change_id = self._clock.new_id()
        entry = self._drift_entry(meeting, user, wider, corrected=True, change_id=change_id)
        attendees = [replace(d.attendee, known=d.found) for d in wider]
        self._reorder(meeting, user, attendees, wider[0].found, wider[0].wanted, entry)

    def _apply_again(self, meeting: Meeting, user: User, attendees: Sequence[Attendee]) -> None:
        """Applies again what Chime's API has and its media servers do not have."""
        now, change_id = self._clock.now(), self._clock.new_id()
        since = min((attendee.noted_at for attendee in attendees if attendee.noted_at is not None), default=now)
        documents = [concerning(attendee.attendee_id, user.id) for attendee in attendees]
        extra = {"pendingSince": iso(since), "attendees": documents}
        entry = self._entry(meeting, user, DELAYED, Bind.name, extra, change_id)
        target = wanted(self._policies, self._clock, meeting, user)
        self._reorder(meeting, user, attendees, target, target, entry)

    def _reorder(
        self,
        meeting: Meeting,
        user: User,
        attendees: Sequence[Attendee],
        found: Capabilities,
        target: Capabilities,
        entry: Entry,
    ) -> None:
        """Commits a change that leaves the rules as they are and applies them again."""
        change_id, seen = entry.change_id or "", {attendee.attendee_id: attendee for attendee in attendees}
        revised = replace(user, attendees={**user.attendees, **seen}, revision=user.revision + 1, revised_by=change_id)
        change = new_change(
            self._clock,
            _request(meeting),
            meeting,
            change_id,
            (),
            revision=revision_of(revised, meeting),
            user_id=user.id,
            attendee_id=attendees[0].attendee_id,
            rules_before=user.rules,
            rules_after=user.rules,
            before=found,
            after=target,
            effects=effects(found, target),
            widens=False,
        )
        clauses: list[Clause] = [
            MeetingIs(meeting.id, meeting.revision, user.id),
            UserRevised(meeting.id, revised, user.revision, notes=user.notes),
        ]
        if commit_change(self._ledger, self._clock, _request(meeting), change, entry, clauses):
            until = deadline(self._clock.now())
            self._applier.apply(ChangeInProgress(change, meeting, revised), until, in_background=True)

    def _drift_entry(
        self,
        meeting: Meeting,
        user: User,
        differences: Sequence[Difference],
        *,
        corrected: bool,
        change_id: str | None = None,
    ) -> Entry:
        documents = [
            concerning(d.attendee.attendee_id, user.id)
            | {"found": in_words(d.found), "wanted": in_words(d.wanted), "corrected": corrected}
            for d in differences
        ]
        return self._entry(meeting, user, DRIFT_FOUND, "drift", {"attendees": documents}, change_id)

    def _entry(
        self, meeting: Meeting, user: User, kind: str, command: str, extra: Mapping[str, object], change_id: str | None
    ) -> Entry:
        return new_entry(
            self._clock,
            meeting,
            kind,
            actor=CHIME,
            command=command,
            revision=revision_of(user, meeting),
            extra=extra,
            change_id=change_id,
        )


def _request(meeting: Meeting) -> Request:
    return Request(meeting.id, CHIME, Bind())
