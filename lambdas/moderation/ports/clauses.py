"""The clauses of a transaction: each names one condition. A transaction holds all of them, or does nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ..domain.change import Change
from ..domain.entry import Entry
from ..domain.meeting import Meeting, Seat, User
from .due import Due

MEETING_SHARDS = 16
"""Items beside a meeting that hold its revision. A revised meeting writes all of them; a transaction that relies on the
revision checks one. DynamoDB cancels a transaction that touches an item of another one under way, if only to check it:
with a single item all attendees of a large meeting would contend.
"""


@dataclass(frozen=True, slots=True)
class MeetingIs:
    """The meeting still has the revision that was read; 0: it is not registered.

    `beside`: the user or change that the transaction is about. Transactions about different ones rarely contend.
    """

    meeting_id: str
    revision: int
    beside: str = ""


@dataclass(frozen=True, slots=True)
class UserIs:
    """The person still has the revision that was read; 0: nothing is stored of him."""

    meeting_id: str
    user_id: str
    revision: int


@dataclass(frozen=True, slots=True)
class MeetingRevised:
    """The meeting had revision `was` (0: it was not registered) and becomes this."""

    meeting: Meeting
    was: int


@dataclass(frozen=True, slots=True)
class UserRevised:
    """The person had revision `was` and gets these rules, and `new_seats` besides those he has.

    What is known of his other seats is left alone: whoever settles writes it without raising the revision. `notes`:
    nothing was noted on them since either.
    """

    meeting_id: str
    user: User
    was: int
    new_seats: tuple[Seat, ...] = ()
    notes: int | None = None


@dataclass(frozen=True, slots=True)
class SeatBound:
    """Nobody else has the seat."""

    meeting_id: str
    attendee_id: str
    user_id: str


@dataclass(frozen=True, slots=True)
class ChangeOpened:
    """No change of this id is there."""

    change: Change


@dataclass(frozen=True, slots=True)
class ChangeIsOpen:
    """The change is pending: what joins it now is applied with it."""

    meeting_id: str
    change_id: str


@dataclass(frozen=True, slots=True)
class ChangeKept:
    """The change is open (or still to be looked at) under the lease of this token, and becomes this."""

    change: Change
    token: str


@dataclass(frozen=True, slots=True)
class SeatsNoted:
    """The person still has the revision that the orders were derived from; what Chime took is noted on his seats.
    `notes`: nothing else was noted since.
    """

    meeting_id: str
    user_id: str
    revision: int
    seats: tuple[Seat, ...]
    notes: int | None = None


@dataclass(frozen=True, slots=True)
class CheckTaken:
    """Nobody else has taken this check of the meeting; the next one is due `then` (None: never again).

    `compared_at`: when the meeting is compared with Chime, if this check does so.
    """

    meeting_id: str
    was: datetime
    then: datetime | None
    compared_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Postponed:
    """What is due, is due at that time still; it will be due `until`. Nothing else about it changes."""

    due: Due
    until: datetime


@dataclass(frozen=True, slots=True)
class HandRaised:
    """His hand is not up; it is from now on, since `at`. Of a record of its own, which no other deed looks at."""

    meeting_id: str
    user_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class HandLowered:
    """His hand is up; it is so no more."""

    meeting_id: str
    user_id: str


@dataclass(frozen=True, slots=True)
class SeatSeen:
    """Nothing later is known of whether somebody is connected as this attendee; now that of the moment `at` is."""

    meeting_id: str
    attendee_id: str
    at: datetime
    connected: bool


@dataclass(frozen=True, slots=True)
class EntryWritten:
    entry: Entry


@dataclass(frozen=True, slots=True)
class KeyTaken:
    """Nobody has used this idempotency key. `id` is a digest of caller and key."""

    id: str
    fingerprint: str
    meeting_id: str
    change_id: str | None = None
    answer: Mapping[str, object] | None = None
    """The whole answer where no change holds it: to a refusal, or to a command that changed nothing."""


Clause = (
    MeetingIs
    | UserIs
    | MeetingRevised
    | UserRevised
    | SeatBound
    | ChangeOpened
    | ChangeIsOpen
    | ChangeKept
    | SeatsNoted
    | CheckTaken
    | Postponed
    | HandRaised
    | HandLowered
    | SeatSeen
    | EntryWritten
    | KeyTaken
)


def actions_of(clause: Clause) -> int:
    """How many of the 100 actions of one transaction the clause takes."""
    if not isinstance(clause, MeetingRevised):
        return 1
    is_named = clause.was == 0 and bool(clause.meeting.external_id)
    return 1 + MEETING_SHARDS + is_named
