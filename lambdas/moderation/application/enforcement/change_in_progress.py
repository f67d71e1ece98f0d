"""A change on its way to Chime, its entries, and what all kinds of changes have in common when they are closed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from ...domain.capability import Capabilities
from ...domain.change import Change, Closure
from ...domain.documents import Document, meeting_revision
from ...domain.effective import effective
from ...domain.entry import REMOVED, Entry, concerning
from ...domain.meeting import Meeting, User, revision_of
from ...ports import Clock, Policies
from .chime_calls import ChimeCalls
from .transactions import new_entry

ChangeType = TypeVar("ChangeType", bound=Change)


@dataclass(frozen=True, slots=True)
class ChangeInProgress:
    """A change as it is or was left, with the rules of that time. `user` is `None` if it is about the whole meeting."""

    change: Change
    meeting: Meeting
    user: User | None = None
    outcomes: tuple[Document, ...] = ()
    refused: bool = False
    """Whether Chime refuses for good a change that may not be given up."""
    is_resumed: bool = False
    """Whether the change was taken over: a part may be in Chime already without being reported."""

    @property
    def revision(self) -> str:
        return revision_of(self.user, self.meeting) if self.user else meeting_revision(self.meeting)


def closed(change: ChangeType, closure: Closure, calls: ChimeCalls, began: datetime, now: datetime) -> ChangeType:
    """The closed change. If a call of unknown outcome may have been alive when the last calls `began`, the change is
    looked at again once no such call can be alive.
    """
    unsure = calls.uncertain_until
    if unsure is None or unsure <= began:
        return replace(change, closure=closure, lease=None, next_attempt_at=None, uncertain_until=None)
    lease = calls.lease.released(now)
    return replace(change, closure=closure, lease=lease, next_attempt_at=unsure, uncertain_until=unsure)


def overruled_by(change: Change, meeting: Meeting, user: User | None) -> str | None:
    """The id of the later change, of the user or of the whole meeting, that overruled this one. `None`: what did was no
    change, as an admission. The user's agreement to this one hides which change revised the user before it.
    """
    if user is None:
        return meeting.revised_by
    if user.revised_by != change.id:
        return user.revised_by
    agreed = user.rules.agreed
    is_agreed_since = agreed is not None and agreed.meeting_revision == meeting.revision
    if change.agreed_after is not None and is_agreed_since:
        return change.agreed_after
    is_revised_since = not change.revision.endswith(f".{meeting_revision(meeting)}")
    return meeting.revised_by if is_revised_since and meeting.revised_by != change.id else None


def wanted(policies: Policies, clock: Clock, meeting: Meeting, user: User) -> Capabilities:
    """The capabilities that the rules give the user now; in a meeting that has ended, those at its end."""
    moment = clock.now() if meeting.ended_at is None else meeting.ended_at
    return effective(meeting, user, policies.capabilities_for, moment)


def with_strict_reading(meeting: Meeting, change_id: str) -> Meeting:
    """The meeting after Chime refused Video `Receive` although video is off: it reads its rules strictly."""
    features = replace(meeting.features, video_can_be_received=False)
    return replace(meeting, features=features, revision=meeting.revision + 1, revised_by=change_id)


def about(change: Change) -> Mapping[str, object]:
    """The fields of an entry about one user, which put it into the history of that user only."""
    if change.user_id is None:
        return {}
    return {"attendees": [concerning(change.attendee_id, change.user_id)]}


def present_attendees(user: User) -> list[dict[str, object]]:
    """The attendees in an entry about a user as a whole: all that are in the meeting, or the user without one."""
    return [concerning(attendee.attendee_id, user.id) for attendee in user.present] or [concerning(None, user.id)]


def change_entry(clock: Clock, in_progress: ChangeInProgress, kind: str, extra: Mapping[str, object]) -> Entry:
    """An entry about the outcome of a change, with the actor of its command."""
    change = in_progress.change
    return new_entry(
        clock,
        in_progress.meeting,
        kind,
        actor=change.actor,
        command=change.command,
        revision=in_progress.revision,
        extra=extra,
        change_id=change.id,
        reason=change.reason,
    )


def removed_entry(clock: Clock, in_progress: ChangeInProgress, user: User, attendee_ids: Sequence[str]) -> Entry:
    """An entry about removed attendees of a user."""
    left = [concerning(attendee_id, user.id) for attendee_id in attendee_ids]
    extra = {"attendees": left, "banned": user.rules.ban is not None}
    return change_entry(clock, in_progress, REMOVED, extra)
