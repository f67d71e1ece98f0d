"""Who waits for something in a meeting: a raised hand, somebody in the lobby; and who is kept out."""

from ...domain.actor import Actor
from ...domain.documents import Document
from ...domain.entry import iso
from ...domain.meeting import User, role_of, waits
from ...domain.personal_rules import Ban
from ...ports import World
from ..answers import seat_of
from ..requests import Refused
from .access import ReadAccess, busy_on_failure


class ListQueries:
    def __init__(self, world: World) -> None:
        self._world = world
        self._seer = ReadAccess(world)

    @busy_on_failure
    def hands(self, meeting_id: str, actor: Actor) -> Document | Refused:
        seen = self._seer.seen(meeting_id, actor, "view-hands")
        if isinstance(seen, Refused):
            return seen
        raised = self._world.ledger.hands(meeting_id)
        people = self._world.ledger.everybody(meeting_id) if raised else {}
        items: list[Document] = []
        for user_id, since in sorted(raised.items(), key=lambda hand: (hand[1], hand[0])):
            seat = seat_of(people.get(user_id, User(user_id)), None)
            named = {"externalUserId": user_id, "attendeeId": seat.attendee_id if seat else None}
            items.append({**named, "raisedAt": iso(since)})
        return {"items": items}

    @busy_on_failure
    def bans(self, meeting_id: str, actor: Actor) -> Document | Refused:
        seen = self._seer.seen(meeting_id, actor, "view-bans")
        if isinstance(seen, Refused):
            return seen
        found = [(x.rules.ban, u) for u, x in self._world.ledger.everybody(meeting_id).items() if x.rules.ban]
        found.sort(key=lambda each: (each[0].since, each[1]))
        return {"items": [_ban_document(user_id, ban) for ban, user_id in found]}

    @busy_on_failure
    def lobby(self, meeting_id: str, actor: Actor) -> Document | Refused:
        """Without a lobby only users wait who were removed and came back."""
        seen = self._seer.seen(meeting_id, actor, "view-lobby")
        if isinstance(seen, Refused):
            return seen
        people = self._world.ledger.everybody(meeting_id).values()
        waiting = [(x.rules.waiting.since, x.id, x) for x in people if x.rules.waiting and waits(x, seen.meeting)]
        return {
            "items": [
                {"externalUserId": user_id, "role": role_of(user, seen.meeting), "since": iso(since)}
                for since, user_id, user in sorted(waiting, key=lambda each: each[:2])
            ]
        }


def _ban_document(user_id: str, ban: Ban) -> Document:
    return {
        "externalUserId": user_id,
        "actor": ban.actor.id,
        "reason": ban.reason,
        "since": iso(ban.since),
        "until": iso(ban.until) if ban.until else None,
    }
