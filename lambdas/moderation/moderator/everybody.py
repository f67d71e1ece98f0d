"""order · settle for everybody in a meeting: roster, plan, a second look."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial

from ..core.capability import NOTHING, is_narrower
from ..core.change import PATIENCE, Change, Status, has_its_turn, meeting_taken_back, stands
from ..core.command import End
from ..core.entry import ABANDONED, MEETING_CHANGED, MEETING_ENDED, SUPERSEDED
from ..core.meeting import Meeting, MeetingRules, User, ends_between, look_at
from ..core.plan import Call, Standing, Update, plan
from ..core.view import Document, meeting_document, rules_document
from ..ports import (
    ChangeKept,
    ChimeFailure,
    Clause,
    Conflict,
    EntryWritten,
    MeetingIs,
    MeetingRevised,
    NotTaken,
    UserIs,
    World,
)
from .answers import as_held, attendee
from .asking import Asking
from .carried import Carried, about, closed, entry, wanted, with_strict_reading
from .crowd import Crowd, outcomes, served
from .noting import note, told_of
from .ordering import LookAgain, Ordering, OutOfTime, RefusedForGood, StillWanted
from .persistence import persistently
from .rollcall import RollCall


class Everybody:
    def __init__(self, world: World) -> None:
        self._world = world
        self._asking = Asking(world)
        self._rollcall = RollCall(world)

    def order_and_settle(self, carried: Carried, ordering: Ordering) -> Carried:
        """Settled; or, still under the lease, to be carried out from what is seen next: the change was taken back, the
        meeting turned out to be read more strictly, or a batch was not taken. Raises `Conflict` if the meeting has
        moved, `OutOfTime` if the orders don't get through.
        """
        meeting, began = carried.meeting, self._world.surroundings.now()
        if carried.change.command == End.name:
            return self._end(carried, ordering, began)
        overdue = self._is_overdue(carried)
        try:
            crowd = self._rollcall.crowd(carried, ordering)
        except ChimeFailure:
            if not overdue:
                raise
            return self._take_back(carried, ordering)
        if overdue and self._lacks(meeting, crowd):
            return self._take_back(carried, ordering)
        crowd.take_in_whom_the_roster_lacks()
        try:
            self._order(ordering, carried, crowd)
            while crowd.look_again(self._rollcall.again(carried, crowd, ordering)):
                ordering.before |= crowd.before
                self._order(ordering, carried, crowd)
        except LookAgain:
            ordering.pause()
            return carried
        except OutOfTime:
            raise OutOfTime(outcomes(self._world, carried, crowd)) from None
        except NotTaken:
            return self._after_refusal(carried, crowd, ordering)
        except ChimeFailure:
            raise OutOfTime(outcomes(self._world, carried, crowd)) from None
        self._asking.ask(carried, crowd, ordering)
        note(self._world, carried, crowd, ordering)
        return self._settle(carried, crowd, ordering, began)

    def _end(self, carried: Carried, ordering: Ordering, began: datetime) -> Carried:
        try:
            ordering.end()
        except NotTaken:
            raise OutOfTime from None
        return self._settle(carried, Crowd({}, {}, (), {}, {}), ordering, began)

    def _is_overdue(self, carried: Carried) -> bool:
        change = carried.change
        waited = self._world.surroundings.now() - change.patient_since
        return change.is_open and not change.narrows and waited >= PATIENCE

    def _lacks(self, meeting: Meeting, crowd: Crowd) -> bool:
        """Whether somebody has less than the rules give him: then Chime has not taken what widens."""
        return any(
            not is_narrower(wanted(self._world, meeting, crowd.seen(crowd.seats[seat])), held or NOTHING)
            for seat, held in crowd.held.items()
        )

    def _take_back(self, carried: Carried, ordering: Ordering) -> Carried:
        """A commit like any other: the meeting's rules as if the change had not been made."""
        change, meeting = carried.change, carried.meeting
        rules = meeting_taken_back(change, meeting.rules)
        restored = replace(
            meeting,
            rules=rules,
            revision=meeting.revision + 1,
            revised_by=change.id,
            check_at=look_at(meeting, rules),
        )
        given_up = Carried(replace(change, status=Status.ABANDONED, lease=ordering.lease.renewed()), restored)
        clauses: list[Clause] = [
            MeetingRevised(restored, meeting.revision),
            ChangeKept(given_up.change, ordering.lease.token),
            EntryWritten(entry(self._world, given_up, ABANDONED, {"attendees": []})),
        ]
        persistently(self._world, clauses, ordering.lease.until)
        return given_up

    def _order(self, ordering: Ordering, carried: Carried, crowd: Crowd) -> None:
        """Whoever was read after the meeting has moved on may have rules that never went together with the old ones."""
        meeting = carried.meeting
        now = self._world.ledger.load(meeting.id).meeting
        if now is None or now.revision != meeting.revision:
            raise Conflict([MeetingIs(meeting.id, meeting.revision)])
        for user in list(crowd.people.values()):
            self._rollcall.take_out(ordering, carried, crowd, user)
        self._rollcall.look_at_the_unclear(meeting, crowd)
        is_wanted = partial(self._is_wanted, meeting, crowd, self._world.surroundings.now())
        standings = []
        for seat, user_id in crowd.seats.items():
            target = wanted(self._world, meeting, crowd.seen(user_id))
            if seat not in crowd.gone:
                held = target if seat in crowd.handed_over else crowd.held[seat]
                standings.append(Standing(seat, held, target))
        recorders = [Standing(seat, None, None) for seat in crowd.pipelines]
        newcomer = self._asking.newcomer(carried)
        for call in plan([*standings, *recorders], newcomer):
            self._carry(ordering, call, crowd, is_wanted)

    def _is_wanted(self, meeting: Meeting, crowd: Crowd, since: datetime) -> bool:
        """Whether neither the meeting's rules nor anybody's have moved since they were read, and nothing of them has
        ended by itself since the targets were derived.
        """
        people, stored = self._world.ledger.everybody(meeting.id), self._world.ledger.load(meeting.id).meeting
        if stored is None or stored.revision != meeting.revision:
            return False
        now, users = self._world.surroundings.now(), crowd.people.values()
        has_ended = ends_between(meeting.rules, since, now) or any(ends_between(u.rules, since, now) for u in users)
        if has_ended and meeting.rules.frozen_at is None:
            return False
        return all(user.id in people and people[user.id].revision == user.revision for user in users)

    def _carry(self, ordering: Ordering, call: Call, crowd: Crowd, is_wanted: StillWanted) -> None:
        """Raises `Conflict` if somebody's rules have moved before what would widen."""
        widens = any(not is_narrower(call.capabilities, crowd.held[seat] or NOTHING) for seat in served(call, crowd))
        if isinstance(call, Update):
            crowd.is_reached(call.attendee_id, call.capabilities)
            if ordering.order(call.attendee_id, call.capabilities, is_wanted, widens=widens) is None:
                crowd.gone.add(call.attendee_id)
            else:
                crowd.held[call.attendee_id] = call.capabilities
            return
        if widens:
            ordering.check(is_wanted)
        crowd.batched.add(call.capabilities)
        for seat in served(call, crowd):
            crowd.is_reached(seat, call.capabilities)
        ordering.order_except(call.excluded, call.capabilities)
        for seat in served(call, crowd):
            crowd.held[seat] = call.capabilities

    def _after_refusal(self, carried: Carried, crowd: Crowd, ordering: Ordering) -> Carried:
        """Chime refused for good: either it reads its own rules more strictly than we did, or what widens is taken
        back. What narrows is never given up.
        """
        if carried.meeting.features.may_be_refused:
            strict = with_strict_reading(carried.meeting, carried.change.id)
            if self._is_taken(carried.meeting, strict, crowd, ordering):
                clauses = [MeetingRevised(strict, carried.meeting.revision)]
                persistently(self._world, clauses, ordering.lease.until)
                return replace(carried, meeting=strict)
        if carried.change.is_open and not carried.change.narrows:
            return self._take_back(carried, ordering)
        raise RefusedForGood(outcomes(self._world, carried, crowd))

    def _is_taken(self, meeting: Meeting, strict: Meeting, crowd: Crowd, ordering: Ordering) -> bool:
        """Tried on one seat that is still there, it tells for all."""
        for seat, user_id in crowd.seats.items():
            try:
                target = wanted(self._world, strict, crowd.seen(user_id))
                is_wanted = partial(self._is_wanted, meeting, crowd)
                if ordering.order(seat, target, is_wanted, widens=True) is not None:
                    return True
            except NotTaken:
                return False
        return False

    def _settle(self, carried: Carried, crowd: Crowd, ordering: Ordering, began: datetime) -> Carried:
        change, meeting = carried.change, carried.meeting
        now = self._world.surroundings.now()
        spoken_of = crowd.people.get(change.subject or "") if change.is_join else self._spoken_of(carried)
        overruled_by = _overruled_by(change, meeting, spoken_of, now)
        status = Status.SUPERSEDED if overruled_by is not None else Status.APPLIED
        kept = closed(change, status if change.is_open else change.status, ordering, began, now)
        reached = outcomes(self._world, carried, crowd)
        if change.is_open:
            answer: Document = {"meeting": meeting_document(meeting), "outcomes": list(reached)}
            if spoken_of is not None:
                answer["attendee"] = attendee(self._world, meeting, spoken_of, change.attendee_id)
                own = [made for made in crowd.changes if crowd.seats[made.attendee_id] == spoken_of.id]
                kept = as_held(kept, spoken_of, own)
            kept = replace(kept, closed_by=overruled_by, answer=answer)
        settled = Carried(kept, meeting, outcomes=reached)
        clauses: list[Clause] = [
            MeetingIs(meeting.id, meeting.revision, change.id),
            *([UserIs(meeting.id, spoken_of.id, spoken_of.revision)] if spoken_of is not None else []),
            ChangeKept(kept, ordering.lease.token),
            *(self._told(settled, crowd, ordering) if change.is_open else []),
        ]
        persistently(self._world, clauses, ordering.lease.until)
        return settled

    def _spoken_of(self, carried: Carried) -> User | None:
        """Whose floor it is that ends all others."""
        subject = carried.change.subject
        return self._world.ledger.load(carried.meeting.id, [subject]).users[subject] if subject else None

    def _told(self, settled: Carried, crowd: Crowd, ordering: Ordering) -> Iterator[Clause]:
        change = settled.change
        if change.status is Status.SUPERSEDED:
            adds = {"supersededBy": change.closed_by, **about(change)}
            yield EntryWritten(entry(self._world, settled, SUPERSEDED, adds))
            return
        if change.command == End.name:
            yield EntryWritten(entry(self._world, settled, MEETING_ENDED, {"attendees": []}))
            return
        if isinstance(change.made, MeetingRules) and not change.everybody:
            before = rules_document(change.replaced) if isinstance(change.replaced, MeetingRules) else None
            told = {"before": before, "after": rules_document(change.made)}
            yield EntryWritten(entry(self._world, settled, MEETING_CHANGED, told))
        yield from told_of(self._world, settled, crowd, ordering, crowd.seats)


def _overruled_by(change: Change, meeting: Meeting, spoken_of: User | None, now: datetime) -> str | None:
    """The change by which what this one made of the rules is not in them any more."""
    if not stands(change, meeting.rules, now):
        return meeting.revised_by
    if spoken_of is not None and not change.is_join and not has_its_turn(change, spoken_of.rules, now):
        return spoken_of.revised_by
    return None
