"""Applies and settles a change of one user, on all their attendees."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from ...domain.capability import NOTHING, Capabilities, is_narrower
from ...domain.change import CLOCKS_DIFFER_BY, GIVE_UP_AFTER, TAKEOVER_AFTER, Change, Closure, Status
from ...domain.effective import capability_changes, effective
from ...domain.entry import ABANDONED, concerning
from ...domain.meeting import Attendee, Meeting, User, UserRules, host_count, loses_its_hosts, with_host_count
from ...domain.rule_changes import reverted, withholding
from ...ports import (
    AttendeesNoted,
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
    UserRevised,
    Wakeup,
    WakeupScheduler,
)
from ..answers import as_held, attendee_answer, nameless
from .attendee_outcome import attendee_change, closure_of, outcome_entries, removed_attendees, waiting
from .attendee_reader import AttendeeReader
from .change_in_progress import (
    ChangeInProgress,
    change_entry,
    closed,
    overruled_by,
    removed_entry,
    wanted,
    with_strict_reading,
)
from .chime_calls import ChimeCalls, ChimeRefusedError, DeadlineExceededError, MeetingOverError
from .transactions import ATTENDEES_TOGETHER, chunks, transact_with_retry

ONE_BY_ONE = 8
"""Joined attendees of one user beyond which the plan for the whole meeting takes fewer calls."""


class AttendeeApplier:
    """Applies and settles changes of one user."""

    def __init__(
        self, ledger: Ledger, policies: Policies, clock: Clock, wakeups: WakeupScheduler, reader: AttendeeReader
    ) -> None:
        self._ledger = ledger
        self._policies = policies
        self._clock = clock
        self._wakeups = wakeups
        self._reader = reader

    def apply_and_settle(self, in_progress: ChangeInProgress, calls: ChimeCalls) -> ChangeInProgress:
        """Returns the settled change; or, under the same lease, new rules to apply: the change was reverted, or the
        meeting's features turned out stricter.

        Raises `ConditionFailedError` if the rules have changed, and `DeadlineExceededError` if the calls do not succeed
        in time.
        """
        stored = _user(in_progress)
        if self._is_overdue(in_progress, stored):
            return self._revert(in_progress, stored, calls)
        began = self._clock.now()
        user = self._reader.as_chime_has(in_progress, stored)
        in_progress = replace(in_progress, user=user)
        target = wanted(self._policies, self._clock, in_progress.meeting, user)
        if self._is_for_roster(in_progress, user, target, calls):
            if not calls.in_background:
                raise DeadlineExceededError
            return replace(in_progress, change=replace(attendee_change(in_progress), is_meeting_wide=True), user=None)
        calls.store_removals(in_progress.change, [attendee.attendee_id for attendee in user.leavers])
        try:
            attendees = tuple(self._updated(in_progress, user, each, target, calls, began) for each in user.present)
        except ChimeRejectedError:
            return self._after_refusal(in_progress, user, calls)
        if attendees and all(attendee.gone for attendee in attendees) and self._reader.is_over(in_progress.meeting):
            raise MeetingOverError
        return self._settle(in_progress, stored, attendees, calls, began)

    def _updated(
        self,
        in_progress: ChangeInProgress,
        user: User,
        attendee: Attendee,
        target: Capabilities,
        calls: ChimeCalls,
        began: datetime,
    ) -> Attendee:
        is_wanted = partial(self._reader.is_wanted, in_progress, in_progress.meeting, user, target, began)
        if user.is_out(attendee.attendee_id) and attendee.attendee_id not in calls.removed:
            calls.remove(attendee.attendee_id, is_wanted)
        if attendee.attendee_id in calls.removed:
            return self._gone(attendee)
        change = in_progress.change
        if _is_in_place(change, attendee, target, calls):
            return attendee if calls.reached.get(attendee.attendee_id) != target else self._noted(attendee, target)
        # A later change of the user or the meeting may have done it, or it was done before the user was asked.
        looks_first = calls.in_background or not change.is_open or change.lapsed is not None
        looks_first = looks_first and not attendee.not_taken
        is_in_place = looks_first and self._reader.is_in_place(in_progress, user, attendee, target)
        widens = _may_widen(attendee, target)
        if not is_in_place and calls.update(attendee.attendee_id, target, is_wanted, widens=widens) is None:
            return self._gone(attendee)
        return self._noted(attendee, target)

    def _noted(self, attendee: Attendee, held: Capabilities) -> Attendee:
        return attendee.noted(held, self._clock.now())

    def _gone(self, attendee: Attendee) -> Attendee:
        return replace(attendee, gone=True, noted_at=self._clock.now())

    def _is_for_roster(
        self, in_progress: ChangeInProgress, user: User, target: Capabilities, calls: ChimeCalls
    ) -> bool:
        """Whether so many attendees have joined as one user that the plan for the whole meeting takes fewer calls."""
        if not in_progress.change.is_join or user.leavers:
            return False
        left = [attendee for attendee in user.present if not _is_in_place(in_progress.change, attendee, target, calls)]
        return len(left) > ONE_BY_ONE

    def _settle(
        self,
        in_progress: ChangeInProgress,
        user: User,
        attendees: tuple[Attendee, ...],
        calls: ChimeCalls,
        began: datetime,
    ) -> ChangeInProgress:
        """Notes what Chime has, and closes the change if everything it rests on is unchanged. Raises
        `DeadlineExceededError` if it is too late for notes.

        `user` is the user as noted before the calls. What Chime shows later may be the effect of this change, which is
        not reported yet.
        """
        change, meeting = attendee_change(in_progress), in_progress.meeting
        calls.check_time()
        now = self._clock.now()
        removed = removed_attendees(change, user, attendees, calls.removing, now)
        now_held = {**user.attendees, **{attendee.attendee_id: attendee for attendee in attendees}}
        now_held |= {key: replace(now_held[key], removal_reported=True) for key in removed}
        new = [attendee for key, attendee in now_held.items() if attendee != user.attendees[key]]
        notes = list(chunks(new, ATTENDEES_TOGETHER))
        noted = replace(user, attendees=now_held, notes=user.notes + len(notes))
        had = [
            replace(attendee, known=change.unreported.get(attendee.attendee_id, attendee.known))
            for attendee in user.present
        ]
        made = capability_changes(had, attendees, change.before, withholding(change))
        kept = closed(change, change.closure or closure_of(change, meeting, noted, attendees, now), calls, began, now)
        if change.awaits_consent:
            kept = waiting(change, user, calls, now)
        elif change.is_open:
            superseded_by = overruled_by(change, meeting, user) if kept.status is Status.SUPERSEDED else None
            answer = nameless(attendee_answer(self._policies, self._clock, meeting, noted, change.attendee_id))
            kept = as_held(replace(kept, closure=Closure(kept.status, superseded_by, answer)), noted, made)
        settled = ChangeInProgress(replace(kept, unreported={}), meeting, noted)
        is_in_effect = self._check_meeting(meeting, user)
        *before, last = notes or [()]
        for position, some in enumerate(before):
            note = AttendeesNoted(meeting.id, user.id, user.revision, tuple(some), user.notes + position)
            told = self._removals_told(settled, user, some, removed)
            transact_with_retry(self._ledger, self._clock, [*is_in_effect, note, *told], calls.lease.until)
        clauses: list[Clause] = [
            *is_in_effect,
            AttendeesNoted(meeting.id, user.id, user.revision, tuple(last), user.notes + len(before)),
            calls.kept(settled.change, removed),
            *self._removals_told(settled, user, last, removed),
            *outcome_entries(self._clock, settled, user, made, was_open=change.is_open),
        ]
        transact_with_retry(self._ledger, self._clock, clauses, calls.lease.until)
        if kept.awaits_consent and kept.next_attempt_at is not None:
            self._wakeups.schedule(Wakeup(meeting.id, change_id=kept.id), kept.next_attempt_at - now)
        return settled

    def _removals_told(
        self, settled: ChangeInProgress, user: User, noted: Sequence[Attendee], removed: Collection[str]
    ) -> list[Clause]:
        out = [attendee.attendee_id for attendee in noted if attendee.attendee_id in removed]
        return [EntryWritten(removed_entry(self._clock, settled, user, out))] if out else []

    def _check_meeting(self, meeting: Meeting, user: User) -> list[Clause]:
        """Raises `ConditionFailedError` if the meeting was changed.

        A read is enough, because all calls of this change have ended before it: a later change of the meeting reads a
        roster that shows their effect, and notes it. As a condition in the transaction, the check would make all
        attendees of a meeting contend. It is returned as a condition only if the meeting cannot be read.
        """
        is_in_effect = MeetingIs(meeting.id, meeting.revision, user.id)
        try:
            now = self._ledger.load(meeting.id).meeting
        except LedgerUnavailableError:
            return [is_in_effect]
        if now is None or now.revision != meeting.revision:
            raise ConditionFailedError([is_in_effect])
        return []

    def _is_overdue(self, in_progress: ChangeInProgress, user: User) -> bool:
        """Whether a widening has waited too long without effect in Chime. Then it is given up, so that it does not open
        a microphone unexpectedly.
        """
        change = in_progress.change
        if not change.is_open or change.narrows or change.awaits_consent or change.lapsed is not None:
            return False
        if self._clock.now() < change.deadline_starts_at + GIVE_UP_AFTER or not self._may_be_reverted(in_progress):
            return False
        meeting, holds, now = in_progress.meeting, self._policies.capabilities_for, self._clock.now()
        # The agreement has run out by now: what counts is what the user would have had by it.
        target = effective(meeting, user, holds, now, consented=change.agreed_at is not None)
        return not all(self._reader.has(in_progress, attendee, target) for attendee in user.present)

    def _after_refusal(self, in_progress: ChangeInProgress, user: User, calls: ChimeCalls) -> ChangeInProgress:
        """Continues after Chime refused a call for good: either with stricter features of the meeting, or by reverting
        what widens. What narrows is never given up.
        """
        strict = self._with_strict_reading(in_progress, user, calls)
        if strict is not None:
            return strict
        if in_progress.change.is_open and not in_progress.change.narrows and self._may_be_reverted(in_progress):
            return self._revert(in_progress, user, calls)
        raise ChimeRefusedError

    def _may_be_reverted(self, in_progress: ChangeInProgress) -> bool:
        """Whether the change may be reverted. The promotion of a host who is the last one by now may not: it is
        retried.
        """
        user = _user(in_progress)
        more = host_count(user.rules, self._reverted(in_progress, user))
        return not loses_its_hosts(in_progress.meeting, more)

    def _reverted(self, in_progress: ChangeInProgress, user: User) -> UserRules:
        moment = in_progress.meeting.rules.moment(self._clock.now())
        return reverted(in_progress.change, user.rules, moment)

    def _with_strict_reading(
        self, in_progress: ChangeInProgress, user: User, calls: ChimeCalls
    ) -> ChangeInProgress | None:
        """Tries the stricter reading of a meeting without video. If Chime accepts it, the meeting keeps it."""
        meeting = in_progress.meeting
        if not meeting.features.may_be_refused:
            return None
        strict = with_strict_reading(meeting, in_progress.change.id)
        try:
            for attendee in user.present:
                target = wanted(self._policies, self._clock, strict, user)
                is_wanted = partial(self._reader.is_wanted, in_progress, strict, user, target, self._clock.now())
                calls.update(attendee.attendee_id, target, is_wanted, widens=True)
        except ChimeRejectedError:
            return None
        transact_with_retry(self._ledger, self._clock, [MeetingRevised(strict, meeting.revision)], calls.lease.until)
        return replace(in_progress, meeting=strict)

    def _revert(self, in_progress: ChangeInProgress, user: User, calls: ChimeCalls) -> ChangeInProgress:
        """Commits the rules as if the change had not been made. The next step applies them."""
        change = in_progress.change
        rules, was = self._reverted(in_progress, user), in_progress.meeting
        restored = replace(user, rules=rules, revision=user.revision + 1, revised_by=change.id)
        meeting = with_host_count(was, user.rules, rules, change.id)
        left = replace(change, closure=Closure(Status.ABANDONED), lease=calls.lease.rotated())
        given_up = ChangeInProgress(left, meeting, restored)
        adds = {"attendees": [concerning(attendee_id, user.id) for attendee_id in user.attendees]}
        clauses: list[Clause] = [
            *([MeetingRevised(meeting, was.revision)] if meeting is not was else []),
            UserRevised(meeting.id, restored, user.revision),
            calls.kept(given_up.change),
            EntryWritten(change_entry(self._clock, given_up, ABANDONED, adds)),
        ]
        transact_with_retry(self._ledger, self._clock, clauses, calls.lease.until)
        return given_up


def _is_in_place(change: Change, attendee: Attendee, target: Capabilities, calls: ChimeCalls) -> bool:
    """Whether Chime took the target for the attendee since the change was made, so that no call is needed.

    An attendee that was there when another one of the user joined has what the rules say, or an earlier change is still
    giving it.
    """
    if not change.is_open or change.lapsed is not None or attendee.not_taken:
        return False
    reached = calls.reached.get(attendee.attendee_id)
    if reached is not None and calls.is_undone_by_none(attendee.attendee_id):
        return reached == target and (attendee.known == target or not calls.is_noted_since(attendee))
    if attendee.known != target:
        return False
    began = change.deadline_starts_at
    last_call = calls.reached_at.get(attendee.attendee_id, began)
    uncertain_until = max(change.notes_count_from or began, calls.uncertain_until or began, last_call)
    if uncertain_until > began:
        # A note may be that much younger than its call.
        return attendee.noted_at is not None and attendee.noted_at > uncertain_until + TAKEOVER_AFTER
    if change.is_join and attendee.attendee_id != change.attendee_id:
        return True
    return attendee.noted_at is not None and attendee.noted_at > began + CLOCKS_DIFFER_BY


def _user(in_progress: ChangeInProgress) -> User:
    if in_progress.user is None:
        raise ValueError("an attendee change needs its user")
    return in_progress.user


def _may_widen(attendee: Attendee, target: Capabilities) -> bool:
    """Whether a call may give the attendee more than they have. If they should have audio by the notes, a later change
    may have taken it since.
    """
    if attendee.known == target:
        return Capabilities.SEND_AUDIO in target
    return not is_narrower(target, NOTHING if attendee.known is None else attendee.known)
