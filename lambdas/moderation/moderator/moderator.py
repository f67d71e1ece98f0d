"""load · decide · commit for one person, then order · settle. Doors hand over requests and get answers."""

from dataclasses import replace

from ..core.change import Change
from ..core.command import UserCommand
from ..core.decide import Case, Decided, Refusal, Unchanged, decide
from ..core.entry import Entry, concerning
from ..core.meeting import User, revision_of
from ..core.restriction import binds_less, in_force
from ..ports import (
    Clause,
    Conflict,
    EntryWritten,
    KeyTaken,
    MeetingIs,
    Reminder,
    SeatBound,
    UserIs,
    UserRevised,
    World,
)
from .answers import answer_to, attendee, replayed
from .carried import Carried
from .enforcement import Enforcement
from .facts import FactFinder, Facts, is_nobody
from .opening import (
    COMMIT_WITHIN,
    RECORDED,
    committed,
    deadline,
    decided_entry,
    keep,
    opened,
    raced,
    remind_of_end,
    unchanged,
)
from .persistence import persistently
from .request import REVISION_MISMATCH, TOO_LATE, Answer, Outcome, Refused, Request, refused


class Moderator:
    def __init__(self, world: World, facts: FactFinder, enforcement: Enforcement) -> None:
        self._world = world
        self._facts = facts
        self._enforcement = enforcement
        self._now = world.surroundings.now

    def perform(self, request: Request, command: UserCommand) -> Outcome:
        """One change id across all tries. A machine that failed is an answer, too."""
        change_id = self._world.surroundings.new_id()

        def once(lost: Conflict | None) -> Outcome:
            fresh = lost is not None and not self._facts.learn(lost)
            return self._once(request, command, change_id, fresh=fresh)

        return raced(self._world, once)

    def _once(self, request: Request, command: UserCommand, change_id: str, *, fresh: bool) -> Outcome:
        """What would commit nothing is decided anew from a fresh look if it rested on memory."""
        facts = self._facts.find(request, fresh=fresh)
        if isinstance(facts, KeyTaken):
            return replayed(self._world, request, facts)
        if isinstance(facts, Refused):
            return facts
        is_stale = request.if_match not in (None, revision_of(facts.stored, facts.meeting))
        decision = self._decision(request, facts, command)
        if facts.from_memory and (is_stale or request.dry_run or not isinstance(decision, Decided)):
            return self._once(request, command, change_id, fresh=True)
        if is_stale and facts.verdict.allowed:
            return REVISION_MISMATCH
        if isinstance(decision, Decided) and request.dry_run:
            return self._dry(facts, decision)
        if isinstance(decision, Decided):
            return self._carried_out(request, facts, decision, change_id)
        if isinstance(decision, Unchanged):
            return self._unchanged(request, facts, decision)
        return self._refuse(request, facts, decision)

    def _decision(self, request: Request, facts: Facts, command: UserCommand) -> Decided | Unchanged | Refusal:
        decision = decide(self._case(request, facts), command)
        if request.must_not_widen and isinstance(decision, Decided):
            standing = in_force(facts.user.rules.restrictions, facts.meeting.rules.moment(self._now()))
            new = {r.key: r for r in decision.rules.restrictions}
            loosens = any(old.key not in new or binds_less(new[old.key], old) for old in standing)
            if loosens or decision.after & ~decision.before:
                return TOO_LATE
        return decision

    def _case(self, request: Request, facts: Facts) -> Case:
        return Case(
            meeting=facts.meeting,
            user=facts.user,
            actor=request.actor,
            verdict=facts.verdict,
            by_moderator=facts.by_moderator,
            holds=self._world.policies.held,
            now=self._now(),
        )

    def _carried_out(self, request: Request, facts: Facts, decided: Decided, change_id: str) -> Outcome:
        world = self._world
        user = replace(facts.user, rules=decided.rules, revision=facts.stored.revision + 1, revised_by=change_id)
        change = opened(
            world,
            request,
            facts.meeting,
            change_id,
            facts.verdict.policies,
            revision=revision_of(user, facts.meeting),
            subject=user.id,
            attendee_id=request.attendee_id,
            replaced=facts.user.rules,
            made=decided.rules,
            before=decided.before,
            after=decided.after,
            effects=decided.effects,
        )
        carried = Carried(change, facts.meeting, user)
        if committed(world, request, change, self._decided(request, facts, change), _clauses(facts, user)):
            remind_of_end(world, Reminder(facts.meeting.id, user_id=user.id), decided.rules)
            carried = self._enforcement.carry_out(carried, deadline(self._now()))
            self._facts.remember(carried.meeting, carried.user or user)
        subject = attendee(world, carried.meeting, carried.user or user, change.attendee_id)
        return answer_to(carried.change, subject)

    def _dry(self, facts: Facts, decided: Decided) -> Answer:
        user = replace(facts.user, rules=decided.rules)
        subject = attendee(self._world, facts.meeting, user, facts.attendee_id)
        return Answer("dry-run", subject, None, decided.before, decided.after, decided.effects)

    def _unchanged(self, request: Request, facts: Facts, decision: Unchanged) -> Answer:
        subject = attendee(self._world, facts.meeting, facts.user, facts.attendee_id)
        answer = Answer(unchanged(request), subject, None, decision.capabilities, decision.capabilities)
        if facts.new_seats and not request.dry_run:
            self._remember_seats(facts)
        keep(self._world, request, answer)
        return answer

    def _remember_seats(self, facts: Facts) -> None:
        """A seat that has what the rules say needs no order, but is known from now on. Raises `Conflict`."""
        user = replace(facts.user, revision=facts.stored.revision + 1)
        persistently(self._world, _clauses(facts, user), self._now() + COMMIT_WITHIN)

    def _refuse(self, request: Request, facts: Facts, refusal: Refusal) -> Refused:
        """A refusal is a line of history, unless the caller is nobody here: he leaves nothing."""
        outcome = refused(refusal, self._now())
        if is_nobody(request.actor, facts.caller):
            return outcome
        entry = self._decided(request, facts, None, refusal)
        keep(self._world, request, outcome, [EntryWritten(entry)] if refusal.code in RECORDED else [])
        return outcome

    def _decided(self, request: Request, facts: Facts, change: Change | None, refusal: Refusal | None = None) -> Entry:
        seats: list[str | None] = [request.attendee_id] if request.attendee_id else [*facts.user.seats] or [None]
        return decided_entry(
            self._world,
            request,
            facts.meeting,
            change.revision if change else revision_of(facts.stored, facts.meeting),
            facts.verdict.policies,
            [concerning(seat, facts.user.id) for seat in seats],
            change_id=change.id if change else None,
            refusal=refusal,
        )


def _clauses(facts: Facts, user: User) -> list[Clause]:
    """Everything that the decision rested on still stands."""
    meeting = facts.meeting
    clauses: list[Clause] = [
        MeetingIs(meeting.id, meeting.revision),
        UserRevised(meeting.id, user, facts.stored.revision, facts.new_seats),
        *(SeatBound(meeting.id, seat.attendee_id, user.id) for seat in facts.new_seats),
    ]
    if facts.caller is not None and facts.caller.id != user.id:
        clauses.append(UserIs(meeting.id, facts.caller.id, facts.caller.revision))
    return clauses
