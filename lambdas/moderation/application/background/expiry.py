"""Expiry: the clock ends timed rules. Each end is a change like any other."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from ...domain.actor import Actor, ActorKind
from ...domain.capability import mute_alls_in_force
from ...domain.change import Change, ChangeConsent, without_ended
from ...domain.commands import Expire
from ...domain.decisions.decide import decide
from ...domain.decisions.decision import Accepted, Case, without_expired
from ...domain.documents import meeting_revision
from ...domain.entry import concerning
from ...domain.meeting import Meeting, MeetingRules, User, UserRules, revision_of, with_host_count
from ...domain.schedule import next_end
from ...ports import (
    Clause,
    Clock,
    EntryWritten,
    Ledger,
    MeetingIs,
    MeetingRevised,
    Policies,
    UserRevised,
    Wakeup,
    WakeupScheduler,
)
from ..commands.handler import decided_entry, new_change
from ..enforcement.change_applier import ChangeApplier
from ..enforcement.change_in_progress import ChangeInProgress
from ..enforcement.consent_requests import requested
from ..enforcement.transactions import commit_change, transact_with_retry
from ..requests import Request

CLOCK = Actor(ActorKind.CLOCK, "clock")
APPLIED_WITHIN = timedelta(seconds=8)


class Expiry:
    """Ends timed rules whose time has passed, each as a change by the clock."""

    def __init__(
        self, ledger: Ledger, policies: Policies, clock: Clock, wakeups: WakeupScheduler, applier: ChangeApplier
    ) -> None:
        self._ledger = ledger
        self._policies = policies
        self._clock = clock
        self._wakeups = wakeups
        self._applier = applier

    def expire_user(self, meeting_id: str, user_id: str) -> ChangeInProgress | None:
        """Ends the user's rules that have expired, and schedules a wake-up for the next end. Raises
        `ConditionFailedError`.
        """
        loaded = self._ledger.load(meeting_id, [user_id])
        meeting, user = loaded.meeting, loaded.users[user_id]
        if meeting is None:
            return None
        now, change_id = self._clock.now(), self._clock.new_id()
        running = replace(meeting, ended_at=None, rules=replace(meeting.rules, frozen_at=None))
        case = Case(running, user, CLOCK, True, self._policies.capabilities_for, now, change_id)
        decided = decide(case, Expire())
        if meeting.ended_at is not None and isinstance(decided, Accepted):
            self._forget(meeting, user, decided.rules)
        if meeting.ended_at is not None or meeting.rules.frozen_at is not None:
            return None
        self._schedule_wakeup(Wakeup(meeting_id, user_id=user_id), without_expired(case), now)
        return self._expired(meeting, user, decided, change_id) if isinstance(decided, Accepted) else None

    def _forget(self, meeting: Meeting, user: User, left: UserRules) -> None:
        """Drops the timed rules of a user in an ended meeting without applying or reporting it. Otherwise they would
        stay due in front of all other work.
        """
        gone = replace(user, rules=left, revision=user.revision + 1)
        until = self._clock.now() + APPLIED_WITHIN
        transact_with_retry(self._ledger, self._clock, [UserRevised(meeting.id, gone, user.revision)], until)

    def expire_meeting(self, meeting: Meeting, next_comparison: datetime | None = None) -> ChangeInProgress | None:
        """Ends the meeting's mute-alls that have expired. No wake-up is scheduled for an end that comes after
        `next_comparison`, or each look would add one.
        """
        now = self._clock.now()
        if meeting.ended_at is not None or meeting.rules.frozen_at is not None:
            return None
        standing = mute_alls_in_force(meeting.rules.mute_alls, now)
        left = without_ended(replace(meeting.rules, mute_alls=standing), meeting.rules)
        self._schedule_wakeup(Wakeup(meeting.id), left, now, next_comparison)
        if left == meeting.rules:
            return None
        change_id = self._clock.new_id()
        revised = replace(meeting, rules=left, revision=meeting.revision + 1, revised_by=change_id)
        expire = Expire(("mute-all",))
        change = self._change(
            revised, change_id, expire, revision=meeting_revision(revised), rules_before=meeting.rules, rules_after=left
        )
        return self._done(ChangeInProgress(change, revised), expire, [MeetingRevised(revised, meeting.revision)])

    def _expired(self, meeting: Meeting, user: User, decided: Accepted[UserRules], change_id: str) -> ChangeInProgress:
        revised = replace(user, rules=decided.rules, revision=user.revision + 1, revised_by=change_id)
        then = with_host_count(meeting, user.rules, decided.rules, change_id)
        expire = Expire(_ended(user.rules, decided.rules))
        change = self._change(
            then,
            change_id,
            expire,
            revision=revision_of(revised, then),
            user_id=user.id,
            rules_before=user.rules,
            rules_after=decided.rules,
            before=decided.before,
            after=decided.after,
            effects=decided.effects,
            consent=ChangeConsent() if decided.awaits_consent else None,
        )
        clauses: list[Clause] = [
            MeetingIs(meeting.id, meeting.revision, user.id)
            if then is meeting
            else MeetingRevised(then, meeting.revision),
            UserRevised(meeting.id, revised, user.revision, notes=user.notes),
        ]
        if decided.awaits_consent and revised.rules.asked is not None:
            clauses.append(EntryWritten(requested(self._clock, then, revised, revised.rules.asked, change)))
        return self._done(ChangeInProgress(change, then, revised), expire, clauses)

    def _change(self, meeting: Meeting, change_id: str, expire: Expire, **about: object) -> Change:
        """The change of an expiry. It is never given up: its end was known when the rules began."""
        return new_change(self._clock, _request(meeting, expire), meeting, change_id, (), widens=False, **about)

    def _done(self, in_progress: ChangeInProgress, expire: Expire, clauses: Sequence[Clause]) -> ChangeInProgress:
        change, user = in_progress.change, in_progress.user
        documents = [concerning(attendee, user.id) for attendee in user.attendees] if user else []
        request = _request(in_progress.meeting, expire)
        entry = decided_entry(
            self._clock, request, in_progress.meeting, change.revision, (), documents, change_id=change.id
        )
        if not commit_change(self._ledger, self._clock, request, change, entry, clauses):
            return in_progress
        deadline = self._clock.now() + APPLIED_WITHIN
        return self._applier.apply(in_progress, deadline, in_background=True)

    def _schedule_wakeup(
        self, wakeup: Wakeup, rules: UserRules | MeetingRules, now: datetime, until: datetime | None = None
    ) -> None:
        ends_at = next_end(rules)
        if ends_at is not None and (until is None or ends_at <= until):
            self._wakeups.schedule(wakeup, ends_at - now)


def _ended(before: UserRules, after: UserRules) -> tuple[str, ...]:
    """The kinds of the user's rules that have ended."""
    has_ended = {
        "mute": bool({r.key for r in before.restrictions} - {r.key for r in after.restrictions}),
        "floor": before.floor is not None and after.floor is None,
        "ban": before.ban is not None and after.ban is None,
    }
    return tuple(what for what, ended in has_ended.items() if ended)


def _request(meeting: Meeting, expire: Expire) -> Request:
    return Request(meeting.id, CLOCK, expire)
