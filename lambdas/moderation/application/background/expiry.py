"""The clock: what was to last until now ends, as a change like any other, by nobody's command."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from ...domain.actor import Actor, ActorKind
from ...domain.change import Change
from ...domain.commands import Expire
from ...domain.decisions.decide import decide
from ...domain.decisions.decision import Accepted, Case, expired
from ...domain.documents import meeting_revision
from ...domain.entry import concerning
from ...domain.meeting import Meeting, MeetingRules, User, UserRules, next_end, revision_of, with_host_count
from ...domain.mute_all import in_force as mute_alls_in_force
from ...ports import Clause, EntryWritten, MeetingIs, MeetingRevised, UserRevised, Wakeup, World
from ..commands.commits import commit_change, decided_entry, new_change
from ..commands.consent import requested
from ..enforcement.change_applier import ChangeApplier
from ..enforcement.change_in_progress import ChangeInProgress
from ..enforcement.retries import transact_with_retry
from ..requests import Request

CLOCK = Actor(ActorKind.CLOCK, "clock")
CARRIED_OUT_WITHIN = timedelta(seconds=8)


class Expiry:
    def __init__(self, world: World, applier: ChangeApplier) -> None:
        self._world = world
        self._applier = applier

    def person(self, meeting_id: str, user_id: str) -> ChangeInProgress | None:
        """Ends what of a person's rules has ended; reminds of what has not. Raises `Conflict`."""
        loaded = self._world.ledger.load(meeting_id, [user_id])
        meeting, user = loaded.meeting, loaded.users[user_id]
        if meeting is None:
            return None
        now, change_id = self._world.surroundings.now(), self._world.surroundings.new_id()
        running = replace(meeting, ended_at=None, rules=replace(meeting.rules, frozen_at=None))
        case = Case(running, user, CLOCK, True, self._world.policies.capabilities_for, now, change_id)
        decided = decide(case, Expire())
        if meeting.ended_at is not None and isinstance(decided, Accepted):
            self._forget(meeting, user, decided.rules)
        if meeting.ended_at is not None or meeting.rules.frozen_at is not None:
            return None
        self._remind(Wakeup(meeting_id, user_id=user_id), expired(case), now)
        return self._person(meeting, user, decided, change_id) if isinstance(decided, Accepted) else None

    def _forget(self, meeting: Meeting, user: User, left: UserRules) -> None:
        """After the end of a meeting nothing is ordered or told; but what is due would stay so for as long as it is
        kept, in front of everything else.
        """
        gone = replace(user, rules=left, revision=user.revision + 1)
        until = self._world.surroundings.now() + CARRIED_OUT_WITHIN
        transact_with_retry(self._world, [UserRevised(meeting.id, gone, user.revision)], until)

    def meeting(self, meeting: Meeting, looked_at_again: datetime | None = None) -> ChangeInProgress | None:
        """The same for the meeting's mute-alls. What ends after somebody looks again needs no reminder: there would be
        one more with every look.
        """
        now = self._world.surroundings.now()
        if meeting.ended_at is not None or meeting.rules.frozen_at is not None:
            return None
        left = replace(meeting.rules, mute_alls=mute_alls_in_force(meeting.rules.mute_alls, now))
        self._remind(Wakeup(meeting.id), left, now, looked_at_again)
        if left == meeting.rules:
            return None
        change_id = self._world.surroundings.new_id()
        revised = replace(meeting, rules=left, revision=meeting.revision + 1, revised_by=change_id)
        change = self._change(
            revised,
            change_id,
            revision=meeting_revision(revised),
            rules_before=meeting.rules,
            rules_after=left,
        )
        return self._done(ChangeInProgress(change, revised), [MeetingRevised(revised, meeting.revision)])

    def _person(self, meeting: Meeting, user: User, decided: Accepted[UserRules], change_id: str) -> ChangeInProgress:
        world = self._world
        revised = replace(user, rules=decided.rules, revision=user.revision + 1, revised_by=change_id)
        then = with_host_count(meeting, user.rules, decided.rules, change_id)
        change = self._change(
            then,
            change_id,
            revision=revision_of(revised, then),
            subject=user.id,
            rules_before=user.rules,
            rules_after=decided.rules,
            before=decided.before,
            after=decided.after,
            effects=decided.effects,
            awaits_consent=decided.awaits_consent,
        )
        clauses: list[Clause] = [
            MeetingIs(meeting.id, meeting.revision, user.id)
            if then is meeting
            else MeetingRevised(then, meeting.revision),
            UserRevised(meeting.id, revised, user.revision, notes=user.notes),
        ]
        if decided.awaits_consent and revised.rules.asked is not None:
            clauses.append(EntryWritten(requested(world, then, revised, revised.rules.asked, change)))
        return self._done(ChangeInProgress(change, then, revised), clauses)

    def _change(self, meeting: Meeting, change_id: str, **about: object) -> Change:
        """Pursued however long it takes: that it would end was known when it began."""
        return new_change(self._world, _request(meeting), meeting, change_id, (), widens=False, **about)

    def _done(self, in_progress: ChangeInProgress, clauses: Sequence[Clause]) -> ChangeInProgress:
        change, user = in_progress.change, in_progress.user
        attendees = [concerning(seat, user.id) for seat in user.seats] if user else []
        request = _request(in_progress.meeting)
        entry = decided_entry(
            self._world, request, in_progress.meeting, change.revision, (), attendees, change_id=change.id
        )
        if not commit_change(self._world, request, change, entry, clauses):
            return in_progress
        deadline = self._world.surroundings.now() + CARRIED_OUT_WITHIN
        return self._applier.apply(in_progress, deadline, in_background=True)

    def _remind(
        self, wakeup: Wakeup, rules: UserRules | MeetingRules, now: datetime, until: datetime | None = None
    ) -> None:
        ends_at = next_end(rules)
        if ends_at is not None and (until is None or ends_at <= until):
            self._world.wakeups.schedule(wakeup, ends_at - now)


def _request(meeting: Meeting) -> Request:
    return Request(meeting.id, CLOCK, Expire())
