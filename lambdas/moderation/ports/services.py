"""The world as the moderator knows it: ledger, Chime, policies, time and chance, reminders."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from ..domain.actor import Authorization, AuthorizationRequest, PolicyCapabilities
from ..domain.capability import Capabilities
from ..domain.change import Change
from ..domain.entry import EVERY_ENTRY, Entry, EntryFilter
from ..domain.meeting import Features, Meeting, User
from .clauses import Clause, KeyTaken
from .due import Due


@dataclass(frozen=True, slots=True)
class Loaded:
    """What one strongly consistent read found. People of whom nothing is stored come as `User(id)` of revision 0. Only
    here they come with their hands: a look at everybody doesn't tell who has raised his.
    """

    meeting: Meeting | None = None
    users: Mapping[str, User] = field(default_factory=dict)
    seats: Mapping[str, str] = field(default_factory=dict)
    """attendee → user"""
    away: frozenset[str] = frozenset()
    """Those of these attendees as whom nobody is connected any more, as far as Chime has told."""
    key: KeyTaken | None = None


@dataclass(frozen=True, slots=True)
class Page:
    entries: tuple[Entry, ...]
    more: bool


class Budget(StrEnum):
    """Token buckets of the account, kept in the ledger for all processes. Commands of hosts take from none of them, so
    they find room.
    """

    CALLS = "calls"
    """Capability calls of background work."""
    SWEEPS = "sweeps"
    """Pages of rosters that the reconciler reads to compare meetings with Chime."""
    LOOKS = "looks"
    """Reads of single attendees and rosters that events and participants cause."""


class Minute(StrEnum):
    """What the seconds are for that one person has in a meeting: reads take none of those for commands."""

    COMMANDS = "commands"
    READS = "reads"
    AUTOMATIC = "automatic"
    """Capability calls that attendees cause by joining, whom nobody commands."""


class Ledger(Protocol):
    """Where meetings, users, changes and entries are kept. Reads are strongly consistent."""

    def load(
        self, meeting_id: str, users: Collection[str] = (), seats: Collection[str] = (), key: str | None = None
    ) -> Loaded: ...

    def transact(self, clauses: Sequence[Clause]) -> None:
        """All of it or nothing. Raises `Conflict` with the clauses that failed, `Contention`, `LedgerUnavailable`."""

    def everybody(self, meeting_id: str) -> Mapping[str, User]: ...

    def seats_after(self, meeting_id: str, after: str, limit: int) -> Mapping[str, str]:
        """attendee → user, so many whose ids follow `after`, in their order; those who are gone among them."""

    def hands(self, meeting_id: str) -> Mapping[str, datetime]:
        """Whose hand is up, since when."""

    def change(self, meeting_id: str, change_id: str) -> Change | None: ...

    def meetings_named(self, external_id: str) -> Sequence[str]:
        """Every registered meeting of this ExternalMeetingId, ended ones among them."""

    def due(self, now: datetime, limit: int) -> Sequence[Due]:
        """What is due by now, longest due first, of any meeting. Eventually consistent, and keys alone: what stands
        there by now is told by `due_records`.
        """

    def due_records(self, due: Collection[Due]) -> Mapping[Due, Change | Meeting]:
        """The changes and meetings among them as they are now. One that is gone or can't be read is left out."""

    def acquire_background_calls(self, count: int, now: datetime, budget: Budget = Budget.CALLS) -> bool:
        """Takes so many out of a budget; False if it does not hold them now. May raise `LedgerUnavailable`."""

    def acquire_user_tokens(
        self, meeting_id: str, user_id: str, seconds: int, now: datetime, minute: Minute = Minute.COMMANDS
    ) -> bool:
        """Takes them out of the minute that a person has in a meeting, which fills up again as time goes by. False if
        there are not so many left. May raise `LedgerUnavailable`.
        """

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
        """Entries whose id lies between `after` and `before`, both excluded, oldest first. `user_id`: only those that
        name the person, with or without a seat, and those that name nobody, for they are about everybody.
        """


@dataclass(frozen=True, slots=True)
class MeetingInChime:
    external_id: str
    features: Features


@dataclass(frozen=True, slots=True)
class SeatInChime:
    attendee_id: str
    user_id: str
    capabilities: Capabilities


class Chime(Protocol):
    """The few operations of the Chime SDK that Gavel uses. One call is one attempt. Raises `ChimeFailure`s."""

    def meeting(self, meeting_id: str) -> MeetingInChime: ...

    def seat(self, meeting_id: str, attendee_id: str) -> SeatInChime: ...

    def roster(self, meeting_id: str) -> Sequence[SeatInChime]:
        """Everybody whom Chime holds, media pipelines' attendees among them."""

    def order(self, meeting_id: str, attendee_id: str, capabilities: Capabilities) -> Capabilities:
        """Makes the seat have exactly these capabilities; returns what Chime answered that it has."""

    def order_except(self, meeting_id: str, excluded: Sequence[str], capabilities: Capabilities) -> None:
        """Makes everybody but the excluded (1 to 250) have exactly these capabilities."""

    def remove(self, meeting_id: str, attendee_id: str) -> None:
        """Takes the seat away, JoinToken and all. `Missing`: it is gone already."""

    def end(self, meeting_id: str) -> None:
        """Ends the meeting for everybody. `Missing`: it is over already."""


class Policies(Protocol):
    """The customer's policies. Pure and total: an evaluation error is a denial."""

    @property
    def roles(self) -> frozenset[str]: ...

    @property
    def ranking(self) -> tuple[str, ...]:
        """The roles as the schema lists them: who comes first stands higher."""

    @property
    def modes(self) -> frozenset[str]: ...

    def authorize(self, question: AuthorizationRequest) -> Authorization: ...

    def capabilities_for(self, role: str | None, mode: str, has_floor: bool) -> PolicyCapabilities: ...


class Surroundings(Protocol):
    """Time and chance, which tests hold in their hands."""

    def now(self) -> datetime:
        """UTC, in whole milliseconds."""

    def sleep(self, seconds: float) -> None: ...

    def jitter(self) -> float:
        """Between 0 and 1, for jitter."""

    def new_id(self) -> str:
        """A ULID, later than those that this process has given before."""


@dataclass(frozen=True, slots=True)
class Wakeup:
    """What the reconciler shall look at: a change, a person some restriction of whom ends, else the meeting."""

    meeting_id: str
    change_id: str | None = None
    user_id: str | None = None


class WakeupScheduler(Protocol):
    """Wakes the reconciler. A reminder may be lost or come early: the `due` index is looked through every minute."""

    def schedule(self, wakeup: Wakeup, after: timedelta) -> None:
        """Raises nothing."""


@dataclass(frozen=True, slots=True)
class World:
    """All that the moderator touches."""

    ledger: Ledger
    chime: Chime
    policies: Policies
    surroundings: Surroundings
    wakeups: WakeupScheduler
