"""Raised hands. Each is a record of its own and no change of anybody's rules, so many at once stand in nobody's way."""

from dataclasses import replace

from ..core.actor import Actor
from ..core.command import HandCommand, RaiseHand
from ..core.decision import barred
from ..core.entry import HAND_LOWERED, HAND_RAISED, Entry, concerning
from ..core.meeting import Meeting, User, belongs, revision_of
from ..ports import Clause, EntryWritten, HandLowered, HandRaised, KeyTaken, World
from .answers import attendee, replayed
from .facts import FactFinder, Facts
from .opening import keep, raced, unchanged
from .refusing import refuse_on
from .request import ATTENDEE_NOT_FOUND, REVISION_MISMATCH, TOO_MANY, Answer, Outcome, Refused, Request
from .timeliness import against_registration


class Hands:
    def __init__(self, world: World, facts: FactFinder) -> None:
        self._world = world
        self._facts = facts

    def perform(self, request: Request, command: HandCommand) -> Outcome:
        return raced(self._world, lambda _: self._once(request, command))

    def _once(self, request: Request, command: HandCommand) -> Outcome:
        facts = self._facts.find(request, fresh=True)
        if isinstance(facts, KeyTaken):
            return replayed(self._world, request, facts)
        if isinstance(facts, Refused):
            return facts
        if self._facts.is_too_many(request, facts):
            return TOO_MANY
        refusal = barred(facts.verdict, facts.meeting, command.name)
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
            keep(self._world, request, answer)
            return answer
        return self._done(request, facts, raises=raises)

    def _done(self, request: Request, facts: Facts, *, raises: bool) -> Answer:
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
        keep(self._world, request, answer, clauses)
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
            adds={"attendees": attendees},
        )
    )
