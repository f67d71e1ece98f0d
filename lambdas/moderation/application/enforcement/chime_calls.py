"""Orders to Chime on behalf of one change: within its lease, retried by hand, with their unknown ends kept in mind."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from ...domain.capability import Capabilities
from ...domain.change import CALL_LIFE, CALL_TIMEOUT, LEASE, Lease
from ...domain.documents import Document
from ...domain.meeting import Seat
from ...ports import (
    ChimeNotFoundError,
    ChimeRetryableError,
    ConditionFailedError,
    LedgerUnavailableError,
    Minute,
    OutcomeUnknownError,
    World,
)

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 2.0
RULES_ARE_FRESH_FOR = timedelta(seconds=1)
"""Rules read longer ago are read again before a call that widens. Before a call that is repeated they always are."""

StillWanted = Callable[[], bool]
"""Reads the rules again: whether they still want what is about to be ordered. Raises `LedgerUnavailable`."""


class Check(Protocol):
    """Before each attempt. Raises `Conflict`, `LedgerUnavailable`."""

    def __call__(self, *, is_repeated: bool) -> None: ...


class DeadlineExceededError(Exception):
    """No further call fits into the lease and the caller's patience. What was reached by then goes with it."""

    def __init__(self, outcomes: tuple[Document, ...] = ()) -> None:
        super().__init__()
        self.outcomes = outcomes


class ChimeRefusedError(DeadlineExceededError):
    """Chime refuses what must be pursued all the same: somebody has to look into it."""


class MeetingOverError(Exception):
    """Chime has ended the meeting, which Gavel has not heard of yet."""


class RosterChangedError(Exception):
    """A batch was not taken; it was made of what was seen before."""


@dataclass(slots=True)
class ChimeCalls:
    """`unsure_until` moves on with every call whose end is unknown: until then it may undo what is ordered later."""

    world: World
    meeting_id: str
    lease: Lease
    deadline: datetime
    in_background: bool = False
    uncertain_until: datetime | None = None
    wait: float = FIRST_PAUSE
    joining: str | None = None
    """The user whose joining caused it, where nobody commanded it: it takes from a minute of their own."""
    is_resumed: bool = False
    reached: dict[str, Capabilities] = field(default_factory=dict)
    """What Chime has taken of this change under this lease. Whoever orders something else in between puts it right."""
    reached_at: dict[str, datetime] = field(default_factory=dict)
    """When it did last, even if a later call has failed."""
    before: dict[str, Capabilities] = field(default_factory=dict)
    """What everybody had when this change first looked: what is told as `before`."""
    told: dict[str, Capabilities] = field(default_factory=dict)
    """What subscribers were told that attendees have by this change."""
    read_at: datetime = field(init=False)
    """When the rules that the orders follow were read: with the lease, or later."""

    def __post_init__(self) -> None:
        self.read_at = self.lease.until - LEASE

    def order(
        self, attendee_id: str, wanted: Capabilities, is_wanted: StillWanted, *, widens: bool
    ) -> Capabilities | None:
        """Returns what Chime has, None if the attendee is gone. Raises `OutOfTime`, `NotTaken`, and `Conflict` if
        other rules have been committed meanwhile: nothing older than those is ordered.
        """

        def once() -> bool:
            self.reached.pop(attendee_id, None)
            return self.world.chime.order(self.meeting_id, attendee_id, wanted) == wanted

        def check(*, is_repeated: bool) -> None:
            if widens:
                self.check(is_wanted, is_repeated=is_repeated)
            elif is_repeated:
                self._check_if_possible(is_wanted)

        if not self._until_taken(once, check):
            return None
        self.reached[attendee_id], self.reached_at[attendee_id] = wanted, self.world.surroundings.now()
        return wanted

    def check(self, is_wanted: StillWanted, *, is_repeated: bool = False) -> None:
        """Before what widens. Raises `Conflict`, and `LedgerUnavailable`: what can't be checked is not ordered."""
        now = self.world.surroundings.now()
        if now - self.read_at <= RULES_ARE_FRESH_FOR and not is_repeated:
            return
        if not is_wanted():
            raise ConditionFailedError([])
        self.read_at = now

    def _check_if_possible(self, is_wanted: StillWanted) -> None:
        """Before what narrows: it is pursued, whether or not the ledger can be read."""
        try:
            self.check(is_wanted, is_repeated=True)
        except LedgerUnavailableError:
            return

    def remove(self, attendee_id: str, is_wanted: StillWanted = lambda: True) -> None:
        """Takes a seat away. Raises `OutOfTime`, `NotTaken`, and `Conflict` as `order` does."""

        def once() -> bool:
            self.world.chime.remove(self.meeting_id, attendee_id)
            return True

        def check(*, is_repeated: bool) -> None:
            if is_repeated:
                self._check_if_possible(is_wanted)

        self._until_taken(once, check)

    def end(self) -> None:
        """Ends the meeting in Chime. Raises `OutOfTime`, `NotTaken`."""

        def once() -> bool:
            self.world.chime.end(self.meeting_id)
            return True

        self._until_taken(once)

    def order_except(self, excluded: Sequence[str], wanted: Capabilities) -> bool:
        """Returns False if there is no such meeting any more. One attempt: whoever has come or was changed while it
        waited must be looked at before the next. Raises `LookAgain`, `OutOfTime`, `NotTaken`.
        """
        started = self._start()
        try:
            self.world.chime.order_except(self.meeting_id, excluded, wanted)
        except ChimeNotFoundError:
            return False
        except OutcomeUnknownError:
            self.uncertain_until = started + CALL_LIFE
            raise RosterChangedError from None
        except ChimeRetryableError:
            raise RosterChangedError from None
        return True

    def owns_lease(self, lease: Lease | None) -> bool:
        """Whether a lease is ours: as it was, or as a commit on the way whose answer was lost has renewed it."""
        renewed = self.lease.rotated()
        if lease == renewed:
            self.lease = renewed
        return lease == self.lease

    def is_noted_since(self, seat: Seat) -> bool:
        """Whether somebody has noted what the attendee has since a call of this change reached them. That may be of a
        call before this one or after it.
        """
        reached_at = self.reached_at.get(seat.attendee_id)
        return reached_at is not None and seat.noted_at is not None and seat.noted_at > reached_at

    def pause(self) -> None:
        """Before the next look, longer each time."""
        self.world.surroundings.sleep(self.wait * (0.5 + self.world.surroundings.jitter()))
        self.wait = min(self.wait * 2, LONGEST_PAUSE)

    def _until_taken(self, once: Callable[[], bool], check: Check | None = None) -> bool:
        """Until Chime says that it is done and means it; False if nobody is there to do it to."""
        pause, is_repeated = FIRST_PAUSE, False
        while True:
            if check is not None:
                check(is_repeated=is_repeated)
            is_repeated = True
            started = self._start()
            try:
                if once():
                    return True
            except ChimeNotFoundError:
                return False
            except OutcomeUnknownError:
                self.uncertain_until = started + CALL_LIFE
            except ChimeRetryableError:
                pass
            self.world.surroundings.sleep(pause * (0.5 + self.world.surroundings.jitter()))
            pause = min(pause * 2, LONGEST_PAUSE)

    def _start(self) -> datetime:
        """A call that could outlive the lease is not begun: its holder of then would be undone. Nothing that may take
        its time comes between the look at the clock and the call.
        """
        if self.in_background and not self.world.ledger.acquire_background_calls(1, self.world.surroundings.now()):
            raise DeadlineExceededError
        if self.joining is not None and not self._has_its_share(self.joining):
            raise DeadlineExceededError
        now = self.world.surroundings.now()
        if now + CALL_TIMEOUT > min(self.lease.until, self.deadline):
            raise DeadlineExceededError
        return now

    def _has_its_share(self, user_id: str) -> bool:
        """One user who comes again and again leaves the account's calls to the others."""
        now = self.world.surroundings.now()
        return self.world.ledger.acquire_user_tokens(self.meeting_id, user_id, 1, now, Minute.AUTOMATIC)
