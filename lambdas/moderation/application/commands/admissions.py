"""Admissions: users become known before they have an attendee, so that it is created with what the rules say."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import cast

from ...domain.capability import in_words
from ...domain.commands import Admit
from ...domain.decisions.decision import LAST_HOST, Accepted, Refusal
from ...domain.decisions.users import admitted, with_role
from ...domain.documents import Document, meeting_document, meeting_revision
from ...domain.effective import effective
from ...domain.entry import ADMISSION_REQUESTED, concerning, iso
from ...domain.meeting import Meeting, User, UserRules, host_count, loses_its_hosts, role_of, waits
from ...domain.personal_rules import Waiting
from ...ports import Clause, EntryWritten, MeetingIs, MeetingRevised, UserRevised
from ..enforcement.lobby import must_wait
from ..enforcement.retries import transact_with_retry
from ..requests import Answer, Refused, Request
from .commits import COMMIT_WITHIN, decided_entry
from .handler import Commit
from .meeting_context import MeetingContext, MeetingHandler

ASKS_AGAIN = 20
"""Tokens of a user's bucket that it costs to come back to the lobby after leaving it."""
WRITTEN_TOGETHER = 70
"""Users that one transaction can write, with the meeting, the entry and the idempotency key."""


@dataclass(frozen=True, slots=True)
class Admission:
    """The user as stored and as they will be. `code` says why they are not let in."""

    stored: User
    admitted: User
    code: str | None = None
    ask_again_at: datetime | None = None


Admissions = Sequence[Admission]


class AdmissionHandler(MeetingHandler[Admissions]):
    """Answers what to create each attendee with. That is no grant: users who are admitted are granted everything."""

    def named(self, request: Request) -> tuple[Sequence[str], Sequence[str]]:
        return tuple(_people(request)), ()

    def concerned(self, request: Request, context: MeetingContext) -> Sequence[Mapping[str, object]]:
        return [concerning(None, user_id) for user_id in _people(request)]

    def precondition(self, request: Request, context: MeetingContext) -> Refused | None:
        unknown = sorted({role for role in _people(request).values() if role} - self._world.policies.roles)
        return Refused("invalid-request", f"no such role: `{unknown[0]}`", pointer="/users") if unknown else None

    def decide(
        self,
        request: Request,
        context: MeetingContext,
        change_id: str,
    ) -> Accepted[Admissions] | Refusal:
        meeting = context.meeting
        admissions = [self._admission(request, meeting, context.users[u], role) for u, role in _people(request).items()]
        if loses_its_hosts(meeting, _hosts_gained(admissions)):
            return LAST_HOST
        return Accepted(admissions)

    def preview(
        self,
        request: Request,
        context: MeetingContext,
        accepted: Accepted[Admissions],
        change_id: str,
    ) -> Answer:
        return self._answer("dry-run", context.meeting, accepted.rules)

    def _answer(self, status: str, meeting: Meeting, admissions: Admissions) -> Answer:
        return Answer(status, meeting_document(meeting), outcomes=tuple(self._items(meeting, admissions)))

    def _items(self, meeting: Meeting, admissions: Admissions) -> list[Document]:
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
        """A user who is in the meeting already keeps their role: `set-role` changes it, and applies that to Chime."""
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
        """A user who waits keeps their place. One who was turned away or has left may ask again, but not on and on."""
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
        """Leaving the lobby and asking again costs tokens of the user's own."""
        now = self._world.surroundings.now()
        return request.dry_run or self._world.ledger.acquire_user_tokens(request.meeting_id, stored.id, ASKS_AGAIN, now)

    def commit(
        self,
        request: Request,
        context: MeetingContext,
        accepted: Accepted[Admissions],
        change_id: str,
    ) -> Commit:
        """Nothing but the answer if all were admitted before. The answer and the entries come with the last of many: if
        the rest has to be decided anew after a lost race, the others are found admitted.
        """
        answer, new = self._answer("applied", context.meeting, accepted.rules), _new(accepted.rules)
        if not new:
            return Commit(answer=answer)
        entries = list(self._entries(request, context, new))
        *_, last = _transactions(context, new)
        return Commit([*last, *entries], answer=answer)

    def write_ahead(
        self,
        request: Request,
        context: MeetingContext,
        accepted: Accepted[Admissions],
    ) -> None:
        for clauses in list(_transactions(context, _new(accepted.rules)))[:-1]:
            transact_with_retry(self._world, clauses, self._now() + COMMIT_WITHIN)

    def _entries(self, request: Request, context: MeetingContext, new: Admissions) -> Iterator[EntryWritten]:
        """Who was let in, and who asks to be."""
        meeting, policies = context.meeting, context.authorization.policies
        let_in = [concerning(None, a.admitted.id) for a in new if a.code is None]
        waiting = [concerning(None, a.admitted.id) for a in new if _asks_anew(a, meeting)]
        revision = meeting_revision(meeting)
        if let_in:
            yield EntryWritten(decided_entry(self._world, request, meeting, revision, policies, let_in))
        if waiting:
            asks = decided_entry(self._world, request, meeting, revision, policies, waiting)
            yield EntryWritten(replace(asks, type=ADMISSION_REQUESTED, extra={"attendees": waiting}))


def _people(request: Request) -> Mapping[str, str | None]:
    return cast("Admit", request.command).people


def _new(admissions: Admissions) -> Admissions:
    return [a for a in admissions if a.admitted.rules != a.stored.rules]


def _hosts_gained(admissions: Admissions) -> int:
    return sum(host_count(a.stored.rules, a.admitted.rules) for a in admissions)


def _transactions(context: MeetingContext, new: Admissions) -> Iterator[list[Clause]]:
    """What admits them, so many at a time, each with the meeting as it is then: it counts its hosts."""
    meeting = context.meeting
    for start in range(0, len(new), WRITTEN_TOGETHER):
        together = new[start : start + WRITTEN_TOGETHER]
        people = [UserRevised(meeting.id, a.admitted, a.stored.revision) for a in together]
        caller = context.caller_is(revised=[a.admitted.id for a in new])
        hosts = _hosts_gained(together)
        if hosts:
            revised = replace(meeting, hosts=meeting.hosts + hosts, revision=meeting.revision + 1)
            yield [MeetingRevised(revised, meeting.revision), *people, *caller]
            meeting = revised
        else:
            yield [MeetingIs(meeting.id, meeting.revision, people[0].user.id), *people, *caller]


def _asks_anew(admission: Admission, meeting: Meeting) -> bool:
    waiting = admission.admitted.rules.waiting
    return waits(admission.admitted, meeting) and waiting != admission.stored.rules.waiting


def _refused(admission: Admission) -> Document:
    refused: Document = {"externalUserId": admission.admitted.id, "admitted": False, "code": admission.code}
    at = admission.ask_again_at
    return refused | {"askAgainAt": iso(at)} if at is not None else refused


def _capitalized(words: Mapping[str, str]) -> dict[str, str]:
    return {medium.capitalize(): word for medium, word in words.items()}
