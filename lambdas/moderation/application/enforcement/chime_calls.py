"""Calls to Chime for one change: under its lease, with retries, and with a record of calls of unknown outcome."""

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from ...domain.capability import Capabilities
from ...domain.change import CALL_LIFE, CALL_TIMEOUT, CLOCKS_DIFFER_BY, LEASE, Change, Lease
from ...domain.documents import Document
from ...domain.meeting import Attendee
from ...ports import (
    ChangeKept,
    Chime,
    ChimeNotFoundError,
    ChimeRetryableError,
    Clock,
    ConditionFailedError,
    Ledger,
    LedgerUnavailableError,
    Minute,
    OutcomeUnknownError,
)
from .transactions import transact_with_retry

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 2.0
RULES_ARE_FRESH_FOR = timedelta(seconds=1)
"""Rules that are older are read again before a call, and so are rules that are not confirmed, and those of a repeated
call.
"""

StillWanted = Callable[[], bool]
"""Reads the rules again, and returns whether they still give what the call would set. Raises `LedgerUnavailableError`.
"""


class Check(Protocol):
    """Runs before each attempt. Raises `ConditionFailedError`, `LedgerUnavailableError`."""

    def __call__(self, *, is_repeated: bool) -> None: ...


class DeadlineExceededError(Exception):
    """No further call fits into the lease and the caller's time. Carries the state reached by then."""

    def __init__(self, outcomes: tuple[Document, ...] = ()) -> None:
        super().__init__()
        self.outcomes = outcomes


class ChimeRefusedError(DeadlineExceededError):
    """Chime refuses a call that may not be given up. An operator has to look into it."""


class MeetingOverError(Exception):
    """Chime has ended the meeting, and Gavel did not know it yet."""


class RosterChangedError(Exception):
    """A batch was refused. The roster it was planned from is out of date."""


@dataclass(slots=True)
class ChimeCalls:
    """Calls of one change under one lease. `uncertain_until` moves on with each call of unknown outcome: until then
    such a call may undo a later one.
    """

    ledger: Ledger
    chime: Chime
    clock: Clock
    meeting_id: str
    lease: Lease
    deadline: datetime
    in_background: bool = False
    uncertain_until: datetime | None = None
    wait: float = FIRST_PAUSE
    joining: str | None = None
    """The user whose join caused the change, if no command did: its calls take tokens of that user."""
    is_resumed: bool = False
    reached: dict[str, Capabilities] = field(default_factory=dict)
    """The capabilities that Chime has accepted of this change under this lease, by attendee. They are wrong only if
    another process has updated Chime since, which then corrects them.
    """
    reached_at: dict[str, datetime] = field(default_factory=dict)
    """The time of Chime's last confirmation for each attendee, even if a later call has failed."""
    called_at: dict[str, datetime] = field(default_factory=dict)
    """When the last call to each attendee began."""
    removed: set[str] = field(default_factory=set)
    """Attendees that this change has removed. They stay removed, whatever the rules say by now."""
    removing: set[str] = field(default_factory=set)
    """`Change.removing`, as it is to be stored."""
    recorded: frozenset[Capabilities] = frozenset()
    """What batches of this change may give, as recorded under this lease."""
    cannot_record: bool = False
    """Whether the ledger did not take such a record, or did not answer."""
    before: dict[str, Capabilities] = field(default_factory=dict)
    """The capabilities of each attendee when this change first read them: reported as `before`."""
    reported: dict[str, Capabilities] = field(default_factory=dict)
    """The capabilities of each attendee that entries of this change have reported."""
    read_at: datetime | None = field(init=False)
    """When the current rules were read: with the lease, or later. `None`: a user and the meeting were read together,
    which is no snapshot, and no commit or second read has confirmed that they belong together.
    """

    def __post_init__(self) -> None:
        self.read_at = self.lease.until - LEASE

    def update(
        self, attendee_id: str, wanted: Capabilities, is_wanted: StillWanted, *, widens: bool
    ) -> Capabilities | None:
        """Sets an attendee's capabilities, and returns what Chime has, or `None` if the attendee is gone.

        Raises `DeadlineExceededError`, `ChimeRejectedError`, and `ConditionFailedError` if other rules have been
        committed meanwhile: older ones are not applied.
        """

        def once() -> bool:
            self.reached.pop(attendee_id, None)
            self.called_at[attendee_id] = self.clock.now()
            return self.chime.update(self.meeting_id, attendee_id, wanted) == wanted

        def check(*, is_repeated: bool) -> None:
            checks = self.check if widens else self.check_if_possible
            checks(is_wanted, is_repeated=is_repeated)

        if not self._retry(once, check):
            return None
        self.reached[attendee_id], self.reached_at[attendee_id] = wanted, self.clock.now()
        return wanted

    def check(self, is_wanted: StillWanted, *, is_repeated: bool = False) -> None:
        """Checks the rules before a call that widens. Raises `ConditionFailedError`, and `LedgerUnavailableError`: a
        call that cannot be checked is not made.
        """
        now = self.clock.now()
        if self._is_fresh(now) and not is_repeated:
            return
        _check(is_wanted)
        self.read_at = now

    def check_if_possible(self, is_wanted: StillWanted, *, is_repeated: bool = False) -> None:
        """Checks the rules before a call that narrows. Such a call is made even if the ledger cannot be read."""
        with suppress(LedgerUnavailableError):
            self.check(is_wanted, is_repeated=is_repeated)

    def _is_fresh(self, now: datetime) -> bool:
        return self.read_at is not None and now - self.read_at <= RULES_ARE_FRESH_FOR

    def remove(self, attendee_id: str, is_wanted: StillWanted) -> None:
        """Removes an attendee from Chime. What is checked before the call are the rules of the attendee's user, which
        says nothing of the rules of others. Raises `DeadlineExceededError`, `ChimeRejectedError`, and
        `ConditionFailedError` as `update` does.
        """

        def once() -> bool:
            self.chime.remove(self.meeting_id, attendee_id)
            return True

        def check(*, is_repeated: bool) -> None:
            if is_repeated or not self._is_fresh(self.clock.now()):
                with suppress(LedgerUnavailableError):
                    _check(is_wanted)

        self._retry(once, check)
        self.removed.add(attendee_id)

    def end(self) -> None:
        """Ends the meeting in Chime. Raises `DeadlineExceededError`, `ChimeRejectedError`."""

        def once() -> bool:
            self.chime.end(self.meeting_id)
            return True

        self._retry(once)

    def update_except(
        self, excluded: Sequence[str], wanted: Capabilities, is_wanted: StillWanted, *, widens: bool
    ) -> None:
        """Sets the capabilities of all attendees except the excluded ones, in one attempt: attendees who joined or
        changed while it waited have to be looked at before the next. A meeting that is gone is no error.

        Raises `RosterChangedError`, `DeadlineExceededError`, `ChimeRejectedError`, and `ConditionFailedError` as
        `update` does.
        """
        self._take_from_budgets()
        check = self.check if widens else self.check_if_possible
        check(is_wanted)
        started = self._start()
        try:
            self.chime.update_except(self.meeting_id, excluded, wanted)
        except ChimeNotFoundError:
            return
        except OutcomeUnknownError:
            self.uncertain_until = started + CALL_LIFE
            raise RosterChangedError from None
        except ChimeRetryableError:
            raise RosterChangedError from None

    def kept(self, change: Change, reported: Collection[str] = ()) -> ChangeKept:
        """The clause that stores the change under this lease, after an event has `reported` removed attendees."""
        return ChangeKept(replace(change, removing=tuple(sorted(self.removing - set(reported)))), self.lease.token)

    def store_removals(self, change: Change, attendee_ids: Collection[str]) -> None:
        """Stores the change with the attendees that it is about to remove (`Change.removing`): when another function
        goes on, the rules that remove them may have ended. Raises `ConditionFailedError` if another process holds the
        lease, and `InfrastructureError`.
        """
        if not self.removing.issuperset(attendee_ids):
            self.removing.update(attendee_ids)
            transact_with_retry(self.ledger, self.clock, [self.kept(change)], self.lease.until)

    def owns_lease(self, lease: Lease | None) -> bool:
        """Whether the lease belongs to this process: as it was, or as a commit renewed it whose answer was lost."""
        renewed = self.lease.rotated()
        if lease == renewed:
            self.lease = renewed
        return lease == self.lease

    def is_late(self, now: datetime) -> bool:
        """Whether others may take the change over: the function was frozen, and what it knows of Chime may be older
        than the effect of a call without an answer. It notes nothing any more, because a note proves that its call or
        read is at most `TAKEOVER_AFTER` older.
        """
        return now > self.lease.until + CALL_LIFE - CLOCKS_DIFFER_BY

    def check_time(self) -> None:
        """Raises `DeadlineExceededError` if it is too late to note anything."""
        if self.is_late(self.clock.now()):
            raise DeadlineExceededError

    def is_noted_since(self, attendee: Attendee) -> bool:
        """Whether another process has noted the attendee since the last call of this change began. The note may be
        about an earlier or a later call.
        """
        called_at = self.called_at.get(attendee.attendee_id)
        return called_at is not None and attendee.noted_at is not None and attendee.noted_at > called_at

    def is_undone_by_none(self, attendee_id: str) -> bool:
        """Whether no call of unknown outcome of this change may have taken effect after the last one that Chime
        confirmed for the attendee. It may have taken effect as soon as it began: the answer may be read much later.
        """
        return self.uncertain_until is None or self.called_at[attendee_id] > self.uncertain_until

    def pause(self) -> None:
        """Waits before the next look at the roster, longer each time."""
        self.clock.sleep(self.wait * (0.5 + self.clock.jitter()))
        self.wait = min(self.wait * 2, LONGEST_PAUSE)

    def _retry(self, once: Callable[[], bool], check: Check | None = None) -> bool:
        """Repeats a call until Chime confirms it. False if the target is gone."""
        pause, is_repeated = FIRST_PAUSE, False
        while True:
            self._take_from_budgets()
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
            self.clock.sleep(pause * (0.5 + self.clock.jitter()))
            pause = min(pause * 2, LONGEST_PAUSE)

    def _take_from_budgets(self) -> None:
        """Takes a call from the budgets, before the rules are checked: they may be read again just before the call."""
        if self.in_background and not self.ledger.acquire_background_calls(1, self.clock.now()):
            raise DeadlineExceededError
        if self.joining is not None and not self._has_its_share(self.joining):
            raise DeadlineExceededError

    def _start(self) -> datetime:
        """Checks that a call cannot outlive the lease, or its effect could undo the next holder's. No slow step comes
        between this check and the call.
        """
        now = self.clock.now()
        if now + CALL_TIMEOUT > min(self.lease.until, self.deadline):
            raise DeadlineExceededError
        return now

    def _has_its_share(self, user_id: str) -> bool:
        """Whether the user's share of the call budget permits the call. So one user who rejoins again and again cannot
        use up the account's quota.
        """
        now = self.clock.now()
        return self.ledger.acquire_user_tokens(self.meeting_id, user_id, 1, now, Minute.AUTOMATIC)


def _check(is_wanted: StillWanted) -> None:
    """Raises `ConditionFailedError` if the call is not wanted any more, and `LedgerUnavailableError`."""
    if not is_wanted():
        raise ConditionFailedError([])
