"""Queries of a meeting's history and its changes."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ...domain.actor import Actor
from ...domain.capability import in_words
from ...domain.change import Change
from ...domain.decisions.decision import authorization_request
from ...domain.documents import Document
from ...domain.entry import EVERY_ENTRY, Entry, EntryFilter, actor_document, first_id_at, iso
from ...domain.meeting import waits
from ...domain.summary import summary
from ...domain.summary_parts import summary_parts
from ...ports import Clock, Ledger, Policies
from ..rate_limit import is_read_rate_limited
from ..requests import CHANGE_NOT_FOUND, TOO_MANY_READS, WAITING, Refused
from .access import ReadAccess, VisibleMeeting, busy_on_failure

BEHIND = timedelta(seconds=20)
"""How far a cursor stays behind the current time. An entry gets its id before its commit, which is tried for as long as
a lease, and a cursor must not skip it. A longer time would make readers with small pages read the same entries again.
"""

AHEAD = timedelta(minutes=1)
"""How far the clock of the function that issued a cursor may be ahead of this function's."""
NO_CURSOR = Refused("invalid-request", "`after` should be the `cursor` of an earlier answer.", pointer="?after")


@dataclass(frozen=True, slots=True)
class Span:
    """A span of time, from `since` (included) to `until` (excluded)."""

    since: datetime | None = None
    until: datetime | None = None

    def bounds(self, now: datetime) -> tuple[str, str]:
        """The span as ids of entries. It includes what happens during the request."""
        end = self.until if self.until is not None else now + AHEAD
        return first_id_at(self.since) if self.since is not None else "", first_id_at(end)


ALWAYS = Span()


class HistoryQueries:
    """Reads the history of a meeting and single changes, as far as the caller may see them."""

    def __init__(self, ledger: Ledger, policies: Policies, clock: Clock, access: ReadAccess) -> None:
        self._ledger = ledger
        self._policies = policies
        self._clock = clock
        self._access = access

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
        """One page of the history, of one user if `attendee_id` or `user_id` is given.

        An attendee stands for its user. An unbound attendee stands for itself, as refusals about it are stored under
        its own id. `after` is a cursor that was given in the same order.
        """
        now = self._clock.now()
        if after is not None and after > first_id_at(now + AHEAD):
            return NO_CURSOR
        seen = self._access.seen(meeting_id, actor, "view-history", attendee_id)
        if isinstance(seen, Refused):
            return seen
        if is_read_rate_limited(self._ledger, self._clock, meeting_id, actor):
            return TOO_MANY_READS
        if attendee_id is not None:
            owner = seen.owner_of(attendee_id)
            user_id = owner.id if owner else attendee_id
        start, end = span.bounds(now)
        first, last = (start, min(after or end, end)) if newest_first else (max(after or start, start), end)
        page = self._ledger.history(meeting_id, first, last, limit, user_id, only, newest_first=newest_first)
        items = [entry_document(entry) for entry in page.entries]
        if newest_first:
            return {"items": items, "cursor": page.entries[-1].id if page.entries else last}
        read = page.entries[-1].id if page.more else min(first_id_at(now), end)
        return {"items": items, "cursor": max(first, min(read, cursor_at(now)))}

    @busy_on_failure
    def change(self, meeting_id: str, actor: Actor, change_id: str) -> Document | Refused:
        seen = self._access.seen(meeting_id, actor, None)
        if isinstance(seen, Refused):
            return seen
        change = self._ledger.change(meeting_id, change_id)
        authorization = self._policies.authorize(
            authorization_request(actor, seen.caller, "view-changes", seen.meeting)
        )
        if authorization.allowed or (change is not None and self._is_own(seen, change)):
            return change_document(change) if change else CHANGE_NOT_FOUND
        if seen.caller is not None and waits(seen.caller, seen.meeting):
            return WAITING
        return Refused("not-permitted", "The policies do not permit `view-changes` here.", authorization.policies)

    def _is_own(self, seen: VisibleMeeting, change: Change) -> bool:
        """Whether the caller made the change, through a back end or not, or it is about the caller."""
        actor = seen.actor
        if (change.actor.kind, change.actor.id) == (actor.kind, actor.id):
            return True
        return actor.is_user(change.user_id or "") and self._access.may(seen, "view-changes", seen.caller)


def cursor_at(now: datetime) -> str:
    """The cursor of a reader who has read everything up to now."""
    return first_id_at(now - BEHIND)


def entry_document(entry: Entry) -> Document:
    return {"type": entry.type, **entry.detail, "summary": summary(entry), "summaryParts": summary_parts(entry)}


def change_document(change: Change) -> Document:
    return {
        "changeId": change.id,
        "meetingId": change.meeting_id,
        "command": change.command,
        "parameters": dict(change.parameters),
        "actor": actor_document(change.actor),
        "reason": change.reason,
        "status": change.status.value,
        "attendeeId": change.attendee_id,
        "externalUserId": change.user_id,
        "before": in_words(change.before) if change.before is not None else None,
        "after": in_words(change.after) if change.after is not None else None,
        "effects": list(change.effects),
        "decidedAt": iso(change.committed_at),
        "supersededBy": change.superseded_by,
        "awaiting": "consent" if change.is_open and change.awaits_consent else None,
        "revision": change.revision,
    }
