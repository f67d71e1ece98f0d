"""Admissions: people become known before they have a seat, so that the seat is created with what the rules say."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from ..core.actor import Actor, ActorKind
from ..core.capability import EVERYTHING, in_words
from ..core.command import Admit, LetIn
from ..core.decision import LAST_HOST
from ..core.effective import effective
from ..core.entry import ADMISSION_REQUESTED, concerning
from ..core.meeting import Meeting, User, UserRules, host_count, loses_its_hosts, role_of
from ..core.people import with_role
from ..core.personal import Waiting
from ..core.view import Document, meeting_document, meeting_revision
from ..ports import Clause, EntryWritten, MeetingIs, MeetingRevised, UserRevised, World
from .answers import replayed
from .facts import is_banned, question
from .opening import COMMIT_WITHIN, decided_entry, keep, raced
from .persistence import persistently
from .request import BANNED, MEETING_NOT_FOUND, REVISION_MISMATCH, Answer, Outcome, Refused, Request, refused

WRITTEN_TOGETHER = 90
"""People whom one transaction can write, with the meeting, the entry and the idempotency key."""


@dataclass(frozen=True, slots=True)
class Admission:
    """The person as he is stored and as he will be; `code` says why he is not let in."""

    stored: User
    admitted: User
    code: str | None = None


class Admissions:
    """What is answered for `CreateAttendee` is no grant: who is admitted is granted everything; the rules decide."""

    def __init__(self, world: World) -> None:
        self._world = world

    def perform(self, request: Request, command: Admit) -> Outcome:
        return raced(self._world, lambda _: self._once(request, command))

    def _once(self, request: Request, command: Admit) -> Outcome:
        people = set(command.people)
        is_user = request.actor.kind is ActorKind.USER
        wanted = people | ({request.actor.id} if is_user else set())
        loaded = self._world.ledger.load(request.meeting_id, wanted, key=request.key)
        if loaded.key is not None:
            return replayed(self._world, request, loaded.key)
        meeting = loaded.meeting
        if meeting is None:
            return MEETING_NOT_FOUND
        caller = loaded.users[request.actor.id] if is_user else None
        if is_banned(caller):
            return BANNED
        verdict = self._world.policies.judge(question(request.actor, caller, command.name, meeting))
        if not verdict.allowed:
            return Refused("not-permitted", f"the policies don't permit `{command.name}` here", verdict.policies)
        if meeting.ended_at is not None:
            return Refused("meeting-ended", "the meeting has ended")
        if request.if_match not in (None, meeting_revision(meeting)):
            return REVISION_MISMATCH
        unknown = sorted({role for role in command.people.values() if role} - self._world.policies.roles)
        if unknown:
            return Refused("invalid-request", f"no such role: `{unknown[0]}`", pointer="/users")
        admissions = [self._admission(meeting, loaded.users[u], role) for u, role in command.people.items()]
        hosts = sum(host_count(a.stored.rules, a.admitted.rules) for a in admissions)
        if loses_its_hosts(meeting, hosts):
            return refused(LAST_HOST, self._world.surroundings.now())
        answer = Answer("applied", meeting_document(meeting), outcomes=tuple(self._items(meeting, admissions)))
        self._write(request, meeting, admissions, answer, verdict.policies)
        return answer if not request.dry_run else replace(answer, status="dry-run")

    def _items(self, meeting: Meeting, admissions: list[Admission]) -> list[Document]:
        now, holds = self._world.surroundings.now(), self._world.policies.held
        return [
            {"externalUserId": a.admitted.id, "admitted": False, "code": a.code}
            if a.code is not None
            else {
                "externalUserId": a.admitted.id,
                "admitted": True,
                "capabilities": _capitalized(in_words(effective(meeting, a.admitted, holds, now))),
            }
            for a in admissions
        ]

    def _admission(self, meeting: Meeting, stored: User, role: str | None) -> Admission:
        """Who sits in the meeting already keeps his role: changing it is another deed, with orders of its own."""
        now = self._world.surroundings.now()
        ban = stored.rules.ban
        if ban is not None and ban.holds_at(meeting.rules.moment(now)):
            return Admission(stored, stored, "banned")
        rules = replace(stored.rules, ban=None)
        if role is not None and not stored.present:
            rules = with_role(self._world.policies.ranking, rules, role, role_of(stored, meeting), role)
        if self._must_wait(meeting, stored, rules):
            waiting = rules.waiting
            if waiting is None or waiting.declined:
                rules = replace(rules, waiting=Waiting(now))
            return Admission(stored, replace(stored, rules=rules, revision=stored.revision + 1), "waiting")
        grant = EVERYTHING if rules.grant is None else rules.grant
        rules = replace(rules, admitted=True, waiting=None, grant=grant)
        return Admission(stored, replace(stored, rules=rules, revision=stored.revision + 1))

    def _must_wait(self, meeting: Meeting, stored: User, rules: UserRules) -> bool:
        """Whom nobody has let in yet. Who may let others in need not wait for somebody to do so."""
        if not meeting.rules.lobby or (rules.waiting is None and (rules.admitted or stored.seats)):
            return False
        himself = User(stored.id, replace(rules, waiting=None, admitted=True))
        actor = Actor(ActorKind.USER, stored.id)
        return not self._world.policies.judge(question(actor, himself, LetIn.name, meeting, User(""))).allowed

    def _write(
        self,
        request: Request,
        meeting: Meeting,
        admissions: list[Admission],
        answer: Answer,
        policies: tuple[str, ...],
    ) -> None:
        """Nothing if everybody was admitted before. The answer and the entry come with the last of them, so whoever is
        tried again after a lost race finds the others admitted. Raises `Conflict`.
        """
        new = [a for a in admissions if a.admitted.rules != a.stored.rules]
        if not new or request.dry_run:
            keep(self._world, request, answer)
            return
        told = self._told(request, meeting, new, policies)
        last = (len(new) - 1) // WRITTEN_TOGETHER * WRITTEN_TOGETHER
        for start in range(0, last, WRITTEN_TOGETHER):
            clauses, meeting = _clauses(meeting, new[start : start + WRITTEN_TOGETHER])
            persistently(self._world, clauses, self._world.surroundings.now() + COMMIT_WITHIN)
        clauses, meeting = _clauses(meeting, new[last:])
        keep(self._world, request, answer, [*clauses, *told])

    def _told(
        self, request: Request, meeting: Meeting, new: list[Admission], policies: tuple[str, ...]
    ) -> Iterator[EntryWritten]:
        """Who was let in, and who asks to be."""
        let_in = [concerning(None, a.admitted.id) for a in new if a.code is None]
        waiting = [concerning(None, a.admitted.id) for a in new if a.code is not None]
        revision = meeting_revision(meeting)
        if let_in:
            yield EntryWritten(decided_entry(self._world, request, meeting, revision, policies, let_in))
        if waiting:
            asks = decided_entry(self._world, request, meeting, revision, policies, waiting)
            yield EntryWritten(replace(asks, type=ADMISSION_REQUESTED, adds={"attendees": waiting}))


def _clauses(meeting: Meeting, new: list[Admission]) -> tuple[list[Clause], Meeting]:
    """What admits them, and the meeting as it is then: it counts its hosts."""
    people = [UserRevised(meeting.id, a.admitted, a.stored.revision) for a in new]
    hosts = sum(host_count(a.stored.rules, a.admitted.rules) for a in new)
    if not hosts:
        return [MeetingIs(meeting.id, meeting.revision), *people], meeting
    revised = replace(meeting, hosts=meeting.hosts + hosts, revision=meeting.revision + 1)
    return [MeetingRevised(revised, meeting.revision), *people], revised


def _capitalized(words: Mapping[str, str]) -> dict[str, str]:
    return {medium.capitalize(): word for medium, word in words.items()}
