"""Asking to unmute, one by one, those whom a change of the whole meeting would let be heard again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ..core.capability import Capabilities, Medium
from ..core.change import Change
from ..core.command import Register
from ..core.effective import effective
from ..core.entry import UNMUTE_REQUESTED, Entry, concerning, iso
from ..core.meeting import MeetingRules, UnmuteConsent, User, floor_media, revision_of
from ..core.personal import ANSWER_WITHIN, Asked
from ..ports import ChangeOpened, Clause, Conflict, EntryWritten, MeetingIs, Reminder, UserRevised, World
from .carried import Carried, entry, wanted
from .crowd import Crowd
from .ordering import Ordering
from .persistence import persistently
from .transactions import packed


@dataclass(frozen=True, slots=True)
class Question:
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


class Asking:
    def __init__(self, world: World) -> None:
        self._world = world

    def ask(self, carried: Carried, crowd: Crowd, ordering: Ordering) -> None:
        """Everybody whom the change lets be heard but for his own agreement. Raises `Conflict` if the meeting, or
        somebody in it, was changed at this moment: what is done stays done.
        """
        meeting = carried.meeting
        change = carried.change
        if not change.is_open or change.is_join or meeting.rules.unmute_consent is UnmuteConsent.NONE:
            return
        if meeting.rules.frozen_at is not None:
            return  # nobody could agree
        questions, stands = list(self._questions(carried, crowd)), MeetingIs(meeting.id, meeting.revision, change.id)
        for together in packed([question.clauses for question in questions], [stands]):
            self._write([stands, *(clause for group in together for clause in group)], ordering)
            asked, questions = questions[: len(together)], questions[len(together) :]
            for question in asked:
                crowd.people = {**crowd.people, question.user.id: question.user}
                crowd.asked.add(question.change.id)
                reminder = Reminder(meeting.id, change_id=question.change.id)
                self._world.reminders.remind(reminder, ANSWER_WITHIN)

    def newcomer(self, carried: Carried) -> Capabilities:
        """What a batch may hand to somebody whom the roster doesn't show. Where microphones open by consent only, he
        may have come silent, if this very change is what would let him be heard.
        """
        meeting = carried.meeting
        now = wanted(self._world, meeting, User(""))
        if meeting.rules.unmute_consent is UnmuteConsent.NONE:
            return now
        return now & (self._before(carried, User("")) | ~Capabilities.SEND_AUDIO)

    def _questions(self, carried: Carried, crowd: Crowd) -> Iterator[Question]:
        audio, now = Capabilities.SEND_AUDIO, self._world.surroundings.now()
        for user_id, stored in crowd.people.items():
            seats = [seat for seat in stored.present if seat.attendee_id not in crowd.gone]
            if not seats or (stored.rules.asked is not None and stored.rules.asked.is_open(now)):
                continue
            seen = crowd.seen(user_id)
            holds = self._world.policies.held
            would = effective(carried.meeting, seen, holds, now, consented=True)
            if audio not in would or audio in wanted(self._world, carried.meeting, seen):
                continue
            if audio not in self._before(carried, seen) or self._is_for_him(carried, seen):
                yield self._question(carried, stored)

    def _is_for_him(self, carried: Carried, user: User) -> bool:
        """Whether the change is for him to be heard, though nothing but his own silence withheld it before, or gave him
        another role: that is not among the meeting's rules.
        """
        if carried.change.command == Register.name:
            return user.revised_by == carried.change.id
        if carried.change.subject != user.id:
            return False
        return Medium.AUDIO in floor_media(user, carried.meeting, self._world.surroundings.now())

    def _before(self, carried: Carried, user: User) -> Capabilities:
        """What he had by the rules that the change replaced, whatever of them has ended by itself since."""
        change, meeting = carried.change, carried.meeting
        if not isinstance(change.replaced, MeetingRules):
            return wanted(self._world, meeting, user)
        lasting = tuple(replace(m, until=None) for m in change.replaced.mute_alls)
        was = replace(meeting, rules=replace(change.replaced, mute_alls=lasting))
        now = self._world.surroundings.now()
        return effective(was, user, self._world.policies.held, now, consented=True)

    def _question(self, carried: Carried, stored: User) -> Question:
        """A change of its own, by whoever made the change of the meeting: it leaves the rules as they are."""
        cause, meeting, now = carried.change, carried.meeting, self._world.surroundings.now()
        change_id = self._world.surroundings.new_id()
        asked = Asked(change_id, cause.actor, now, now + ANSWER_WITHIN)
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
            replaced=rules,
            made=rules,
            before=has,
            after=has,
            effects=(),
            awaits_consent=True,
            waits_for=None,
            lease=cause.lease.given_back(now) if cause.lease else None,
            due_at=asked.until,
            unsure_until=None,
            delay_told=False,
            answer={},
            widens=True,
        )
        seats = [concerning(seat.attendee_id, user.id) for seat in user.present]
        adds = {"attendees": seats, "until": iso(asked.until)}
        told = entry(self._world, Carried(change, meeting, user), UNMUTE_REQUESTED, adds)
        return Question(stored, user, change, told)

    def _write(self, clauses: Sequence[Clause], ordering: Ordering) -> None:
        try:
            persistently(self._world, clauses, ordering.lease.until)
        except Conflict as conflict:
            if any(isinstance(clause, ChangeOpened) for clause in conflict.failed):
                return  # written by this very transaction, whose answer was lost
            raise
