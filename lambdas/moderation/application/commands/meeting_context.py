"""Contexts of commands on the whole meeting."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from ...domain.actor import ActorKind, Authorization
from ...domain.decisions.decision import authorization_request
from ...domain.meeting import User
from ...ports import Clause, Clock, KeyTaken, Ledger, Policies, UserIs
from ..requests import MEETING_NOT_FOUND, Refused, Request
from .context import CommandContext, all_of
from .handler import CommandHandler

R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingContext(CommandContext):
    """The context of a command on the whole meeting."""

    users: Mapping[str, User] = field(default_factory=dict)
    """The users that the command names, as stored."""
    attendees: Mapping[str, str] = field(default_factory=dict)
    """AttendeeId → ExternalUserId of the attendees that the command excepts, as far as known."""
    unknown: tuple[str, ...] = ()
    """Attendees that the command excepts and that neither Gavel nor Chime has."""

    def caller_is(self, revised: Collection[str] = ()) -> Sequence[Clause]:
        """A condition that the caller's rules are those that were authorized, unless the commit revises the caller as
        well.
        """
        if self.caller is None or self.caller.id in revised:
            return []
        return [UserIs(self.meeting.id, self.caller.id, self.caller.revision)]


class MeetingHandler(CommandHandler[MeetingContext, R]):
    """A command on the whole meeting."""

    def __init__(self, ledger: Ledger, policies: Policies, clock: Clock) -> None:
        self._ledger = ledger
        self._policies = policies
        self._clock = clock
        self._now = clock.now

    def load(self, request: Request, *, fresh: bool) -> MeetingContext | Refused | KeyTaken:
        users, attendee_ids = self.named(request)
        is_user = request.actor.kind is ActorKind.USER
        callers = {request.actor.id} if is_user else set()
        loaded = self._ledger.load(request.meeting_id, callers | set(users), attendee_ids, request.key)
        if loaded.key is not None:
            return loaded.key
        if loaded.meeting is None:
            return self.unregistered(request)
        caller = loaded.users[request.actor.id] if is_user else None
        return MeetingContext(meeting=loaded.meeting, caller=caller, users=loaded.users, attendees=loaded.attendees)

    def named(self, request: Request) -> tuple[Collection[str], Sequence[str]]:
        """The users and the attendees that the command names."""
        return (), ()

    def unregistered(self, request: Request) -> MeetingContext | Refused:
        return MEETING_NOT_FOUND

    def authorize(self, request: Request, context: MeetingContext) -> MeetingContext:
        decision = self.permission(request, context)
        return replace(context, authorization=decision, by_moderator=decision.allowed)

    def permission(self, request: Request, context: MeetingContext) -> Authorization:
        """Permits the command if each of its parts is permitted."""
        authorize, caller, meeting = self._policies.authorize, context.caller, context.meeting
        return all_of(
            authorize(authorization_request(request.actor, caller, a, meeting)) for a in request.command.actions
        )
