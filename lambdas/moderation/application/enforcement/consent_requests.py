"""Asking to unmute, one by one, those whom a change of the whole meeting would let be heard again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ...domain.capability import Capabilities, Medium
from ...domain.change import Change
from ...domain.commands import Register
from ...domain.effective import effective
from ...domain.entry import UNMUTE_REQUESTED, Entry, concerning, iso
from ...domain.meeting import MeetingRules, UnmuteConsent, User, floor_media, revision_of
from ...domain.personal_rules import ANSWER_WITHIN, ConsentRequest
from ...ports import ChangeOpened, Clause, ConditionFailedError, EntryWritten, MeetingIs, UserRevised, Wakeup, World
from .change_in_progress import ChangeInProgress, entry, wanted
from .chime_calls import ChimeCalls
from .retries import transact_with_retry
from .roster_snapshot import RosterSnapshot
from .transaction_batches import packed


@dataclass(frozen=True, slots=True)
class ConsentQuestion:
    """Somebody who has to be asked: as he is stored, as he will be, and the change that waits for his answer."""

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


class ConsentRequests:
    def __init__(self, world: World) -> None:
        self._world = world

    def ask(self, in_progress: ChangeInProgress, snapshot: RosterSnapshot, calls: ChimeCalls) -> None:
        """Everybody whom the change lets be heard but for his own agreement. Raises `Conflict` if the meeting, or
        somebody in it, was changed at this moment: what is done stays done.
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
                snapshot.people = {**snapshot.people, question.user.id: question.user}
                snapshot.asked.add(question.change.id)
                wakeup = Wakeup(meeting.id, change_id=question.change.id)
                self._world.wakeups.schedule(wakeup, ANSWER_WITHIN)

    def newcomer(self, in_progress: ChangeInProgress) -> Capabilities:
        """What a batch may hand to somebody whom the roster doesn't show. Where microphones open by consent only, he
        may have come silent, if this very change is what would let him be heard.
        """
        meeting = in_progress.meeting
        now = wanted(self._world, meeting, User(""))
        if meeting.rules.unmute_consent is UnmuteConsent.NONE:
            return now
        return now & (self._before(in_progress, User("")) | ~Capabilities.SEND_AUDIO)

    def _questions(self, in_progress: ChangeInProgress, snapshot: RosterSnapshot) -> Iterator[ConsentQuestion]:
        audio, now = Capabilities.SEND_AUDIO, self._world.surroundings.now()
        for user_id, stored in snapshot.people.items():
            seats = [seat for seat in stored.present if seat.attendee_id not in snapshot.gone]
            if not seats or (stored.rules.asked is not None and stored.rules.asked.is_open(now)):
                continue
            seen = snapshot.seen(user_id)
            holds = self._world.policies.capabilities_for
            would = effective(in_progress.meeting, seen, holds, now, consented=True)
            if audio not in would or audio in wanted(self._world, in_progress.meeting, seen):
                continue
            if audio not in self._before(in_progress, seen) or self._is_for_him(in_progress, seen):
                yield self._question(in_progress, stored)

    def _is_for_him(self, in_progress: ChangeInProgress, user: User) -> bool:
        """Whether the change is for him to be heard, though nothing but his own silence withheld it before, or gave him
        another role: that is not among the meeting's rules.
        """
        if in_progress.change.command == Register.name:
            return user.revised_by == in_progress.change.id
        if in_progress.change.subject != user.id:
            return False
        return Medium.AUDIO in floor_media(user, in_progress.meeting, self._world.surroundings.now())

    def _before(self, in_progress: ChangeInProgress, user: User) -> Capabilities:
        """What he had by the rules that the change replaced, whatever of them has ended by itself since."""
        change, meeting = in_progress.change, in_progress.meeting
        if not isinstance(change.rules_before, MeetingRules):
            return wanted(self._world, meeting, user)
        lasting = tuple(replace(m, until=None) for m in change.rules_before.mute_alls)
        was = replace(meeting, rules=replace(change.rules_before, mute_alls=lasting))
        now = self._world.surroundings.now()
        return effective(was, user, self._world.policies.capabilities_for, now, consented=True)

    def _question(self, in_progress: ChangeInProgress, stored: User) -> ConsentQuestion:
        """A change of its own, by whoever made the change of the meeting: it leaves the rules as they are."""
        cause, meeting, now = in_progress.change, in_progress.meeting, self._world.surroundings.now()
        change_id = self._world.surroundings.new_id()
        asked = ConsentRequest(change_id, cause.actor, now, now + ANSWER_WITHIN)
        rules = replace(stored.rules, asked=asked, agreed=None)
        user = replace(stored, rules=rules, revision=stored.revision + 1, revised_by=change_id)
        has = wanted(self._world, meeting, user)
        change = replace(
            cause,
            id=change_id,
            committed_at=now,
            revision=revision_of(user, meeting),
            subject=user.id,
            attendee_id=None,
            everybody=False,
            rules_before=rules,
            rules_after=rules,
            before=has,
            after=has,
            effects=(),
            awaits_consent=True,
            waits_for=None,
            lease=cause.lease.released(now) if cause.lease else None,
            due_at=asked.until,
            uncertain_until=None,
            delay_told=False,
            answer={},
            widens=True,
        )
        seats = [concerning(seat.attendee_id, user.id) for seat in user.present]
        adds = {"attendees": seats, "until": iso(asked.until)}
        told = entry(self._world, ChangeInProgress(change, meeting, user), UNMUTE_REQUESTED, adds)
        return ConsentQuestion(stored, user, change, told)

    def _write(self, clauses: Sequence[Clause], calls: ChimeCalls) -> None:
        try:
            transact_with_retry(self._world, clauses, calls.lease.until)
        except ConditionFailedError as conflict:
            if any(isinstance(clause, ChangeOpened) for clause in conflict.failed):
                return  # written by this very transaction, whose answer was lost
            raise
