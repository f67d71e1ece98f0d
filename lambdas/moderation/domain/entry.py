"""Entries: the immutable lines of the history. Each is also published as an event."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from .actor import Actor
from .capability import Capabilities, in_words

SCHEMA_VERSION = "1"
DECIDED = "Moderation Decided"
CAPABILITIES_CHANGED = "Attendee Capabilities Changed"
SUPERSEDED = "Moderation Superseded"
ABANDONED = "Moderation Abandoned"
DELAYED = "Moderation Delayed"
DRIFT_FOUND = "Drift Found"
MEETING_ENDED = "Meeting Ended"
MEETING_CHANGED = "Meeting Moderation Changed"
REMOVED = "Attendee Removed"
HAND_RAISED = "Hand Raised"
HAND_LOWERED = "Hand Lowered"
UNMUTE_REQUESTED = "Unmute Requested"
UNMUTE_ANSWERED = "Unmute Answered"
ADMISSION_REQUESTED = "Admission Requested"


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the history. `type` is the event's detail-type, `extra` has the fields of this type beyond those of
    every entry.
    """

    id: str
    """A ULID: it orders entries, and subscribers drop duplicates by it."""
    type: str
    meeting_id: str | None
    """`None` in the refusal of a command for a meeting that is not registered. Such an entry is in no history."""
    external_meeting_id: str | None
    occurred_at: datetime
    actor: Actor
    command: str
    revision: str
    change_id: str | None = None
    reason: str | None = None
    extra: Mapping[str, object] = field(default_factory=dict)

    @property
    def detail(self) -> dict[str, object]:
        """The event's `detail`, as the contract writes it."""
        return {
            "schemaVersion": SCHEMA_VERSION,
            "entryId": self.id,
            "changeId": self.change_id,
            "meetingId": self.meeting_id,
            "externalMeetingId": self.external_meeting_id,
            "occurredAt": iso(self.occurred_at),
            "actor": actor_document(self.actor),
            "command": self.command,
            "reason": self.reason,
            "revision": self.revision,
            **self.extra,
        }

    @property
    def names(self) -> frozenset[str]:
        """The users that the entry is about, with or without an attendee. Empty if it is about the whole meeting."""
        attendees = self.extra.get("attendees", ())
        return frozenset(a["externalUserId"] for a in attendees) if isinstance(attendees, Sequence) else frozenset()

    def concerns(self, user_id: str) -> bool:
        return not self.names or user_id in self.names


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """The wanted entries of a history. `None` leaves a property open."""

    verdict: str | None = None
    actor: str | None = None
    command: str | None = None

    def takes(self, entry: Entry) -> bool:
        return (
            self.verdict in (None, entry.extra.get("verdict"))
            and self.actor in (None, entry.actor.id)
            and self.command in (None, entry.command)
        )


EVERY_ENTRY = EntryFilter()


def actor_document(actor: Actor) -> dict[str, str]:
    via = {"via": actor.via} if actor.via is not None else {}
    return {"kind": actor.kind.value, "id": actor.id, **via}


def iso(moment: datetime) -> str:
    """`2026-05-04T10:00:00.000Z`: the width is fixed, so that text sorts as time does."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def concerning(attendee_id: str | None, user_id: str) -> dict[str, object]:
    return {"attendeeId": attendee_id, "externalUserId": user_id}


def changed(
    attendee_id: str | None, user_id: str, before: Capabilities, after: Capabilities, effects: Sequence[str]
) -> dict[str, object]:
    """One attendee of `Attendee Capabilities Changed`."""
    return concerning(attendee_id, user_id) | {
        "before": in_words(before),
        "after": in_words(after),
        "effects": list(effects),
    }


CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def first_id_at(moment: datetime) -> str:
    """The smallest ULID of a moment. Ids of earlier entries are smaller."""
    milliseconds = int(moment.timestamp() * 1000)
    digits = [CROCKFORD[milliseconds >> shift & 31] for shift in range(45, -1, -5)]
    return "".join(digits) + "0" * 16
