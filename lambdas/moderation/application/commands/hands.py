"""Raised hands. Each is a record of its own and no change of anybody's rules, so many at once stand in nobody's way."""

from dataclasses import replace

from ...domain.actor import Actor
from ...domain.commands import HandCommand, RaiseHand
from ...domain.decisions.decision import precondition_refusal
from ...domain.entry import HAND_LOWERED, HAND_RAISED, Entry, concerning
from ...domain.meeting import Meeting, User, belongs, revision_of
from ...ports import Clause, EntryWritten, HandLowered, HandRaised, KeyTaken, World
from ..answers import attendee, replayed
from ..requests import ATTENDEE_NOT_FOUND, REVISION_MISMATCH, TOO_MANY, Answer, Outcome, Refused, Request
from .context import CommandContext, ContextLoader
from .pipeline import retry_on_conflict, store_result, unchanged
from .refusals import refuse_on
from .timeliness import against_registration


class HandHandler:
    def __init__(self, world: World, facts: ContextLoader) -> None:
        self._world = world
        self._context = facts

    def perform(self, request: Request, command: HandCommand) -> Outcome:
        return retry_on_conflict(self._world, lambda _: self._once(request, command))

    def _once(self, request: Request, command: HandCommand) -> Outcome:
        facts = self._context.find(request, fresh=True)
        if isinstance(facts, KeyTaken):
            return replayed(self._world, request, facts)
        if isinstance(facts, Refused):
            return facts
        if self._context.is_too_many(request, facts):
            return TOO_MANY
        refusal = precondition_refusal(facts.verdict, facts.meeting, command.name)
        refusal = refusal or against_registration(request.sent, facts.meeting)
        if refusal is not None:
            return refuse_on(self._world, request, facts, refusal)
        if request.if_match not in (None, revision_of(facts.stored, facts.meeting)):
            return REVISION_MISMATCH
        if not belongs(facts.user, facts.meeting):
            return ATTENDEE_NOT_FOUND
        raises, is_up = isinstance(command, RaiseHand), facts.user.hand is not None
        if raises is is_up or request.dry_run:
            answer = Answer(unchanged(request), attendee(self._world, facts.meeting, facts.user, facts.attendee_id))
            store_result(self._world, request, answer)
            return answer
        return self._done(request, facts, raises=raises)

    def _done(self, request: Request, facts: CommandContext, *, raises: bool) -> Answer:
        """Raises `Conflict` if it was done by somebody else at this moment."""
        meeting, user = facts.meeting, facts.user
        command = request.command
        clauses = (
            raised(self._world, meeting, user, request.actor, command.name, command.reason)
            if raises
            else lowered(self._world, meeting, user, request.actor, command.name, reason=command.reason)
        )
        now_up = self._world.surroundings.now() if raises else None
        seen = replace(user, hand=now_up)
        answer = Answer("applied", attendee(self._world, meeting, seen, facts.attendee_id))
        store_result(self._world, request, answer, clauses)
        return answer


def raised(
    world: World, meeting: Meeting, user: User, actor: Actor, command: str, reason: str | None = None
) -> list[Clause]:
    now = world.surroundings.now()
    told = _told(world, meeting, user, actor, command, HAND_RAISED, reason=reason)
    return [HandRaised(meeting.id, user.id, now), told]


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
    told = _told(world, meeting, user, actor, command, HAND_LOWERED, change_id, reason)
    return [HandLowered(meeting.id, user.id), told]


def _told(
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
