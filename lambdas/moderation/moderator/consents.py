"""Requests to unmute: asked, answered by the person alone, lapsed. Each is a change that waits until he agrees."""

from dataclasses import replace
from datetime import datetime

from ..core.capability import Capabilities
from ..core.change import LEASE, PATIENCE, Change, Status
from ..core.command import Consent
from ..core.decision import Refusal, barred, frozen
from ..core.effective import effective
from ..core.effects import NOBODY_PRESENT, effects
from ..core.entry import UNMUTE_ANSWERED, UNMUTE_REQUESTED, Entry, concerning, iso
from ..core.meeting import Meeting, MeetingRules, UnmuteConsent, User, UserRules, as_agreed, revision_of
from ..core.personal import Agreement, Asked
from ..ports import (
    ChangeKept,
    Clause,
    Conflict,
    EntryWritten,
    KeyTaken,
    MachineFailure,
    MeetingIs,
    SeatBound,
    UserRevised,
    World,
)
from .answers import answer_to, attendee, replayed
from .carried import Carried, due_after, entry, lease_of
from .enforcement import Enforcement
from .facts import FactFinder, Facts
from .opening import COMMIT_WITHIN, deadline, is_written, raced
from .persistence import persistently
from .refusing import refuse_on
from .request import NO_REQUEST, REVISION_MISMATCH, TOO_MANY, Answer, Outcome, Refused, Request

ANSWERS = {Status.DECLINED: "declined", Status.EXPIRED: "expired", Status.SUPERSEDED: "withdrawn"}


class Consents:
    def __init__(self, world: World, facts: FactFinder, enforcement: Enforcement) -> None:
        self._world = world
        self._facts = facts
        self._enforcement = enforcement
        self._now = world.surroundings.now

    def perform(self, request: Request, command: Consent) -> Outcome:
        return raced(self._world, lambda _: self._once(request, command))

    def _once(self, request: Request, command: Consent) -> Outcome:
        facts = self._facts.find(request, fresh=True)
        if isinstance(facts, KeyTaken):
            return replayed(self._world, request, facts)
        if isinstance(facts, Refused):
            return facts
        if self._facts.is_too_many(request, facts):
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

    def _waiting(self, facts: Facts, command: Consent) -> Change | Refusal | None:
        """The change that waits for this answer, if it would still open his microphone."""
        against = barred(facts.verdict, facts.meeting, command.name)
        if against is not None:
            return against
        asked, now = facts.user.rules.asked, self._now()
        if asked is None or asked.change_id != command.change_id or not asked.is_open(now):
            return None
        change = self._world.ledger.change(facts.meeting.id, asked.change_id)
        if change is None or not change.awaits_consent or not would_be_heard(self._world, facts.meeting, facts.user):
            return None
        if not _is_left(change, now):
            raise Conflict([])  # whoever asked is not through with the rest of it
        if command.accept and facts.meeting.rules.frozen_at is not None:
            return frozen(Capabilities.SEND_AUDIO)
        return change

    def _agreed(self, facts: Facts, waiting: Change) -> Carried:
        """The change goes on from here, and Chime has its time from now."""
        meeting, now = facts.meeting, self._now()
        holds = self._world.policies.held
        agreed = Agreement(now + PATIENCE, meeting.revision)
        rules = replace(as_agreed(facts.user.rules), asked=None, agreed=agreed)
        user = replace(facts.user, rules=rules, revision=facts.stored.revision + 1, revised_by=waiting.id)
        before, after = effective(meeting, facts.user, holds, now), effective(meeting, user, holds, now)
        lease = lease_of(self._world.surroundings.new_id(), now, LEASE)
        change = replace(
            waiting,
            awaits_consent=False,
            agreed_at=now,
            made=_with_agreement(waiting, facts.user.rules),
            lease=lease,
            due_at=due_after(lease),
            before=before,
            after=after,
            effects=effects(before, after, seats=user.present) if user.present else (NOBODY_PRESENT,),
            widens=True,
        )
        return Carried(change, meeting, user)

    def _carried_out(self, request: Request, facts: Facts, answered: Carried | Change, waiting: Change) -> Outcome:
        world = self._world
        if isinstance(answered, Change):
            rules = replace(facts.user.rules, asked=None)
            user = replace(facts.user, rules=rules, revision=facts.stored.revision + 1)
            answered = Carried(answered, facts.meeting, user)
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
        carried = answered
        if is_written(world, clauses, change):
            carried = self._enforcement.carry_out(carried, deadline(self._now()))
            self._facts.remember(carried.meeting, carried.user or user)
        subject = attendee(world, carried.meeting, carried.user or user, facts.attendee_id)
        return answer_to(carried.change, subject)


def _with_agreement(waiting: Change, rules: UserRules) -> UserRules | MeetingRules | None:
    """What the change makes of the rules, now that it goes on: what it was to lift is lifted."""
    made = waiting.made
    return as_agreed(replace(made, asked=rules.asked)) if isinstance(made, UserRules) else made


def would_be_heard(world: World, meeting: Meeting, user: User) -> bool:
    """Whether nothing but his own agreement is wanting: where none is required any more, he has nothing to answer."""
    if meeting.rules.unmute_consent is UnmuteConsent.NONE:
        return False
    has = effective(meeting, user, world.policies.held, world.surroundings.now(), consented=True)
    return Capabilities.SEND_AUDIO in has


def requested(world: World, meeting: Meeting, user: User, asked: Asked, change: Change) -> Entry:
    """That somebody is asked, on all his seats."""
    adds = {"attendees": _seats(user), "until": iso(asked.until)}
    return entry(world, Carried(change, meeting, user), UNMUTE_REQUESTED, adds)


def lapsed(world: World, change: Change, status: Status) -> Change:
    """The change as it is when nobody agrees to it: what is left of it is carried out, under a lease of its own."""
    lease = lease_of(world.surroundings.new_id(), world.surroundings.now(), LEASE)
    return replace(change, awaits_consent=False, lapsed=status, lease=lease, due_at=due_after(lease))


def lapse(world: World, meeting: Meeting, user: User, change: Change) -> Carried:
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
        EntryWritten(entry(world, Carried(change, meeting, user), UNMUTE_ANSWERED, adds)),
    ]
    persistently(world, clauses, now + COMMIT_WITHIN)
    return Carried(ended, meeting, user)


def withdraw(
    world: World, enforcement: Enforcement, meeting: Meeting, user: User, asked: Asked, until: datetime
) -> None:
    """Right away, what the clock would see to when the request has run out."""
    try:
        change = world.ledger.change(meeting.id, asked.change_id)
        if change is not None and change.awaits_consent and _is_left(change, world.surroundings.now()):
            enforcement.carry_out(lapse(world, meeting, user, change), until)
    except MachineFailure:
        return


def _is_left(change: Change, now: datetime) -> bool:
    """Whether nobody is carrying it out just now."""
    return change.lease is not None and change.lease.until <= now


def _answered(world: World, request: Request, meeting: Meeting, user: User, change: Change, word: str) -> Entry:
    adds = {"attendees": _seats(user), "answer": word}
    told = entry(world, Carried(change, meeting, user), UNMUTE_ANSWERED, adds)
    return replace(told, actor=request.actor, command=request.command.name, reason=request.command.reason)


def _seats(user: User) -> list[dict[str, object]]:
    return [concerning(seat.attendee_id, user.id) for seat in user.present] or [concerning(None, user.id)]
