"""Reads Chime and the ledger for the user of a change that is being applied."""

from dataclasses import replace
from datetime import datetime

from ...domain.capability import Capabilities
from ...domain.effective import effective
from ...domain.meeting import Attendee, Meeting, UnmuteConsent, User, agreement_ended, has_agreed, must_consent
from ...ports import Chime, ChimeError, ChimeNotFoundError, Clock, ConditionFailedError, Ledger, Policies
from .change_in_progress import ChangeInProgress, wanted
from .transactions import call_with_retry


class AttendeeReader:
    """Reads what Chime and the ledger have of one user."""

    def __init__(self, ledger: Ledger, chime: Chime, policies: Policies, clock: Clock) -> None:
        self._ledger = ledger
        self._chime = chime
        self._policies = policies
        self._clock = clock

    def as_chime_has(self, in_progress: ChangeInProgress, user: User) -> User:
        """The user with the audio capabilities that Chime has, if the meeting requires consent. A stored note may be
        out of date: a call whose note is still to come may have closed the microphone, or opened it before the
        agreement ended.
        """
        meeting, now = in_progress.meeting, self._clock.now()
        if meeting.rules.unmute_consent is UnmuteConsent.NONE or has_agreed(user, meeting, now):
            return user
        holds, change = self._policies.capabilities_for, in_progress.change
        had_agreed = change.is_open and change.agreed_at is not None
        if Capabilities.SEND_AUDIO not in effective(meeting, user, holds, now, consented=had_agreed):
            return user
        attendees = dict(user.attendees)
        for attendee in user.present:
            try:
                held = self._look(meeting.id, attendee)
            except ChimeNotFoundError:
                held = None
            attendees[attendee.attendee_id] = replace(attendee, known=held)
        return replace(user, attendees=attendees)

    def is_in_place(self, in_progress: ChangeInProgress, user: User, attendee: Attendee, target: Capabilities) -> bool:
        """Whether Chime holds the target already. Raises `ConditionFailedError` if the target would open a microphone
        that was open when the target was derived, and that an older call has closed since.
        """
        try:
            held = self._look(in_progress.meeting.id, attendee)
        except ChimeError:
            return False
        if Capabilities.SEND_AUDIO in target:
            now, by_now = self._clock.now(), user.with_notes([replace(attendee, known=held)])
            was_free = not must_consent(user, in_progress.meeting, now)
            if was_free and must_consent(by_now, in_progress.meeting, now):
                raise ConditionFailedError([])
        return held == target

    def has(self, in_progress: ChangeInProgress, attendee: Attendee, target: Capabilities) -> bool:
        """Whether Chime holds the target, or the attendee has left. False if Chime cannot be read."""
        try:
            return self._look(in_progress.meeting.id, attendee) == target
        except ChimeNotFoundError:
            return True
        except ChimeError:
            return False

    def _look(self, meeting_id: str, attendee: Attendee) -> Capabilities:
        """The capabilities in Chime. Raises `ChimeError`."""
        return call_with_retry(self._clock, lambda: self._chime.attendee(meeting_id, attendee.attendee_id)).capabilities

    def is_wanted(
        self, in_progress: ChangeInProgress, meeting: Meeting, user: User, target: Capabilities, since: datetime
    ) -> bool:
        """Whether the rules, read again, still give the target, and no rule and no agreement of the user has ended
        `since` it was derived. `meeting` is the one that it was derived from: as stored, or with stricter features.
        """
        if agreement_ended(user, meeting, since, self._clock.now()):
            return False
        loaded = self._ledger.load(in_progress.meeting.id, [user.id])
        stored, now = loaded.meeting, loaded.users[user.id]
        is_same = stored is not None and (stored.revision, now.revision) == (
            in_progress.meeting.revision,
            user.revision,
        )
        return is_same and wanted(self._policies, self._clock, meeting, user) == target

    def is_over(self, meeting: Meeting) -> bool:
        """Whether no attendee is found because Chime has ended the meeting."""
        if meeting.ended_at is not None:
            return False
        try:
            call_with_retry(self._clock, lambda: self._chime.roster(meeting.id))
        except ChimeNotFoundError:
            return True
        except ChimeError:
            return False
        return False
