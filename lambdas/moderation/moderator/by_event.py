"""What commands by event need beyond a request: meetings by their name, and refusals that nobody waits for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from ..core.actor import Actor
from ..core.entry import DECIDED, Entry, concerning
from ..core.meeting import Meeting
from ..core.view import meeting_revision
from ..ports import Conflict, EntryWritten, KeyTaken, World
from .answers import kept
from .persistence import persistently
from .request import Refused

TOLD_WITHIN = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A command that can never work, though the moderator wrote nothing of it. `key` is a digest of event and meeting:
    however often the event comes, it is told once.
    """

    meeting_id: str
    actor: Actor
    command: str
    refused: Refused
    key: str
    fingerprint: str
    reason: str | None = None
    user_id: str | None = None
    parameters: Mapping[str, object] = field(default_factory=dict)


class Remote:
    """Both may raise `MachineFailure`s: again."""

    def __init__(self, world: World) -> None:
        self._world = world

    def meetings_named(self, external_id: str) -> Sequence[str]:
        """Those that have not ended."""
        ledger = self._world.ledger
        found = {meeting_id: ledger.load(meeting_id).meeting for meeting_id in ledger.meetings_named(external_id)}
        return [meeting_id for meeting_id, meeting in found.items() if meeting and meeting.ended_at is None]

    def refuse(self, rejected: Rejected) -> bool:
        """An entry, and thereby an event. False if there is no such meeting, or if it was told before."""
        loaded = self._world.ledger.load(rejected.meeting_id, key=rejected.key)
        if loaded.meeting is None or loaded.meeting.ended_at is not None or loaded.key is not None:
            return False
        told = EntryWritten(self._entry(loaded.meeting, rejected))
        key = KeyTaken(rejected.key, rejected.fingerprint, rejected.meeting_id, None, kept(rejected.refused))
        try:
            persistently(self._world, [told, key], self._world.surroundings.now() + TOLD_WITHIN)
        except Conflict:
            return False
        return True

    def _entry(self, meeting: Meeting, rejected: Rejected) -> Entry:
        return Entry(
            id=self._world.surroundings.new_id(),
            type=DECIDED,
            meeting_id=meeting.id,
            external_meeting_id=meeting.external_id,
            occurred_at=self._world.surroundings.now(),
            actor=rejected.actor,
            command=rejected.command,
            revision=meeting_revision(meeting),
            reason=rejected.reason,
            adds={
                "verdict": "refused",
                "policies": list(rejected.refused.policies),
                "code": rejected.refused.code,
                "detail": rejected.refused.detail,
                "parameters": rejected.parameters,
                "attendees": [concerning(None, rejected.user_id)] if rejected.user_id else [],
            },
        )
