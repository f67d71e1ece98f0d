"""Comparing meetings with Chime, within what the quota of reads gives: who was not looked at is next."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ...domain.meeting import CHECKED_EVERY, Meeting, User, next_end
from ...ports import Budget, CheckTaken, ConditionFailedError, InfrastructureError, World
from ..enforcement.retries import transact_with_retry
from .chime_events import ChimeEventHandler
from .unexpected_errors import UnexpectedError, where

PAGE = 100
"""Attendees in a page of Chime's roster."""
MOST_PAGES = 5
TIME_PER_SWEEP = timedelta(seconds=8)
CLAIM = timedelta(seconds=30)
"""How long a process has for a comparison that it has begun, before another begins it anew."""
PAUSE = 0.25
"""Seconds a page, between two looks at a budget that is used up."""


@dataclass(slots=True)
class Comparison:
    """What one run came to. `oldest`: the longest that a meeting had waited for it, or still does, in seconds."""

    compared: int = 0
    left: int = 0
    oldest: float = 0.0
    faults: list[UnexpectedError] = field(default_factory=list)


def is_stale(meeting: Meeting, now: datetime) -> bool:
    """Whether it is to be compared."""
    return meeting.compared_at is None or now >= meeting.compared_at + CHECKED_EVERY


def next_check(meeting: Meeting, compared_at: datetime, now: datetime) -> datetime:
    """When to look at it again, for a comparison or because a mute-all ends. Always another time than the last."""
    then, ends_at = max(compared_at + CHECKED_EVERY, now), next_end(meeting.rules)
    if ends_at is not None:
        then = min(max(ends_at, now), then)
    return then if then != meeting.check_at else then + timedelta(milliseconds=1)


def take_check(world: World, clause: CheckTaken) -> None:
    """Raises `Conflict` if another process was quicker, but not if it was our own try whose answer was lost."""
    try:
        transact_with_retry(world, [clause], world.surroundings.now() + TIME_PER_SWEEP)
    except ConditionFailedError:
        meeting = world.ledger.load(clause.meeting_id).meeting
        if meeting is None or meeting.check_at != clause.then:
            raise


class Comparisons:
    def __init__(self, world: World, presence: ChimeEventHandler) -> None:
        self._world = world
        self._presence = presence
        self._now = world.surroundings.now

    def run(self, stale: Collection[Meeting], deadline: datetime) -> Comparison:
        """The one that was compared longest ago first. What there is no budget or time for keeps its place."""
        done = Comparison()
        waiting = sorted(stale, key=_since)
        for position, meeting in enumerate(waiting):
            done.oldest = max(done.oldest, self._age(meeting))
            try:
                has_time = self._compare(meeting.id, deadline, done)
            except ConditionFailedError:
                continue  # another process compares it, or somebody changes it
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
        """One meeting, as it is by now; False if the run's time is over. Raises `Conflict`."""
        meeting = self._world.ledger.load(meeting_id).meeting
        if meeting is None or meeting.check_at is None or meeting.check_at > self._now():
            return True
        if not self._affords(_pages(self._world.ledger.everybody(meeting_id)), deadline):
            return False
        begun = self._now()
        take_check(self._world, CheckTaken(meeting_id, meeting.check_at, begun + CLAIM))
        done.faults += self._presence.sweep(meeting, deadline).faults
        self._note(meeting_id, begun)
        done.compared += 1
        return True

    def _note(self, meeting_id: str, compared_at: datetime) -> None:
        """After the look, so that what could not be looked at is next. It may have been closed by it."""
        meeting = self._world.ledger.load(meeting_id).meeting
        if meeting is not None and meeting.check_at is not None:
            then = next_check(meeting, compared_at, self._now())
            take_check(self._world, CheckTaken(meeting_id, meeting.check_at, then, compared_at))

    def _affords(self, pages: int, deadline: datetime) -> bool:
        """Waits for the budget, as long as the run has time."""
        while self._now() + TIME_PER_SWEEP <= deadline:
            if self._world.ledger.acquire_background_calls(pages, self._now(), Budget.SWEEPS):
                return True
            self._world.surroundings.sleep(PAUSE * pages * (0.5 + self._world.surroundings.jitter()))
        return False

    def _age(self, meeting: Meeting) -> float:
        return max(0.0, (self._now() - _since(meeting)).total_seconds())


def _since(meeting: Meeting) -> datetime:
    """When it was last compared, or, if it never was, registered."""
    if meeting.compared_at is not None:
        return meeting.compared_at
    return (meeting.check_at or datetime.max.replace(tzinfo=UTC)) - CHECKED_EVERY


def _pages(people: Mapping[str, User]) -> int:
    """What reading the roster will take, by who is known to be there."""
    seats = sum(len(user.present) for user in people.values())
    return min(1 + seats // PAGE, MOST_PAGES)
