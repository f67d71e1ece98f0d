"""Requests to unmute: asked, answered by the person alone, lapsed. Each is a change that waits until he agrees."""

from dataclasses import replace
from datetime import datetime

from ...domain.capability import Capabilities
from ...domain.change import GIVE_UP_AFTER, LEASE, Change, Status
from ...domain.commands import Consent
from ...domain.decisions.decision import Refusal, frozen, precondition_refusal
from ...domain.effective import effective
from ...domain.effects import NOBODY_PRESENT, effects
from ...domain.entry import UNMUTE_ANSWERED, UNMUTE_REQUESTED, Entry, concerning, iso
from ...domain.meeting import Meeting, MeetingRules, UnmuteConsent, User, UserRules, as_agreed, revision_of
from ...domain.personal_rules import Agreement, ConsentRequest
from ...ports import (
    ChangeKept,
    Clause,
    ConditionFailedError,
    EntryWritten,
    InfrastructureError,
    KeyTaken,
    MeetingIs,
    SeatBound,
    UserRevised,
    World,
)
from ..answers import answer_to, attendee, replayed
from ..enforcement.change_applier import ChangeApplier
from ..enforcement.change_in_progress import ChangeInProgress, due_after, entry, lease_of
from ..enforcement.retries import transact_with_retry
from ..requests import NO_REQUEST, REVISION_MISMATCH, TOO_MANY, Answer, Outcome, Refused, Request
from .context import CommandContext, ContextLoader
from .pipeline import COMMIT_WITHIN, deadline, is_written, retry_on_conflict
from .refusals import refuse_on

ANSWERS = {Status.DECLINED: "declined", Status.EXPIRED: "expired", Status.SUPERSEDED: "withdrawn"}


class ConsentHandler:
    def __init__(self, world: World, facts: ContextLoader, applier: ChangeApplier) -> None:
        self._world = world
        self._context = facts
        self._applier = applier
        self._now = world.surroundings.now

    def perform(self, request: Request, command: Consent) -> Outcome:
        return retry_on_conflict(self._world, lambda _: self._once(request, command))

    def _once(self, request: Request, command: Consent) -> Outcome:
        facts = self._context.find(request, fresh=True)
        if isinstance(facts, KeyTaken):
            return replayed(self._world, request, facts)
        if isinstance(facts, Refused):
            return facts
        if self._context.is_too_many(request, facts):
            return TOO_MANY
        if request.if_match not in (None, revision_of(facts.stored, facts.meeting)) and facts.verdict.allowed:
            return REVISION_MISMATCH
        waiting = self._waiting(facts, command)
        if isinstance(waiting, Refusal):
            return refuse_on(self._world, request, facts, waiting)
        if waiting is None:
            return NO_REQUEST
        if request.dry_run:
            return Answer("dry-run", attendee(self._world, facts.meeting, facts.user, facts.attendee_id))
        answered = self._agreed(facts, waiting) if command.accept else lapsed(self._world, waiting, Status.DECLINED)
        return self._carried_out(request, facts, answered, waiting)

    def _waiting(self, facts: CommandContext, command: Consent) -> Change | Refusal | None:
        """The change that waits for this answer, if it would still open his microphone."""
        against = precondition_refusal(facts.verdict, facts.meeting, command.name)
        if against is not None:
            return against
        asked, now = facts.user.rules.asked, self._now()
        if asked is None or asked.change_id != command.change_id or not asked.is_open(now):
            return None
        change = self._world.ledger.change(facts.meeting.id, asked.change_id)
        if change is None or not change.awaits_consent or not would_be_heard(self._world, facts.meeting, facts.user):
            return None
        if not _is_left(change, now):
            raise ConditionFailedError([])  # whoever asked is not through with the rest of it
        if command.accept and facts.meeting.rules.frozen_at is not None:
            return frozen(Capabilities.SEND_AUDIO)
        return change

    def _agreed(self, facts: CommandContext, waiting: Change) -> ChangeInProgress:
        """The change goes on from here, and Chime has its time from now."""
        meeting, now = facts.meeting, self._now()
        holds = self._world.policies.capabilities_for
        agreed = Agreement(now + GIVE_UP_AFTER, meeting.revision)
        rules = replace(as_agreed(facts.user.rules), asked=None, agreed=agreed)
        user = replace(facts.user, rules=rules, revision=facts.stored.revision + 1, revised_by=waiting.id)
        before, after = effective(meeting, facts.user, holds, now), effective(meeting, user, holds, now)
        lease = lease_of(self._world.surroundings.new_id(), now, LEASE)
        change = replace(
            waiting,
            awaits_consent=False,
            agreed_at=now,
            rules_after=_with_agreement(waiting, facts.user.rules),
            lease=lease,
            due_at=due_after(lease),
            before=before,
            after=after,
            effects=effects(before, after, seats=user.present) if user.present else (NOBODY_PRESENT,),
            widens=True,
        )
        return ChangeInProgress(change, meeting, user)

    def _carried_out(
        self, request: Request, facts: CommandContext, answered: ChangeInProgress | Change, waiting: Change
    ) -> Outcome:
        world = self._world
        if isinstance(answered, Change):
            rules = replace(facts.user.rules, asked=None)
            user = replace(facts.user, rules=rules, revision=facts.stored.revision + 1)
            answered = ChangeInProgress(answered, facts.meeting, user)
        change, user = answered.change, answered.user or facts.user
        word = ANSWERS[change.lapsed] if change.lapsed else "accepted"
        clauses: list[Clause] = [
            MeetingIs(facts.meeting.id, facts.meeting.revision, user.id),
            UserRevised(facts.meeting.id, user, facts.stored.revision, facts.new_seats),
            *(SeatBound(facts.meeting.id, seat.attendee_id, user.id) for seat in facts.new_seats),
            ChangeKept(change, waiting.lease.token if waiting.lease else ""),
            EntryWritten(_answered(world, request, facts.meeting, user, change, word)),
        ]
        if request.key is not None:
            clauses.append(KeyTaken(request.key, request.fingerprint, change.meeting_id, change.id))
        in_progress = answered
        if is_written(world, clauses, change):
            in_progress = self._applier.apply(in_progress, deadline(self._now()))
            self._context.remember(in_progress.meeting, in_progress.user or user)
        subject = attendee(world, in_progress.meeting, in_progress.user or user, facts.attendee_id)
        return answer_to(in_progress.change, subject)


def _with_agreement(waiting: Change, rules: UserRules) -> UserRules | MeetingRules | None:
    """What the change makes of the rules, now that it goes on: what it was to lift is lifted."""
    made = waiting.rules_after
    return as_agreed(replace(made, asked=rules.asked)) if isinstance(made, UserRules) else made


def would_be_heard(world: World, meeting: Meeting, user: User) -> bool:
    """Whether nothing but his own agreement is wanting: where none is required any more, he has nothing to answer."""
    if meeting.rules.unmute_consent is UnmuteConsent.NONE:
        return False
    has = effective(meeting, user, world.policies.capabilities_for, world.surroundings.now(), consented=True)
    return Capabilities.SEND_AUDIO in has


def requested(world: World, meeting: Meeting, user: User, asked: ConsentRequest, change: Change) -> Entry:
    """That somebody is asked, on all his seats."""
    adds = {"attendees": _seats(user), "until": iso(asked.until)}
    return entry(world, ChangeInProgress(change, meeting, user), UNMUTE_REQUESTED, adds)


def lapsed(world: World, change: Change, status: Status) -> Change:
    """The change as it is when nobody agrees to it: what is left of it is carried out, under a lease of its own."""
    lease = lease_of(world.surroundings.new_id(), world.surroundings.now(), LEASE)
    return replace(change, awaits_consent=False, lapsed=status, lease=lease, due_at=due_after(lease))


def lapse(world: World, meeting: Meeting, user: User, change: Change) -> ChangeInProgress:
    """A request that was not answered in time, or has been withdrawn meanwhile. Raises `Conflict`."""
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
    """Right away, what the clock would see to when the request has run out."""
    try:
        change = world.ledger.change(meeting.id, asked.change_id)
        if change is not None and change.awaits_consent and _is_left(change, world.surroundings.now()):
            applier.apply(lapse(world, meeting, user, change), until)
    except InfrastructureError:
        return


def _is_left(change: Change, now: datetime) -> bool:
    """Whether nobody is carrying it out just now."""
    return change.lease is not None and change.lease.until <= now


def _answered(world: World, request: Request, meeting: Meeting, user: User, change: Change, word: str) -> Entry:
    adds = {"attendees": _seats(user), "answer": word}
    told = entry(world, ChangeInProgress(change, meeting, user), UNMUTE_ANSWERED, adds)
    return replace(told, actor=request.actor, command=request.command.name, reason=request.command.reason)


def _seats(user: User) -> list[dict[str, object]]:
    return [concerning(seat.attendee_id, user.id) for seat in user.present] or [concerning(None, user.id)]
