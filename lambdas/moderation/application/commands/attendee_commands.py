"""Commands on one user: new rules of theirs, applied to all their attendees."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from ...domain.actor import CHIME
from ...domain.authorization import question
from ...domain.capability import is_narrower
from ...domain.change import Change
from ...domain.commands import Bind, Command, EndFloor, GrantFloor, Undo
from ...domain.decisions.decide import decide
from ...domain.decisions.decision import Accepted, Case, Refusal, Unchanged, UserDecision, not_to_be_lifted
from ...domain.decisions.widening import widens_access
from ...domain.documents import meeting_revision
from ...domain.entry import concerning
from ...domain.meeting import Meeting, User, UserRules, floor_media, host_count, revision_of, with_host_count
from ...ports import (
    ChangeIsOpen,
    ChangeOpened,
    Clause,
    EntryWritten,
    MeetingIs,
    MeetingRevised,
    SeatBound,
    UserIs,
    UserRevised,
    Wakeup,
    World,
)
from ..answers import answer_to, attendee, held_on
from ..enforcement.change_applier import ChangeApplier
from ..enforcement.change_in_progress import ChangeInProgress
from ..enforcement.lobby import admission_requested, has_come_to_wait
from ..enforcement.retries import transact_with_retry
from ..requests import Answer, Outcome, Request
from .authorization import authorize
from .commits import COMMIT_WITHIN, deadline, decided_entry, new_change
from .consent import requested, withdraw
from .context import ContextLoader, UserContext
from .handler import Commit, UserCommandHandler
from .hands import lowered
from .timeliness import dated, untimely


class AttendeeCommandHandler(UserCommandHandler[UserRules]):
    def __init__(self, world: World, contexts: ContextLoader, applier: ChangeApplier) -> None:
        super().__init__(contexts)
        self._world = world
        self._applier = applier
        self._now = world.surroundings.now

    def revisions(self, request: Request, context: UserContext) -> Sequence[str]:
        """An undo is sent to the meeting, whichever user it is about."""
        seen = revision_of(context.stored, context.meeting)
        return (seen, meeting_revision(context.meeting)) if isinstance(request.command, Undo) else (seen,)

    def concerned(self, request: Request, context: UserContext) -> Sequence[Mapping[str, object]]:
        """The attendee that the command names, else all of the user's."""
        every: list[str | None] = [*context.user.seats]
        seats = [request.attendee_id] if request.attendee_id else every or [None]
        return [concerning(seat, context.user.id) for seat in seats]

    def decide(self, request: Request, context: UserContext, change_id: str) -> UserDecision:
        command, against = request.command, None
        if isinstance(command, GrantFloor) and command.exclusive:
            against = self._against_ending_floors(request, context, command)
        case = self._case(request, context, change_id)  # what is granted for a time begins now: no read comes after
        decision = decide(case, command)
        if not isinstance(decision, Accepted):
            return decision
        if request.sent is not None:
            late = untimely(request.sent, command, case, decision)
            if late is not None:
                return late
            decision = replace(decision, rules=dated(decision.rules, case.now, request.sent))
        if command.lifted_by is not None and widens_access(case, decision.rules):
            against = self._against_lifting(request, context, command.lifted_by)
        return against or decision

    def _against_lifting(self, request: Request, context: UserContext, lifting: Command) -> Refusal | None:
        """What takes the place of a rule that binds longer lifts it in part: the caller has to be permitted that."""
        asked = replace(request, command=lifting)
        decision, _ = authorize(self._world.policies, asked, context.caller, context.meeting, context.user)
        return None if decision.allowed else not_to_be_lifted(lifting.name, decision)

    def _against_ending_floors(self, request: Request, context: UserContext, command: GrantFloor) -> Refusal | None:
        """An exclusive floor ends the others: the caller has to be permitted to end each but their own."""
        meeting, now = context.meeting, self._now()
        for user in self._world.ledger.everybody(meeting.id).values():
            ends = set(command.media) & set(floor_media(user, meeting, now)) and user.id != context.user.id
            if not ends or request.actor.is_user(user.id):
                continue
            asked = question(request.actor, context.caller, EndFloor.name, meeting, user)
            decision = self._world.policies.authorize(asked)
            if not decision.allowed:
                detail = "the policies don't permit `end-floor` on a user who has the floor"
                return Refusal("not-permitted", detail, decision.policies)
        return None

    def _case(self, request: Request, context: UserContext, change_id: str) -> Case:
        return Case(
            meeting=context.meeting,
            user=context.user,
            actor=request.actor,
            by_moderator=context.by_moderator,
            holds=self._world.policies.capabilities_for,
            now=self._now(),
            change_id=change_id,
            ranking=self._world.policies.ranking,
            undone=request.undone,
        )

    def commit(self, request: Request, context: UserContext, accepted: Accepted[UserRules], change_id: str) -> Commit:
        joined = self._joined(request, context, accepted)
        if joined is not None:
            return self._folded(request, context, accepted, joined)
        turned = _turned(request, context, accepted, change_id)
        rules = replace(accepted.rules, asked=None) if turned is not None else accepted.rules
        user = replace(_as_decided(request, context, rules), revision=context.stored.revision + 1, revised_by=change_id)
        meeting = turned or with_host_count(context.meeting, context.stored.rules, rules, change_id)
        change = new_change(
            self._world,
            request,
            meeting,
            change_id,
            context.authorization.policies,
            revision=revision_of(user, meeting),
            subject=user.id,
            attendee_id=request.attendee_id,
            rules_before=context.user.rules if turned is None else context.meeting.rules,
            rules_after=rules if turned is None else turned.rules,
            before=held_on(context.user, request.attendee_id, accepted.before),
            after=accepted.after,
            effects=accepted.effects,
            widens=not is_narrower(accepted.after, accepted.before),
            awaits_consent=accepted.awaits_consent and turned is None,
            waits_for=accepted.waits_for,
            everybody=turned is not None,
            is_join=isinstance(request.command, Bind) and request.actor == CHIME,
        )
        decided = self._decided(request, context, change)  # its id sorts before those of what happens with the change
        entries = self._entries(request, context, user, meeting, change)
        clauses = [*_clauses(context, user, meeting), *entries, ChangeOpened(change), decided]
        in_progress = ChangeInProgress(change, meeting, user if turned is None else None)
        return Commit(clauses, in_progress, wakeup=Wakeup(meeting.id, user_id=user.id), rules=rules, user=user)

    def applied(self, context: UserContext, commit: Commit, in_progress: ChangeInProgress) -> None:
        user = in_progress.user or commit.user or context.user
        self._contexts.remember(in_progress.meeting, user)
        was, asked = context.user.rules.asked, user.rules.asked
        if was is not None and (asked is None or asked.change_id != was.change_id):
            withdraw(self._world, self._applier, in_progress.meeting, user, was, deadline(self._now()))

    def answer(self, context: UserContext, commit: Commit, in_progress: ChangeInProgress) -> Outcome:
        user = in_progress.user or commit.user or context.user
        change = in_progress.change
        return answer_to(change, lambda: attendee(self._world, in_progress.meeting, user, change.attendee_id))

    def preview(self, request: Request, context: UserContext, accepted: Accepted[UserRules], change_id: str) -> Answer:
        turned = _turned(request, context, accepted, change_id)
        meeting = context.meeting if turned is None else replace(context.meeting, rules=turned.rules)
        user = _as_decided(request, context, accepted.rules)
        subject = attendee(self._world, meeting, user, context.attendee_id)
        before = held_on(context.user, context.attendee_id, accepted.before)
        return Answer("dry-run", subject, None, before, accepted.after, accepted.effects)

    def unchanged(self, request: Request, context: UserContext, decision: Unchanged) -> Answer:
        subject = attendee(self._world, context.meeting, context.user, context.attendee_id)
        answer = Answer("unchanged", subject, None, decision.capabilities, decision.capabilities)
        if request.dry_run:
            return answer
        if context.new_seats:
            self._remember_seats(context)
        if decision.waits_for is not None:
            answer = replace(answer, status="pending", change_id=decision.waits_for, awaiting="consent")
        return answer

    def _remember_seats(self, context: UserContext) -> None:
        """New attendees that have what the rules say are known from now on. Raises `ConditionFailedError`."""
        user = replace(context.user, revision=context.stored.revision + 1)
        clauses = _clauses(context, user, context.meeting)
        if has_come_to_wait(context.stored, user):
            clauses.append(EntryWritten(admission_requested(self._world, context.meeting, user, CHIME)))
        transact_with_retry(self._world, clauses, self._now() + COMMIT_WITHIN)

    def _joined(self, request: Request, context: UserContext, accepted: Accepted[UserRules]) -> Change | None:
        """The change that applies what the rules say to attendees of the same user who joined just before, if it is
        pending still and applies it to this one as well.
        """
        is_join = isinstance(request.command, Bind) and request.actor == CHIME
        if not is_join or accepted.rules != context.stored.rules:
            return None
        if accepted.awaits_consent or context.stored.revised_by is None:
            return None
        change = self._world.ledger.change(context.meeting.id, context.stored.revised_by)
        if change is None or not (change.is_join and change.is_open) or change.subject != context.user.id:
            return None
        return change if not change.awaits_consent and change.lapsed is None else None

    def _folded(self, request: Request, context: UserContext, accepted: Accepted[UserRules], joined: Change) -> Commit:
        """The attendee is committed as part of the earlier change, if they are not part of it already."""
        user, clauses = context.user, list[Clause]()
        if context.new_seats:
            user = replace(user, revision=context.stored.revision + 1, revised_by=joined.id)
            clauses = [
                *_clauses(context, user, context.meeting),
                ChangeIsOpen(context.meeting.id, joined.id),
                self._decided(request, context, replace(joined, revision=revision_of(user, context.meeting))),
            ]
        subject = attendee(self._world, context.meeting, user, context.attendee_id)
        answer = Answer("pending", subject, joined.id, accepted.before, accepted.after, accepted.effects)
        return Commit(clauses, answer=answer)

    def _entries(
        self, request: Request, context: UserContext, user: User, meeting: Meeting, change: Change
    ) -> Iterator[Clause]:
        """What happens with the change: the user is asked, their hand comes down, or they have come to wait."""
        asked = user.rules.asked
        if change.awaits_consent and asked is not None:
            yield EntryWritten(requested(self._world, meeting, user, asked, change))
        if context.user.hand is not None and request.command.lowers_hand:
            yield from lowered(self._world, meeting, user, request.actor, request.command.name, change.id)
        if has_come_to_wait(context.stored, user):
            yield EntryWritten(admission_requested(self._world, meeting, user, request.actor))

    def _decided(self, request: Request, context: UserContext, change: Change) -> EntryWritten:
        attendees = self.concerned(request, context)
        policies = context.authorization.policies
        entry = decided_entry(
            self._world, request, context.meeting, change.revision, policies, attendees, change_id=change.id
        )
        return EntryWritten(entry)


def _as_decided(request: Request, context: UserContext, rules: UserRules) -> User:
    hand = None if request.command.lowers_hand else context.user.hand
    return replace(context.user, rules=rules, hand=hand)


def _turned(request: Request, context: UserContext, accepted: Accepted[UserRules], change_id: str) -> Meeting | None:
    """The meeting in which an exclusive floor has ended all others."""
    command, meeting = request.command, context.meeting
    if not isinstance(command, GrantFloor) or not command.exclusive:
        return None
    rules = meeting.rules.with_floor_generation(command.media, change_id)
    hosts = meeting.hosts + host_count(context.stored.rules, accepted.rules)
    return replace(meeting, rules=rules, hosts=hosts, revision=meeting.revision + 1, revised_by=change_id)


def _clauses(context: UserContext, user: User, then: Meeting) -> list[Clause]:
    """Everything that the decision rested on still stands."""
    meeting = context.meeting
    clauses: list[Clause] = [
        MeetingIs(meeting.id, meeting.revision, user.id) if then is meeting else MeetingRevised(then, meeting.revision),
        UserRevised(meeting.id, user, context.stored.revision, context.new_seats, context.stored.notes),
        *(SeatBound(meeting.id, seat.attendee_id, user.id) for seat in context.new_seats),
    ]
    if context.caller is not None and context.caller.id != user.id:
        clauses.append(UserIs(meeting.id, context.caller.id, context.caller.revision))
    return clauses
