"""Requests to unmute: asked, answered by the user alone, lapsed. Each is a change that waits until the user agrees."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

from ...domain.capability import Capabilities
from ...domain.change import GIVE_UP_AFTER, LEASE, Change, Status, calls_live_until
from ...domain.commands import Consent
from ...domain.decisions.decision import Accepted, Refusal, frozen
from ...domain.effective import effective
from ...domain.effects import NOBODY_PRESENT, effects
from ...domain.entry import UNMUTE_ANSWERED, UNMUTE_REQUESTED, Entry, concerning, iso
from ...domain.meeting import Meeting, MeetingRules, UnmuteConsent, User, UserRules, as_agreed
from ...domain.personal_rules import Agreement, ConsentRequest
from ...ports import (
    ChangeKept,
    Clause,
    ConditionFailedError,
    EntryWritten,
    InfrastructureError,
    MeetingIs,
    SeatBound,
    UserRevised,
    World,
)
from ..answers import answer_to, attendee
from ..enforcement.change_applier import ChangeApplier
from ..enforcement.change_in_progress import ChangeInProgress, due_after, entry, lease_of
from ..enforcement.retries import transact_with_retry
from ..requests import NO_REQUEST, Answer, Outcome, Refused, Request
from .commits import COMMIT_WITHIN
from .context import ContextLoader, UserContext
from .handler import Commit, UserCommandHandler

ANSWERS = {Status.DECLINED: "declined", Status.EXPIRED: "expired", Status.SUPERSEDED: "withdrawn"}


@dataclass(frozen=True, slots=True)
class ConsentAnswer:
    """The change as it waited, and as it goes on with the answer."""

    waiting: Change
    in_progress: ChangeInProgress


class ConsentHandler(UserCommandHandler[ConsentAnswer]):
    """The change that waited goes on, or ends without what the user declined."""

    def __init__(self, world: World, contexts: ContextLoader) -> None:
        super().__init__(contexts)
        self._world = world
        self._now = world.surroundings.now

    def decide(
        self,
        request: Request,
        context: UserContext,
        change_id: str,
    ) -> Accepted[ConsentAnswer] | Refusal | Refused:
        command, now = cast("Consent", request.command), self._now()
        asked = context.user.rules.asked
        if asked is None or asked.change_id != command.change_id or not asked.is_open(now):
            return NO_REQUEST
        waiting = self._world.ledger.change(context.meeting.id, asked.change_id)
        if waiting is None or not waiting.awaits_consent:
            return NO_REQUEST
        if not would_be_heard(self._world, context.meeting, context.user):
            return NO_REQUEST
        if not _is_left(waiting, now):
            raise ConditionFailedError([])  # the process that asked is not through with the rest of it
        if command.accept and context.meeting.rules.frozen_at is not None:
            return frozen(Capabilities.SEND_AUDIO)
        answered = self._agreed(context, waiting) if command.accept else self._declined(context, waiting)
        return Accepted(ConsentAnswer(waiting, answered))

    def _agreed(self, context: UserContext, waiting: Change) -> ChangeInProgress:
        """The change goes on from here, and Chime has its time from now."""
        meeting, now = context.meeting, self._now()
        holds = self._world.policies.capabilities_for
        agreed = Agreement(now + GIVE_UP_AFTER, meeting.revision)
        rules = replace(as_agreed(context.user.rules), asked=None, agreed=agreed)
        user = replace(context.user, rules=rules, revision=context.stored.revision + 1, revised_by=waiting.id)
        before, after = effective(meeting, context.user, holds, now), effective(meeting, user, holds, now)
        lease = lease_of(self._world.surroundings.new_id(), now, LEASE)
        change = replace(
            waiting,
            awaits_consent=False,
            agreed_at=now,
            rules_after=_with_agreement(waiting, context.user.rules),
            lease=lease,
            due_at=due_after(lease),
            uncertain_until=calls_live_until(waiting, now),
            before=before,
            after=after,
            effects=effects(before, after, seats=user.present) if user.present else (NOBODY_PRESENT,),
            widens=True,
        )
        return ChangeInProgress(change, meeting, user)

    def _declined(self, context: UserContext, waiting: Change) -> ChangeInProgress:
        rules = replace(context.user.rules, asked=None)
        user = replace(context.user, rules=rules, revision=context.stored.revision + 1)
        return ChangeInProgress(lapsed(self._world, waiting, Status.DECLINED), context.meeting, user)

    def preview(
        self,
        request: Request,
        context: UserContext,
        accepted: Accepted[ConsentAnswer],
        change_id: str,
    ) -> Answer:
        return Answer("dry-run", attendee(self._world, context.meeting, context.user, context.attendee_id))

    def commit(
        self,
        request: Request,
        context: UserContext,
        accepted: Accepted[ConsentAnswer],
        change_id: str,
    ) -> Commit:
        waiting, in_progress = accepted.rules.waiting, accepted.rules.in_progress
        meeting, change, user = context.meeting, in_progress.change, in_progress.user or context.user
        word = ANSWERS[change.lapsed] if change.lapsed else "accepted"
        clauses: list[Clause] = [
            MeetingIs(meeting.id, meeting.revision, user.id),
            UserRevised(meeting.id, user, context.stored.revision, context.new_seats),
            *(SeatBound(meeting.id, seat.attendee_id, user.id) for seat in context.new_seats),
            ChangeKept(change, waiting.lease.token if waiting.lease else ""),
            EntryWritten(_answered(self._world, request, meeting, user, change, word)),
        ]
        return Commit(clauses, in_progress, user=user)

    def applied(self, context: UserContext, commit: Commit, in_progress: ChangeInProgress) -> None:
        self._contexts.remember(in_progress.meeting, in_progress.user or commit.user or context.user)

    def answer(self, context: UserContext, commit: Commit, in_progress: ChangeInProgress) -> Outcome:
        user = in_progress.user or commit.user or context.user
        return answer_to(
            in_progress.change, lambda: attendee(self._world, in_progress.meeting, user, context.attendee_id)
        )


def _with_agreement(waiting: Change, rules: UserRules) -> UserRules | MeetingRules | None:
    """What the change makes of the rules, now that it goes on: what it was meant to lift is lifted."""
    made = waiting.rules_after
    return as_agreed(replace(made, asked=rules.asked)) if isinstance(made, UserRules) else made


def would_be_heard(world: World, meeting: Meeting, user: User) -> bool:
    """Whether nothing but the user's agreement is missing. If none is required any more, there is nothing to answer."""
    if meeting.rules.unmute_consent is UnmuteConsent.NONE:
        return False
    has = effective(meeting, user, world.policies.capabilities_for, world.surroundings.now(), consented=True)
    return Capabilities.SEND_AUDIO in has


def requested(world: World, meeting: Meeting, user: User, asked: ConsentRequest, change: Change) -> Entry:
    """The entry that a user is asked, on all their attendees."""
    adds = {"attendees": _seats(user), "until": iso(asked.until)}
    return entry(world, ChangeInProgress(change, meeting, user), UNMUTE_REQUESTED, adds)


def lapsed(world: World, change: Change, status: Status) -> Change:
    """The change without the user's agreement: what is left of it is applied, under a new lease."""
    now = world.surroundings.now()
    lease, uncertain = lease_of(world.surroundings.new_id(), now, LEASE), calls_live_until(change, now)
    left = replace(change, lease=lease, due_at=due_after(lease), uncertain_until=uncertain)
    return replace(left, awaits_consent=False, lapsed=status)


def lapse(world: World, meeting: Meeting, user: User, change: Change) -> ChangeInProgress:
    """Ends a request that was not answered in time, or was withdrawn meanwhile. Raises `ConditionFailedError`."""
    asked, now = user.rules.asked, world.surroundings.now()
    is_ours = asked is not None and asked.change_id == change.id
    status = Status.EXPIRED if is_ours and would_be_heard(world, meeting, user) else Status.SUPERSEDED
    ended = lapsed(world, change, status)
    clauses: list[Clause] = [MeetingIs(meeting.id, meeting.revision, user.id)]
    if is_ours:
        was = user.revision
        user = replace(user, rules=replace(user.rules, asked=None), revision=was + 1)
        clauses.append(UserRevised(meeting.id, user, was))
    adds = {"attendees": _seats(user), "answer": ANSWERS[status]}
    clauses += [
        ChangeKept(ended, change.lease.token if change.lease else ""),
        EntryWritten(entry(world, ChangeInProgress(change, meeting, user), UNMUTE_ANSWERED, adds)),
    ]
    transact_with_retry(world, clauses, now + COMMIT_WITHIN)
    return ChangeInProgress(ended, meeting, user)


def withdraw(
    world: World, applier: ChangeApplier, meeting: Meeting, user: User, asked: ConsentRequest, until: datetime
) -> None:
    """Ends the request right away; else it ends when its time has run out."""
    try:
        change = world.ledger.change(meeting.id, asked.change_id)
        if change is not None and change.awaits_consent and _is_left(change, world.surroundings.now()):
            applier.apply(lapse(world, meeting, user, change), until)
    except InfrastructureError:
        return


def _is_left(change: Change, now: datetime) -> bool:
    """Whether no process is applying it just now."""
    return change.lease is not None and change.lease.until <= now


def _answered(world: World, request: Request, meeting: Meeting, user: User, change: Change, word: str) -> Entry:
    adds = {"attendees": _seats(user), "answer": word}
    told = entry(world, ChangeInProgress(change, meeting, user), UNMUTE_ANSWERED, adds)
    return replace(told, actor=request.actor, command=request.command.name, reason=request.command.reason)


def _seats(user: User) -> list[dict[str, object]]:
    return [concerning(seat.attendee_id, user.id) for seat in user.present] or [concerning(None, user.id)]
