"""What callers may see: meetings, people, changes, history. Nothing is written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from typing import ParamSpec, cast

from ..core.actor import Actor, ActorKind
from ..core.capability import in_words
from ..core.change import Change
from ..core.entry import Entry, actor_document, first_id_at, iso
from ..core.meeting import Meeting, User, is_pipeline, standing_role
from ..core.summary import summary
from ..core.view import Document, attendee_document, meeting_document
from ..ports import MachineFailure, Missing, World
from .answers import seat_of
from .binding import with_seats
from .facts import question
from .persistence import patiently
from .request import ATTENDEE_NOT_FOUND, BUSY, CHANGE_NOT_FOUND, MEETING_NOT_FOUND, Refused

P = ParamSpec("P")
BEHIND = timedelta(seconds=10)
"""How far a cursor stays behind now: an entry is named before it is committed, and must not be skipped."""
ON_ONESELF = ("mute-self", "unmute-self")
ON_OTHERS = ("mute", "unmute", "set-capabilities")
ON_THE_MEETING = (
    "mute-all",
    "unmute-all",
    "set-mode",
    "freeze",
    "unfreeze",
    "set-settings",
    "view-history",
)


@dataclass(frozen=True, slots=True)
class Seen:
    """A meeting through the eyes of one caller."""

    meeting: Meeting
    actor: Actor
    caller: User | None
    people: dict[str, User]


def or_busy(read: Callable[P, Document | Refused]) -> Callable[P, Document | Refused]:
    """A ledger or a Chime that can't be read now is an answer."""

    @wraps(read)
    def reading(*args: P.args, **kwargs: P.kwargs) -> Document | Refused:
        try:
            return read(*args, **kwargs)
        except MachineFailure:
            return BUSY

    return reading


class Reader:
    def __init__(self, world: World) -> None:
        self._world = world

    @or_busy
    def meeting(self, meeting_id: str, actor: Actor) -> Document | Refused:
        seen = self._seen(meeting_id, actor, "view-meeting")
        if isinstance(seen, Refused):
            return seen
        if not self._may(seen, "view-roles"):
            return for_everybody(meeting_document(seen.meeting))
        return for_moderators(seen.meeting, self._world.ledger.everybody(meeting_id))

    @or_busy
    def me(self, meeting_id: str, actor: Actor) -> Document | Refused:
        seen = self._seen(meeting_id, actor, "view-meeting")
        return seen if isinstance(seen, Refused) else self.me_of(seen)

    @or_busy
    def listening(self, meeting_id: str, actor: Actor) -> Document | Refused:
        """Whether he may be told what happens; if so, from where in the history he goes on."""
        seen = self._seen(meeting_id, actor, "live")
        return seen if isinstance(seen, Refused) else {"cursor": cursor_at(self._world.surroundings.now())}

    def me_of(self, seen: Seen) -> Document:
        somebody = User("")
        may = [a for a in ON_ONESELF if seen.caller and self._may(seen, a, seen.caller)]
        may += [a for a in ON_OTHERS if self._may(seen, a, somebody)]
        may += [a for a in ON_THE_MEETING if self._may(seen, a)]
        return {
            "role": standing_role(seen.caller, seen.meeting) if seen.caller else None,
            "attendee": self._attendee(seen, seen.caller, None) if seen.caller else None,
            "may": may,
        }

    @or_busy
    def attendee(
        self, meeting_id: str, actor: Actor, *, attendee_id: str | None = None, user_id: str | None = None
    ) -> Document | Refused:
        seen = self._seen(meeting_id, actor, "view-attendees", attendee_id, user_id)
        if isinstance(seen, Refused):
            return seen
        user = seen.people.get(user_id or "")
        if attendee_id is not None:
            user = next((u for u in seen.people.values() if attendee_id in u.seats), None)
            user = user or self._stranger(seen, attendee_id)
        if user is None or is_pipeline(user.id) or not (user.revision or user.seats):
            return ATTENDEE_NOT_FOUND
        if not user.seats and not actor.is_user(user.id) and not self._may(seen, "view-limits", user):
            return ATTENDEE_NOT_FOUND
        return self._attendee(seen, user, attendee_id)

    @or_busy
    def attendees(self, meeting_id: str, actor: Actor, *, limit: int, after: str | None) -> Document | Refused:
        """Seats by their ids, so that a page goes on where the last one ended whoever comes or goes."""
        seen = self._seen(meeting_id, actor, "view-attendees")
        if isinstance(seen, Refused):
            return seen
        people = self._world.ledger.everybody(meeting_id)
        seats = sorted((s.attendee_id, u) for u, user in people.items() for s in user.seats.values() if not s.gone)
        rest = [(attendee_id, user_id) for attendee_id, user_id in seats if attendee_id > (after or "")]
        page = rest[:limit]
        return {
            "items": [self._attendee(seen, people[user_id], attendee_id) for attendee_id, user_id in page],
            "nextToken": page[-1][0] if len(rest) > limit else None,
        }

    @or_busy
    def history(
        self, meeting_id: str, actor: Actor, *, after: str | None, limit: int, attendee_id: str | None
    ) -> Document | Refused:
        seen = self._seen(meeting_id, actor, "view-history")
        if isinstance(seen, Refused):
            return seen
        page = self._world.ledger.history(meeting_id, after or "", "~", limit, attendee_id)
        now = self._world.surroundings.now()
        last = page.entries[-1].id if page.more else first_id_at(now)
        return {
            "items": [entry_document(entry) for entry in page.entries],
            "cursor": max(after or "", min(last, cursor_at(now))),
        }

    @or_busy
    def change(self, meeting_id: str, actor: Actor, change_id: str) -> Document | Refused:
        seen = self._seen(meeting_id, actor, None)
        if isinstance(seen, Refused):
            return seen
        change = self._world.ledger.change(meeting_id, change_id)
        verdict = self._world.policies.judge(question(actor, seen.caller, "view-changes", seen.meeting))
        if verdict.allowed or (change is not None and change.actor == actor):
            return change_document(change) if change else CHANGE_NOT_FOUND
        return Refused("not-permitted", "the policies don't permit `view-changes` here", verdict.policies)

    def _seen(
        self,
        meeting_id: str,
        actor: Actor,
        action: str | None,
        attendee_id: str | None = None,
        user_id: str | None = None,
    ) -> Seen | Refused:
        is_user = actor.kind is ActorKind.USER
        people = {actor.id} if is_user else set()
        if user_id is not None:
            people.add(user_id)
        loaded = self._world.ledger.load(meeting_id, people, [attendee_id] if attendee_id else [])
        if loaded.meeting is None:
            return MEETING_NOT_FOUND
        caller = loaded.users[actor.id] if is_user else None
        found = dict(loaded.users)
        if action is not None:
            verdict = self._world.policies.judge(question(actor, caller, action, loaded.meeting))
            if not verdict.allowed:
                return Refused("not-permitted", f"the policies don't permit `{action}` here", verdict.policies)
        owner = loaded.seats.get(attendee_id or "")
        if owner is not None and owner not in found:
            found |= self._world.ledger.load(meeting_id, [owner]).users
        return Seen(loaded.meeting, actor, caller, found)

    def _may(self, seen: Seen, action: str, person: User | None = None) -> bool:
        return self._world.policies.judge(question(seen.actor, seen.caller, action, seen.meeting, person)).allowed

    def _attendee(self, seen: Seen, user: User, attendee_id: str | None) -> Document:
        now = self._world.surroundings.now()
        with_limits = seen.actor.is_user(user.id) or self._may(seen, "view-limits", user)
        seat = seat_of(user, attendee_id)
        return attendee_document(seen.meeting, user, seat, self._world.policies.held, now, with_limits=with_limits)

    def _stranger(self, seen: Seen, attendee_id: str) -> User | None:
        """A seat that the ledger doesn't know; only for moderators is Chime asked, whose calls are few."""
        if not self._may(seen, "view-history"):
            return None
        try:
            found = patiently(self._world, lambda: self._world.chime.seat(seen.meeting.id, attendee_id))
        except Missing:
            return None
        stored = self._world.ledger.load(seen.meeting.id, [found.user_id]).users[found.user_id]
        return with_seats(self._world, seen.meeting, stored, [found])


def cursor_at(now: datetime) -> str:
    """Where a reader of the history may go on from who has seen everything by now."""
    return first_id_at(now - BEHIND)


def entry_document(entry: Entry) -> Document:
    return {"type": entry.type, **entry.detail, "summary": summary(entry)}


def for_moderators(meeting: Meeting, people: Mapping[str, User]) -> Document:
    return meeting_document(meeting, {u: user.rules.role for u, user in people.items() if user.rules.role})


def for_everybody(document: Document) -> Document:
    """Without whom a mute-all spares by name, and why and by whom it was made: that is the moderators'."""
    shown = ("media", "liftableBy", "since", "until")
    mute_alls = cast("list[Document]", document["muteAll"])
    return document | {"muteAll": [{key: m[key] for key in shown} for m in mute_alls]}


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
        "revision": change.revision,
    }
