"""Applies and settles a change of the whole meeting: roster, plan, calls, and a second look."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from ...domain.batch_plan import AttendeeState, BatchExcept, Call, Update, plan
from ...domain.capability import EVERYTHING, NOTHING, Capabilities, is_narrower
from ...domain.change import GIVE_UP_AFTER, Change, Closure, MeetingChange, Status
from ...domain.commands import End
from ...domain.documents import Document, meeting_document, rules_document
from ...domain.entry import ABANDONED, MEETING_CHANGED, MEETING_ENDED, SUPERSEDED
from ...domain.meeting import Meeting, User, agreement_ended
from ...domain.rule_changes import has_exclusive_floor, is_in_effect, reverted
from ...domain.schedule import ends_between, next_check_at
from ...ports import (
    BatchesOver,
    BatchesRecorded,
    ChimeError,
    ChimeRejectedError,
    Clause,
    Clock,
    ConditionFailedError,
    EntryWritten,
    Ledger,
    LedgerUnavailableError,
    MeetingIs,
    MeetingRevised,
    Policies,
    TransactionContentionError,
    UserIs,
)
from ..answers import as_held, attendee_answer, nameless
from .change_in_progress import ChangeInProgress, about, change_entry, closed, wanted, with_strict_reading
from .chime_calls import ChimeCalls, ChimeRefusedError, DeadlineExceededError, RosterChangedError, StillWanted
from .consent_requests import ConsentRequests
from .notes import capability_entries, note
from .roster_reader import RosterReader
from .roster_snapshot import RosterSnapshot, outcomes, served
from .transactions import transact_with_retry

RECORD_WITHIN = timedelta(seconds=1)
"""How long it is tried to record batches that take something from anybody. A last attempt may take as long as a call to
the ledger does.
"""


class MeetingApplier:
    """Applies and settles changes of the whole meeting."""

    def __init__(
        self,
        ledger: Ledger,
        policies: Policies,
        clock: Clock,
        roster_reader: RosterReader,
        consent_requests: ConsentRequests,
    ) -> None:
        self._ledger = ledger
        self._policies = policies
        self._clock = clock
        self._roster_reader = roster_reader
        self._consent_requests = consent_requests

    def apply_and_settle(self, in_progress: ChangeInProgress, calls: ChimeCalls) -> ChangeInProgress:
        """Returns the settled change; or, under the same lease, a change to apply anew: it was reverted, the meeting's
        features turned out stricter, or a batch was refused.

        Raises `ConditionFailedError` if the meeting was changed, and `DeadlineExceededError` if the calls do not
        succeed in time.
        """
        meeting, began = in_progress.meeting, self._clock.now()
        if in_progress.change.command == End.name:
            return self._end(in_progress, calls, began)
        overdue = self._is_overdue(in_progress)
        try:
            snapshot = self._roster_reader.read(in_progress, calls)
        except ChimeError:
            if not overdue:
                raise
            return self._revert(in_progress, calls)
        if overdue and self._lacks(meeting, snapshot):
            return self._revert(in_progress, calls)
        snapshot.add_attendees_the_roster_lacks(calls.before)
        try:
            self._update_all(calls, in_progress, snapshot)
            while snapshot.look_again(self._roster_reader.read_again(in_progress, snapshot, calls)):
                calls.before |= snapshot.before
                self._update_all(calls, in_progress, snapshot)
            calls.check_time()
        except RosterChangedError:
            calls.pause()
            return in_progress
        except DeadlineExceededError:
            raise DeadlineExceededError(outcomes(self._policies, self._clock, in_progress, snapshot)) from None
        except ChimeRejectedError:
            return self._after_refusal(in_progress, snapshot, calls)
        except ChimeError:
            raise DeadlineExceededError(outcomes(self._policies, self._clock, in_progress, snapshot)) from None
        self._consent_requests.ask(in_progress, snapshot, calls)
        note(self._ledger, self._clock, in_progress, snapshot, calls)
        return self._settle(in_progress, snapshot, calls, began)

    def _end(self, in_progress: ChangeInProgress, calls: ChimeCalls, began: datetime) -> ChangeInProgress:
        try:
            calls.end()
        except ChimeRejectedError:
            raise DeadlineExceededError from None
        return self._settle(in_progress, RosterSnapshot({}, {}, (), {}, {}), calls, began)

    def _is_overdue(self, in_progress: ChangeInProgress) -> bool:
        change = in_progress.change
        waited = self._clock.now() - change.deadline_starts_at
        return change.is_open and not change.narrows and waited >= GIVE_UP_AFTER

    def _lacks(self, meeting: Meeting, snapshot: RosterSnapshot) -> bool:
        """Whether any attendee has less than the rules give: then Chime has not taken the widening."""
        targets = snapshot.targets(self._policies, self._clock, meeting)
        return any(
            not is_narrower(targets[snapshot.attendees[attendee]], held or NOTHING)
            for attendee, held in snapshot.held.items()
        )

    def _revert(self, in_progress: ChangeInProgress, calls: ChimeCalls) -> ChangeInProgress:
        """Commits the meeting's rules as if the change had not been made."""
        change, meeting = in_progress.change, in_progress.meeting
        moment = meeting.rules.moment(self._clock.now())
        rules = reverted(change, meeting.rules, moment)
        restored = replace(
            meeting,
            rules=rules,
            revision=meeting.revision + 1,
            revised_by=change.id,
            check_at=next_check_at(meeting, rules),
        )
        left = replace(change, closure=Closure(Status.ABANDONED), lease=calls.lease.rotated())
        given_up = ChangeInProgress(left, restored)
        clauses: list[Clause] = [
            MeetingRevised(restored, meeting.revision),
            calls.kept(given_up.change),
            EntryWritten(change_entry(self._clock, given_up, ABANDONED, {"attendees": []})),
        ]
        transact_with_retry(self._ledger, self._clock, clauses, calls.lease.until)
        return given_up

    def _update_all(self, calls: ChimeCalls, in_progress: ChangeInProgress, snapshot: RosterSnapshot) -> None:
        """Plans the calls for all attendees and makes them. First removes users who may not be in the meeting.

        Raises `ConditionFailedError` if the meeting was changed since it was read: users read after a newer change may
        have rules that do not fit.
        """
        meeting = in_progress.meeting
        now = self._ledger.load(meeting.id).meeting
        if now is None or now.revision != meeting.revision:
            raise ConditionFailedError([MeetingIs(meeting.id, meeting.revision)])
        for user in list(snapshot.users.values()):
            self._roster_reader.remove_attendees(calls, in_progress, snapshot, user)
        self._roster_reader.read_unclear_attendees(meeting, snapshot)
        is_wanted = partial(self._is_wanted, meeting, snapshot, self._clock.now())
        targets = snapshot.targets(self._policies, self._clock, meeting)
        standings = [
            AttendeeState(
                attendee,
                targets[user_id] if attendee in snapshot.handed_over else snapshot.held[attendee],
                targets[user_id],
            )
            for attendee, user_id in snapshot.attendees.items()
            if attendee not in snapshot.gone
        ]
        recorders = [AttendeeState(attendee, None, None) for attendee in snapshot.pipelines]
        planned = plan([*standings, *recorders], self._consent_requests.newcomer(in_progress))
        given = frozenset(call.capabilities for call in planned if isinstance(call, BatchExcept)) - {EVERYTHING}
        for call in planned:
            if isinstance(call, BatchExcept):
                is_needed = not _takes_something(call, snapshot)
                self._record_batches(in_progress.change, calls, given, is_needed=is_needed)
            self._call(calls, call, snapshot, is_wanted)

    def _record_batches(
        self, change: Change, calls: ChimeCalls, given: frozenset[Capabilities], *, is_needed: bool
    ) -> None:
        """Records what the batches may give to attendees that the ledger does not know, once under a lease. Without
        the record, no batch is made for which it `is_needed`: one that takes nothing from anybody can wait. Raises
        `ConditionFailedError` if another process holds the lease, and `InfrastructureError`.
        """
        if given <= calls.recorded or (calls.cannot_record and not is_needed):
            return
        clauses: list[Clause] = [calls.kept(change), BatchesRecorded(change.meeting_id, change.id, given)]
        until = calls.lease.until if is_needed else self._clock.now() + RECORD_WITHIN
        try:
            transact_with_retry(self._ledger, self._clock, clauses, until)
        except (LedgerUnavailableError, TransactionContentionError):
            if is_needed:
                raise
            calls.cannot_record = True
        else:
            calls.recorded |= given

    def _is_wanted(self, meeting: Meeting, snapshot: RosterSnapshot, since: datetime) -> bool:
        """Whether no rules of the meeting or its users have changed since they were read, no attendee was bound since,
        and no rule or agreement has ended since the targets were derived. The rules of users are checked even if the
        meeting cannot be read. Raises `LedgerUnavailableError`.
        """
        by_now, users = self._ledger.all_users(meeting.id), snapshot.users.values()
        if not all(user.id in by_now and by_now[user.id].revision == user.revision for user in users):
            return False
        if any(each.attendee_id not in snapshot.attendees for user in by_now.values() for each in user.present):
            return False
        stored, now = self._ledger.load(meeting.id).meeting, self._clock.now()
        if stored is None or stored.revision != meeting.revision:
            return False
        if any(agreement_ended(user, meeting, since, now) for user in users):
            return False
        has_ended = ends_between(meeting.rules, since, now) or any(ends_between(u.rules, since, now) for u in users)
        return not has_ended or meeting.rules.frozen_at is not None

    def _call(self, calls: ChimeCalls, call: Call, snapshot: RosterSnapshot, is_wanted: StillWanted) -> None:
        """Makes one call of the plan. Raises `ConditionFailedError` if any user's rules have changed before a call that
        widens, or before a batch: a batch also reaches attendees that were bound since.
        """
        widens = any(
            not is_narrower(call.capabilities, snapshot.held[attendee] or NOTHING)
            for attendee in served(call, snapshot)
        )
        if isinstance(call, Update):
            snapshot.is_reached(call.attendee_id, call.capabilities)
            if calls.update(call.attendee_id, call.capabilities, is_wanted, widens=widens) is None:
                snapshot.gone.add(call.attendee_id)
            else:
                snapshot.held[call.attendee_id] = call.capabilities
            return
        snapshot.is_batched = True
        for attendee in served(call, snapshot):
            snapshot.is_reached(attendee, call.capabilities)
        calls.update_except(call.excluded, call.capabilities, is_wanted, widens=widens)
        for attendee in served(call, snapshot):
            snapshot.held[attendee] = call.capabilities

    def _after_refusal(
        self, in_progress: ChangeInProgress, snapshot: RosterSnapshot, calls: ChimeCalls
    ) -> ChangeInProgress:
        """Continues after Chime refused a call for good: either with stricter features of the meeting, or by reverting
        what widens. What narrows is never given up.
        """
        if in_progress.meeting.features.may_be_refused:
            strict = with_strict_reading(in_progress.meeting, in_progress.change.id)
            if self._is_taken(in_progress.meeting, strict, snapshot, calls):
                clauses = [MeetingRevised(strict, in_progress.meeting.revision)]
                transact_with_retry(self._ledger, self._clock, clauses, calls.lease.until)
                return replace(in_progress, meeting=strict)
        if in_progress.change.is_open and not in_progress.change.narrows:
            return self._revert(in_progress, calls)
        raise ChimeRefusedError(outcomes(self._policies, self._clock, in_progress, snapshot))

    def _is_taken(self, meeting: Meeting, strict: Meeting, snapshot: RosterSnapshot, calls: ChimeCalls) -> bool:
        """Whether Chime accepts the stricter reading. One attendee that is still present shows it for all."""
        is_wanted = partial(self._is_wanted, meeting, snapshot, self._clock.now())
        for attendee, user_id in snapshot.attendees.items():
            try:
                target = wanted(self._policies, self._clock, strict, snapshot.seen(user_id))
                if calls.update(attendee, target, is_wanted, widens=True) is not None:
                    return True
            except ChimeRejectedError:
                return False
        return False

    def _settle(
        self, in_progress: ChangeInProgress, snapshot: RosterSnapshot, calls: ChimeCalls, began: datetime
    ) -> ChangeInProgress:
        change, meeting = in_progress.change, in_progress.meeting
        now = self._clock.now()
        floor_holder = snapshot.users.get(change.user_id or "") if change.is_join else self._floor_holder(in_progress)
        overruled_by = _overruled_by(change, meeting, floor_holder, meeting.rules.moment(now))
        status = Status.SUPERSEDED if overruled_by is not None else Status.APPLIED
        kept = closed(change, change.closure or Closure(status), calls, began, now)
        reached = outcomes(self._policies, self._clock, in_progress, snapshot)
        if change.is_open:
            answer: Document = {"meeting": meeting_document(meeting), "outcomes": list(reached)}
            if floor_holder is not None:
                answer["attendee"] = nameless(
                    attendee_answer(self._policies, self._clock, meeting, floor_holder, change.attendee_id)
                )
                own = [made for made in snapshot.changes if snapshot.attendees[made.attendee_id] == floor_holder.id]
                kept = as_held(kept, floor_holder, own)
            kept = replace(kept, closure=Closure(status, overruled_by, answer))
        settled = ChangeInProgress(kept, meeting, outcomes=reached)
        clauses: list[Clause] = [
            MeetingIs(meeting.id, meeting.revision, change.id),
            *([UserIs(meeting.id, floor_holder.id, floor_holder.revision)] if floor_holder is not None else []),
            calls.kept(kept),
            *(self._entries(settled, snapshot, calls) if change.is_open else []),
            *([BatchesOver(meeting.id, change.id)] if _batches_are_over(kept, calls) else []),
        ]
        transact_with_retry(self._ledger, self._clock, clauses, calls.lease.until)
        return settled

    def _floor_holder(self, in_progress: ChangeInProgress) -> User | None:
        """The user whose exclusive floor ends all others."""
        subject = in_progress.change.user_id
        return self._ledger.load(in_progress.meeting.id, [subject]).users[subject] if subject else None

    def _entries(self, settled: ChangeInProgress, snapshot: RosterSnapshot, calls: ChimeCalls) -> Iterator[Clause]:
        change = settled.change
        if change.status is Status.SUPERSEDED:
            adds = {"supersededBy": change.superseded_by, **about(change)}
            yield EntryWritten(change_entry(self._clock, settled, SUPERSEDED, adds))
            return
        if change.command == End.name:
            yield EntryWritten(change_entry(self._clock, settled, MEETING_ENDED, {"attendees": []}))
            return
        if isinstance(change, MeetingChange) and change.rules_after is not None and change.user_id is None:
            before = rules_document(change.rules_before) if change.rules_before is not None else None
            extra = {"before": before, "after": rules_document(change.rules_after)}
            yield EntryWritten(change_entry(self._clock, settled, MEETING_CHANGED, extra))
        yield from capability_entries(self._clock, settled, snapshot, calls, snapshot.attendees)


def _takes_something(call: Call, snapshot: RosterSnapshot) -> bool:
    """Whether an attendee that the call reaches may have less after it."""
    held = (snapshot.held[attendee] for attendee in served(call, snapshot))
    return any(each is None or not is_narrower(each, call.capabilities) for each in held)


def _batches_are_over(change: Change, calls: ChimeCalls) -> bool:
    """Whether no batch of the change can take effect any more, and one may have been recorded, by this process or by
    one that held the lease before.
    """
    may_be_recorded = bool(calls.recorded) or calls.cannot_record or calls.is_resumed
    return change.next_attempt_at is None and may_be_recorded


def _overruled_by(change: Change, meeting: Meeting, floor_holder: User | None, moment: datetime) -> str | None:
    """The id of the later change that took the effect of this one out of the rules."""
    if not is_in_effect(change, meeting.rules, moment):
        return meeting.revised_by
    if floor_holder is not None and not change.is_join and not has_exclusive_floor(change, floor_holder.rules, moment):
        return floor_holder.revised_by
    return None
