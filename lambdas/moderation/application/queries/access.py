"""Access of one caller to a meeting."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec

from ...domain.actor import Actor, ActorKind
from ...domain.decisions.decision import authorization_request
from ...domain.documents import Document
from ...domain.meeting import Meeting, User, waits
from ...ports import InfrastructureError, Ledger, LedgerUnavailableError, Policies
from ..requests import BANNED, BUSY, MEETING_NOT_FOUND, WAITING, Refused

P = ParamSpec("P")
READS_OF_LEDGER = 2


@dataclass(frozen=True, slots=True)
class VisibleMeeting:
    """A meeting as one caller may see it."""

    meeting: Meeting
    actor: Actor
    caller: User | None
    users: dict[str, User]

    def owner_of(self, attendee_id: str) -> User | None:
        return next((user for user in self.users.values() if attendee_id in user.attendees), None)


def busy_on_failure(read: Callable[P, Document | Refused]) -> Callable[P, Document | Refused]:
    """Answers `busy` if the ledger or Chime cannot be read. A failed read of the ledger is repeated once."""

    @wraps(read)
    def reading(*args: P.args, **kwargs: P.kwargs) -> Document | Refused:
        for _ in range(READS_OF_LEDGER):
            try:
                return read(*args, **kwargs)
            except LedgerUnavailableError:
                continue
            except InfrastructureError:
                break
        return BUSY

    return reading


class ReadAccess:
    """Decides what a caller may read, by the policies."""

    def __init__(self, ledger: Ledger, policies: Policies) -> None:
        self._ledger = ledger
        self._policies = policies

    def seen(
        self,
        meeting_id: str,
        actor: Actor,
        action: str | None,
        attendee_id: str | None = None,
        user_id: str | None = None,
    ) -> VisibleMeeting | Refused:
        is_user = actor.kind is ActorKind.USER
        user_ids = {actor.id} if is_user else set()
        if user_id is not None:
            user_ids.add(user_id)
        loaded = self._ledger.load(meeting_id, user_ids, [attendee_id] if attendee_id else [])
        if loaded.meeting is None:
            return MEETING_NOT_FOUND
        caller = loaded.users[actor.id] if is_user else None
        if caller is not None and caller.rules.ban is not None:
            return BANNED
        found = dict(loaded.users)
        if action is not None:
            authorization = self._policies.authorize(authorization_request(actor, caller, action, loaded.meeting))
            if not authorization.allowed and caller is not None and waits(caller, loaded.meeting):
                return WAITING
            if not authorization.allowed:
                return Refused("not-permitted", f"The policies do not permit `{action}` here.", authorization.policies)
        owner = loaded.attendees.get(attendee_id or "")
        if owner is not None and owner not in found:
            found |= self._ledger.load(meeting_id, [owner]).users
        return VisibleMeeting(loaded.meeting, actor, caller, found)

    def may(self, seen: VisibleMeeting, action: str, user: User | None = None) -> bool:
        return self._policies.authorize(
            authorization_request(seen.actor, seen.caller, action, seen.meeting, user)
        ).allowed
