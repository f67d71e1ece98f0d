"""Ports of the application: ledger, Chime, policies, clock and ids, wake-ups."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, TypeVar

from ..domain.actor import Authorization, AuthorizationRequest
from ..domain.capability import Capabilities, PolicyCapabilities
from ..domain.change import Change
from ..domain.entry import EVERY_ENTRY, Entry, EntryFilter, iso
from ..domain.meeting import Features, Meeting, User
from .clauses import Clause, KeyTaken
from .due import Due

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Loaded:
    """The result of one strongly consistent read.

    Users with nothing stored are `User(id)` with revision 0. Only this read returns `User.hand`: a read
    of all users of a meeting does not.
    """

    meeting: Meeting | None = None
    users: Mapping[str, User] = field(default_factory=dict)
    attendees: Mapping[str, str] = field(default_factory=dict)
    """AttendeeId → ExternalUserId."""
    away: frozenset[str] = frozenset()
    """The attendees that are not connected any more, by Chime's events."""
    key: KeyTaken | None = None


@dataclass(frozen=True, slots=True)
class Page:
    entries: tuple[Entry, ...]
    more: bool


class Budget(StrEnum):
    """Token buckets of the account, stored in the ledger for all processes.

    They limit background work; hosts' commands take nothing from them, so that calls are left for hosts.
    """

    CALLS = "calls"
    """Capability calls of background work."""
    COMPARISONS = "comparisons"
    """Pages of rosters that the reconciler reads to compare meetings with Chime."""
    READS = "reads"
    """Reads of single attendees and rosters that events and participants cause."""


class Minute(StrEnum):
    """Token buckets of one user in a meeting: reads do not take from the bucket for commands."""

    COMMANDS = "commands"
    READS = "reads"
    AUTOMATIC = "automatic"
    """Capability calls that attendees cause by joining, without a command."""


@dataclass(frozen=True, slots=True)
class MeetingList:
    """A list of meetings: all registered ones, those with this ExternalMeetingId, or those in which this user is
    known.
    """

    external_id: str | None = None
    user_id: str | None = None


LAST_POSITION = "~"
"""A position that sorts after every other."""
POSITION_OF_ID = len("2026-05-04T10:00:00.000Z#")


def position(since: datetime, meeting_id: str) -> str:
    """The position of a meeting in a list: positions sort as moments do. A moment alone sorts before its meetings."""
    return f"{iso(since)}#{meeting_id}"


def meeting_at(place: str) -> str:
    """The MeetingId of a position."""
    return place[POSITION_OF_ID:]


class Ledger(Protocol):
    """The store of meetings, users, changes and entries. Reads are strongly consistent."""

    def load(
        self, meeting_id: str, users: Collection[str] = (), attendees: Collection[str] = (), key: str | None = None
    ) -> Loaded: ...

    def transact(self, clauses: Sequence[Clause]) -> None:
        """Writes all clauses or none.

        Raises `ConditionFailedError` with the clauses that failed, `TransactionContentionError`,
        `LedgerUnavailableError`.
        """

    def all_users(self, meeting_id: str) -> Mapping[str, User]: ...

    def all_roles(self, meeting_id: str) -> Mapping[str, User]:
        """All users, with what tells their roles, and nothing else: the role, the ban, and when they were removed."""

    def attendees_after(self, meeting_id: str, after: str, limit: int) -> Mapping[str, str]:
        """AttendeeId → user: up to `limit` attendees with ids after `after`, in order, including those that have
        left.
        """

    def hands(self, meeting_id: str) -> Mapping[str, datetime]:
        """ExternalUserId → since when the hand is raised."""

    def change(self, meeting_id: str, change_id: str) -> Change | None: ...

    def meetings_named(self, external_id: str) -> Sequence[str]:
        """All registered meetings with this ExternalMeetingId, including ended ones, newest first."""

    def listed(self, which: MeetingList, after: str, before: str, limit: int) -> Sequence[str]:
        """Up to `limit` positions between two positions or moments, both excluded, newest first.

        A user's list is eventually consistent, and sorted by the moment in which the ledger first stored the user.
        """

    def registered(self, meeting_ids: Collection[str]) -> Mapping[str, Meeting]:
        """The meetings among these that are registered."""

    def due(self, now: datetime, limit: int) -> Sequence[Due]:
        """Due records of all meetings, the longest due first. Eventually consistent.

        These are keys only: `due_records` reads the records.
        """

    def due_records(self, due: Collection[Due]) -> Mapping[Due, Change | Meeting]:
        """The changes and meetings of these keys, as they are now. Deleted and unreadable records are left out."""

    def acquire_background_calls(self, count: int, now: datetime, budget: Budget = Budget.CALLS) -> bool:
        """Takes `count` tokens from a budget; False if it holds fewer. May raise `LedgerUnavailableError`."""

    def acquire_user_tokens(
        self, meeting_id: str, user_id: str, seconds: int, now: datetime, minute: Minute = Minute.COMMANDS
    ) -> bool:
        """Takes `seconds` tokens from the user's bucket of the meeting, which holds 60 and refills at one a second.

        False if it holds fewer. May raise `LedgerUnavailableError`.
        """

    def recorded_batches(self, meeting_id: str) -> Collection[Capabilities]:
        """What batches of the meeting's changes may have given. It counts until the change is settled for good."""

    def history(
        self,
        meeting_id: str,
        after: str,
        before: str,
        limit: int,
        user_id: str | None,
        only: EntryFilter = EVERY_ENTRY,
        *,
        newest_first: bool = False,
    ) -> Page:
        """Entries with ids between `after` and `before`, both excluded, oldest first.

        With `user_id`: only entries about this user, and entries about the whole meeting.
        """


@dataclass(frozen=True, slots=True)
class MeetingInChime:
    """A meeting as Chime has it."""

    external_id: str
    features: Features


@dataclass(frozen=True, slots=True)
class ChimeAttendee:
    """An attendee as Chime has it."""

    attendee_id: str
    user_id: str
    capabilities: Capabilities


class Chime(Protocol):
    """The operations of the Chime SDK that Gavel uses. One call is one attempt. Raises `ChimeError`s."""

    def meeting(self, meeting_id: str) -> MeetingInChime: ...

    def attendee(self, meeting_id: str, attendee_id: str) -> ChimeAttendee: ...

    def roster(self, meeting_id: str) -> Sequence[ChimeAttendee]:
        """All attendees that Chime holds, including those of media pipelines."""

    def update(self, meeting_id: str, attendee_id: str, capabilities: Capabilities) -> Capabilities:
        """Sets exactly these capabilities; returns the capabilities in Chime's answer."""

    def update_except(self, meeting_id: str, excluded: Sequence[str], capabilities: Capabilities) -> None:
        """Sets exactly these capabilities for all attendees except the excluded (1 to 250)."""

    def remove(self, meeting_id: str, attendee_id: str) -> None:
        """Deletes the attendee with its JoinToken. Raises `ChimeNotFoundError` if it is deleted already."""

    def end(self, meeting_id: str) -> None:
        """Ends the meeting for all. Raises `ChimeNotFoundError` if it has ended already."""


class Policies(Protocol):
    """The customer's policies. Pure and total: an evaluation error is a denial."""

    @property
    def roles(self) -> frozenset[str]: ...

    @property
    def ranking(self) -> tuple[str, ...]:
        """The roles in the schema's order: the first ranks highest."""

    @property
    def modes(self) -> frozenset[str]: ...

    @property
    def labels(self) -> Mapping[str, Mapping[str, str]]:
        """`modes` and `roles` → id → label, in the schema's order. The id is the label if there is no other."""

    def authorize(self, question: AuthorizationRequest) -> Authorization: ...

    def capabilities_for(self, role: str | None, mode: str, has_floor: bool) -> PolicyCapabilities: ...


class Clock(Protocol):
    """Time, jitter, and ids in the order of time. Tests control all of them."""

    def now(self) -> datetime:
        """UTC, in whole milliseconds."""

    def sleep(self, seconds: float) -> None: ...

    def jitter(self) -> float:
        """A random number between 0 and 1."""

    def new_id(self) -> str:
        """A ULID, greater than all that this process has returned before."""


class ForEach(Protocol):
    """Calls a function for each item, perhaps several at once, and returns the results in the order of the items."""

    def __call__(self, act: Callable[[Item], Result], items: Iterable[Item], /) -> Iterable[Result]: ...


@dataclass(frozen=True, slots=True)
class Wakeup:
    """The record that the reconciler has to check: a change, a user with a timed rule that ends, or else the
    meeting.
    """

    meeting_id: str
    change_id: str | None = None
    user_id: str | None = None


class WakeupScheduler(Protocol):
    """Wakes the reconciler. A wake-up may be lost or early: the reconciler queries the `due` index every minute."""

    def schedule(self, wakeup: Wakeup, after: timedelta) -> None:
        """Schedules the wake-up. Raises nothing."""
