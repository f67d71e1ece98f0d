"""Requests to unmute, one for each user whose microphone a change of the whole meeting would open."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ...domain.capability import NOTHING, Capabilities, Medium
from ...domain.change import AttendeeChange, Change, ChangeConsent, MeetingChange
from ...domain.commands import Register
from ...domain.effective import effective
from ...domain.entry import UNMUTE_REQUESTED, Entry, iso
from ...domain.meeting import Meeting, UnmuteConsent, User, floor_media, revision_of
from ...domain.personal_rules import ANSWER_WITHIN, ConsentRequest
from ...ports import (
    ChangeOpened,
    Clause,
    Clock,
    ConditionFailedError,
    EntryWritten,
    Ledger,
    MeetingIs,
    Policies,
    UserRevised,
    Wakeup,
    WakeupScheduler,
)
from .change_in_progress import ChangeInProgress, change_entry, present_attendees, wanted
from .chime_calls import ChimeCalls
from .roster_snapshot import RosterSnapshot
from .transactions import packed, transact_with_retry


@dataclass(frozen=True, slots=True)
class ConsentQuestion:
    """A user to ask: as stored, as they will be, and the change that waits for their answer."""

    stored: User
    user: User
    change: Change
    entry: Entry

    @property
    def clauses(self) -> list[Clause]:
        meeting_id = self.change.meeting_id
        return [
            UserRevised(meeting_id, self.user, self.stored.revision),
            ChangeOpened(self.change),
            EntryWritten(self.entry),
        ]


def requested(clock: Clock, meeting: Meeting, user: User, asked: ConsentRequest, change: Change) -> Entry:
    """The entry that a user is asked, on all their attendees."""
    adds = {"attendees": present_attendees(user), "until": iso(asked.until)}
    return change_entry(clock, ChangeInProgress(change, meeting, user), UNMUTE_REQUESTED, adds)


class ConsentRequests:
    """Asks users to unmute, for a change of the whole meeting."""

    def __init__(self, ledger: Ledger, policies: Policies, clock: Clock, wakeups: WakeupScheduler) -> None:
        self._ledger = ledger
        self._policies = policies
        self._clock = clock
        self._wakeups = wakeups

    def ask(self, in_progress: ChangeInProgress, snapshot: RosterSnapshot, calls: ChimeCalls) -> None:
        """Asks all users who would be heard but for their consent. Raises `ConditionFailedError` if the meeting, or a
        user in it, was changed at this moment: requests made before it stay.
        """
        meeting = in_progress.meeting
        change = in_progress.change
        if not change.is_open or change.is_join or meeting.rules.unmute_consent is UnmuteConsent.NONE:
            return
        if meeting.rules.frozen_at is not None:
            return  # nobody could agree
        questions, stands = (
            list(self._questions(in_progress, snapshot)),
            MeetingIs(meeting.id, meeting.revision, change.id),
        )
        for together in packed([question.clauses for question in questions], [stands]):
            self._write([stands, *(clause for group in together for clause in group)], calls)
            asked, questions = questions[: len(together)], questions[len(together) :]
            for question in asked:
                snapshot.users = {**snapshot.users, question.user.id: question.user}
                snapshot.asked.add(question.change.id)
                wakeup = Wakeup(meeting.id, change_id=question.change.id)
                self._wakeups.schedule(wakeup, ANSWER_WITHIN)

    def newcomer(self, in_progress: ChangeInProgress) -> Capabilities:
        """The capabilities that a batch may give newcomers that the roster does not show.

        If consent is required and this change, or a later one that is applied with it, would open their microphone,
        they get no audio: they may have joined silent.
        """
        meeting = in_progress.meeting
        now = wanted(self._policies, self._clock, meeting, User(""))
        if meeting.rules.unmute_consent is UnmuteConsent.NONE:
            return now
        is_latest = meeting.revised_by == in_progress.change.id
        before = self._before(in_progress, User("")) if is_latest else NOTHING
        return now & (before | ~Capabilities.SEND_AUDIO)

    def _questions(self, in_progress: ChangeInProgress, snapshot: RosterSnapshot) -> Iterator[ConsentQuestion]:
        audio, now = Capabilities.SEND_AUDIO, self._clock.now()
        for user_id, stored in snapshot.users.items():
            attendees = [attendee for attendee in stored.present if attendee.attendee_id not in snapshot.gone]
            if not attendees or (stored.rules.asked is not None and stored.rules.asked.is_open(now)):
                continue
            seen = snapshot.seen(user_id)
            holds = self._policies.capabilities_for
            would = effective(in_progress.meeting, seen, holds, now, consented=True)
            if audio not in would or audio in wanted(self._policies, self._clock, in_progress.meeting, seen):
                continue
            if audio not in self._before(in_progress, seen) or self._is_for(in_progress, seen):
                yield self._question(in_progress, stored)

    def _is_for(self, in_progress: ChangeInProgress, user: User) -> bool:
        """Whether the change is meant to open this user's microphone: only their silence withheld it before, or the
        change gave them another role, which the meeting's rules do not contain.
        """
        if in_progress.change.command == Register.name:
            return user.revised_by == in_progress.change.id
        if in_progress.change.user_id != user.id:
            return False
        return Medium.AUDIO in floor_media(user, in_progress.meeting, self._clock.now())

    def _before(self, in_progress: ChangeInProgress, user: User) -> Capabilities:
        """The user's capabilities by the rules that the change replaced, without rules that have ended since."""
        change, meeting = in_progress.change, in_progress.meeting
        if not isinstance(change, MeetingChange) or change.rules_before is None:
            return wanted(self._policies, self._clock, meeting, user)
        lasting = tuple(replace(m, until=None) for m in change.rules_before.mute_alls)
        was = replace(meeting, rules=replace(change.rules_before, mute_alls=lasting))
        now = self._clock.now()
        return effective(was, user, self._policies.capabilities_for, now, consented=True)

    def _question(self, in_progress: ChangeInProgress, stored: User) -> ConsentQuestion:
        """The change for the request, with the actor of the meeting's change. It leaves the rules unchanged."""
        cause, meeting, now = in_progress.change, in_progress.meeting, self._clock.now()
        change_id = self._clock.new_id()
        asked = ConsentRequest(change_id, cause.actor, now, now + ANSWER_WITHIN)
        rules = replace(stored.rules, asked=asked, agreed=None)
        user = replace(stored, rules=rules, revision=stored.revision + 1, revised_by=change_id)
        has = wanted(self._policies, self._clock, meeting, user)
        change = AttendeeChange(
            id=change_id,
            meeting_id=cause.meeting_id,
            command=cause.command,
            parameters=cause.parameters,
            actor=cause.actor,
            policies=cause.policies,
            committed_at=now,
            revision=revision_of(user, meeting),
            reason=cause.reason,
            user_id=user.id,
            rules_before=rules,
            rules_after=rules,
            before=has,
            after=has,
            widens=True,
            consent=ChangeConsent(),
            lease=cause.lease.released(now) if cause.lease else None,
            next_attempt_at=asked.until,
            notes_count_from=cause.notes_count_from,
        )
        return ConsentQuestion(stored, user, change, requested(self._clock, meeting, user, asked, change))

    def _write(self, clauses: Sequence[Clause], calls: ChimeCalls) -> None:
        try:
            transact_with_retry(self._ledger, self._clock, clauses, calls.lease.until)
        except ConditionFailedError as conflict:
            if any(isinstance(clause, ChangeOpened) for clause in conflict.failed):
                return  # written by this very transaction, whose answer was lost
            raise
