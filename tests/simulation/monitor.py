"""Checks every commit, every write to Chime and every answer of a run, from outside."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from operator import or_
from typing import cast

from moderation.application.answers import STORED
from moderation.application.commands.context import authorize
from moderation.application.commands.timeliness import dated
from moderation.application.queries.history import BEHIND
from moderation.application.requests import Answer, Outcome, Request
from moderation.domain.actor import ActorKind, Authorization
from moderation.domain.capability import NOTHING, Capabilities, in_force
from moderation.domain.change import Change, Status
from moderation.domain.commands import LowerAllHands, Register, Undo
from moderation.domain.decisions.decide import decide
from moderation.domain.decisions.decision import Accepted, Case, Unchanged, precondition_refusal
from moderation.domain.effective import NOBODY_PRESENT, effective
from moderation.domain.entry import CAPABILITIES_CHANGED, DECIDED, REMOVED, Entry, first_id_at
from moderation.domain.meeting import Meeting, User, UserRules
from moderation.domain.schedule import ends_between, next_end
from moderation.ports import (
    AttendeeBound,
    AttendeesNoted,
    ChangeKept,
    ChangeOpened,
    ChimeAttendee,
    Clause,
    EntryWritten,
    KeyTaken,
    MeetingIs,
    MeetingRevised,
    Policies,
    UserIs,
    UserRevised,
)

from . import promises
from .ends import Ends
from .excuses import Excuse
from .grants import Grants
from .grounds import GroundOf, Grounds
from .microphones import FRESH_MS, TIMEOUT_MS, WINDOW_MS, Looks, Microphones
from .one_meeting import OneMeeting
from .policies import policies
from .reports import TWICE, Reports
from .scheduler import START, Actor, Scheduler
from .users import UserChecks

SEEN_TO = "who is bound is seen to"
ALL_DOWN = "all hands come down"
UNDECIDED = ("busy", "contended", "outcome-unknown")
NEWCOMER = ""
"""Stands for a user unknown to the ledger, who may have what any user may have had before they were known."""
NOBODY = User(NEWCOMER)
Allowed = frozenset[Capabilities]
"""The most that a user may have, by each version of the policies."""


@dataclass(slots=True)
class Asking:
    """One request under way. Its `label` is in every change and entry that it causes."""

    label: str
    request: Request
    subject: str | None
    began_at: datetime = START
    reads: int = 0
    lost: int = 0
    was_so: bool = False


@dataclass(frozen=True, slots=True)
class Violation:
    invariant: str
    detail: str


class Monitor:
    def __init__(self, store: OneMeeting, versions: Sequence[Policies], scheduler: Scheduler) -> None:
        """`versions`: the policies of the functions that may be at work, the newest first."""
        self.store = store
        self.violations: list[Violation] = []
        self.answers: list[tuple[Asking, Outcome]] = []
        self.asked: dict[str, Asking] = {}
        self.begun: list[str] = []
        self.opened_at: dict[str, int] = {}
        """Change → the number of its commit."""
        self.revised_at: dict[str, int] = {}
        """Change → the number of the last commit that it revised rules with."""
        self.has_versions = len(versions) > 1
        self.drifted: set[str] = set()
        """Attendees that another system has written since Gavel did."""
        self._versions = versions
        self._scheduler = scheduler
        self._asking: dict[Actor, Asking] = {}
        self._history: dict[str, list[tuple[int, Allowed]]] = {}
        self._bound_ms: dict[str, int] = {}
        self._commits = 0
        self._was: Change | None = None
        self._was_last = False
        self._was_decided_so = True
        self._closed_by: dict[str, Actor | None] = {}
        self._opening: set[str] = set()
        """Changes that were decided to open a microphone."""
        self._revisions: dict[str, int] = {}
        self._told: Counter[tuple[str, str, bool, str]] = Counter()
        self._ends = Ends(store, self.violated)
        self.excused = Counter[Excuse]()
        self.microphones = Microphones(store, scheduler, self.violated, self.excuse, self._is_free)
        self.users = UserChecks(store, scheduler, self.violated)
        self.grants = Grants(self.violated, self.excuse)
        self.users.began_at = lambda label: self.asked[label].began_at
        self.reports = Reports(store, self.violated, self.excuse, has_versions=len(versions) > 1)
        self._grounds = Grounds(scheduler)
        self._is_timed = False
        self._frozen_at: datetime | None = None
        self._remembered: dict[str, tuple[Meeting, User, datetime]] = {}
        self._refused: Counter[str | None] = Counter()
        self.held_up: set[str] = set()
        """Entries of functions that stalled between naming and committing an entry for longer than a cursor stays
        behind: a commit is tried for less long.
        """
        self._kept_out: dict[str, bool] = {}
        """User → whether they have to be let in. Who is, and joins then, gets what the rules give, frozen or not."""
        self._most: dict[str, list[Capabilities]] = {}
        """User → what the rules give them at most, by each version of the policies."""

    def now(self) -> datetime:
        return self._scheduler.now()

    def violated(self, invariant: str, detail: str) -> None:
        self._scheduler.say("VIOLATION", f"{invariant}: {detail}")
        self.violations.append(Violation(invariant, detail))

    def excuse(self, excuse: Excuse) -> None:
        self.excused[excuse] += 1

    # ---- requests --------------------------------------------------------------------------------------------------

    def begins(self, asking: Asking) -> None:
        self.asked[asking.label], asking.began_at = asking, self.now()
        self.begun.append(asking.label)
        self.microphones.begins_anew()
        if self._scheduler.current is not None:
            self._asking[self._scheduler.current] = asking

    def ends(self, outcome: Outcome) -> None:
        asking = self._asking.pop(self._scheduler.current) if self._scheduler.current else None
        if asking is None:
            return
        self.answers.append((asking, outcome))
        said = outcome.status if isinstance(outcome, Answer) else outcome.code
        self._scheduler.say(f"answer to {asking.label}", said)
        self._check_answer(asking, outcome, said)

    def saw(self, users: Collection[str]) -> None:
        """The running process has read these users."""
        self._grounds.looked(users)

    def loaded(self, users: Collection[str], read_at: int) -> None:
        """`read_at`: when the meeting was read whose rules go with theirs, in milliseconds."""
        self._grounds.looked(users, read_at)
        self._grounds.looked_at_the_meeting(read_at)
        asking = self._asking.get(self._scheduler.current) if self._scheduler.current else None
        if asking is None:
            return
        asking.reads += 1
        if asking.subject in users:
            asking.was_so = asking.was_so or self._is_kept(asking)

    def could_not_read(self) -> None:
        self._grounds.is_blind()

    def lost_answer(self) -> None:
        if self._scheduler.current in self._asking:
            self._asking[self._scheduler.current].lost += 1

    def _check_answer(self, asking: Asking, outcome: Outcome, said: str) -> None:
        if outcome.replayed:
            return
        if said == "outcome-unknown" and not asking.lost:
            self.violated("answers are true", f"{asking.label}: {said}, but no answer of the ledger was lost")
        if isinstance(outcome, Answer):
            self.reports.answered(asking.label, outcome)
            self._says_who_is_asked(asking, outcome)
            self._lowers_every_hand(asking, outcome)
        if isinstance(outcome, Answer) and outcome.change_id is not None:
            change = self.store.changes.get((asking.request.meeting_id, outcome.change_id))
            if change is None or not self._is_true(asking, outcome, said, change):
                self.violated("answers are true", f"{asking.label} was answered {said}, the change is {change}")
        elif said not in UNDECIDED and not outcome.change_id and not asking.reads:
            self.violated("answers that commit nothing rest on a fresh read", f"{asking.label}: {said}")
        elif (
            said == "unchanged" and asking.subject is not None and not (asking.was_so or self._ends_made_it_so(asking))
        ):
            self.violated("answers are true", f"{asking.label}: unchanged, but it never was so")

    def _says_who_is_asked(self, asking: Asking, answer: Answer) -> None:
        """No answer is `applied` while the user is still asked for the audio that the command requests."""
        is_asked = answer.subject.get("asked") is not None and answer.change_id in self._opening
        if answer.status == Status.APPLIED.value and is_asked and promises.opens_audio(asking.request.command):
            self.violated("answers are true", f"{asking.label}: applied, though {asking.subject} is asked first")

    def _lowers_every_hand(self, asking: Asking, answer: Answer) -> None:
        """After a command lowered all hands, no hand is up since before the command."""
        if not isinstance(asking.request.command, LowerAllHands) or answer.status not in ("applied", "unchanged"):
            return
        for _, user_id in self.store.hands_up:
            if self.users.raised_at[user_id] < asking.began_at:
                self.violated(ALL_DOWN, f"{asking.label}: {user_id}'s hand is still up")

    def _is_true(self, asking: Asking, answer: Answer, said: str, change: Change) -> bool:
        """Whether the answer is true. `pending` is true of a change that is open, that another process has closed
        since, or whose close had no answer: it will be applied or reported, or was. The same holds if another change
        waits for consent.
        """
        is_kept = change.status is Status.APPLIED and NOBODY_PRESENT in change.effects
        if said == (STORED if is_kept else change.status.value) or (said == "pending" and answer.waiting is not None):
            return True
        closed_by_it = self._closed_by.get(change.id) is self._scheduler.current and not asking.lost
        return said == "pending" and not closed_by_it

    def _ends_made_it_so(self, asking: Asking) -> bool:
        """Time may pass between the read and the decision."""
        return self._is_timed and self._is_kept(asking)

    def _is_kept(self, asking: Asking, since: datetime | None = None) -> bool:
        """Whether the rules still have what was requested, or it has ended since, by any clock."""
        request = asking.request
        meeting = self.store.meetings.get(request.meeting_id)
        if isinstance(request.command, Register) or asking.subject is None or meeting is None:
            return True
        if since is not None and promises.is_over(request.command, since, self._scheduler.own_moments()[1]):
            return True
        user = self._user(request.meeting_id, asking.subject)
        oneself = request.actor.is_user(user.id)
        by_moderator = self._judged(request, meeting, user)[1]
        return any(
            promises.kept(
                request.command, self._in_force(user.rules, meeting, at), oneself=oneself, by_moderator=by_moderator
            )
            for at in {self.now(), *self._scheduler.own_moments()}
        )

    def _in_force(self, rules: UserRules, meeting: Meeting, at: datetime | None = None) -> UserRules:
        moment = meeting.rules.moment(at or self.now())
        floor, ban = rules.floor, rules.ban
        return replace(
            rules,
            restrictions=in_force(rules.restrictions, moment),
            floor=floor if floor is not None and floor.holds_at(moment) else None,
            ban=ban if ban is not None and ban.holds_at(moment) else None,
        )

    def _judged(self, request: Request, meeting: Meeting, user: User) -> tuple[Authorization, bool]:
        is_user = request.actor.kind is ActorKind.USER
        caller = self._user(meeting.id, request.actor.id) if is_user else None
        return authorize(policies(), request, caller, meeting, user)

    # ---- commits ---------------------------------------------------------------------------------------------------

    def about_to(self, clauses: Sequence[Clause]) -> None:
        """Notes the state before the transaction."""
        self.users.about_to(clauses)
        self._was, self._was_decided_so = None, True
        self._time_passed()
        for clause in clauses:
            if isinstance(clause, ChangeKept):
                self._was = self.store.changes.get((clause.change.meeting_id, clause.change.id))
                user = self._user(clause.change.meeting_id, clause.change.user_id or "")
                was_last = clause.change.rules_after == user.rules
                self._was_last = was_last and not self.users.is_overtaken(clause.change)
            if isinstance(clause, ChangeOpened):
                self._was_decided_so = self._decided_now(clause.change, clauses)

    def committed(self, clauses: Sequence[Clause]) -> None:
        self.microphones.committed(clauses)
        self.users.committed(clauses)
        self.reports.committed(clauses)
        self.grants.committed(clauses, self._scheduler.now_ms)
        self._grounds.looked(_verified(clauses))
        if any(isinstance(clause, MeetingIs | MeetingRevised) for clause in clauses):
            self._grounds.looked_at_the_meeting()
        if any(self._goes_on_from(clause) for clause in clauses):
            self.microphones.begins_anew()
        self._commits += 1
        for clause in clauses:
            match clause:
                case MeetingRevised(meeting, was):
                    self.revised_at[meeting.revised_by or ""] = self._commits
                    self._one_more("the meeting", was, meeting.revision)
                    self._is_timed = self._is_timed or next_end(meeting.rules) is not None
                case UserRevised(_, user, was):
                    self.revised_at[user.revised_by or ""] = self._commits
                    self._one_more(user.id, was, user.revision)
                    self._is_timed = self._is_timed or next_end(user.rules) is not None
                case AttendeeBound(meeting_id, attendee_id, user_id):
                    self._bound_ms.setdefault(attendee_id, self._scheduler.now_ms)
                    self._bound(self.store.meetings[meeting_id], self._user(meeting_id, user_id), attendee_id)
                case ChangeOpened(change):
                    self.opened_at[change.id] = self._commits
                    self._opened(change)
                case ChangeKept(change):
                    self._kept(change)
                case EntryWritten(entry):
                    self._entry(entry, clauses)
                case _:
                    pass
        self._remember()

    def _goes_on_from(self, clause: Clause) -> bool:
        """Whether the writer has something else to apply from then on. To report a removal is a part of a change."""
        if isinstance(clause, ChangeKept) and self._was is not None:
            return replace(clause.change, removing=self._was.removing) != self._was
        return isinstance(clause, ChangeOpened | ChangeKept)

    def from_now_on(self) -> None:
        """Notes the state when a run begins."""
        for meeting in self.store.meetings.values():
            self._revisions["the meeting"] = meeting.revision
        for (_, user_id), user in self.store.users.items():
            self._revisions[user_id] = user.revision
            self.grants.knows(user)
        for _, attendee_id in self.store.attendees:
            self._bound_ms[attendee_id] = -1
        self.microphones.required_from(-1)
        self._remember()

    def _one_more(self, what: str, was: int, now: int) -> None:
        seen = self._revisions.get(what, 0)
        if now != was + 1 or seen != was:
            self.violated("no revision is skipped or used twice", f"{what}: {was} becomes {now} where {seen} stood")
        self._revisions[what] = now

    def _decided_now(self, change: Change, clauses: Sequence[Clause]) -> bool:
        """Whether the command has the same result if it is decided in the state in which it commits."""
        asking, meeting = self.asked.get(change.actor.via or ""), self.store.meetings.get(change.meeting_id)
        if asking is None or meeting is None or change.user_id is None or not isinstance(change.rules_after, UserRules):
            return True
        if promises.is_a_question(change):
            return True
        user = self._as_seen(self._user(meeting.id, change.user_id), change, clauses)
        request = asking.request
        if isinstance(request.command, Undo):
            undone = self.store.changes.get((meeting.id, request.command.change_id))
            request = replace(request, undone=undone)
        return any(self._decides_so(policies, asking, request, change, user) for policies in self._versions)

    def _decides_so(self, policies: Policies, asking: Asking, request: Request, change: Change, user: User) -> bool:
        """Whether one version of the functions decides so. `user`: as the change's commit has them."""
        meeting, made = self.store.meetings[change.meeting_id], cast("UserRules", change.rules_after)
        verdict, by_moderator = self._judged(request, meeting, user)
        case = Case(
            meeting=meeting,
            user=user,
            actor=change.actor,
            by_moderator=by_moderator,
            holds=policies.capabilities_for,
            now=change.committed_at,
            change_id=change.id,
            ranking=policies.ranking,
            undone=request.undone,
        )
        if precondition_refusal(verdict, meeting, request.command.name) is not None:
            return False
        decided = decide(case, request.command)
        if request.sent is not None and isinstance(decided, Accepted):
            decided = replace(decided, rules=dated(decided.rules, case.now, request.sent))
        if isinstance(decided, Unchanged):
            # What Chime holds became known between the look and the commit, which is noted without a revision: then
            # it is ordered once more. Memory is no such look.
            said = _said(self._in_force(user.rules, meeting))
            return asking.reads > 0 and _said(self._in_force(made, meeting)) == said
        return isinstance(decided, Accepted) and _said(decided.rules) == _said(made)

    def _as_seen(self, user: User, change: Change, clauses: Sequence[Clause]) -> User:
        """The user with the attendees that Chime showed before they were bound, and the grant of the first of them."""
        new = {
            s.attendee_id: s
            for c in clauses
            if isinstance(c, UserRevised) and c.user.id == user.id
            for s in c.new_attendees
        }
        if not new:
            return user
        seen = change.rules_before if isinstance(change.rules_before, UserRules) else UserRules()
        granted = user.rules.grant if user.rules.grant is not None else seen.grant
        waiting = user.rules.waiting or seen.waiting
        return replace(
            user, rules=replace(user.rules, grant=granted, waiting=waiting), attendees={**user.attendees, **new}
        )

    def _bound(self, meeting: Meeting, user: User, attendee_id: str) -> None:
        """A bound attendee has what the rules say, or a change gives it: nothing is left to a comparison."""
        changes = (c for c in self.store.changes.values() if c.is_meeting_wide or c.user_id == user.id)
        is_seen_to = meeting.ended_at is not None or any(change.next_attempt_at is not None for change in changes)
        moments = (self.now(), *self._scheduler.own_moments())
        allowed = [
            effective(meeting, user, policies.capabilities_for, now) for policies in self._versions for now in moments
        ]
        if not (is_seen_to or any(user.attendees[attendee_id].has(capabilities) for capabilities in allowed)):
            self.violated(SEEN_TO, f"{user.id} {attendee_id[-2:]}")

    def _opened(self, change: Change) -> None:
        self._ends.opened(change, self._scheduler.own_moments()[1])
        if Capabilities.SEND_AUDIO in (change.after or NOTHING):
            self._opening.add(change.id)
        if not self._was_decided_so:
            self.violated("a command is decided in the state it is committed in", f"{change.command} {change.actor}")

    def _kept(self, change: Change) -> None:
        was = self._was
        if was is None:
            return
        if was.is_open and not change.is_open:
            self._closed_by[change.id] = self._scheduler.current
        if not was.is_open and change.status is not was.status:
            self.violated("a change is closed once", f"{change.id[-4:]}: {was.status} becomes {change.status}")
        if was.is_open and change.status is Status.ABANDONED and self._was_last and not self._is_back(change):
            self.violated("what is given up is taken back", f"{change.command} {change.actor.via}")
        if was.is_open and change.status is Status.APPLIED and not promises.is_a_question(change):
            asking = self.asked.get(change.actor.via or "")
            if asking is not None and not self._is_kept(asking, change.committed_at):
                self.violated("what is applied is in the rules", f"{asking.label}: {asking.request.command}")

    def _is_back(self, change: Change) -> bool:
        rules, meeting = (
            self._user(change.meeting_id, change.user_id or "").rules,
            self.store.meetings[change.meeting_id],
        )
        if not isinstance(change.rules_before, UserRules):
            return False
        before = replace(change.rules_before, grant=rules.grant)  # a user may have joined for the first time since
        return _said(self._in_force(rules, meeting)) == _said(self._in_force(before, meeting))

    def _entry(self, entry: Entry, clauses: Sequence[Clause]) -> None:
        if first_id_at(self.now() - BEHIND) > entry.id:
            self.held_up.add(entry.id)
        if entry.change_id is not None:
            change = self.store.changes.get((entry.meeting_id or "", entry.change_id))
            # Attendees who join a pending change are decided on one by one, and those of a meeting taken out in parts.
            users = str(entry.extra["attendees"]) if entry.type in (REMOVED, DECIDED) else ""
            told = (entry.change_id, entry.type, change is not None and change.awaits_consent, users)
            self._told[told] += 1
            if self._told[told] > 1 and entry.type != CAPABILITIES_CHANGED:  # `reports` looks at each attendee
                self.violated(TWICE, f"{entry.change_id[-4:]}: {entry.type}")
        elif entry.extra.get("verdict") == "refused":
            if {type(c) for c in clauses} - {EntryWritten, KeyTaken}:
                self.violated("a refused command leaves no trace but its entry", str(clauses))
            label = entry.actor.via
            self._refused[label] += 1
            if label is not None and self._refused[label] > self.begun.count(label):
                self.violated("a refusal is told once", label)

    # ---- Chime -----------------------------------------------------------------------------------------------------

    def holds(
        self, attendee: ChimeAttendee, *, by_gavel: bool, is_older: bool = False, started_ms: int | None = None
    ) -> None:
        """Notes what an attendee holds from now on. `is_older`: a newer call than this one has taken effect before.
        `started_ms`: when the call began. It is late if no process waits for its answer any more.
        """
        self.microphones.holds(attendee)
        is_late = started_ms is not None and started_ms + TIMEOUT_MS <= self._scheduler.now_ms
        self.reports.holds(attendee, by_gavel=by_gavel, is_older=is_older, is_late=is_late)
        if not by_gavel:
            self.grants.gives(attendee)

    def comes(self, attendee: ChimeAttendee) -> None:
        self.microphones.comes(attendee)
        self.reports.holds(attendee, by_gavel=False)
        self.grants.gives(attendee)

    def leaves(self, attendee: ChimeAttendee) -> None:
        self.microphones.leaves(attendee)
        self.reports.leaves(attendee.attendee_id)

    def starts(self, attendee_id: str | None) -> GroundOf:
        """What the call rests on, user by user. `attendee_id` None: a batch."""
        return self._grounds.starts(attendee_id)

    def wrote(
        self, attendee: ChimeAttendee, capabilities: Capabilities, started_ms: int, looks: Looks, ground_of: GroundOf
    ) -> None:
        """No call gives an attendee more than the rules at the caller's last read, or since, and none follows rules
        that are older than production takes for fresh. An attendee that the ledger did not know at the start of the
        call gets what a newcomer may have.

        An attendee that was bound after the read of the batch that reaches them is excused: no read is as new as the
        call. They are excused for as long as production takes rules for fresh, and the second look corrects them. So is
        a call of a process that cannot read the rules again: a mute does not wait for the ledger.
        """
        self.drifted.discard(attendee.attendee_id)
        bound_ms = self._bound_ms.get(attendee.attendee_id, started_ms + 1)
        ground = ground_of(attendee.user_id, attendee.attendee_id)
        looked_ms = ground.since_ms
        is_known = bound_ms <= started_ms
        if not is_known:
            self.grants.reaches(attendee)
        is_old = looked_ms < started_ms - FRESH_MS and not ground.is_blind
        is_bound_since = looked_ms <= bound_ms <= started_ms and not is_old
        self.microphones.wrote(
            attendee,
            capabilities,
            started_ms,
            looks,
            is_known=is_known,
            is_bound_since=is_bound_since,
            looked_ms=looked_ms,
        )
        self._time_passed()
        window = self._scheduler.now_ms - WINDOW_MS

        def is_allowed(user_id: str, horizon: int) -> bool:
            lately = self._lately(user_id, max(window, horizon))
            return any(capabilities in most for allowed in lately for most in allowed)

        if is_allowed(attendee.user_id, max(looked_ms, started_ms - FRESH_MS)):
            return
        if not is_known and is_allowed(NEWCOMER, window):
            return
        if is_bound_since and is_allowed(NEWCOMER, window):
            self.excuse(Excuse.BOUND_AFTER_THE_READ)
            return
        if ground.is_blind and is_allowed(attendee.user_id, looked_ms):
            self.excuse(Excuse.BLIND)
            return
        self.violated(
            "no attendee gets more than the rules allow",
            f"{attendee.user_id} {capabilities.value:06b} at {started_ms}",
        )

    def took_away(self, attendee: ChimeAttendee) -> None:
        """Gavel has removed an attendee: the user is banned, or the attendee had to leave."""
        self.users.takes_out(attendee)
        self.reports.takes_out(attendee)
        self.leaves(attendee)
        self.drifted.discard(attendee.attendee_id)

    def _lately(self, user_id: str, horizon: int) -> list[Allowed]:
        own = self._history.get(user_id, [])
        known_since = own[0][0] if own else self._scheduler.now_ms
        history = [state for state in self._history.get(NEWCOMER, []) if state[0] < known_since] + own
        ends = [since for since, _ in history[1:]] + [self._scheduler.now_ms]
        return [allowed for (_, allowed), end in zip(history, ends, strict=False) if end >= horizon]

    def _is_free(self, user_id: str, since: int, until: int) -> bool:
        own = self._history.get(user_id, [])
        ends = [at for at, _ in own[1:]] + [self._scheduler.now_ms + 1]
        return all(
            any(Capabilities.SEND_AUDIO in most for most in allowed)
            for (at, allowed), end in zip(own, ends, strict=True)
            if end > since and at <= until
        )

    def _time_passed(self) -> None:
        """What has ended since the last commit gives more, even if no commit has written it yet."""
        if self._is_timed:
            self._remember()

    def _remember(self) -> None:
        """Notes what each user may have in this state, and since when. A function judges by its own version of the
        policies, so a user gains if they do by all versions.
        """
        moments = set(self._scheduler.own_moments())
        users = dict(self.store.users)
        users |= {(meeting_id, NEWCOMER): NOBODY for meeting_id in self.store.meetings}
        for (meeting_id, user_id), user in users.items():
            meeting = self.store.meetings.get(meeting_id)
            is_over = meeting is not None and meeting.ended_at is not None
            if meeting is None or (is_over and user_id in self._history) or self._is_as_remembered(meeting, user):
                continue
            by_version = [
                {effective(meeting, user, policies.capabilities_for, at, consented=True) for at in moments}
                for policies in self._versions
            ]
            allowed, most = frozenset().union(*by_version), [_together(each) for each in by_version]
            history = self._history.setdefault(user_id, [])
            if not history or history[-1][1] != allowed:
                had = self._most.get(user_id, most)
                gained = user_id != NEWCOMER and all(now & ~was for now, was in zip(most, had, strict=True))
                is_let_in = self._kept_out.get(user_id, False) and not (_is_kept_out(user) or user.present)
                if gained and self._frozen_at and not is_let_in:
                    self._gained_while_frozen(meeting, user)
                history.append((self._scheduler.now_ms, allowed))
            self._most[user_id], self._kept_out[user_id] = most, _is_kept_out(user)
        self._frozen_at = next((m.rules.frozen_at for m in self.store.meetings.values()), None)

    def _is_as_remembered(self, meeting: Meeting, user: User) -> bool:
        """Whether the state is as noted: stored records are never changed in place, and time changes only rules that
        end.
        """
        was = self._remembered.get(user.id)
        earliest, latest = self._scheduler.own_moments()
        self._remembered[user.id] = (meeting, user, earliest)
        if was is None or was[0] is not meeting or was[1] is not user:
            return False
        return not (ends_between(meeting.rules, was[2], latest) or ends_between(user.rules, was[2], latest))

    def _gained_while_frozen(self, meeting: Meeting, user: User) -> None:
        """No user gains while frozen, except by a change that is given up: its rules are taken back, those that narrow
        included.
        """
        if meeting.rules.frozen_at != self._frozen_at:
            return
        by = (self.store.changes.get((meeting.id, each.revised_by or "")) for each in (meeting, user))
        if any(change is not None and change.status is Status.ABANDONED for change in by):
            self.excuse(Excuse.GIVEN_UP_WHILE_FROZEN)
        else:
            self.violated("nobody gains while the meeting is frozen", user.id)

    def _user(self, meeting_id: str, user_id: str) -> User:
        return self.store.users.get((meeting_id, user_id), User(user_id))


def _is_kept_out(user: User) -> bool:
    return user.rules.waiting is not None or user.rules.removed_at is not None


def _verified(clauses: Sequence[Clause]) -> set[str]:
    """The users whose rules the commit has checked against what its writer had read."""
    found = {c.user_id for c in clauses if isinstance(c, UserIs | AttendeesNoted)}
    return found | {c.user.id for c in clauses if isinstance(c, UserRevised)}


def _together(allowed: Iterable[Capabilities]) -> Capabilities:
    return reduce(or_, allowed, NOTHING)


def _said(rules: UserRules) -> UserRules:
    """The rules without what depends on the attendees present and their notes, which change without a revision, and
    without the time of calls that may still come.
    """
    return replace(rules, asked=None, agreed=None, removed=frozenset(), ban_calls_end_at=None)
