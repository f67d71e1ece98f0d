"""Commands on one user: new rules for the user, applied to all their attendees."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from ...domain.actor import CHIME
from ...domain.capability import is_narrower
from ...domain.change import Change, ChangeConsent
from ...domain.commands import Bind, Command, EndFloor, GrantFloor, Undo
from ...domain.decisions.decide import decide, has_come_to_wait, widens_access
from ...domain.decisions.decision import (
    Accepted,
    Case,
    Refusal,
    Unchanged,
    UserDecision,
    authorization_request,
    not_to_be_lifted,
)
from ...domain.documents import meeting_revision
from ...domain.effective import held_on
from ...domain.entry import concerning
from ...domain.meeting import Meeting, User, UserRules, floor_media, host_count, revision_of, with_host_count
from ...ports import (
    AttendeeBound,
    ChangeIsOpen,
    ChangeOpened,
    Clause,
    Clock,
    EntryWritten,
    Ledger,
    MeetingIs,
    MeetingRevised,
    Policies,
    UserIs,
    UserRevised,
    Wakeup,
)
from ..answers import answer_to, attendee_answer, named
from ..enforcement.change_applier import ChangeApplier
from ..enforcement.change_in_progress import ChangeInProgress
from ..enforcement.consent_requests import requested
from ..enforcement.lobby import admission_requested
from ..enforcement.transactions import deadline, transact_with_retry
from ..requests import Answer, Outcome, Refused, Request
from .consent import withdraw
from .context import ContextLoader, UserContext, authorize
from .handler import Commit, UserCommandHandler, decided_entry, new_change
from .hands import lowered
from .timeliness import dated, untimely


class AttendeeCommandHandler(UserCommandHandler[UserRules]):
    """Handles the commands on one user that have no handler of their own."""

    def __init__(
        self, ledger: Ledger, policies: Policies, clock: Clock, contexts: ContextLoader, applier: ChangeApplier
    ) -> None:
        super().__init__(contexts)
        self._ledger = ledger
        self._policies = policies
        self._clock = clock
        self._applier = applier
        self._now = clock.now

    def complete(self, request: Request, context: UserContext) -> UserContext | Refused:
        """The context completed from Chime, with the display name that a binding gives the user."""
        found, command = super().complete(request, context), request.command
        if isinstance(found, Refused) or not isinstance(command, Bind) or command.display_name is None:
            return found
        return replace(found, user=replace(found.user, display_name=command.display_name))

    def revisions(self, request: Request, context: UserContext) -> Sequence[str]:
        """The revisions that `If-Match` may name. An undo is sent to the meeting, even if it is about a user."""
        seen = revision_of(context.stored, context.meeting)
        return (seen, meeting_revision(context.meeting)) if isinstance(request.command, Undo) else (seen,)

    def concerned(self, request: Request, context: UserContext) -> Sequence[Mapping[str, object]]:
        """The attendee that the command names, or else all attendees of the user."""
        every: list[str | None] = [*context.user.attendees]
        attendees = [request.attendee_id] if request.attendee_id else every or [None]
        return [concerning(attendee, context.user.id) for attendee in attendees]

    def decide(self, request: Request, context: UserContext, change_id: str) -> UserDecision:
        command, against = request.command, None
        if isinstance(command, GrantFloor) and command.exclusive:
            against = self._against_ending_floors(request, context, command)
        case = self._case(request, context, change_id)  # a timed grant begins now: no read comes after
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
        """A refusal if the new rule replaces one that binds longer and the caller is not permitted to lift that one."""
        asked = replace(request, command=lifting)
        decision, _ = authorize(self._policies, asked, context.caller, context.meeting, context.user)
        return None if decision.allowed else not_to_be_lifted(lifting.name, decision)

    def _against_ending_floors(self, request: Request, context: UserContext, command: GrantFloor) -> Refusal | None:
        """A refusal if an exclusive floor would end floors of other users that the caller may not end."""
        meeting, now = context.meeting, self._now()
        for user in self._ledger.all_users(meeting.id).values():
            ends = set(command.media) & set(floor_media(user, meeting, now)) and user.id != context.user.id
            if not ends or request.actor.is_user(user.id):
                continue
            asked = authorization_request(request.actor, context.caller, EndFloor.name, meeting, user)
            decision = self._policies.authorize(asked)
            if not decision.allowed:
                detail = "The policies do not permit `end-floor` on a user who has the floor."
                return Refusal("not-permitted", detail, decision.policies)
        return None

    def _case(self, request: Request, context: UserContext, change_id: str) -> Case:
        return Case(
            meeting=context.meeting,
            user=context.user,
            actor=request.actor,
            by_moderator=context.by_moderator,
            holds=self._policies.capabilities_for,
            now=self._now(),
            change_id=change_id,
            ranking=self._policies.ranking,
            undone=request.undone,
        )

    def commit(self, request: Request, context: UserContext, accepted: Accepted[UserRules], change_id: str) -> Commit:
        joined = self._joined(request, context, accepted)
        if joined is not None:
            return self._folded(request, context, accepted, joined)
        exclusive = _exclusive(request, context, accepted, change_id)
        rules = replace(accepted.rules, asked=None) if exclusive is not None else accepted.rules
        user = replace(_as_decided(request, context, rules), revision=context.stored.revision + 1, revised_by=change_id)
        meeting = exclusive or with_host_count(context.meeting, context.stored.rules, rules, change_id)
        change = new_change(
            self._clock,
            request,
            meeting,
            change_id,
            context.authorization.policies,
            revision=revision_of(user, meeting),
            user_id=user.id,
            attendee_id=request.attendee_id,
            rules_before=context.user.rules if exclusive is None else context.meeting.rules,
            rules_after=rules if exclusive is None else exclusive.rules,
            before=held_on(context.user, request.attendee_id, accepted.before),
            after=accepted.after,
            effects=accepted.effects,
            widens=not is_narrower(accepted.after, accepted.before),
            waits_for=accepted.waits_for,
            removing=tuple(sorted(attendee.attendee_id for attendee in user.leavers)),
            **(_of_attendees(request, accepted) if exclusive is None else {}),
        )
        decided = self._decided(request, context, change)  # its id sorts before those of what happens with the change
        entries = self._entries(request, context, user, meeting, change)
        clauses = [*_clauses(context, user, meeting), *entries, ChangeOpened(change), decided]
        in_progress = ChangeInProgress(change, meeting, user if exclusive is None else None)
        return Commit(clauses, in_progress, wakeup=Wakeup(meeting.id, user_id=user.id), rules=rules, user=user)

    def applied(self, context: UserContext, commit: Commit, in_progress: ChangeInProgress) -> None:
        user = in_progress.user or commit.user or context.user
        self._contexts.remember(in_progress.meeting, user)
        was, asked = context.user.rules.asked, user.rules.asked
        if was is not None and (asked is None or asked.change_id != was.change_id):
            until = deadline(self._now())
            withdraw(self._ledger, self._policies, self._clock, self._applier, in_progress.meeting, user, was, until)

    def answer(self, context: UserContext, commit: Commit, in_progress: ChangeInProgress) -> Outcome:
        user, change = in_progress.user or commit.user or context.user, in_progress.change
        outcome = answer_to(
            change, lambda: attendee_answer(self._policies, self._clock, in_progress.meeting, user, change.attendee_id)
        )
        return named(outcome, user)

    def preview(self, request: Request, context: UserContext, accepted: Accepted[UserRules], change_id: str) -> Answer:
        exclusive = _exclusive(request, context, accepted, change_id)
        meeting = context.meeting if exclusive is None else replace(context.meeting, rules=exclusive.rules)
        user = _as_decided(request, context, accepted.rules)
        subject = attendee_answer(self._policies, self._clock, meeting, user, context.attendee_id)
        before = held_on(context.user, context.attendee_id, accepted.before)
        return Answer("dry-run", subject, None, before, accepted.after, accepted.effects)

    def unchanged(self, request: Request, context: UserContext, decision: Unchanged) -> Answer:
        subject = attendee_answer(self._policies, self._clock, context.meeting, context.user, context.attendee_id)
        answer = Answer("unchanged", subject, None, decision.capabilities, decision.capabilities)
        if request.dry_run:
            return answer
        if context.new_attendees or context.user.display_name != context.stored.display_name:
            self._remember(context)
        if decision.waits_for is not None:
            answer = replace(answer, status="pending", change_id=decision.waits_for, awaiting="consent")
        return answer

    def _remember(self, context: UserContext) -> None:
        """Stores the display name, and binds new attendees that have what the rules say already.

        Raises `ConditionFailedError`.
        """
        user = replace(context.user, revision=context.stored.revision + 1)
        clauses = _clauses(context, user, context.meeting)
        if has_come_to_wait(context.stored, user):
            clauses.append(EntryWritten(admission_requested(self._clock, context.meeting, user, CHIME)))
        transact_with_retry(self._ledger, self._clock, clauses)

    def _joined(self, request: Request, context: UserContext, accepted: Accepted[UserRules]) -> Change | None:
        """The pending change of an attendee of the same user who joined just before, if it applies the rules to this
        attendee as well.
        """
        if not _is_join(request) or accepted.rules != context.stored.rules:
            return None
        if accepted.awaits_consent or context.stored.revised_by is None:
            return None
        change = self._ledger.change(context.meeting.id, context.stored.revised_by)
        if change is None or not (change.is_join and change.is_open) or change.user_id != context.user.id:
            return None
        return change if not change.awaits_consent and change.lapsed is None else None

    def _folded(self, request: Request, context: UserContext, accepted: Accepted[UserRules], joined: Change) -> Commit:
        """Commits the attendee as part of the earlier change, unless it is part of it already."""
        user, clauses = context.user, list[Clause]()
        if context.new_attendees:
            user = replace(user, revision=context.stored.revision + 1, revised_by=joined.id)
            clauses = [
                *_clauses(context, user, context.meeting),
                ChangeIsOpen(context.meeting.id, joined.id),
                self._decided(request, context, replace(joined, revision=revision_of(user, context.meeting))),
            ]
        subject = attendee_answer(self._policies, self._clock, context.meeting, user, context.attendee_id)
        answer = Answer("pending", subject, joined.id, accepted.before, accepted.after, accepted.effects)
        return Commit(clauses, answer=answer)

    def _entries(
        self, request: Request, context: UserContext, user: User, meeting: Meeting, change: Change
    ) -> Iterator[Clause]:
        """The entries that go with the change: a request to unmute, a lowered hand, a user who has come to wait."""
        asked = user.rules.asked
        if change.awaits_consent and asked is not None:
            yield EntryWritten(requested(self._clock, meeting, user, asked, change))
        if context.user.hand is not None and request.command.lowers_hand:
            yield from lowered(self._clock, meeting, user, request.actor, request.command.name, change.id)
        if has_come_to_wait(context.stored, user):
            yield EntryWritten(admission_requested(self._clock, meeting, user, request.actor))

    def _decided(self, request: Request, context: UserContext, change: Change) -> EntryWritten:
        concerned = self.concerned(request, context)
        policies = context.authorization.policies
        entry = decided_entry(
            self._clock, request, context.meeting, change.revision, policies, concerned, change_id=change.id
        )
        return EntryWritten(entry)


def _of_attendees(request: Request, accepted: Accepted[UserRules]) -> dict[str, object]:
    """The fields of a change of one user beyond those of every change."""
    return {"consent": ChangeConsent() if accepted.awaits_consent else None, "is_join": _is_join(request)}


def _is_join(request: Request) -> bool:
    return isinstance(request.command, Bind) and request.actor == CHIME


def _as_decided(request: Request, context: UserContext, rules: UserRules) -> User:
    hand = None if request.command.lowers_hand else context.user.hand
    return replace(context.user, rules=rules, hand=hand)


def _exclusive(request: Request, context: UserContext, accepted: Accepted[UserRules], change_id: str) -> Meeting | None:
    """The meeting after an exclusive floor, which ends all other floors; `None` for other commands."""
    command, meeting = request.command, context.meeting
    if not isinstance(command, GrantFloor) or not command.exclusive:
        return None
    rules = meeting.rules.with_floor_generation(command.media, change_id)
    hosts = meeting.hosts + host_count(context.stored.rules, accepted.rules)
    return replace(meeting, rules=rules, hosts=hosts, revision=meeting.revision + 1, revised_by=change_id)


def _clauses(context: UserContext, user: User, then: Meeting) -> list[Clause]:
    """Conditions that everything the decision rests on is unchanged."""
    meeting = context.meeting
    clauses: list[Clause] = [
        MeetingIs(meeting.id, meeting.revision, user.id) if then is meeting else MeetingRevised(then, meeting.revision),
        UserRevised(meeting.id, user, context.stored.revision, context.new_attendees, context.stored.notes),
        *(AttendeeBound(meeting.id, attendee.attendee_id, user.id) for attendee in context.new_attendees),
    ]
    if context.caller is not None and context.caller.id != user.id:
        clauses.append(UserIs(meeting.id, context.caller.id, context.caller.revision))
    return clauses
