"""Admissions: users who are admitted before they have an attendee, and the capabilities to create the attendee with."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import cast

from ...domain.capability import in_words
from ...domain.change import TAKEOVER_AFTER, with_author
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
from ..enforcement.transactions import chunks, new_entry, transact_with_retry
from ..requests import Answer, Refused, Request, no_such
from .handler import Commit, decided_entry
from .meeting_context import MeetingContext, MeetingHandler

RETURN_COST = 20
"""The tokens that it costs a user to return to the lobby after leaving it."""
WRITTEN_TOGETHER = 70
"""Users that one transaction can write, with the meeting, the entry and the idempotency key."""


@dataclass(frozen=True, slots=True)
class Admission:
    """The user as stored and as they will be. `code` says why they are not admitted."""

    stored: User
    admitted: User
    code: str | None = None
    ask_again_at: datetime | None = None


Admissions = Sequence[Admission]


class AdmissionHandler(MeetingHandler[Admissions]):
    """Answers with the capabilities to create each attendee with. They are no grant: admitted users are granted
    everything.
    """

    def named(self, request: Request) -> tuple[Sequence[str], Sequence[str]]:
        return tuple(_users(request)), ()

    def concerned(self, request: Request, context: MeetingContext) -> Sequence[Mapping[str, object]]:
        return [concerning(None, user_id) for user_id in _users(request)]

    def precondition(self, request: Request, context: MeetingContext) -> Refused | None:
        unknown = {role for role in _users(request).values() if role} - self._policies.roles
        return no_such("role", unknown, "/users") if unknown else None

    def decide(self, request: Request, context: MeetingContext, change_id: str) -> Accepted[Admissions] | Refusal:
        meeting = context.meeting
        admissions = [
            _by(change_id, self._admission(request, meeting, context.users[user_id], role))
            for user_id, role in _users(request).items()
        ]
        if loses_its_hosts(meeting, _hosts_gained(admissions)):
            return LAST_HOST
        return Accepted(admissions)

    def preview(
        self, request: Request, context: MeetingContext, accepted: Accepted[Admissions], change_id: str
    ) -> Answer:
        return self._answer("dry-run", context.meeting, accepted.rules)

    def _answer(self, status: str, meeting: Meeting, admissions: Admissions) -> Answer:
        return Answer(status, meeting_document(meeting), outcomes=tuple(self._items(meeting, admissions)))

    def _items(self, meeting: Meeting, admissions: Admissions) -> list[Document]:
        now, holds = self._clock.now(), self._policies.capabilities_for
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
        """Admits one user. A user who is in the meeting already keeps their role: only `set-role` changes it and
        applies it to Chime.
        """
        now = self._clock.now()
        ban = stored.rules.ban
        if ban is not None and ban.holds_at(meeting.rules.moment(now)):
            return Admission(stored, stored, "banned")
        rules = stored.rules
        if ban is not None:
            rules = replace(rules, ban=None, ban_calls_end_at=now + TAKEOVER_AFTER)
        if role is not None and not stored.present:
            rules = with_role(self._policies.ranking, rules, role, role_of(stored, meeting), role)
        if meeting.rules.lobby and must_wait(self._policies, meeting, replace(stored, rules=rules)):
            return self._waiting(request, stored, rules)
        user = replace(_named(request, stored), rules=admitted(rules), revision=stored.revision + 1)
        return Admission(stored, user)

    def _waiting(self, request: Request, stored: User, rules: UserRules) -> Admission:
        """The user's place in the lobby. A user who waits keeps it. A declined user, or one who has left, may ask again
        within their rate limit.
        """
        was, now = rules.waiting, self._clock.now()
        again_at = was.may_ask_again_at() if was is not None else None
        if was is not None and not was.is_open and again_at is None and not self._may_return(request, stored):
            again_at = now + timedelta(seconds=RETURN_COST)
        is_refused = again_at is not None and now < again_at
        if was is None or not (was.is_open or is_refused):
            rules = replace(rules, waiting=Waiting(now))
        user = replace(_named(request, stored), rules=rules, revision=stored.revision + 1)
        return Admission(stored, user, "waiting", again_at if is_refused else None)

    def _may_return(self, request: Request, stored: User) -> bool:
        """Whether the user's token bucket permits another request to be admitted."""
        now = self._clock.now()
        return request.dry_run or self._ledger.acquire_user_tokens(request.meeting_id, stored.id, RETURN_COST, now)

    def commit(
        self, request: Request, context: MeetingContext, accepted: Accepted[Admissions], change_id: str
    ) -> Commit:
        """Writes nothing but the answer if all users were admitted before. The answer and the entries come in the last
        of several transactions: if the rest is decided anew after a conflict, the users written before are found
        admitted.
        """
        answer, new = self._answer("applied", context.meeting, accepted.rules), _new(accepted.rules)
        if not new:
            return Commit(answer=answer)
        entries = list(self._entries(request, context, new))
        *_, last = _transactions(context, new)
        return Commit([*last, *entries], answer=answer)

    def write_ahead(self, request: Request, context: MeetingContext, accepted: Accepted[Admissions]) -> None:
        for clauses in list(_transactions(context, _new(accepted.rules)))[:-1]:
            transact_with_retry(self._ledger, self._clock, clauses)

    def _entries(self, request: Request, context: MeetingContext, new: Admissions) -> Iterator[EntryWritten]:
        """The entries: which users were admitted, and which wait for a host. A new display name alone is no
        admission.
        """
        meeting, policies = context.meeting, context.authorization.policies
        let_in = [concerning(None, a.admitted.id) for a in new if a.code is None and _is_ruled_anew(a)]
        waiting = [concerning(None, a.admitted.id) for a in new if _asks_anew(a, meeting)]
        revision = meeting_revision(meeting)
        if let_in:
            yield EntryWritten(decided_entry(self._clock, request, meeting, revision, policies, let_in))
        if waiting:
            asks = new_entry(
                self._clock,
                meeting,
                ADMISSION_REQUESTED,
                actor=request.actor,
                command=request.command.name,
                revision=revision,
                extra={"attendees": waiting},
                reason=request.command.reason,
            )
            yield EntryWritten(asks)


def _by(change_id: str, admission: Admission) -> Admission:
    """The admission, as the author of the rules that it sets."""
    user = admission.admitted
    return replace(admission, admitted=replace(user, rules=with_author(change_id, user.rules, admission.stored.rules)))


def _users(request: Request) -> Mapping[str, str | None]:
    return cast("Admit", request.command).users


def _named(request: Request, stored: User) -> User:
    """The user with the display name of the request, if the request has one."""
    name = cast("Admit", request.command).display_names.get(stored.id, stored.display_name)
    return replace(stored, display_name=name)


def _new(admissions: Admissions) -> Admissions:
    return [a for a in admissions if _is_ruled_anew(a) or a.admitted.display_name != a.stored.display_name]


def _is_ruled_anew(admission: Admission) -> bool:
    return admission.admitted.rules != admission.stored.rules


def _hosts_gained(admissions: Admissions) -> int:
    return sum(host_count(a.stored.rules, a.admitted.rules) for a in admissions)


def _transactions(context: MeetingContext, new: Admissions) -> Iterator[list[Clause]]:
    """Clauses of each transaction, in parts. Each part has the meeting as it is by then, because the meeting counts its
    hosts.
    """
    meeting = context.meeting
    for together in chunks(new, WRITTEN_TOGETHER):
        users = [UserRevised(meeting.id, a.admitted, a.stored.revision) for a in together]
        caller = context.caller_is(revised=[a.admitted.id for a in new])
        hosts = _hosts_gained(together)
        if hosts:
            revised = replace(meeting, hosts=meeting.hosts + hosts, revision=meeting.revision + 1)
            yield [MeetingRevised(revised, meeting.revision), *users, *caller]
            meeting = revised
        else:
            yield [MeetingIs(meeting.id, meeting.revision, users[0].user.id), *users, *caller]


def _asks_anew(admission: Admission, meeting: Meeting) -> bool:
    waiting = admission.admitted.rules.waiting
    return waits(admission.admitted, meeting) and waiting != admission.stored.rules.waiting


def _refused(admission: Admission) -> Document:
    refused: Document = {"externalUserId": admission.admitted.id, "admitted": False, "code": admission.code}
    at = admission.ask_again_at
    return refused | {"askAgainAt": iso(at)} if at is not None else refused


def _capitalized(words: Mapping[str, str]) -> dict[str, str]:
    return {medium.capitalize(): word for medium, word in words.items()}
