"""Requests to the application, and its outcomes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..domain.actor import Actor
from ..domain.capability import Capabilities
from ..domain.change import Change
from ..domain.commands import COMMANDS, Command
from ..domain.decisions.decision import Refusal
from ..domain.documents import Document, limit_documents

A_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Sent:
    """The time at which an event was sent. `is_late`: longer ago than `commandMaxAge`."""

    at: datetime
    is_late: bool = False

    def is_before(self, moment: datetime | None) -> bool:
        """Whether it was sent before the moment. Compares seconds, because EventBridge cuts the time of an event."""
        return moment is not None and self.at + A_SECOND <= moment


@dataclass(frozen=True, slots=True)
class Request:
    """A command on an attendee, on a user, or on the whole meeting. `key`: digest of caller and idempotency key."""

    meeting_id: str
    actor: Actor
    command: Command
    attendee_id: str | None = None
    user_id: str | None = None
    dry_run: bool = False
    if_match: str | None = None
    key: str | None = None
    fingerprint: str = ""
    sent: Sent | None = None
    """When a command by event was sent."""
    undone: Change | None = None
    """The change that an `Undo` is about."""
    apply_until: datetime | None = None
    """When the caller stops to wait for Chime, if that is sooner than usual."""
    original: Change | None = None
    """The change at the start of a chain of undos: `undone`, or what it undid in the end."""

    @property
    def undone_actions(self) -> tuple[str, ...]:
        """The Cedar actions of the undone command: the caller needs their permission. Empty if the command cannot be
        undone.
        """
        command = COMMANDS.get(self.original.command) if self.original is not None else None
        if self.original is None or command is None or not command.is_undoable:
            return ()
        return command.actions_for(self.original.parameters)


@dataclass(frozen=True, slots=True)
class Selected:
    """One target of a command on a selection: a user, or the user of an attendee."""

    attendee_id: str | None = None
    user_id: str | None = None

    @property
    def name(self) -> str:
        return f"user {self.user_id}" if self.attendee_id is None else f"attendee {self.attendee_id}"


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` is a change's, or `unchanged` or `dry-run`. `subject` is the attendee or the meeting as it is now."""

    status: str
    subject: Document
    change_id: str | None = None
    before: Capabilities | None = None
    after: Capabilities | None = None
    effects: tuple[str, ...] = ()
    closed_by: str | None = None
    outcomes: tuple[Document, ...] | None = None
    """One outcome for each attendee, if the command is on the whole meeting or on a selection."""
    unknown: tuple[str, ...] = ()
    """Attendees that the command excepts and that neither Gavel nor Chime has."""
    replayed: bool = False
    awaiting: str | None = None
    """`consent` if the change waits for the user's agreement."""
    waiting: str | None = None
    """The change that waits for the user's answer, if it is another than this one."""


@dataclass(frozen=True, slots=True)
class Refused:
    """`code` is an error code of the contract. `limits` are documents."""

    code: str
    detail: str
    policies: tuple[str, ...] = ()
    limits: tuple[Document, ...] = ()
    pointer: str | None = None
    change_id: str | None = None
    replayed: bool = False
    retry_after: int | None = None
    """Seconds, if they differ from the default of the status."""


Outcome = Answer | Refused

MEETING_NOT_FOUND = Refused("meeting-not-found", "The meeting is not registered.")
NOT_IN_CHIME = Refused("meeting-not-found", "Chime has no such meeting in this Region. Create it, then register it.")
MEETING_ENDED = Refused("meeting-ended", "The meeting has ended.")
ATTENDEE_NOT_FOUND = Refused("attendee-not-found", "The meeting has no such attendee or user.")
IS_AN_ATTENDEE = Refused(
    "attendee-not-found",
    "No such user. This id is an AttendeeId of this meeting: use `/attendees/{attendeeId}`, or the ExternalUserId.",
)
CHANGE_NOT_FOUND = Refused("change-not-found", "The meeting has no such change.")
BANNED = Refused("banned", "You are banned from this meeting.")
WAITING = Refused("waiting", "You are in the lobby. Wait until a host admits you.")
NO_REQUEST = Refused("no-request", "No request to unmute waits for this answer.")
BUSY = Refused("busy", "Gavel cannot reach its table or Chime now. Nothing was decided: try again.")
CONTENDED = Refused(
    "contended", "Too many callers change the same user or meeting at once. Nothing was decided: try again."
)
OUTCOME_UNKNOWN = Refused(
    "outcome-unknown",
    "The ledger did not say whether the command was stored. Look at the change, or repeat the request with the same "
    "`Idempotency-Key`.",
)
WORTH_REPEATING = frozenset({BUSY.code, CONTENDED.code, OUTCOME_UNKNOWN.code})
"""Codes that say nothing about the command: the same command may succeed at the next try."""
TOO_MANY = Refused(
    "too-many", "This user made too many attempts in this meeting. Nothing was decided: wait some seconds."
)
TOO_MANY_LISTS = Refused("too-many", "This user read too many pages. Wait a second.", retry_after=1)
TOO_MANY_READS = Refused(
    "too-many", "This user made too many reads in this meeting. Wait a second, or listen live.", retry_after=1
)
REVISION_MISMATCH = Refused("revision-mismatch", "The revision is not the one in `If-Match`: read it again.")
REVISION_REQUIRED = Refused(
    "revision-required", "The meeting is registered already. Name the revision that you saw in `If-Match`."
)
KEY_REUSED = Refused("idempotency-key-reused", "This `Idempotency-Key` was used for another request. Use a new key.")


def refused(refusal: Refusal, now: datetime) -> Refused:
    return Refused(
        refusal.code, refusal.detail, refusal.policies, tuple(limit_documents(refusal.limits, now)), refusal.pointer
    )


def no_such(kind: str, names: Iterable[str], pointer: str) -> Refused:
    """The refusal of names that the policies' schema does not have."""
    return Refused("invalid-request", f"There is no {kind} `{min(names)}`.", pointer=pointer)
