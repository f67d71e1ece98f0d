"""Compares meetings with Chime within the quota of reads. Meetings that are left out come first in the next run."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ...domain.meeting import Meeting, User
from ...domain.schedule import CHECKED_EVERY, next_end
from ...ports import Budget, CheckTaken, Clock, ConditionFailedError, InfrastructureError, Ledger
from ..enforcement.transactions import transact_with_retry
from .chime_events import ChimeEventHandler
from .unexpected_errors import UnexpectedError, where

PAGE = 100
"""Attendees in a page of Chime's roster."""
MOST_PAGES = 5
TIME_PER_SWEEP = timedelta(seconds=8)
CLAIM = timedelta(seconds=30)
"""The time that a process has for a comparison before another process may begin it anew. The end of a mute-all does not
wait for it.
"""
PAUSE = 0.25
"""Seconds between two attempts to take budget, for each page."""


@dataclass(slots=True)
class Comparison:
    """The result of one run. `oldest`: the longest time, in seconds, that a meeting has waited for its comparison."""

    compared: int = 0
    left: int = 0
    oldest: float = 0.0
    faults: list[UnexpectedError] = field(default_factory=list)


def is_stale(meeting: Meeting, now: datetime) -> bool:
    """Whether the meeting is due for a comparison."""
    return meeting.compared_at is None or now >= meeting.compared_at + CHECKED_EVERY


def next_check(meeting: Meeting, next_comparison: datetime, now: datetime) -> datetime:
    """When the meeting is due again, for its next comparison or the end of a mute-all that comes before it.

    While the meeting is frozen, the end of a mute-all waits.
    """
    then, ends_at = max(next_comparison, now), next_end(meeting.rules)
    if ends_at is not None and meeting.rules.frozen_at is None:
        then = min(max(ends_at, now), then)
    return then


def distinct(then: datetime, was: datetime) -> datetime:
    """The time that a claim sets. It differs from the last, or two processes could both claim the same."""
    return then if then != was else then + timedelta(milliseconds=1)


def take_check(ledger: Ledger, clock: Clock, clause: CheckTaken) -> None:
    """Claims the comparison. Raises `ConditionFailedError` if another process was faster, but not if an earlier attempt
    of this process, whose answer was lost, has claimed it.
    """
    try:
        transact_with_retry(ledger, clock, [clause], clock.now() + TIME_PER_SWEEP)
    except ConditionFailedError:
        meeting = ledger.load(clause.meeting_id).meeting
        if meeting is None or meeting.check_at != clause.then:
            raise


class Comparisons:
    """Compares the meetings that are due."""

    def __init__(self, ledger: Ledger, clock: Clock, presence: ChimeEventHandler) -> None:
        self._ledger = ledger
        self._clock = clock
        self._presence = presence
        self._now = clock.now

    def run(self, stale: Collection[Meeting], deadline: datetime) -> Comparison:
        """Compares meetings, the one compared longest ago first. Meetings without budget or time keep their place."""
        done = Comparison()
        waiting = sorted(stale, key=_since)
        for position, meeting in enumerate(waiting):
            done.oldest = max(done.oldest, (self._now() - _since(meeting)).total_seconds())
            try:
                has_time = self._compare(meeting.id, deadline, done)
            except ConditionFailedError:
                continue  # another process compares or changes it
            except InfrastructureError:
                done.left += 1
            except Exception as error:
                done.faults.append(UnexpectedError(where(error), meeting.id))
            else:
                if not has_time:
                    done.left += len(waiting) - position
                    break
        return done

    def _compare(self, meeting_id: str, deadline: datetime, done: Comparison) -> bool:
        """Compares one meeting as it is now. False if the run's time is over. Raises `ConditionFailedError`."""
        meeting = self._ledger.load(meeting_id).meeting
        if meeting is None or meeting.check_at is None or meeting.check_at > self._now():
            return True
        if not self._affords(_pages(self._ledger.all_users(meeting_id)), deadline):
            return False
        begun = self._now()
        claimed_until = distinct(next_check(meeting, begun + CLAIM, begun), meeting.check_at)
        take_check(self._ledger, self._clock, CheckTaken(meeting_id, meeting.revision, meeting.check_at, claimed_until))
        done.faults += self._presence.compare(meeting, deadline).faults
        self._note(meeting_id, begun)
        done.compared += 1
        return True

    def _note(self, meeting_id: str, compared_at: datetime) -> None:
        """Notes the comparison after it is done, so that a meeting whose comparison fails comes first in the next run.
        The comparison may have closed the meeting.
        """
        meeting = self._ledger.load(meeting_id).meeting
        if meeting is not None and meeting.check_at is not None:
            then = next_check(meeting, compared_at + CHECKED_EVERY, self._now())
            noted = CheckTaken(meeting_id, meeting.revision, meeting.check_at, then, compared_at)
            take_check(self._ledger, self._clock, noted)

    def _affords(self, pages: int, deadline: datetime) -> bool:
        """Waits for budget until the deadline of the run."""
        while self._now() + TIME_PER_SWEEP <= deadline:
            if self._ledger.acquire_background_calls(pages, self._now(), Budget.COMPARISONS):
                return True
            self._clock.sleep(PAUSE * pages * (0.5 + self._clock.jitter()))
        return False


def _since(meeting: Meeting) -> datetime:
    """When the meeting was last compared or, before the first comparison, registered."""
    if meeting.compared_at is not None:
        return meeting.compared_at
    return (meeting.check_at or datetime.max.replace(tzinfo=UTC)) - CHECKED_EVERY


def _pages(users: Mapping[str, User]) -> int:
    """The number of pages in Chime's roster, estimated from the attendees that are known to be present."""
    attendees = sum(len(user.present) for user in users.values())
    return min(1 + attendees // PAGE, MOST_PAGES)
