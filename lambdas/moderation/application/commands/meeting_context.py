"""Contexts of commands on the whole meeting."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from ...domain.actor import ActorKind, Authorization
from ...domain.authorization import question
from ...domain.meeting import User
from ...ports import Clause, KeyTaken, UserIs, World
from ..requests import MEETING_NOT_FOUND, Refused, Request
from .authorization import all_of
from .context import CommandContext
from .handler import CommandHandler

R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingContext(CommandContext):
    users: Mapping[str, User] = field(default_factory=dict)
    """The users that the command names, as the ledger has them."""
    seats: Mapping[str, str] = field(default_factory=dict)
    """Attendees that the command excepts → their users, as far as they are known."""
    unknown: tuple[str, ...] = ()
    """Attendees that the command excepts, but neither Gavel nor Chime has."""

    def caller_is(self, revised: Collection[str] = ()) -> Sequence[Clause]:
        """That the caller is still the one who was authorized, unless the commit revises them as well."""
        if self.caller is None or self.caller.id in revised:
            return []
        return [UserIs(self.meeting.id, self.caller.id, self.caller.revision)]


class MeetingHandler(CommandHandler[MeetingContext, R]):
    """A command on the whole meeting."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._now = world.surroundings.now

    def load(self, request: Request, *, fresh: bool) -> MeetingContext | Refused | KeyTaken:
        users, attendees = self.named(request)
        is_user = request.actor.kind is ActorKind.USER
        callers = {request.actor.id} if is_user else set()
        loaded = self._world.ledger.load(request.meeting_id, callers | set(users), attendees, request.key)
        if loaded.key is not None:
            return loaded.key
        if loaded.meeting is None:
            return self.unregistered(request)
        caller = loaded.users[request.actor.id] if is_user else None
        return MeetingContext(meeting=loaded.meeting, caller=caller, users=loaded.users, seats=loaded.seats)

    def named(self, request: Request) -> tuple[Collection[str], Sequence[str]]:
        """The users and the attendees that the command names."""
        return (), ()

    def unregistered(self, request: Request) -> MeetingContext | Refused:
        return MEETING_NOT_FOUND

    def authorize(self, request: Request, context: MeetingContext) -> MeetingContext:
        decision = self.permission(request, context)
        return replace(context, authorization=decision, by_moderator=decision.allowed)

    def permission(self, request: Request, context: MeetingContext) -> Authorization:
        """Each part of the command has to be permitted."""
        authorize, caller, meeting = self._world.policies.authorize, context.caller, context.meeting
        return all_of(authorize(question(request.actor, caller, a, meeting)) for a in request.command.actions)
