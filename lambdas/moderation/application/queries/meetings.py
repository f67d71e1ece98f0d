"""What callers may see of meetings and of the people in them. Nothing is written."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import cast

from ...domain.actor import Actor
from ...domain.commands import COMMANDS, Invoker, Target
from ...domain.documents import Document, attendee_document, meeting_document
from ...domain.meeting import Meeting, User, is_kept_out, is_pipeline, standing_role
from ...ports import ChimeNotFoundError, World
from ..answers import seat_of
from ..enforcement.attendee_binding import with_seats
from ..enforcement.retries import call_with_retry
from ..rate_limit import is_read_rate_limited
from ..requests import ATTENDEE_NOT_FOUND, TOO_MANY_READS, WAITING, Refused
from .access import ReadAccess, VisibleMeeting, busy_on_failure
from .history import cursor_at

LISTS = ("view-hands", "view-lobby", "view-bans", "view-history")
"""The reads that `GET /me` tells of. The commands among its actions are those of the registry."""


def _actions(target: Target) -> list[str]:
    commands = [c for c in COMMANDS.values() if c.target is target and c.invoker is Invoker.MODERATOR]
    return list(dict.fromkeys(name for command in commands for name in command.permitted_names()))


def _own_actions() -> list[str]:
    commands = list(dict.fromkeys(COMMANDS.values()))
    own = [c.own_action for c in commands if c.own_action is not None]
    return own + [name for c in commands if c.invoker is Invoker.ONESELF for name in c.permitted_names()]


ON_ONESELF = _own_actions()
ON_OTHERS = _actions(Target.USER)
ON_THE_MEETING = [*_actions(Target.MEETING), *LISTS]


class MeetingQueries:
    def __init__(self, world: World) -> None:
        self._world = world
        self._seer = ReadAccess(world)

    @busy_on_failure
    def meeting(self, meeting_id: str, actor: Actor) -> Document | Refused:
        seen = self._seer.seen(meeting_id, actor, "view-meeting")
        if isinstance(seen, Refused):
            return seen
        if not self._seer.may(seen, "view-roles"):
            return for_everybody(meeting_document(seen.meeting))
        return for_moderators(seen.meeting, self._world.ledger.everybody(meeting_id))

    @busy_on_failure
    def me(self, meeting_id: str, actor: Actor) -> Document | Refused:
        seen = self._seer.seen(meeting_id, actor, "view-meeting")
        return seen if isinstance(seen, Refused) else self.me_of(seen)

    @busy_on_failure
    def listening(self, meeting_id: str, actor: Actor) -> Document | Refused:
        """Whether he may be told what happens; if so, from where in the history he goes on. Who waits in the lobby is
        told what becomes of that.
        """
        seen = self._seer.seen(meeting_id, actor, "live")
        if isinstance(seen, Refused) and seen != WAITING:
            return seen
        return {"cursor": cursor_at(self._world.surroundings.now())}

    def me_of(self, seen: VisibleMeeting) -> Document:
        somebody = User("")
        may = [a for a in ON_ONESELF if seen.caller and self._seer.may(seen, a, seen.caller)]
        may += [a for a in ON_OTHERS if self._seer.may(seen, a, somebody)]
        may += [a for a in ON_THE_MEETING if self._seer.may(seen, a)]
        return {
            "role": standing_role(seen.caller, seen.meeting) if seen.caller else None,
            "attendee": self._attendee(seen, seen.caller, None) if seen.caller else None,
            "may": may,
        }

    @busy_on_failure
    def attendee(
        self, meeting_id: str, actor: Actor, *, attendee_id: str | None = None, user_id: str | None = None
    ) -> Document | Refused:
        seen = self._seer.seen(meeting_id, actor, "view-attendees", attendee_id, user_id)
        if isinstance(seen, Refused):
            return seen
        user = seen.people.get(user_id or "")
        if attendee_id is not None:
            user = seen.owner_of(attendee_id) or self._stranger(seen, attendee_id)
        if user is None or is_pipeline(user.id) or not (user.revision or user.seats):
            return ATTENDEE_NOT_FOUND
        if not user.seats and not actor.is_user(user.id) and not self._seer.may(seen, "view-limits", user):
            return ATTENDEE_NOT_FOUND
        return self._attendee(seen, user, attendee_id)

    @busy_on_failure
    def attendees(self, meeting_id: str, actor: Actor, *, limit: int, after: str | None) -> Document | Refused:
        """Seats by their ids, so that a page goes on where the last one ended whoever comes or goes."""
        seen = self._seer.seen(meeting_id, actor, "view-attendees")
        if isinstance(seen, Refused):
            return seen
        if is_read_rate_limited(self._world, meeting_id, actor):
            return TOO_MANY_READS
        found = list(islice(self._present(meeting_id, after or "", limit), limit + 1))
        page = found[:limit]
        return {
            "items": [self._attendee(seen, user, attendee_id) for attendee_id, user in page],
            "nextToken": page[-1][0] if len(found) > limit else None,
        }

    def _present(self, meeting_id: str, after: str, limit: int) -> Iterator[tuple[str, User]]:
        """Seats by their ids that are not gone, each with its user; no more is read than is asked for."""
        together = limit + 1
        while True:
            bound = self._world.ledger.seats_after(meeting_id, after, together)
            people = self._world.ledger.load(meeting_id, list(dict.fromkeys(bound.values()))).users
            for attendee_id, user_id in bound.items():
                seat = people[user_id].seats.get(attendee_id)
                if seat is not None and not seat.gone:
                    yield attendee_id, people[user_id]
            if len(bound) < together:
                return
            after = max(bound)

    def _attendee(self, seen: VisibleMeeting, user: User, attendee_id: str | None) -> Document:
        now = self._world.surroundings.now()
        with_limits = seen.actor.is_user(user.id) or self._seer.may(seen, "view-limits", user)
        seat = seat_of(user, attendee_id)
        return attendee_document(
            seen.meeting, user, seat, self._world.policies.capabilities_for, now, with_limits=with_limits
        )

    def _stranger(self, seen: VisibleMeeting, attendee_id: str) -> User | None:
        """A seat that the ledger doesn't know; only for moderators is Chime asked, whose calls are few."""
        if not self._seer.may(seen, "view-history"):
            return None
        try:
            found = call_with_retry(self._world, lambda: self._world.chime.seat(seen.meeting.id, attendee_id))
        except ChimeNotFoundError:
            return None
        stored = self._world.ledger.load(seen.meeting.id, [found.user_id]).users[found.user_id]
        return with_seats(self._world, seen.meeting, stored, [found])


def for_moderators(meeting: Meeting, people: Mapping[str, User]) -> Document:
    """With who has which role. Who is banned, or was removed, has none."""
    named = (user for user in people.values() if user.rules.role and not is_kept_out(user.rules))
    return meeting_document(meeting, {user.id: user.rules.role for user in named if user.rules.role})


def with_hands(world: World, meeting_id: str) -> dict[str, User]:
    """Everybody, and who has his hand up."""
    people, hands = world.ledger.everybody(meeting_id), world.ledger.hands(meeting_id)
    return {user_id: replace(user, hand=hands.get(user_id)) for user_id, user in people.items()}


def for_everybody(document: Document) -> Document:
    """Without whom a mute-all spares by name, and why and by whom it was made: that is the moderators'."""
    shown = ("media", "liftableBy", "since", "until")
    mute_alls = cast("list[Document]", document["muteAll"])
    return document | {"muteAll": [{key: m[key] for key in shown} for m in mute_alls]}
