"""A meeting as one caller may see it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec

from ...domain.actor import Actor, ActorKind
from ...domain.authorization import question
from ...domain.documents import Document
from ...domain.meeting import Meeting, User, waits
from ...ports import InfrastructureError, LedgerUnavailableError, World
from ..requests import BANNED, BUSY, MEETING_NOT_FOUND, WAITING, Refused

P = ParamSpec("P")
READS_OF_LEDGER = 2


@dataclass(frozen=True, slots=True)
class VisibleMeeting:
    """A meeting through the eyes of one caller."""

    meeting: Meeting
    actor: Actor
    caller: User | None
    people: dict[str, User]

    def owner_of(self, attendee_id: str) -> User | None:
        return next((user for user in self.people.values() if attendee_id in user.seats), None)


def busy_on_failure(read: Callable[P, Document | Refused]) -> Callable[P, Document | Refused]:
    """A ledger or a Chime that can't be read now is an answer. One failed read of the ledger is repeated first."""

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
    def __init__(self, world: World) -> None:
        self._world = world

    def seen(
        self,
        meeting_id: str,
        actor: Actor,
        action: str | None,
        attendee_id: str | None = None,
        user_id: str | None = None,
    ) -> VisibleMeeting | Refused:
        is_user = actor.kind is ActorKind.USER
        people = {actor.id} if is_user else set()
        if user_id is not None:
            people.add(user_id)
        loaded = self._world.ledger.load(meeting_id, people, [attendee_id] if attendee_id else [])
        if loaded.meeting is None:
            return MEETING_NOT_FOUND
        caller = loaded.users[actor.id] if is_user else None
        if caller is not None and caller.rules.ban is not None:
            return BANNED
        found = dict(loaded.users)
        if action is not None:
            verdict = self._world.policies.authorize(question(actor, caller, action, loaded.meeting))
            if not verdict.allowed and caller is not None and waits(caller, loaded.meeting):
                return WAITING
            if not verdict.allowed:
                return Refused("not-permitted", f"the policies don't permit `{action}` here", verdict.policies)
        owner = loaded.seats.get(attendee_id or "")
        if owner is not None and owner not in found:
            found |= self._world.ledger.load(meeting_id, [owner]).users
        return VisibleMeeting(loaded.meeting, actor, caller, found)

    def may(self, seen: VisibleMeeting, action: str, person: User | None = None) -> bool:
        return self._world.policies.authorize(question(seen.actor, seen.caller, action, seen.meeting, person)).allowed
