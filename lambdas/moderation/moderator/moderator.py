"""load · decide · commit for one person, then order · settle. Doors hand over requests and get answers."""

from dataclasses import replace
from datetime import datetime, timedelta

from ..core.change import LEASE, Change
from ..core.command import UserCommand, spoken
from ..core.decide import Case, Decided, Refusal, Unchanged, decide
from ..core.entry import DECIDED, Entry, concerning
from ..core.meeting import User, UserRules, revision_of
from ..ports import (
    ChangeOpened,
    ChimeFailure,
    Clause,
    Conflict,
    Contention,
    EntryWritten,
    KeyTaken,
    LedgerUnavailable,
    MeetingIs,
    SeatBound,
    UserIs,
    UserRevised,
    World,
)
from .answers import answer_to, attendee, kept, replayed
from .carried import Carried, due_after, lease_of
from .enforcement import Enforcement
from .facts import FactFinder, Facts, is_nobody
from .persistence import persistently
from .request import BUSY, CONTENDED, REVISION_MISMATCH, Answer, Outcome, Refused, Request, refused

MOST_RACES = 12
"""How often a commit that lost a race is decided anew before the caller hears `contended`."""
BUDGET = timedelta(seconds=10)
"""How long a caller waits for Chime, far below the 29 s of the API; after it the change is left pending."""
COMMIT_WITHIN = timedelta(seconds=5)
"""How long one commit is tried again under contention."""
RECORDED = {"not-permitted", "capability-unavailable", "meeting-ended"}
"""Refusals that become entries; the others are answers to malformed requests."""


class Moderator:
    def __init__(self, world: World, facts: FactFinder, enforcement: Enforcement) -> None:
        self._world = world
        self._facts = facts
        self._enforcement = enforcement
        self._now = world.surroundings.now

    def perform(self, request: Request, command: UserCommand) -> Outcome:
        """One change id across all tries. A machine that failed is an answer, too."""
        change_id = self._world.surroundings.new_id()
        started = self._now()
        fresh = False
        try:
            for race in range(MOST_RACES):
                try:
                    return self._once(request, command, change_id, started, fresh=fresh)
                except Conflict as conflict:
                    fresh = not self._facts.learn(conflict)
                    self._world.surroundings.sleep(0.01 * 2 ** min(race, 5) * self._world.surroundings.chance())
        except Contention:
            return CONTENDED
        except (LedgerUnavailable, ChimeFailure):
            return BUSY
        return CONTENDED

    def _once(
        self, request: Request, command: UserCommand, change_id: str, started: datetime, *, fresh: bool
    ) -> Outcome:
        """What would commit nothing is decided anew from a fresh look if it rested on memory."""
        facts = self._facts.find(request, fresh=fresh)
        if isinstance(facts, KeyTaken):
            return replayed(self._world, request, facts)
        if isinstance(facts, Refused):
            return facts
        is_stale = request.if_match not in (None, revision_of(facts.stored, facts.meeting))
        decision = decide(self._case(request, facts), command)
        if facts.from_memory and (is_stale or request.dry_run or not isinstance(decision, Decided)):
            return self._once(request, command, change_id, started, fresh=True)
        if is_stale and facts.verdict.allowed:
            return REVISION_MISMATCH
        if isinstance(decision, Decided) and request.dry_run:
            return self._dry(facts, decision)
        if isinstance(decision, Decided):
            change = self._change(request, facts, command, decision, change_id)
            return self._carried_out(request, facts, change, decision.rules, started)
        if isinstance(decision, Unchanged):
            return self._unchanged(request, facts, decision)
        return self._refuse(request, facts, command, decision)

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

    def _change(self, request: Request, facts: Facts, command: UserCommand, decided: Decided, change_id: str) -> Change:
        now = self._now()
        lease = lease_of(self._world.surroundings.new_id(), now, LEASE)
        return Change(
            id=change_id,
            meeting_id=facts.meeting.id,
            command=command.name,
            said=spoken(command),
            actor=request.actor,
            policies=facts.verdict.policies,
            committed_at=now,
            revision=revision_of(replace(facts.stored, revision=facts.stored.revision + 1), facts.meeting),
            reason=command.reason,
            subject=facts.user.id,
            attendee_id=request.attendee_id,
            replaced=facts.user.rules,
            made=decided.rules,
            before=decided.before,
            after=decided.after,
            effects=decided.effects,
            lease=lease,
            due_at=due_after(lease),
        )

    def _carried_out(
        self, request: Request, facts: Facts, change: Change, rules: UserRules, started: datetime
    ) -> Outcome:
        revision = facts.stored.revision + 1
        user = replace(facts.user, rules=rules, revision=revision, revised_by=change.id)
        carried = Carried(change, facts.meeting, user)
        if self._commit(request, facts, user, change):
            carried = self._enforcement.carry_out(carried, started + BUDGET)
            self._facts.remember(carried.meeting, carried.user or user)
        subject = attendee(self._world, carried.meeting, carried.user or user, change.attendee_id)
        return answer_to(carried.change, subject)

    def _commit(self, request: Request, facts: Facts, user: User, change: Change) -> bool:
        """Returns False if an earlier try, whose answer was lost, had committed after all: then its lease is running,
        and what it left is taken up when that has ended. Raises `Conflict`.
        """
        meeting = facts.meeting
        clauses: list[Clause] = [
            MeetingIs(meeting.id, meeting.revision),
            UserRevised(meeting.id, user, facts.stored.revision, facts.new_seats),
            *(SeatBound(meeting.id, seat.attendee_id, user.id) for seat in facts.new_seats),
            ChangeOpened(change),
            EntryWritten(
                self._decided(request, facts, change.command, change.revision, change.said, change_id=change.id)
            ),
        ]
        if facts.caller is not None and facts.caller.id != user.id:
            clauses.append(UserIs(meeting.id, facts.caller.id, facts.caller.revision))
        if request.key is not None:
            clauses.append(KeyTaken(request.key, request.fingerprint, meeting.id, change.id))
        try:
            persistently(self._world, clauses, self._now() + COMMIT_WITHIN)
        except Conflict as conflict:
            if any(isinstance(clause, ChangeOpened) for clause in conflict.failed):
                return False
            raise
        return True

    def _dry(self, facts: Facts, decided: Decided) -> Answer:
        user = replace(facts.user, rules=decided.rules)
        subject = attendee(self._world, facts.meeting, user, facts.attendee_id)
        return Answer("dry-run", subject, None, decided.before, decided.after, decided.effects)

    def _unchanged(self, request: Request, facts: Facts, decision: Unchanged) -> Answer:
        subject = attendee(self._world, facts.meeting, facts.user, facts.attendee_id)
        answer = Answer("unchanged", subject, None, decision.capabilities, decision.capabilities)
        if not request.dry_run and request.key is not None:
            self._keep(request, answer, [])
        return answer

    def _refuse(self, request: Request, facts: Facts, command: UserCommand, refusal: Refusal) -> Refused:
        """A refusal is a line of history, unless the caller is nobody here."""
        outcome = refused(refusal, self._now())
        if request.dry_run or refusal.code not in RECORDED or is_nobody(request.actor, facts.caller):
            return outcome
        revision = revision_of(facts.stored, facts.meeting)
        entry = self._decided(request, facts, command.name, revision, spoken(command), refusal=refusal)
        self._keep(request, outcome, [EntryWritten(entry)])
        return outcome

    def _keep(self, request: Request, outcome: Answer | Refused, clauses: list[Clause]) -> None:
        if request.key is not None:
            clauses.append(KeyTaken(request.key, request.fingerprint, request.meeting_id, None, kept(outcome)))
        persistently(self._world, clauses, self._now() + COMMIT_WITHIN)

    def _decided(
        self,
        request: Request,
        facts: Facts,
        command: str,
        revision: str,
        said: object,
        *,
        change_id: str | None = None,
        refusal: Refusal | None = None,
    ) -> Entry:
        seats: list[str | None] = [request.attendee_id] if request.attendee_id else [*facts.user.seats] or [None]
        return Entry(
            id=self._world.surroundings.new_id(),
            type=DECIDED,
            meeting_id=facts.meeting.id,
            external_meeting_id=facts.meeting.external_id,
            occurred_at=self._now(),
            actor=request.actor,
            command=command,
            revision=revision,
            change_id=change_id,
            reason=request.command.reason,
            adds={
                "verdict": "refused" if refusal else "accepted",
                "policies": list(facts.verdict.policies),
                "code": refusal.code if refusal else None,
                "parameters": said,
                "attendees": [concerning(seat, facts.user.id) for seat in seats],
            },
        )
