"""Admissions: people become known before they have a seat, so that the seat is created with what the rules say."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ...domain.actor import ActorKind
from ...domain.authorization import question
from ...domain.capability import in_words
from ...domain.commands import Admit
from ...domain.decisions.decision import LAST_HOST
from ...domain.decisions.users import admitted, with_role
from ...domain.documents import Document, meeting_document, meeting_revision
from ...domain.effective import effective
from ...domain.entry import ADMISSION_REQUESTED, concerning, iso
from ...domain.meeting import Meeting, User, UserRules, host_count, loses_its_hosts, role_of, waits
from ...domain.personal_rules import Waiting
from ...ports import Clause, EntryWritten, MeetingIs, MeetingRevised, UserRevised, World
from ..answers import replayed
from ..enforcement.lobby import must_wait
from ..enforcement.retries import transact_with_retry
from ..requests import BANNED, MEETING_NOT_FOUND, REVISION_MISMATCH, WAITING, Answer, Outcome, Refused, Request, refused
from .context import is_banned
from .pipeline import COMMIT_WITHIN, decided_entry, retry_on_conflict, store_result

ASKS_AGAIN = 20
"""Seconds of a user's minute that it takes to come back to the lobby after leaving it."""
WRITTEN_TOGETHER = 70
"""Users that one transaction can write, with the meeting, the entry and the idempotency key."""


@dataclass(frozen=True, slots=True)
class Admission:
    """The person as he is stored and as he will be; `code` says why he is not let in."""

    stored: User
    admitted: User
    code: str | None = None
    ask_again_at: datetime | None = None


class AdmissionHandler:
    """What is answered for `CreateAttendee` is no grant: who is admitted is granted everything; the rules decide."""

    def __init__(self, world: World) -> None:
        self._world = world

    def perform(self, request: Request, command: Admit) -> Outcome:
        return retry_on_conflict(self._world, lambda _: self._once(request, command))

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
        verdict = self._world.policies.authorize(question(request.actor, caller, command.name, meeting))
        if not verdict.allowed:
            refused_as = Refused("not-permitted", f"the policies don't permit `{command.name}` here", verdict.policies)
            return WAITING if caller is not None and waits(caller, meeting) else refused_as
        if meeting.ended_at is not None:
            return Refused("meeting-ended", "the meeting has ended")
        if request.if_match not in (None, meeting_revision(meeting)):
            return REVISION_MISMATCH
        unknown = sorted({role for role in command.people.values() if role} - self._world.policies.roles)
        if unknown:
            return Refused("invalid-request", f"no such role: `{unknown[0]}`", pointer="/users")
        admissions = [self._admission(request, meeting, loaded.users[u], role) for u, role in command.people.items()]
        hosts = sum(host_count(a.stored.rules, a.admitted.rules) for a in admissions)
        if loses_its_hosts(meeting, hosts):
            return refused(LAST_HOST, self._world.surroundings.now())
        answer = Answer("applied", meeting_document(meeting), outcomes=tuple(self._items(meeting, admissions)))
        self._write(request, meeting, admissions, answer, verdict.policies)
        return answer if not request.dry_run else replace(answer, status="dry-run")

    def _items(self, meeting: Meeting, admissions: list[Admission]) -> list[Document]:
        now, holds = self._world.surroundings.now(), self._world.policies.capabilities_for
        return [
            _refused(a)
            if a.code is not None
            else {
                "externalUserId": a.admitted.id,
                "admitted": True,
                "capabilities": _capitalized(in_words(effective(meeting, a.admitted, holds, now))),
            }
            for a in admissions
        ]

    def _admission(self, request: Request, meeting: Meeting, stored: User, role: str | None) -> Admission:
        """Who sits in the meeting already keeps his role: changing it is another deed, with orders of its own."""
        now = self._world.surroundings.now()
        ban = stored.rules.ban
        if ban is not None and ban.holds_at(meeting.rules.moment(now)):
            return Admission(stored, stored, "banned")
        rules = replace(stored.rules, ban=None)
        if role is not None and not stored.present:
            rules = with_role(self._world.policies.ranking, rules, role, role_of(stored, meeting), role)
        if meeting.rules.lobby and must_wait(self._world, meeting, replace(stored, rules=rules)):
            return self._waiting(request, stored, rules)
        return Admission(stored, replace(stored, rules=admitted(rules), revision=stored.revision + 1))

    def _waiting(self, request: Request, stored: User, rules: UserRules) -> Admission:
        """Who waits already keeps their place. Who was turned away or has left may ask again, but not on and on."""
        was, now = rules.waiting, self._world.surroundings.now()
        again_at = was.may_ask_again_at() if was is not None else None
        if was is not None and not was.is_open and again_at is None and not self._may_return(request, stored):
            again_at = now + timedelta(seconds=ASKS_AGAIN)
        is_refused = again_at is not None and now < again_at
        if was is None or not (was.is_open or is_refused):
            rules = replace(rules, waiting=Waiting(now))
        user = replace(stored, rules=rules, revision=stored.revision + 1)
        return Admission(stored, user, "waiting", again_at if is_refused else None)

    def _may_return(self, request: Request, stored: User) -> bool:
        """Whoever goes on leaving the lobby and asking again uses up their own minute."""
        now = self._world.surroundings.now()
        return request.dry_run or self._world.ledger.acquire_user_tokens(request.meeting_id, stored.id, ASKS_AGAIN, now)

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
            store_result(self._world, request, answer)
            return
        told = self._told(request, meeting, new, policies)
        last = (len(new) - 1) // WRITTEN_TOGETHER * WRITTEN_TOGETHER
        for start in range(0, last, WRITTEN_TOGETHER):
            clauses, meeting = _clauses(meeting, new[start : start + WRITTEN_TOGETHER])
            transact_with_retry(self._world, clauses, self._world.surroundings.now() + COMMIT_WITHIN)
        clauses, meeting = _clauses(meeting, new[last:])
        store_result(self._world, request, answer, [*clauses, *told])

    def _told(
        self, request: Request, meeting: Meeting, new: list[Admission], policies: tuple[str, ...]
    ) -> Iterator[EntryWritten]:
        """Who was let in, and who asks to be."""
        let_in = [concerning(None, a.admitted.id) for a in new if a.code is None]
        waiting = [concerning(None, a.admitted.id) for a in new if _asks_anew(a, meeting)]
        revision = meeting_revision(meeting)
        if let_in:
            yield EntryWritten(decided_entry(self._world, request, meeting, revision, policies, let_in))
        if waiting:
            asks = decided_entry(self._world, request, meeting, revision, policies, waiting)
            yield EntryWritten(replace(asks, type=ADMISSION_REQUESTED, extra={"attendees": waiting}))


def _clauses(meeting: Meeting, new: list[Admission]) -> tuple[list[Clause], Meeting]:
    """What admits them, and the meeting as it is then: it counts its hosts."""
    people = [UserRevised(meeting.id, a.admitted, a.stored.revision) for a in new]
    hosts = sum(host_count(a.stored.rules, a.admitted.rules) for a in new)
    if not hosts:
        return [MeetingIs(meeting.id, meeting.revision, people[0].user.id), *people], meeting
    revised = replace(meeting, hosts=meeting.hosts + hosts, revision=meeting.revision + 1)
    return [MeetingRevised(revised, meeting.revision), *people], revised


def _asks_anew(admission: Admission, meeting: Meeting) -> bool:
    waiting = admission.admitted.rules.waiting
    return waits(admission.admitted, meeting) and waiting != admission.stored.rules.waiting


def _refused(admission: Admission) -> Document:
    refused: Document = {"externalUserId": admission.admitted.id, "admitted": False, "code": admission.code}
    at = admission.ask_again_at
    return refused | {"askAgainAt": iso(at)} if at is not None else refused


def _capitalized(words: Mapping[str, str]) -> dict[str, str]:
    return {medium.capitalize(): word for medium, word in words.items()}
