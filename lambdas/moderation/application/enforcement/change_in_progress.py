"""A change on its way to Chime, and what all kinds of changes have in common when they are closed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ...domain.capability import Capabilities
from ...domain.change import CALL_LIFE, Change, Lease, Status
from ...domain.documents import Document, meeting_revision
from ...domain.effective import effective
from ...domain.entry import REMOVED, Entry, concerning
from ...domain.meeting import Meeting, User, revision_of
from ...ports import World
from .chime_calls import ChimeCalls


@dataclass(frozen=True, slots=True)
class ChangeInProgress:
    """A change as it is or was left, with the rules of that moment. `user` is None where everybody is meant."""

    change: Change
    meeting: Meeting
    user: User | None = None
    outcomes: tuple[Document, ...] = ()
    refused: bool = False
    """Whether Chime refuses for good what is pursued."""
    is_resumed: bool = False
    """Whether it was taken over: some of it may be in Chime already, and not be told yet."""

    @property
    def revision(self) -> str:
        return revision_of(self.user, self.meeting) if self.user else meeting_revision(self.meeting)


def lease_of(token: str, now: datetime, length: timedelta) -> Lease:
    return Lease(token, now + length)


def due_after(lease: Lease) -> datetime:
    """When a lease has ended and no call that was started under it can take effect any more."""
    return lease.until + CALL_LIFE


def closed(change: Change, status: Status, calls: ChimeCalls, began: datetime, now: datetime) -> Change:
    """Closed for good, or, after a call of unknown end that may have lived when the last orders `began`, closed but due
    until none can live any more.
    """
    unsure = calls.uncertain_until
    if unsure is None or unsure <= began:
        return replace(change, status=status, lease=None, due_at=None, uncertain_until=None)
    return replace(change, status=status, lease=calls.lease.released(now), due_at=unsure, uncertain_until=unsure)


def overruled_by(change: Change, meeting: Meeting, user: User | None) -> str | None:
    """The change that came after this one, of the user or of the whole meeting."""
    return meeting.revised_by if user is None or user.revised_by == change.id else user.revised_by


def wanted(world: World, meeting: Meeting, user: User) -> Capabilities:
    return effective(meeting, user, world.policies.capabilities_for, world.surroundings.now())


def with_strict_reading(meeting: Meeting, change_id: str) -> Meeting:
    """The meeting as it turns out to be when Chime refuses Video `Receive` where video is off."""
    features = replace(meeting.features, video_can_be_received=False)
    return replace(meeting, features=features, revision=meeting.revision + 1, revised_by=change_id)


def entry(world: World, in_progress: ChangeInProgress, kind: str, adds: Mapping[str, object]) -> Entry:
    change = in_progress.change
    return Entry(
        id=world.surroundings.new_id(),
        type=kind,
        meeting_id=change.meeting_id,
        external_meeting_id=in_progress.meeting.external_id,
        occurred_at=world.surroundings.now(),
        actor=change.actor,
        command=change.command,
        revision=in_progress.revision,
        change_id=change.id,
        reason=change.reason,
        extra=adds,
    )


def about(change: Change) -> Mapping[str, object]:
    """What an entry adds for a change about one person: with it, it is a line of his history and of nobody else's."""
    if change.subject is None:
        return {}
    return {"attendees": [concerning(change.attendee_id, change.subject)]}


def removed(world: World, in_progress: ChangeInProgress, user: User, seats: Sequence[str]) -> Entry:
    """That seats of a person who had to leave are gone."""
    left = [concerning(attendee_id, user.id) for attendee_id in seats]
    return entry(world, in_progress, REMOVED, {"attendees": left, "banned": user.rules.ban is not None})
