"""Support for commands by event: meetings by their external id, and records of refused commands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ...domain.actor import Actor
from ...domain.documents import meeting_revision
from ...domain.entry import DECIDED, Entry, concerning
from ...domain.meeting import Meeting
from ...ports import Clock, ConditionFailedError, EntryWritten, KeyTaken, Ledger
from ..answers import kept
from ..enforcement.transactions import new_entry, transact_with_retry
from ..requests import Refused

NOT_REGISTERED = "m0"
"""The revision of a meeting that is not registered."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A command that can never succeed and that the pipeline did not record.

    `meeting_id` is `None` if the command names no meeting. `key` is a digest of event and meeting: an event is refused
    once, however often it is delivered.
    """

    meeting_id: str | None
    actor: Actor
    command: str
    refused: Refused
    key: str
    fingerprint: str
    requested: Mapping[str, str]
    """The command and the ids as they were sent."""
    reason: str | None = None
    user_id: str | None = None
    parameters: Mapping[str, object] = field(default_factory=dict)


class EventCommandSupport:
    """Both methods raise `InfrastructureError` if the event has to be delivered again."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    def meetings_named(self, external_id: str) -> Sequence[str]:
        """The meetings of this name that have not ended. If all have ended, the one that ended last, which refuses the
        command.
        """
        ledger = self._ledger
        found = [ledger.load(meeting_id).meeting for meeting_id in reversed(ledger.meetings_named(external_id))]
        live = [meeting.id for meeting in found if meeting is not None and meeting.ended_at is None]
        ended = sorted((meeting.ended_at, meeting.id) for meeting in found if meeting and meeting.ended_at)
        return live or [meeting_id for _, meeting_id in ended[-1:]]

    def refuse(self, rejected: Rejected) -> bool:
        """Writes an entry of the refusal, which becomes an event. It goes into the meeting's history if the meeting is
        registered. False if the same event was refused before.
        """
        loaded = self._ledger.load(rejected.meeting_id or "", key=rejected.key)
        if loaded.key is not None:
            return False
        entry = EntryWritten(self._entry(loaded.meeting, rejected))
        key = KeyTaken(rejected.key, rejected.fingerprint, rejected.meeting_id or "", None, kept(rejected.refused))
        try:
            transact_with_retry(self._ledger, self._clock, [entry, key])
        except ConditionFailedError:
            return False
        return True

    def _entry(self, meeting: Meeting | None, rejected: Rejected) -> Entry:
        return new_entry(
            self._clock,
            meeting,
            DECIDED,
            actor=rejected.actor,
            command=rejected.command,
            revision=meeting_revision(meeting) if meeting else NOT_REGISTERED,
            reason=rejected.reason,
            extra={
                "verdict": "refused",
                "policies": list(rejected.refused.policies),
                "code": rejected.refused.code,
                "detail": rejected.refused.detail,
                "requested": rejected.requested,
                "parameters": rejected.parameters,
                "attendees": [concerning(None, rejected.user_id)] if rejected.user_id else [],
            },
        )
