"""load · decide · commit for one person, then order · settle. Doors hand over requests and get answers."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ...domain.actor import CHIME
from ...domain.authorization import question
from ...domain.capability import is_narrower
from ...domain.change import Change
from ...domain.commands import Ban, Bind, EndFloor, GrantFloor, Mute, Remove, Unban, Undo, Unmute, UserCommand
from ...domain.decisions.decide import decide
from ...domain.decisions.decision import Accepted, Case, Refusal, Unchanged, not_to_be_lifted
from ...domain.decisions.widening import widens_access
from ...domain.documents import meeting_revision
from ...domain.entry import Entry, concerning
from ...domain.meeting import Meeting, User, floor_media, host_count, revision_of, with_host_count
from ...ports import (
    ChangeIsOpen,
    Clause,
    ConditionFailedError,
    EntryWritten,
    KeyTaken,
    MeetingIs,
    MeetingRevised,
    SeatBound,
    UserIs,
    UserRevised,
    Wakeup,
    World,
)
from ..answers import answer_to, attendee, held_on, replayed
from ..enforcement.change_applier import ChangeApplier
from ..enforcement.change_in_progress import ChangeInProgress
from ..enforcement.lobby import admission_requested, has_come_to_wait
from ..enforcement.retries import transact_with_retry
from ..requests import REVISION_MISMATCH, TOO_MANY, Answer, Outcome, Refused, Request
from .consent import requested, withdraw
from .context import CommandContext, ContextLoader
from .hands import lowered
from .pipeline import (
    COMMIT_WITHIN,
    commit_change,
    deadline,
    decided_entry,
    new_change,
    retry_on_conflict,
    schedule_expiry,
    store_result,
    unchanged,
)
from .refusals import refuse_on
from .timeliness import dated, untimely

LOWER_THE_HAND = (GrantFloor, Remove, Ban)
LIFTED_BY: Mapping[type, UserCommand] = {Mute: Unmute(), Ban: Unban(), Remove: Unban()}
"""What else has to be permitted if it binds less than what it replaces."""


class AttendeeCommandHandler:
    def __init__(self, world: World, facts: ContextLoader, applier: ChangeApplier) -> None:
        self._world = world
        self._context = facts
        self._applier = applier
        self._now = world.surroundings.now

    def perform(self, request: Request, command: UserCommand | Undo) -> Outcome:
        """One change id across all tries. A machine that failed is an answer, too."""
        change_id = self._world.surroundings.new_id()

        def once(lost: ConditionFailedError | None) -> Outcome:
            fresh = lost is not None and not self._context.learn(lost)
            return self._once(request, command, change_id, fresh=fresh, is_first=lost is None)

        return retry_on_conflict(self._world, once)

    def _once(
        self, request: Request, command: UserCommand | Undo, change_id: str, *, fresh: bool, is_first: bool
    ) -> Outcome:
        """What would commit nothing is decided anew from a fresh look if it rested on memory."""
        facts = self._context.find(request, fresh=fresh)
        if isinstance(facts, KeyTaken):
            return replayed(self._world, request, facts)
        if isinstance(facts, Refused):
            return facts
        if is_first and self._context.is_too_many(request, facts):
            return TOO_MANY
        is_stale = request.if_match not in (None, *_revisions(request, facts))
        decision = self._decision(request, facts, command, change_id)
        if facts.from_memory and (is_stale or request.dry_run or not _is_new(decision)):
            return self._once(request, command, change_id, fresh=True, is_first=False)
        if is_stale and facts.verdict.allowed:
            return REVISION_MISMATCH
        if isinstance(decision, Accepted) and request.dry_run:
            return self._dry(request, facts, decision, change_id)
        if isinstance(decision, Accepted):
            return self._carried_out(request, facts, decision, change_id)
        if isinstance(decision, Unchanged):
            return self._unchanged(request, facts, decision)
        return self._refuse(request, facts, decision)

    def _decision(
        self, request: Request, facts: CommandContext, command: UserCommand | Undo, change_id: str
    ) -> Accepted | Unchanged | Refusal:
        against = None
        if isinstance(command, GrantFloor) and command.exclusive and facts.verdict.allowed:
            against = self._against_ending_floors(request, facts, command)
        case = self._case(request, facts, change_id)  # what is granted for a time begins now: no read comes after
        decision = decide(case, command)
        if request.sent is not None and isinstance(decision, Accepted):
            late = untimely(request.sent, command, case, decision)
            if late is not None:
                return late
            decision = replace(decision, rules=dated(decision.rules, case.now, request.sent))
        lifting = LIFTED_BY.get(type(command))
        if lifting is not None and isinstance(decision, Accepted) and widens_access(case, decision.rules):
            against = self._against_lifting(request, facts, lifting)
        return (against or decision) if isinstance(decision, Accepted) else decision

    def _against_lifting(self, request: Request, facts: CommandContext, lifting: UserCommand) -> Refusal | None:
        """What takes the place of something that binds longer lifts it in part: that has to be the caller's to do."""
        verdict, _ = self._context.authorize(replace(request, command=lifting), facts.caller, facts.meeting, facts.user)
        return None if verdict.allowed else not_to_be_lifted(lifting.name, verdict)

    def _against_ending_floors(self, request: Request, facts: CommandContext, command: GrantFloor) -> Refusal | None:
        """An exclusive floor ends the others': each of them has to be the caller's to end. His own he may give up."""
        meeting, now = facts.meeting, self._now()
        for user in self._world.ledger.everybody(meeting.id).values():
            ends = set(command.media) & set(floor_media(user, meeting, now)) and user.id != facts.user.id
            if not ends or request.actor.is_user(user.id):
                continue
            verdict = self._world.policies.authorize(
                question(request.actor, facts.caller, EndFloor.name, meeting, user)
            )
            if not verdict.allowed:
                detail = "the policies don't permit `end-floor` on somebody who has the floor"
                return Refusal("not-permitted", detail, verdict.policies)
        return None

    def _case(self, request: Request, facts: CommandContext, change_id: str) -> Case:
        return Case(
            meeting=facts.meeting,
            user=facts.user,
            actor=request.actor,
            verdict=facts.verdict,
            by_moderator=facts.by_moderator,
            holds=self._world.policies.capabilities_for,
            now=self._now(),
            change_id=change_id,
            ranking=self._world.policies.ranking,
            undone=request.undone,
        )

    def _carried_out(self, request: Request, facts: CommandContext, decided: Accepted, change_id: str) -> Outcome:
        world = self._world
        joined = self._joined(request, facts, decided)
        if joined is not None:
            return self._folded(request, facts, decided, joined)
        turned = _turned(request, facts, decided, change_id)
        rules = replace(decided.rules, asked=None) if turned is not None else decided.rules
        hand = None if isinstance(request.command, LOWER_THE_HAND) else facts.user.hand
        user = replace(facts.user, rules=rules, revision=facts.stored.revision + 1, revised_by=change_id, hand=hand)
        meeting = turned or with_host_count(facts.meeting, facts.stored.rules, rules, change_id)
        change = new_change(
            world,
            request,
            meeting,
            change_id,
            facts.verdict.policies,
            revision=revision_of(user, meeting),
            subject=user.id,
            attendee_id=request.attendee_id,
            rules_before=facts.user.rules if turned is None else facts.meeting.rules,
            rules_after=rules if turned is None else turned.rules,
            before=held_on(facts.user, request.attendee_id, decided.before),
            after=decided.after,
            effects=decided.effects,
            widens=not is_narrower(decided.after, decided.before),
            awaits_consent=decided.awaits_consent and turned is None,
            waits_for=decided.waits_for,
            everybody=turned is not None,
            is_join=isinstance(request.command, Bind) and request.actor == CHIME,
        )
        in_progress = ChangeInProgress(change, meeting, user if turned is None else None)
        entry = self._decided(request, facts, change)
        clauses = [*_clauses(facts, user, meeting), *self._told(request, facts, user, meeting, change)]
        if commit_change(world, request, change, entry, clauses):
            schedule_expiry(world, Wakeup(meeting.id, user_id=user.id), rules)
            in_progress = self._applier.apply(in_progress, deadline(self._now()))
            self._context.remember(in_progress.meeting, in_progress.user or user)
            self._withdraw(facts, in_progress.meeting, in_progress.user or user)
        subject = attendee(world, in_progress.meeting, in_progress.user or user, change.attendee_id)
        return answer_to(in_progress.change, subject)

    def _joined(self, request: Request, facts: CommandContext, decided: Accepted) -> Change | None:
        """The change that applies what the rules say to attendees of the same user who joined just before, if it is
        pending still and will see to this one as well.
        """
        is_joining = (
            isinstance(request.command, Bind) and request.actor == CHIME and decided.rules == facts.stored.rules
        )
        if not is_joining or decided.awaits_consent or facts.stored.revised_by is None:
            return None
        change = self._world.ledger.change(facts.meeting.id, facts.stored.revised_by)
        if change is None or not (change.is_join and change.is_open) or change.subject != facts.user.id:
            return None
        return change if not change.awaits_consent and change.lapsed is None else None

    def _folded(self, request: Request, facts: CommandContext, decided: Accepted, joined: Change) -> Answer:
        """An attendee of whom Chime has told before is in it already. Raises `Conflict` if the change has just been
        closed.
        """
        if not facts.new_seats:
            subject = attendee(self._world, facts.meeting, facts.user, facts.attendee_id)
            return Answer("pending", subject, joined.id, decided.before, decided.after, decided.effects)
        user = replace(facts.user, revision=facts.stored.revision + 1, revised_by=joined.id)
        entry = self._decided(request, facts, replace(joined, revision=revision_of(user, facts.meeting)))
        clauses = [
            *_clauses(facts, user, facts.meeting),
            ChangeIsOpen(facts.meeting.id, joined.id),
            EntryWritten(entry),
        ]
        transact_with_retry(self._world, clauses, self._now() + COMMIT_WITHIN)
        subject = attendee(self._world, facts.meeting, user, facts.attendee_id)
        return Answer("pending", subject, joined.id, decided.before, decided.after, decided.effects)

    def _told(
        self, request: Request, facts: CommandContext, user: User, meeting: Meeting, change: Change
    ) -> Iterator[Clause]:
        """What goes with the change besides its own entry: he is asked, his hand comes down, or he has come to wait."""
        asked = user.rules.asked
        if change.awaits_consent and asked is not None:
            yield EntryWritten(requested(self._world, meeting, user, asked, change))
        if facts.user.hand is not None and isinstance(request.command, LOWER_THE_HAND):
            yield from lowered(self._world, meeting, user, request.actor, request.command.name, change.id)
        if has_come_to_wait(facts.stored, user):
            yield EntryWritten(admission_requested(self._world, meeting, user, request.actor))

    def _withdraw(self, facts: CommandContext, meeting: Meeting, user: User) -> None:
        """Whoever was asked before, and is not any more, has nothing to answer."""
        was, asked = facts.user.rules.asked, user.rules.asked
        if was is not None and (asked is None or asked.change_id != was.change_id):
            withdraw(self._world, self._applier, meeting, user, was, deadline(self._now()))

    def _dry(self, request: Request, facts: CommandContext, decided: Accepted, change_id: str) -> Answer:
        turned = _turned(request, facts, decided, change_id)
        meeting = facts.meeting if turned is None else replace(facts.meeting, rules=turned.rules)
        hand = None if isinstance(request.command, LOWER_THE_HAND) else facts.user.hand
        user = replace(facts.user, rules=decided.rules, hand=hand)
        subject = attendee(self._world, meeting, user, facts.attendee_id)
        before = held_on(facts.user, facts.attendee_id, decided.before)
        return Answer("dry-run", subject, None, before, decided.after, decided.effects)

    def _unchanged(self, request: Request, facts: CommandContext, decision: Unchanged) -> Answer:
        subject = attendee(self._world, facts.meeting, facts.user, facts.attendee_id)
        answer = Answer(unchanged(request), subject, None, decision.capabilities, decision.capabilities)
        if decision.waits_for is not None and not request.dry_run:
            answer = replace(answer, status="pending", change_id=decision.waits_for, awaiting="consent")
        if facts.new_seats and not request.dry_run:
            self._remember_seats(facts)
        store_result(self._world, request, answer)
        return answer

    def _remember_seats(self, facts: CommandContext) -> None:
        """A seat that has what the rules say needs no order, but is known from now on. Raises `Conflict`."""
        user = replace(facts.user, revision=facts.stored.revision + 1)
        clauses = _clauses(facts, user, facts.meeting)
        if has_come_to_wait(facts.stored, user):
            clauses.append(EntryWritten(admission_requested(self._world, facts.meeting, user, CHIME)))
        transact_with_retry(self._world, clauses, self._now() + COMMIT_WITHIN)

    def _refuse(self, request: Request, facts: CommandContext, refusal: Refusal) -> Refused:
        return refuse_on(self._world, request, facts, refusal, _seats(request, facts))

    def _decided(self, request: Request, facts: CommandContext, change: Change) -> Entry:
        return decided_entry(
            self._world,
            request,
            facts.meeting,
            change.revision,
            facts.verdict.policies,
            [concerning(seat, facts.user.id) for seat in _seats(request, facts)],
            change_id=change.id,
        )


def _is_new(decision: Accepted | Unchanged | Refusal) -> bool:
    """Not what is said again because Chime is not known to hold it: memory knows less of Chime than the ledger."""
    return isinstance(decision, Accepted) and decision.is_new


def _seats(request: Request, facts: CommandContext) -> list[str | None]:
    """What an entry tells of: the seat that was asked for, else all of the person's."""
    return [request.attendee_id] if request.attendee_id else [*facts.user.seats] or [None]


def _revisions(request: Request, facts: CommandContext) -> tuple[str, ...]:
    """What may have been seen: an undo is asked of the meeting, whoever it is about."""
    seen = revision_of(facts.stored, facts.meeting)
    return (seen, meeting_revision(facts.meeting)) if isinstance(request.command, Undo) else (seen,)


def _turned(request: Request, facts: CommandContext, decided: Accepted, change_id: str) -> Meeting | None:
    """The meeting in which an exclusive floor has ended all others."""
    command, meeting = request.command, facts.meeting
    if not isinstance(command, GrantFloor) or not command.exclusive:
        return None
    rules = meeting.rules.with_floor_generation(command.media, change_id)
    hosts = meeting.hosts + host_count(facts.stored.rules, decided.rules)
    return replace(meeting, rules=rules, hosts=hosts, revision=meeting.revision + 1, revised_by=change_id)


def _clauses(facts: CommandContext, user: User, then: Meeting) -> list[Clause]:
    """Everything that the decision rested on still stands."""
    meeting = facts.meeting
    clauses: list[Clause] = [
        MeetingIs(meeting.id, meeting.revision, user.id) if then is meeting else MeetingRevised(then, meeting.revision),
        UserRevised(meeting.id, user, facts.stored.revision, facts.new_seats, facts.stored.notes),
        *(SeatBound(meeting.id, seat.attendee_id, user.id) for seat in facts.new_seats),
    ]
    if facts.caller is not None and facts.caller.id != user.id:
        clauses.append(UserIs(meeting.id, facts.caller.id, facts.caller.revision))
    return clauses
