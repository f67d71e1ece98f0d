"""Queries of lists: raised hands, users in the lobby, bans."""

from ...domain.actor import Actor
from ...domain.documents import Document, name_of
from ...domain.effective import attendee_of
from ...domain.entry import iso
from ...domain.meeting import User, role_of, waits
from ...domain.personal_rules import Ban
from ...ports import Ledger
from ..requests import Refused
from .access import ReadAccess, busy_on_failure


class ListQueries:
    """Reads the raised hands, the lobby and the bans of a meeting."""

    def __init__(self, ledger: Ledger, access: ReadAccess) -> None:
        self._ledger = ledger
        self._access = access

    @busy_on_failure
    def hands(self, meeting_id: str, actor: Actor) -> Document | Refused:
        seen = self._access.seen(meeting_id, actor, "view-hands")
        if isinstance(seen, Refused):
            return seen
        raised = self._ledger.hands(meeting_id)
        users = self._ledger.all_users(meeting_id) if raised else {}
        items: list[Document] = []
        for user_id, since in sorted(raised.items(), key=lambda hand: (hand[1], hand[0])):
            user = users.get(user_id, User(user_id))
            attendee = attendee_of(user, None)
            attendee_id = attendee.attendee_id if attendee else None
            named = {"externalUserId": user_id, **name_of(user), "attendeeId": attendee_id}
            items.append({**named, "raisedAt": iso(since)})
        return {"items": items}

    @busy_on_failure
    def bans(self, meeting_id: str, actor: Actor) -> Document | Refused:
        seen = self._access.seen(meeting_id, actor, "view-bans")
        if isinstance(seen, Refused):
            return seen
        found = [(x.rules.ban, x) for x in self._ledger.all_users(meeting_id).values() if x.rules.ban]
        found.sort(key=lambda each: (each[0].since, each[1].id))
        return {"items": [_ban_document(user, ban) for ban, user in found]}

    @busy_on_failure
    def lobby(self, meeting_id: str, actor: Actor) -> Document | Refused:
        """The users in the lobby. While it is off, only removed users who came back wait."""
        seen = self._access.seen(meeting_id, actor, "view-lobby")
        if isinstance(seen, Refused):
            return seen
        users = self._ledger.all_users(meeting_id).values()
        waiting = [(x.rules.waiting.since, x.id, x) for x in users if x.rules.waiting and waits(x, seen.meeting)]
        return {
            "items": [
                {"externalUserId": user_id, **name_of(user), "role": role_of(user, seen.meeting), "since": iso(since)}
                for since, user_id, user in sorted(waiting, key=lambda each: each[:2])
            ]
        }


def _ban_document(user: User, ban: Ban) -> Document:
    return {
        "externalUserId": user.id,
        **name_of(user),
        "actor": ban.actor.id,
        "reason": ban.reason,
        "since": iso(ban.since),
        "until": iso(ban.until) if ban.until else None,
    }
