"""Checks timed rules: each ends once, not before its time, and is gone from the rules at rest."""

from collections.abc import Callable, Iterator
from datetime import datetime

from moderation.domain.actor import ActorKind
from moderation.domain.capability import MuteAll, Restriction
from moderation.domain.change import Change
from moderation.domain.meeting import MeetingRules, UserRules
from moderation.domain.personal_rules import Ban, Floor
from moderation.domain.schedule import next_end

from tests.memory.ledger import MemoryLedger

from .one_meeting import OneMeeting
from .promises import is_a_question

Timed = Restriction | MuteAll | Floor | Ban


class Ends:
    """Checks the changes of the clock."""

    def __init__(self, store: OneMeeting, violated: Callable[[str, str], None]) -> None:
        self._store = store
        self._violated = violated
        self._ended: set[tuple[str, Timed]] = set()

    def opened(self, change: Change, now: datetime) -> None:
        """Checks that each end is one change, and so one entry. Called right after the commit."""
        if change.actor.kind is not ActorKind.CLOCK or is_a_question(change):
            return
        if self._store.meetings[change.meeting_id].rules.frozen_at is not None:
            self._violated("nothing ends while the meeting is frozen", change.id[-4:])
        subject = change.user_id or ""
        gone = _timed(change.rules_before) - _timed(change.rules_after)
        if not gone:
            self._violated("the clock ends what has ended", f"{subject or 'everybody'}: nothing")
        for each in gone:
            if each.holds_at(now):
                self._violated("the clock ends what has ended", f"{subject or 'everybody'}: {each.until}, it is {now}")
            if (subject, each) in self._ended:
                self._violated("each end is told once", f"{subject or 'everybody'}: {each.until}")
            self._ended.add((subject, each))


def left_over(store: MemoryLedger | OneMeeting, now: datetime) -> Iterator[str]:
    """Users and meetings whose rules have expired and were not ended, although nothing prevents it."""
    for name, at in ends(store):
        if at <= now:
            yield f"{name}: {at}"


def ends(store: MemoryLedger | OneMeeting) -> Iterator[tuple[str, datetime]]:
    """The ends that are still to come, in meetings that are not frozen."""
    passing = {m.id: m for m in store.meetings.values() if m.ended_at is None and m.rules.frozen_at is None}
    for meeting in passing.values():
        if at := next_end(meeting.rules):
            yield "everybody", at
    for (meeting_id, _), user in store.users.items():
        if meeting_id in passing and (at := next_end(user.rules)):
            yield user.id, at


def _timed(rules: object) -> set[Timed]:
    if isinstance(rules, UserRules):
        return {each for each in (*rules.restrictions, rules.floor, rules.ban) if each is not None}
    return set(rules.mute_alls) if isinstance(rules, MeetingRules) else set()
