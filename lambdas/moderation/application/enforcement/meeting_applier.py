"""order · settle for everybody in a meeting: roster, plan, a second look."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial

from ...domain.batch_plan import AttendeeState, Call, Update, plan
from ...domain.capability import NOTHING, is_narrower
from ...domain.change import GIVE_UP_AFTER, Change, Status, has_its_turn, is_in_effect, meeting_reverted
from ...domain.commands import End
from ...domain.documents import Document, meeting_document, rules_document
from ...domain.entry import ABANDONED, MEETING_CHANGED, MEETING_ENDED, SUPERSEDED
from ...domain.meeting import Meeting, MeetingRules, User, ends_between, look_at
from ...ports import (
    ChangeKept,
    ChimeError,
    ChimeRejectedError,
    Clause,
    ConditionFailedError,
    EntryWritten,
    MeetingIs,
    MeetingRevised,
    UserIs,
    World,
)
from ..answers import as_held, attendee
from .change_in_progress import ChangeInProgress, about, closed, entry, wanted, with_strict_reading
from .chime_calls import ChimeCalls, ChimeRefusedError, DeadlineExceededError, RosterChangedError, StillWanted
from .consent_requests import ConsentRequests
from .notes import note, told_of
from .retries import transact_with_retry
from .roster_reader import RosterReader
from .roster_snapshot import RosterSnapshot, outcomes, served


class MeetingApplier:
    def __init__(self, world: World) -> None:
        self._world = world
        self._asking = ConsentRequests(world)
        self._rollcall = RosterReader(world)

    def apply_and_settle(self, in_progress: ChangeInProgress, calls: ChimeCalls) -> ChangeInProgress:
        """Settled; or, still under the lease, to be carried out from what is seen next: the change was taken back, the
        meeting turned out to be read more strictly, or a batch was not taken. Raises `Conflict` if the meeting has
        moved, `OutOfTime` if the orders don't get through.
        """
        meeting, began = in_progress.meeting, self._world.surroundings.now()
        if in_progress.change.command == End.name:
            return self._end(in_progress, calls, began)
        overdue = self._is_overdue(in_progress)
        try:
            snapshot = self._rollcall.crowd(in_progress, calls)
        except ChimeError:
            if not overdue:
                raise
            return self._take_back(in_progress, calls)
        if overdue and self._lacks(meeting, snapshot):
            return self._take_back(in_progress, calls)
        snapshot.take_in_whom_the_roster_lacks()
        try:
            self._order(calls, in_progress, snapshot)
            while snapshot.look_again(self._rollcall.again(in_progress, snapshot, calls)):
                calls.before |= snapshot.before
                self._order(calls, in_progress, snapshot)
        except RosterChangedError:
            calls.pause()
            return in_progress
        except DeadlineExceededError:
            raise DeadlineExceededError(outcomes(self._world, in_progress, snapshot)) from None
        except ChimeRejectedError:
            return self._after_refusal(in_progress, snapshot, calls)
        except ChimeError:
            raise DeadlineExceededError(outcomes(self._world, in_progress, snapshot)) from None
        self._asking.ask(in_progress, snapshot, calls)
        note(self._world, in_progress, snapshot, calls)
        return self._settle(in_progress, snapshot, calls, began)

    def _end(self, in_progress: ChangeInProgress, calls: ChimeCalls, began: datetime) -> ChangeInProgress:
        try:
            calls.end()
        except ChimeRejectedError:
            raise DeadlineExceededError from None
        return self._settle(in_progress, RosterSnapshot({}, {}, (), {}, {}), calls, began)

    def _is_overdue(self, in_progress: ChangeInProgress) -> bool:
        change = in_progress.change
        waited = self._world.surroundings.now() - change.deadline_starts_at
        return change.is_open and not change.narrows and waited >= GIVE_UP_AFTER

    def _lacks(self, meeting: Meeting, snapshot: RosterSnapshot) -> bool:
        """Whether somebody has less than the rules give him: then Chime has not taken what widens."""
        return any(
            not is_narrower(wanted(self._world, meeting, snapshot.seen(snapshot.seats[seat])), held or NOTHING)
            for seat, held in snapshot.held.items()
        )

    def _take_back(self, in_progress: ChangeInProgress, calls: ChimeCalls) -> ChangeInProgress:
        """A commit like any other: the meeting's rules as if the change had not been made."""
        change, meeting = in_progress.change, in_progress.meeting
        moment = meeting.rules.moment(self._world.surroundings.now())
        rules = meeting_reverted(change, meeting.rules, moment)
        restored = replace(
            meeting,
            rules=rules,
            revision=meeting.revision + 1,
            revised_by=change.id,
            check_at=look_at(meeting, rules),
        )
        given_up = ChangeInProgress(replace(change, status=Status.ABANDONED, lease=calls.lease.rotated()), restored)
        clauses: list[Clause] = [
            MeetingRevised(restored, meeting.revision),
            ChangeKept(given_up.change, calls.lease.token),
            EntryWritten(entry(self._world, given_up, ABANDONED, {"attendees": []})),
        ]
        transact_with_retry(self._world, clauses, calls.lease.until)
        return given_up

    def _order(self, calls: ChimeCalls, in_progress: ChangeInProgress, snapshot: RosterSnapshot) -> None:
        """Whoever was read after the meeting has moved on may have rules that never went together with the old ones."""
        meeting = in_progress.meeting
        now = self._world.ledger.load(meeting.id).meeting
        if now is None or now.revision != meeting.revision:
            raise ConditionFailedError([MeetingIs(meeting.id, meeting.revision)])
        for user in list(snapshot.people.values()):
            self._rollcall.take_out(calls, in_progress, snapshot, user)
        self._rollcall.look_at_the_unclear(meeting, snapshot)
        is_wanted = partial(self._is_wanted, meeting, snapshot, self._world.surroundings.now())
        standings = []
        for seat, user_id in snapshot.seats.items():
            target = wanted(self._world, meeting, snapshot.seen(user_id))
            if seat not in snapshot.gone:
                held = target if seat in snapshot.handed_over else snapshot.held[seat]
                standings.append(AttendeeState(seat, held, target))
        recorders = [AttendeeState(seat, None, None) for seat in snapshot.pipelines]
        newcomer = self._asking.newcomer(in_progress)
        for call in plan([*standings, *recorders], newcomer):
            self._carry(calls, call, snapshot, is_wanted)

    def _is_wanted(self, meeting: Meeting, snapshot: RosterSnapshot, since: datetime) -> bool:
        """Whether neither the meeting's rules nor anybody's have moved since they were read, and nothing of them has
        ended by itself since the targets were derived.
        """
        people, stored = self._world.ledger.everybody(meeting.id), self._world.ledger.load(meeting.id).meeting
        if stored is None or stored.revision != meeting.revision:
            return False
        now, users = self._world.surroundings.now(), snapshot.people.values()
        has_ended = ends_between(meeting.rules, since, now) or any(ends_between(u.rules, since, now) for u in users)
        if has_ended and meeting.rules.frozen_at is None:
            return False
        return all(user.id in people and people[user.id].revision == user.revision for user in users)

    def _carry(self, calls: ChimeCalls, call: Call, snapshot: RosterSnapshot, is_wanted: StillWanted) -> None:
        """Raises `Conflict` if somebody's rules have moved before what would widen."""
        widens = any(
            not is_narrower(call.capabilities, snapshot.held[seat] or NOTHING) for seat in served(call, snapshot)
        )
        if isinstance(call, Update):
            snapshot.is_reached(call.attendee_id, call.capabilities)
            if calls.order(call.attendee_id, call.capabilities, is_wanted, widens=widens) is None:
                snapshot.gone.add(call.attendee_id)
            else:
                snapshot.held[call.attendee_id] = call.capabilities
            return
        if widens:
            calls.check(is_wanted)
        snapshot.batched.add(call.capabilities)
        for seat in served(call, snapshot):
            snapshot.is_reached(seat, call.capabilities)
        calls.order_except(call.excluded, call.capabilities)
        for seat in served(call, snapshot):
            snapshot.held[seat] = call.capabilities

    def _after_refusal(
        self, in_progress: ChangeInProgress, snapshot: RosterSnapshot, calls: ChimeCalls
    ) -> ChangeInProgress:
        """Chime refused for good: either it reads its own rules more strictly than we did, or what widens is taken
        back. What narrows is never given up.
        """
        if in_progress.meeting.features.may_be_refused:
            strict = with_strict_reading(in_progress.meeting, in_progress.change.id)
            if self._is_taken(in_progress.meeting, strict, snapshot, calls):
                clauses = [MeetingRevised(strict, in_progress.meeting.revision)]
                transact_with_retry(self._world, clauses, calls.lease.until)
                return replace(in_progress, meeting=strict)
        if in_progress.change.is_open and not in_progress.change.narrows:
            return self._take_back(in_progress, calls)
        raise ChimeRefusedError(outcomes(self._world, in_progress, snapshot))

    def _is_taken(self, meeting: Meeting, strict: Meeting, snapshot: RosterSnapshot, calls: ChimeCalls) -> bool:
        """Tried on one seat that is still there, it tells for all."""
        is_wanted = partial(self._is_wanted, meeting, snapshot, self._world.surroundings.now())
        for seat, user_id in snapshot.seats.items():
            try:
                target = wanted(self._world, strict, snapshot.seen(user_id))
                if calls.order(seat, target, is_wanted, widens=True) is not None:
                    return True
            except ChimeRejectedError:
                return False
        return False

    def _settle(
        self, in_progress: ChangeInProgress, snapshot: RosterSnapshot, calls: ChimeCalls, began: datetime
    ) -> ChangeInProgress:
        change, meeting = in_progress.change, in_progress.meeting
        now = self._world.surroundings.now()
        spoken_of = snapshot.people.get(change.subject or "") if change.is_join else self._spoken_of(in_progress)
        overruled_by = _overruled_by(change, meeting, spoken_of, now)
        status = Status.SUPERSEDED if overruled_by is not None else Status.APPLIED
        kept = closed(change, status if change.is_open else change.status, calls, began, now)
        reached = outcomes(self._world, in_progress, snapshot)
        if change.is_open:
            answer: Document = {"meeting": meeting_document(meeting), "outcomes": list(reached)}
            if spoken_of is not None:
                answer["attendee"] = attendee(self._world, meeting, spoken_of, change.attendee_id)
                own = [made for made in snapshot.changes if snapshot.seats[made.attendee_id] == spoken_of.id]
                kept = as_held(kept, spoken_of, own)
            kept = replace(kept, closed_by=overruled_by, answer=answer)
        settled = ChangeInProgress(kept, meeting, outcomes=reached)
        clauses: list[Clause] = [
            MeetingIs(meeting.id, meeting.revision, change.id),
            *([UserIs(meeting.id, spoken_of.id, spoken_of.revision)] if spoken_of is not None else []),
            ChangeKept(kept, calls.lease.token),
            *(self._told(settled, snapshot, calls) if change.is_open else []),
        ]
        transact_with_retry(self._world, clauses, calls.lease.until)
        return settled

    def _spoken_of(self, in_progress: ChangeInProgress) -> User | None:
        """Whose floor it is that ends all others."""
        subject = in_progress.change.subject
        return self._world.ledger.load(in_progress.meeting.id, [subject]).users[subject] if subject else None

    def _told(self, settled: ChangeInProgress, snapshot: RosterSnapshot, calls: ChimeCalls) -> Iterator[Clause]:
        change = settled.change
        if change.status is Status.SUPERSEDED:
            adds = {"supersededBy": change.closed_by, **about(change)}
            yield EntryWritten(entry(self._world, settled, SUPERSEDED, adds))
            return
        if change.command == End.name:
            yield EntryWritten(entry(self._world, settled, MEETING_ENDED, {"attendees": []}))
            return
        if isinstance(change.rules_after, MeetingRules) and not change.everybody:
            before = rules_document(change.rules_before) if isinstance(change.rules_before, MeetingRules) else None
            told = {"before": before, "after": rules_document(change.rules_after)}
            yield EntryWritten(entry(self._world, settled, MEETING_CHANGED, told))
        yield from told_of(self._world, settled, snapshot, calls, snapshot.seats)


def _overruled_by(change: Change, meeting: Meeting, spoken_of: User | None, now: datetime) -> str | None:
    """The change by which what this one made of the rules is not in them any more."""
    if not is_in_effect(change, meeting.rules, now):
        return meeting.revised_by
    if spoken_of is not None and not change.is_join and not has_its_turn(change, spoken_of.rules, now):
        return spoken_of.revised_by
    return None
