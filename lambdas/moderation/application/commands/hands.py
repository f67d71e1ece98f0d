"""Raised hands. Each is a record of its own and no rule, so that many at once do not contend."""

from dataclasses import replace
from datetime import datetime

from ...domain.actor import Actor
from ...domain.commands import LowerHand, RaiseHand
from ...domain.decisions.decision import Accepted, Refusal, Unchanged
from ...domain.entry import HAND_LOWERED, HAND_RAISED, Entry, concerning
from ...domain.meeting import Meeting, User, belongs, revision_of
from ...ports import Clause, EntryWritten, HandLowered, HandRaised, World
from ..answers import attendee
from ..requests import ATTENDEE_NOT_FOUND, Answer, Refused, Request
from .context import ContextLoader, UserContext
from .handler import Commit, Handlers, UserCommandHandler
from .timeliness import against_registration

Hand = datetime | None
"""Since when the hand is up."""


class HandHandler(UserCommandHandler[Hand]):
    def __init__(self, world: World, contexts: ContextLoader) -> None:
        super().__init__(contexts)
        self._world = world

    def precondition(self, request: Request, context: UserContext) -> Refused | None:
        return None if belongs(context.user, context.meeting) else ATTENDEE_NOT_FOUND

    def decide(
        self,
        request: Request,
        context: UserContext,
        change_id: str,
    ) -> Accepted[Hand] | Unchanged | Refusal:
        late = against_registration(request.sent, context.meeting)
        if late is not None:
            return late
        raises, is_up = isinstance(request.command, RaiseHand), context.user.hand is not None
        if raises is is_up:
            return Unchanged()
        return Accepted(self._world.surroundings.now() if raises else None)

    def preview(
        self,
        request: Request,
        context: UserContext,
        accepted: Accepted[Hand],
        change_id: str,
    ) -> Answer:
        return self._answer("dry-run", context, context.user)

    def unchanged(self, request: Request, context: UserContext, decision: Unchanged) -> Answer:
        return self._answer("unchanged", context, context.user)

    def commit(
        self,
        request: Request,
        context: UserContext,
        accepted: Accepted[Hand],
        change_id: str,
    ) -> Commit:
        make = lowered if accepted.rules is None else raised
        command = request.command
        clauses = make(self._world, context.meeting, context.user, request.actor, command.name, reason=command.reason)
        return Commit(clauses, answer=self._answer("applied", context, replace(context.user, hand=accepted.rules)))

    def _answer(self, status: str, context: UserContext, user: User) -> Answer:
        return Answer(status, attendee(self._world, context.meeting, user, context.attendee_id))


def hand_handlers(world: World, contexts: ContextLoader) -> Handlers:
    hands = HandHandler(world, contexts)
    return {RaiseHand: hands, LowerHand: hands}


def raised(
    world: World, meeting: Meeting, user: User, actor: Actor, command: str, *, reason: str | None = None
) -> list[Clause]:
    entry = _entry(world, meeting, user, actor, command, HAND_RAISED, reason=reason)
    return [HandRaised(meeting.id, user.id, world.surroundings.now()), entry]


def lowered(
    world: World,
    meeting: Meeting,
    user: User,
    actor: Actor,
    command: str,
    change_id: str | None = None,
    reason: str | None = None,
) -> list[Clause]:
    """Part of any transaction by which a raised hand comes down."""
    entry = _entry(world, meeting, user, actor, command, HAND_LOWERED, change_id, reason)
    return [HandLowered(meeting.id, user.id), entry]


def _entry(
    world: World,
    meeting: Meeting,
    user: User,
    actor: Actor,
    command: str,
    kind: str,
    change_id: str | None = None,
    reason: str | None = None,
) -> EntryWritten:
    attendees = [concerning(seat.attendee_id, user.id) for seat in user.present] or [concerning(None, user.id)]
    return EntryWritten(
        Entry(
            id=world.surroundings.new_id(),
            type=kind,
            meeting_id=meeting.id,
            external_meeting_id=meeting.external_id,
            occurred_at=world.surroundings.now(),
            actor=actor,
            command=command,
            revision=revision_of(user, meeting),
            change_id=change_id,
            reason=reason,
            extra={"attendees": attendees},
        )
    )
