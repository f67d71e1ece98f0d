"""What was decided in a meeting, and what has become of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ...domain.actor import Actor
from ...domain.authorization import question
from ...domain.capability import in_words
from ...domain.change import Change
from ...domain.documents import Document
from ...domain.entry import EVERY_ENTRY, Entry, EntryFilter, actor_document, first_id_at, iso
from ...domain.meeting import waits
from ...domain.summary import summary
from ...ports import World
from ..rate_limit import is_read_rate_limited
from ..requests import CHANGE_NOT_FOUND, TOO_MANY_READS, WAITING, Refused
from .access import ReadAccess, VisibleMeeting, busy_on_failure

BEHIND = timedelta(seconds=20)
"""How far a cursor stays behind now: an entry is named before it is committed, which is tried for as long as a lease,
and must not be skipped. More would keep a reader of small pages in the same place for longer.
"""

AHEAD = timedelta(minutes=1)
"""How far the clock of the function that gave a cursor may be ahead of this one's."""
NO_CURSOR = Refused("invalid-request", "not a cursor that was given", pointer="?after")


@dataclass(frozen=True, slots=True)
class Span:
    """`since` included, `until` excluded."""

    since: datetime | None = None
    until: datetime | None = None

    def bounds(self, now: datetime) -> tuple[str, str]:
        """As ids of entries; what happens while this is answered is in it."""
        end = self.until if self.until is not None else now + AHEAD
        return first_id_at(self.since) if self.since is not None else "", first_id_at(end)


ALWAYS = Span()


class HistoryQueries:
    def __init__(self, world: World) -> None:
        self._world = world
        self._seer = ReadAccess(world)

    @busy_on_failure
    def history(
        self,
        meeting_id: str,
        actor: Actor,
        *,
        after: str | None,
        limit: int,
        attendee_id: str | None = None,
        user_id: str | None = None,
        span: Span = ALWAYS,
        only: EntryFilter = EVERY_ENTRY,
        newest_first: bool = False,
    ) -> Document | Refused:
        """Of a person, on whichever seat. A seat that nobody is known to have stands for itself: so its refusals are
        written. `after` is a cursor that was given in the same order.
        """
        now = self._world.surroundings.now()
        if after is not None and after > first_id_at(now + AHEAD):
            return NO_CURSOR
        seen = self._seer.seen(meeting_id, actor, "view-history", attendee_id)
        if isinstance(seen, Refused):
            return seen
        if is_read_rate_limited(self._world, meeting_id, actor):
            return TOO_MANY_READS
        if attendee_id is not None:
            owner = seen.owner_of(attendee_id)
            user_id = owner.id if owner else attendee_id
        start, end = span.bounds(now)
        first, last = (start, min(after or end, end)) if newest_first else (max(after or start, start), end)
        page = self._world.ledger.history(meeting_id, first, last, limit, user_id, only, newest_first=newest_first)
        items = [entry_document(entry) for entry in page.entries]
        if newest_first:
            return {"items": items, "cursor": page.entries[-1].id if page.entries else last}
        read = page.entries[-1].id if page.more else min(first_id_at(now), end)
        return {"items": items, "cursor": max(first, min(read, cursor_at(now)))}

    @busy_on_failure
    def change(self, meeting_id: str, actor: Actor, change_id: str) -> Document | Refused:
        seen = self._seer.seen(meeting_id, actor, None)
        if isinstance(seen, Refused):
            return seen
        change = self._world.ledger.change(meeting_id, change_id)
        verdict = self._world.policies.authorize(question(actor, seen.caller, "view-changes", seen.meeting))
        if verdict.allowed or (change is not None and self._is_his(seen, change)):
            return change_document(change) if change else CHANGE_NOT_FOUND
        if seen.caller is not None and waits(seen.caller, seen.meeting):
            return WAITING
        return Refused("not-permitted", "the policies don't permit `view-changes` here", verdict.policies)

    def _is_his(self, seen: VisibleMeeting, change: Change) -> bool:
        """Whether he made it, through a back end or not, or it is about him."""
        actor = seen.actor
        if (change.actor.kind, change.actor.id) == (actor.kind, actor.id):
            return True
        return actor.is_user(change.subject or "") and self._seer.may(seen, "view-changes", seen.caller)


def cursor_at(now: datetime) -> str:
    """Where a reader of the history may go on from who has seen everything by now."""
    return first_id_at(now - BEHIND)


def entry_document(entry: Entry) -> Document:
    return {"type": entry.type, **entry.detail, "summary": summary(entry)}


def change_document(change: Change) -> Document:
    return {
        "changeId": change.id,
        "meetingId": change.meeting_id,
        "command": change.command,
        "parameters": dict(change.said),
        "actor": actor_document(change.actor),
        "reason": change.reason,
        "status": change.status.value,
        "attendeeId": change.attendee_id,
        "externalUserId": change.subject,
        "before": in_words(change.before) if change.before is not None else None,
        "after": in_words(change.after) if change.after is not None else None,
        "effects": list(change.effects),
        "decidedAt": iso(change.committed_at),
        "supersededBy": change.closed_by,
        "awaiting": "consent" if change.is_open and change.awaits_consent else None,
        "revision": change.revision,
    }
