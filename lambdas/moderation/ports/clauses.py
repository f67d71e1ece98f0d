"""The clauses of a transaction: each names one condition. If one does not hold, the transaction writes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ..domain.capability import Capabilities
from ..domain.change import Change
from ..domain.entry import Entry
from ..domain.meeting import Attendee, Meeting, User
from .due import Due

MEETING_SHARDS = 16
"""The number of items that repeat a meeting's revision.

A transaction that revises the meeting writes all of them; a transaction that relies on the revision checks one.
DynamoDB cancels a transaction that touches an item of another transaction under way, even to check it: with a single
item all attendees of a large meeting would contend.
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
    """The user still has the revision that was read; 0: nothing is stored of the user."""

    meeting_id: str
    user_id: str
    revision: int


@dataclass(frozen=True, slots=True)
class MeetingRevised:
    """The meeting has revision `was` (0: it is not registered), and `meeting` is stored in its place."""

    meeting: Meeting
    was: int


@dataclass(frozen=True, slots=True)
class UserRevised:
    """The user has revision `was`, and gets these rules, this display name, and the attendees `new_attendees` besides
    those stored.

    Notes on the other attendees stay: settling writes them without raising the revision. `notes`: the number of notes
    is still this one.
    """

    meeting_id: str
    user: User
    was: int
    new_attendees: tuple[Attendee, ...] = ()
    notes: int | None = None


@dataclass(frozen=True, slots=True)
class AttendeeBound:
    """The attendee is bound to no other user, and is bound to this one."""

    meeting_id: str
    attendee_id: str
    user_id: str


@dataclass(frozen=True, slots=True)
class ChangeOpened:
    """No change with this id is stored, and this one is."""

    change: Change


@dataclass(frozen=True, slots=True)
class ChangeIsOpen:
    """The change is still pending, so that an attendee that joins it now is updated with it."""

    meeting_id: str
    change_id: str


@dataclass(frozen=True, slots=True)
class ChangeKept:
    """The change is open, or still to be verified, under the lease of this token; `change` is stored in its place."""

    change: Change
    token: str


@dataclass(frozen=True, slots=True)
class BatchesRecorded:
    """Batches of the change may give these capabilities, also to attendees that the ledger does not know. It has no
    condition.
    """

    meeting_id: str
    change_id: str
    capabilities: frozenset[Capabilities]


@dataclass(frozen=True, slots=True)
class BatchesOver:
    """Every attendee that a batch of the change reached is known, and no such batch can take effect any more. It has no
    condition.
    """

    meeting_id: str
    change_id: str


@dataclass(frozen=True, slots=True)
class AttendeesNoted:
    """The user still has the revision from which the calls were derived; what Chime accepted is noted on the attendees.

    `notes`: the number of notes is still this one.
    """

    meeting_id: str
    user_id: str
    revision: int
    attendees: tuple[Attendee, ...]
    notes: int | None = None


@dataclass(frozen=True, slots=True)
class CheckTaken:
    """No other process has taken this check of the meeting, and its rules, whose ends decide when the next one is due,
    are unchanged. The next one is due `then` (`None`: never). `compared_at` is set if this check compares the meeting
    with Chime.
    """

    meeting_id: str
    revision: int
    was: datetime
    then: datetime | None
    compared_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Postponed:
    """The record is still due at the same time, and becomes due `until` instead. Nothing else about it changes."""

    due: Due
    until: datetime


@dataclass(frozen=True, slots=True)
class HandRaised:
    """The user's hand is down, and is raised, since `at`. It is a record of its own, which no other command reads."""

    meeting_id: str
    user_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class HandLowered:
    """The user's hand is up, and is lowered."""

    meeting_id: str
    user_id: str


@dataclass(frozen=True, slots=True)
class AttendeeSeen:
    """Nothing later than `at` is known of the attendee's connection. It is noted as `connected` or not."""

    meeting_id: str
    attendee_id: str
    at: datetime
    connected: bool


@dataclass(frozen=True, slots=True)
class EntryWritten:
    """The entry is written. It has no condition."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class KeyTaken:
    """The idempotency key is unused. `id` is a digest of caller and key."""

    id: str
    fingerprint: str
    meeting_id: str
    change_id: str | None = None
    answer: Mapping[str, object] | None = None
    """The whole answer, if no change holds it: of a refusal, or of a command that changed nothing."""


Clause = (
    MeetingIs
    | UserIs
    | MeetingRevised
    | UserRevised
    | AttendeeBound
    | ChangeOpened
    | ChangeIsOpen
    | ChangeKept
    | BatchesRecorded
    | BatchesOver
    | AttendeesNoted
    | CheckTaken
    | Postponed
    | HandRaised
    | HandLowered
    | AttendeeSeen
    | EntryWritten
    | KeyTaken
)


def actions_of(clause: Clause) -> int:
    """The number of actions that the clause takes. A transaction has at most 100."""
    if not isinstance(clause, MeetingRevised):
        return 1
    is_listed = clause.was == 0 and clause.meeting.registered_at is not None
    return 1 + MEETING_SHARDS + is_listed * (1 + bool(clause.meeting.external_id))
