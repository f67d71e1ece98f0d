"""Consent: requests to unmute that the user answers, or that lapse. Each belongs to a change that waits for it."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

from ...domain.capability import Capabilities
from ...domain.change import (
    GIVE_UP_AFTER,
    LEASE,
    AttendeeChange,
    Change,
    ChangeConsent,
    Status,
    author_of,
    calls_live_until,
    changed,
    due_after,
    lease_of,
    with_author,
)
from ...domain.commands import Consent
from ...domain.decisions.decision import Accepted, Refusal, frozen
from ...domain.effective import NOBODY_PRESENT, as_agreed, effective, effects
from ...domain.entry import UNMUTE_ANSWERED, Entry
from ...domain.meeting import Meeting, UnmuteConsent, User, UserRules, revision_of
from ...domain.personal_rules import Agreement, ConsentRequest
from ...ports import (
    AttendeeBound,
    ChangeKept,
    Clause,
    Clock,
    ConditionFailedError,
    EntryWritten,
    InfrastructureError,
    Ledger,
    MeetingIs,
    Policies,
    UserIs,
    UserRevised,
)
from ..answers import answer_to, attendee_answer, named
from ..enforcement.change_applier import ChangeApplier
from ..enforcement.change_in_progress import ChangeInProgress, change_entry, present_attendees
from ..enforcement.transactions import new_entry, transact_with_retry
from ..requests import NO_REQUEST, Answer, Outcome, Refused, Request
from .context import ContextLoader, UserContext
from .handler import Commit, UserCommandHandler

ANSWERS = {Status.DECLINED: "declined", Status.EXPIRED: "expired", Status.SUPERSEDED: "withdrawn"}


@dataclass(frozen=True, slots=True)
class ConsentAnswer:
    """The waiting change as it was, and as it continues after the answer."""

    waiting: AttendeeChange
    in_progress: ChangeInProgress


class ConsentHandler(UserCommandHandler[ConsentAnswer]):
    """Continues the waiting change, or ends it without what the user declined."""

    def __init__(self, ledger: Ledger, policies: Policies, clock: Clock, contexts: ContextLoader) -> None:
        super().__init__(contexts)
        self._ledger = ledger
        self._policies = policies
        self._clock = clock
        self._now = clock.now

    def decide(
        self, request: Request, context: UserContext, change_id: str
    ) -> Accepted[ConsentAnswer] | Refusal | Refused:
        command, now = cast("Consent", request.command), self._now()
        asked = context.user.rules.asked
        if asked is None or asked.change_id != command.change_id or not asked.is_open(now):
            return NO_REQUEST
        waiting = self._ledger.change(context.meeting.id, asked.change_id)
        if not isinstance(waiting, AttendeeChange) or not waiting.awaits_consent:
            return NO_REQUEST
        if not would_be_heard(self._policies, self._clock, context.meeting, context.user):
            return NO_REQUEST
        if not _is_left(waiting, now):
            raise ConditionFailedError([])  # another process is still applying the rest of the change
        if command.accept and context.meeting.rules.frozen_at is not None:
            return frozen(Capabilities.SEND_AUDIO)
        answered = self._agreed(context, waiting) if command.accept else self._declined(context, waiting)
        return Accepted(ConsentAnswer(waiting, answered))

    def _agreed(self, context: UserContext, waiting: AttendeeChange) -> ChangeInProgress:
        """The change after the user agreed. Its time limits for Chime begin now."""
        meeting, now = context.meeting, self._now()
        holds = self._policies.capabilities_for
        agreed = Agreement(now + GIVE_UP_AFTER, meeting.revision)
        made = _with_agreement(waiting, context.user.rules)
        rules = replace(_lifted_by(waiting, made, context.user.rules), asked=None, agreed=agreed)
        user = replace(context.user, rules=rules, revision=context.stored.revision + 1, revised_by=waiting.id)
        before, after = effective(meeting, context.user, holds, now), effective(meeting, user, holds, now)
        lease, revised_by = lease_of(self._clock.new_id(), now, LEASE), context.user.revised_by
        change = replace(
            waiting,
            consent=ChangeConsent(agreed_at=now, agreed_after=None if revised_by == waiting.id else revised_by),
            rules_after=made,
            lease=lease,
            next_attempt_at=due_after(lease),
            uncertain_until=calls_live_until(waiting, now),
            before=before,
            after=after,
            effects=effects(before, after, attendees=user.present) if user.present else (NOBODY_PRESENT,),
            widens=True,
        )
        return ChangeInProgress(change, meeting, user)

    def _declined(self, context: UserContext, waiting: AttendeeChange) -> ChangeInProgress:
        rules = replace(context.user.rules, asked=None)
        user = replace(context.user, rules=rules, revision=context.stored.revision + 1)
        return ChangeInProgress(lapsed(self._clock, waiting, Status.DECLINED), context.meeting, user)

    def preview(
        self, request: Request, context: UserContext, accepted: Accepted[ConsentAnswer], change_id: str
    ) -> Answer:
        return Answer(
            "dry-run", attendee_answer(self._policies, self._clock, context.meeting, context.user, context.attendee_id)
        )

    def commit(
        self, request: Request, context: UserContext, accepted: Accepted[ConsentAnswer], change_id: str
    ) -> Commit:
        waiting, in_progress = accepted.rules.waiting, accepted.rules.in_progress
        meeting, change, user = context.meeting, in_progress.change, in_progress.user or context.user
        word = ANSWERS[change.lapsed] if change.lapsed else "accepted"
        clauses: list[Clause] = [
            MeetingIs(meeting.id, meeting.revision, user.id),
            UserRevised(meeting.id, user, context.stored.revision, context.new_attendees),
            *(AttendeeBound(meeting.id, attendee.attendee_id, user.id) for attendee in context.new_attendees),
            ChangeKept(change, waiting.lease.token if waiting.lease else ""),
            EntryWritten(_answered(self._clock, request, meeting, user, change, word)),
        ]
        return Commit(clauses, in_progress, user=user)

    def applied(self, context: UserContext, commit: Commit, in_progress: ChangeInProgress) -> None:
        self._contexts.remember(in_progress.meeting, in_progress.user or commit.user or context.user)

    def answer(self, context: UserContext, commit: Commit, in_progress: ChangeInProgress) -> Outcome:
        user = in_progress.user or commit.user or context.user
        outcome = answer_to(
            in_progress.change,
            lambda: attendee_answer(self._policies, self._clock, in_progress.meeting, user, context.attendee_id),
        )
        return named(outcome, user)


def _with_agreement(waiting: AttendeeChange, rules: UserRules) -> UserRules | None:
    """The rules with the effect of the waiting change: what it was meant to lift is lifted."""
    made = waiting.rules_after
    if made is None:
        return None
    return with_author(waiting.id, as_agreed(replace(made, asked=rules.asked)), made)


def _lifted_by(waiting: AttendeeChange, made: UserRules | None, rules: UserRules) -> UserRules:
    """The agreed rules. What the change was meant to lift has the change as its author, also if it has ended by itself
    meanwhile. What another change has set since keeps its author.
    """
    was, agreed = waiting.rules_after, as_agreed(rules)
    if was is None or made is None:
        return agreed
    names = [name for name, _, _ in changed(was, made) if author_of(name, rules) == author_of(name, was)]
    return replace(agreed, authors={**rules.authors, **dict.fromkeys(names, waiting.id)})


def would_be_heard(policies: Policies, clock: Clock, meeting: Meeting, user: User) -> bool:
    """Whether only the user's agreement is missing. False if consent is not required any more."""
    if meeting.rules.unmute_consent is UnmuteConsent.NONE:
        return False
    has = effective(meeting, user, policies.capabilities_for, clock.now(), consented=True)
    return Capabilities.SEND_AUDIO in has


def lapsed(clock: Clock, change: AttendeeChange, status: Status) -> AttendeeChange:
    """The change without the user's agreement, under a new lease: the rest of it is applied."""
    now = clock.now()
    lease, uncertain = lease_of(clock.new_id(), now, LEASE), calls_live_until(change, now)
    left = replace(change, lease=lease, next_attempt_at=due_after(lease), uncertain_until=uncertain)
    return replace(left, consent=ChangeConsent(lapsed=status))


def lapse(
    ledger: Ledger, policies: Policies, clock: Clock, meeting: Meeting, user: User, change: AttendeeChange
) -> ChangeInProgress:
    """Ends a request that was not answered in time, or was withdrawn. Raises `ConditionFailedError`."""
    asked = user.rules.asked
    is_ours = asked is not None and asked.change_id == change.id
    status = Status.EXPIRED if is_ours and would_be_heard(policies, clock, meeting, user) else Status.SUPERSEDED
    ended = lapsed(clock, change, status)
    clauses: list[Clause] = [MeetingIs(meeting.id, meeting.revision, user.id)]
    if is_ours:
        was = user.revision
        user = replace(user, rules=replace(user.rules, asked=None), revision=was + 1)
        clauses.append(UserRevised(meeting.id, user, was))
    else:
        clauses.append(UserIs(meeting.id, user.id, user.revision))
    adds = {"attendees": present_attendees(user), "answer": ANSWERS[status]}
    clauses += [
        ChangeKept(ended, change.lease.token if change.lease else ""),
        EntryWritten(change_entry(clock, ChangeInProgress(change, meeting, user), UNMUTE_ANSWERED, adds)),
    ]
    transact_with_retry(ledger, clock, clauses)
    return ChangeInProgress(ended, meeting, user)


def withdraw(
    ledger: Ledger,
    policies: Policies,
    clock: Clock,
    applier: ChangeApplier,
    meeting: Meeting,
    user: User,
    asked: ConsentRequest,
    until: datetime,
) -> None:
    """Ends the request at once. If that fails, it ends when its time has run out."""
    try:
        change = ledger.change(meeting.id, asked.change_id)
        if isinstance(change, AttendeeChange) and change.awaits_consent and _is_left(change, clock.now()):
            applier.apply(lapse(ledger, policies, clock, meeting, user, change), until)
    except InfrastructureError:
        return


def _is_left(change: Change, now: datetime) -> bool:
    """Whether no process is applying the change now."""
    return change.lease is not None and change.lease.until <= now


def _answered(clock: Clock, request: Request, meeting: Meeting, user: User, change: Change, word: str) -> Entry:
    return new_entry(
        clock,
        meeting,
        UNMUTE_ANSWERED,
        actor=request.actor,
        command=request.command.name,
        revision=revision_of(user, meeting),
        extra={"attendees": present_attendees(user), "answer": word},
        change_id=change.id,
        reason=request.command.reason,
    )
