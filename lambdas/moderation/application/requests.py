"""What the functions ask of the application, and what they get back."""

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
    """When an event was sent; `is_late`: longer ago than `commandMaxAge`."""

    at: datetime
    is_late: bool = False

    def is_before(self, moment: datetime | None) -> bool:
        """EventBridge cuts an event's time to the second."""
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
    """Of a command by event: when it was sent."""
    undone: Change | None = None
    """The change that an `Undo` is about."""
    original: Change | None = None
    """The change that was made at first: `undone` itself or, if that was an undo, what it undid in the end."""

    @property
    def undone_actions(self) -> tuple[str, ...]:
        """To undo a command, the caller has to be permitted the command. If it can't be undone, no policy is asked."""
        command = COMMANDS.get(self.original.command) if self.original is not None else None
        if self.original is None or command is None or not command.is_undoable:
            return ()
        return command.actions_for(self.original.said)


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` is a change's, or `unchanged` or `dry-run`. `subject` is the attendee, or the meeting, as it is now."""

    status: str
    subject: Document
    change_id: str | None = None
    before: Capabilities | None = None
    after: Capabilities | None = None
    effects: tuple[str, ...] = ()
    closed_by: str | None = None
    outcomes: tuple[Document, ...] | None = None
    """Attendee by attendee, if the command is on the whole meeting."""
    unknown: tuple[str, ...] = ()
    """Attendees that the command excepts, but neither Gavel nor Chime has."""
    replayed: bool = False
    awaiting: str | None = None
    """`consent`: it goes on when the user agrees."""
    waiting: str | None = None
    """The change that waits for the user's answer, if it is another than this one."""


@dataclass(frozen=True, slots=True)
class Refused:
    """`code` is one of the contract's errors; `limits` are documents already."""

    code: str
    detail: str
    policies: tuple[str, ...] = ()
    limits: tuple[Document, ...] = ()
    pointer: str | None = None
    change_id: str | None = None
    replayed: bool = False
    retry_after: int | None = None
    """Seconds, if they are others than the status usually has."""


Outcome = Answer | Refused

MEETING_NOT_FOUND = Refused("meeting-not-found", "no such meeting is registered")
NOT_IN_CHIME = Refused("meeting-not-found", "Chime has no such meeting in this Region: create it, then register it")
MEETING_ENDED = Refused("meeting-ended", "the meeting has ended")
ATTENDEE_NOT_FOUND = Refused("attendee-not-found", "no such attendee in this meeting")
IS_AN_ATTENDEE = Refused(
    "attendee-not-found",
    "No such user. This id is an AttendeeId of this meeting: use `/attendees/{attendeeId}`, or the ExternalUserId.",
)
CHANGE_NOT_FOUND = Refused("change-not-found", "no such change in this meeting")
BANNED = Refused("banned", "You are banned from this meeting.")
WAITING = Refused("waiting", "You are in the lobby: wait until a host lets you in.")
NO_REQUEST = Refused("no-request", "no request to unmute waits for this answer")
BUSY = Refused("busy", "the ledger or Chime can't be reached now; nothing was decided")
CONTENDED = Refused("contended", "too many others are changing the same thing right now; nothing was decided")
OUTCOME_UNKNOWN = Refused(
    "outcome-unknown",
    "The ledger did not say whether the command was stored. Look at the change, or repeat the request with the same "
    "`Idempotency-Key`.",
)
WORTH_REPEATING = frozenset({BUSY.code, CONTENDED.code, OUTCOME_UNKNOWN.code})
"""Codes that say nothing about the command: the same command may work the next moment."""
TOO_MANY = Refused("too-many", "too many attempts by this user in this meeting; nothing was decided")
TOO_MANY_READS = Refused(
    "too-many", "Too many reads by this user in this meeting: wait a second, or listen live.", retry_after=1
)
REVISION_MISMATCH = Refused("revision-mismatch", "the revision is not the one in `If-Match`")
REVISION_REQUIRED = Refused(
    "revision-required", "the meeting is registered already: name in `If-Match` the revision that you saw"
)
KEY_REUSED = Refused("idempotency-key-reused", "this idempotency key was used for something else")


def refused(refusal: Refusal, now: datetime) -> Refused:
    return Refused(
        refusal.code,
        refusal.detail,
        refusal.policies,
        tuple(limit_documents(refusal.limits, now)),
        refusal.pointer,
    )
