"""Checks commands on users: hosts, floors, which command counts, requests to unmute, and removals."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from moderation.domain.actor import ActorKind
from moderation.domain.capability import Capabilities, Restriction
from moderation.domain.change import OF_ONE_VALUE, Change, MeetingChange, Status, values
from moderation.domain.decisions.decision import is_demotion
from moderation.domain.entry import HAND_LOWERED, HAND_RAISED, REMOVED, UNMUTE_ANSWERED, UNMUTE_REQUESTED, Entry
from moderation.domain.meeting import Attendee, Meeting, User, UserRules, floor_media, is_host
from moderation.domain.personal_rules import Ban, Floor
from moderation.ports import AttendeesNoted, ChangeKept, ChangeOpened, ChimeAttendee, Clause, EntryWritten, UserRevised

from .one_meeting import OneMeeting
from .promises import is_a_question
from .scheduler import Scheduler

RANKING = ("host", "cohost", "presenter", "participant", "viewer")
TRUE_AFTER = {
    "accepted": {Status.APPLIED, Status.SUPERSEDED, Status.ABANDONED, Status.GONE},
    "declined": {Status.DECLINED},
    "expired": {Status.EXPIRED},
    "withdrawn": {Status.SUPERSEDED, Status.GONE},
}
"""What may become of a change whose request was answered so."""


class UserChecks:
    def __init__(self, store: OneMeeting, scheduler: Scheduler, violated: Callable[[str, str], None]) -> None:
        self._store = store
        self._scheduler = scheduler
        self._violated = violated
        self.on_request: Callable[[str, str], None] = lambda user_id, change_id: None
        self.began_at: Callable[[str], datetime] = lambda label: scheduler.now()
        """When the command with this label came. Its function may freeze before it commits."""
        self._had_hosts = True
        self._was: dict[str, UserRules] = {}
        self._change_was: Change | None = None
        self._decisions: defaultdict[tuple[str, str], list[tuple[set[str], object]]] = defaultdict(list)
        """User and kind of rule → the changes that set it, the last one last, and what they set."""
        self._asked: dict[str, str] = {}
        self._answers: dict[str, list[str]] = {}
        self._hands: dict[str, str] = {}
        self.raised_at: dict[str, datetime] = {}
        self._taken_out: dict[str, str] = {}
        """Attendee → user, of attendees that Gavel has removed from Chime."""
        self._times_out, self._told_out = Counter[str](), Counter[str]()
        """Attendee → how often it was removed, and how often that was reported."""

    # ---- commits ---------------------------------------------------------------------------------------------------

    def about_to(self, clauses: Sequence[Clause]) -> None:
        """Notes the state before the transaction."""
        self._was, self._change_was = {}, None
        for clause in clauses:
            if isinstance(clause, UserRevised):
                self._was[clause.user.id] = self._user(clause.meeting_id, clause.user.id).rules
            elif isinstance(clause, ChangeKept):
                self._change_was = self._store.changes.get((clause.change.meeting_id, clause.change.id))

    def committed(self, clauses: Sequence[Clause]) -> None:
        changes = [c.change for c in clauses if isinstance(c, ChangeOpened | ChangeKept)]
        for clause in clauses:
            match clause:
                case UserRevised(meeting_id, user):
                    self._revised(self._store.meetings[meeting_id], user, changes)
                case ChangeOpened(change):
                    self._opened(change)
                case AttendeesNoted(meeting_id, user_id, _, attendees):
                    self._noted(self._user(meeting_id, user_id), attendees, clauses)
                case EntryWritten(entry):
                    self._told(entry)
                case _:
                    pass
        for meeting in (m for m in self._store.meetings.values() if m.ended_at is None):
            self._counts_its_hosts(meeting, changes)

    def _counts_its_hosts(self, meeting: Meeting, changes: Sequence[Change]) -> None:
        users = self._store.all_users(meeting.id).values()
        hosts = sum(is_host(user.rules) for user in users)
        if meeting.hosts != hosts:
            self._violated("a meeting knows how many hosts it has", f"{meeting.hosts}, there are {hosts}")
        if self._had_hosts and not hosts and not any(c.actor.kind is ActorKind.ADMIN for c in changes):
            self._violated("no host leaves a meeting without one", ", ".join(c.command for c in changes))
        self._had_hosts = bool(hosts)

    def _revised(self, meeting: Meeting, user: User, changes: Sequence[Change]) -> None:
        """A revert takes back the effect of its own change, and nothing that later changes set. A revert or an undo
        sets what it restores, and so does the change that had set it before. When a rule ends by itself, what was set
        before it counts again.
        """
        moment = meeting.rules.moment(self._scheduler.now())
        for change in changes:
            if change.status is Status.ABANDONED:
                self._taken_back(change, user, moment)
        for name, old, new in _set(self._was.get(user.id, UserRules()), user.rules):
            decisions = self._decisions[user.id, name]
            same = [earlier for earlier, value in decisions if value == new]
            is_over = _is_over(old, moment)
            if is_over and new is None:
                decisions.append((set[str]().union(*same), new))
                continue
            ids = {change.id for change in changes[:1]}
            for change in changes:
                is_others = bool(decisions) and not is_over and change.id not in decisions[-1][0]
                if change.status is Status.ABANDONED and is_others:
                    self._violated("the later decision stands", f"{name} of {user.id} is taken back with another's")
                if change.status is Status.ABANDONED or change.command == "undo":
                    ids |= same[-1] if same else set()
            decisions.append((ids, new))

    def _taken_back(self, change: Change, user: User, moment: datetime) -> None:
        """What is given up leaves no rule as the change set it, unless a later command has set it again."""
        before, after = change.rules_before, change.rules_after
        if not isinstance(before, UserRules) or not isinstance(after, UserRules):
            return
        current = _values(user.rules)
        for name, old, new in _set(before, after):
            decisions = self._decisions[user.id, name]
            is_own = bool(decisions) and change.id in decisions[-1][0]
            if is_own and current.get(name) == new and not _is_over(old, moment) and not _is_over(new, moment):
                self._violated("what is given up is taken back", f"{change.command}: {name} of {user.id}")

    def is_overtaken(self, change: Change) -> bool:
        """Whether a later command set a rule that the change set, if only to the same value."""
        before, after = change.rules_before, change.rules_after
        if not isinstance(before, UserRules) or not isinstance(after, UserRules):
            return False
        decisions = (self._decisions[change.user_id or "", name] for name, _, _ in _set(before, after))
        return any(found and change.id not in found[-1][0] for found in decisions)

    def _noted(self, user: User, attendees: Sequence[Attendee], clauses: Sequence[Clause]) -> None:
        """No attendee is reported after it was noted as gone."""
        told = {a["attendeeId"] for c in clauses if isinstance(c, EntryWritten) for a in _taken_out(c.entry)}
        for attendee in attendees:
            if attendee.gone and user.is_out(attendee.attendee_id) and attendee.attendee_id not in told:
                self._violated("who is taken out is told of", user.id)

    def _opened(self, change: Change) -> None:
        if is_a_question(change):
            return
        if change.command == "undo":
            self._undone(change)
        if change.command == "grant-floor" and isinstance(change, MeetingChange):
            self._has_the_floor_alone(change)

    def _has_the_floor_alone(self, change: Change) -> None:
        meeting = self._store.meetings[change.meeting_id]
        grantee = self._user(meeting.id, change.user_id or "")
        mine = set(floor_media(grantee, meeting, self._scheduler.now()))
        for user in self._store.all_users(meeting.id).values():
            theirs = set(floor_media(user, meeting, self._scheduler.now()))
            if user.id != grantee.id and mine & theirs:
                self._violated("an exclusive floor is the only one", f"{user.id} speaks beside {grantee.id}")

    def _undone(self, undo: Change) -> None:
        """An undo restores what the undone change replaced, by the time of the decision. Everything else stays."""
        undone = self._store.changes.get((undo.meeting_id, str(undo.parameters["changeId"])))
        before, after = undo.rules_before, undo.rules_after
        if undone is None or not isinstance(before, UserRules) or not isinstance(after, UserRules):
            return
        made, replaced = undone.rules_after, undone.rules_before
        if not isinstance(made, UserRules) or not isinstance(replaced, UserRules):
            self._violated("an undo restores what was replaced", f"{undone.command} was not about a user")
            return
        moment = self._store.meetings[undo.meeting_id].rules.moment(undo.committed_at)
        for name in OF_ONE_VALUE:
            stood = getattr(made, name)
            changed = stood != getattr(replaced, name)
            has_ended = isinstance(stood, Ban | Floor) and not stood.holds_at(moment) and getattr(before, name) is None
            if changed and getattr(before, name) != stood and not has_ended:
                self._violated("an undo restores what was replaced", f"{name} was not what it undoes")
            back = getattr(replaced if changed else before, name)
            if name == "floor" and self._falls(undo.meeting_id, before, after) and back != replaced.floor:
                back = None  # who falls keeps nothing that was given to them in the role they had
            if isinstance(back, Ban | Floor) and not back.holds_at(moment):
                back = None  # what would have ended by then is not brought back
            if getattr(after, name) != back:
                self._violated("an undo restores what was replaced", f"{name} of {undo.user_id}")
        added = set(made.restrictions) - set(replaced.restrictions)
        if not {r for r in added if r.holds_at(self._scheduler.now())} <= set(before.restrictions):
            self._violated("an undo restores what was replaced", f"of {undone.command} not all stood any more")
        waits = undo.awaits_consent or undo.waits_for is not None
        left = added & set(after.restrictions)
        if any(not (waits and r.withholds is Capabilities.SEND_AUDIO) for r in left):  # else the answer is `pending`
            self._violated("an undo restores what was replaced", f"restrictions of {undo.user_id}")

    def _falls(self, meeting_id: str, before: UserRules, after: UserRules) -> bool:
        default = self._store.meetings[meeting_id].rules.default_role
        return is_demotion(RANKING, before.role or default, after.role or default)

    def _told(self, entry: Entry) -> None:
        for each in _taken_out(entry):
            attendee_id = str(each["attendeeId"])
            self._told_out[attendee_id] += 1
            if self._told_out[attendee_id] > max(1, self._times_out[attendee_id]):
                self._violated("who is taken out is told of", f"{each['externalUserId']}, twice")
        if entry.type == UNMUTE_REQUESTED and entry.change_id is not None:
            user_id = next(iter(entry.names))
            self._asked[entry.change_id] = user_id
            self.on_request(user_id, entry.change_id)
        if entry.type == UNMUTE_ANSWERED and entry.change_id is not None:
            self._answered(entry, entry.change_id)
        if entry.type in (HAND_RAISED, HAND_LOWERED):
            for user_id in entry.names:
                if self._hands.get(user_id, HAND_LOWERED) == entry.type:
                    self._violated("a hand goes up and down in turn", f"{user_id}: {entry.type} twice")
                self._hands[user_id] = entry.type
                if entry.type == HAND_RAISED:
                    self.raised_at[user_id] = self._scheduler.now()

    def _answered(self, entry: Entry, change_id: str) -> None:
        word = str(entry.extra["answer"])
        self._answers.setdefault(change_id, []).append(word)
        if change_id not in self._asked:
            self._violated("a request is answered once", f"{change_id[-4:]} was never asked")
        if word not in ("accepted", "declined"):
            return
        user_id = next(iter(entry.names))
        came_at = self.began_at(entry.actor.via or "") - timedelta(milliseconds=self._scheduler.most_skew_ms)
        asked = self._was.get(user_id, UserRules()).asked
        waited = self._change_was is not None and self._change_was.awaits_consent
        if not waited or asked is None or asked.change_id != change_id:
            self._violated("only an open request is answered", f"{user_id} {word} {change_id[-4:]}")
        elif not entry.actor.is_user(user_id):
            self._violated("only an open request is answered", f"by {entry.actor.id} for {user_id}")
        elif not asked.is_open(came_at):
            self._violated("only an open request is answered", f"{user_id} {word} too late")

    def takes_out(self, attendee: ChimeAttendee) -> None:
        self._taken_out[attendee.attendee_id] = attendee.user_id
        self._times_out[attendee.attendee_id] += 1

    # ---- at rest ---------------------------------------------------------------------------------------------------

    def at_rest(self) -> Iterator[tuple[str, str]]:
        yield from self._requests()
        is_over = any(meeting.ended_at is not None for meeting in self._store.meetings.values())
        for attendee_id, user_id in self._taken_out.items():
            if not is_over and not self._told_out[attendee_id]:  # after the end nothing is noted any more
                yield "who is taken out is told of", user_id
        up = {user_id for _, user_id in self._store.hands_up}
        said = {user_id for user_id, kind in self._hands.items() if kind == HAND_RAISED}
        if up != said:
            yield "a hand goes up and down in turn", f"{up} are up, {said} were told"

    def _requests(self) -> Iterator[tuple[str, str]]:
        waiting = {u.rules.asked.change_id for u in self._store.users.values() if u.rules.asked is not None}
        for change_id, user_id in self._asked.items():
            answers = self._answers.get(change_id, [])
            change = next(c for c in self._store.changes.values() if c.id == change_id)
            name = f"{change.command} {change_id[-4:]} on {user_id}"
            if len(answers) != 1:
                yield "a request is answered once", f"{name}: {answers}"
            elif change.status not in TRUE_AFTER[answers[0]]:
                yield "a request is answered once", f"{name}: {answers[0]}, and is {change.status}"
            if change_id in waiting:
                yield "a request is answered once", f"{name} still waits"

    def _user(self, meeting_id: str, user_id: str) -> User:
        return self._store.users.get((meeting_id, user_id), User(user_id))


def _taken_out(entry: Entry) -> Sequence[dict[str, object]]:
    found = entry.extra["attendees"] if entry.type == REMOVED else []
    return found if isinstance(found, list) else []


def _set(was: UserRules, rules: UserRules) -> Iterator[tuple[str, object, object]]:
    """Each rule that was set: its name, what it was and what it is."""
    old, new = _values(was), _values(rules)
    yield from ((name, old.get(name), new.get(name)) for name in {**old, **new} if old.get(name) != new.get(name))


def _values(rules: UserRules) -> dict[str, object]:
    """Each rule by its name. What keeps a user out, or does not any more, is one rule."""
    apart = ("waiting", "admitted", "removed_at")
    each = {name: value for name, value in values(rules).items() if name not in apart}
    return {**each, "lobby": (rules.waiting, rules.admitted, rules.removed_at)}


def _is_over(value: object, moment: datetime) -> bool:
    return isinstance(value, Restriction | Ban | Floor) and not value.holds_at(moment)
