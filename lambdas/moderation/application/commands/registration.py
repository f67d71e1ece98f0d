"""Registration: puts a meeting under Gavel, or replaces what it was registered with."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import cast

from ...domain.capability import EVERYTHING, NOTHING, Capabilities
from ...domain.commands import Register
from ...domain.decisions.decision import LAST_HOST, Accepted, Refusal, Unchanged, frozen
from ...domain.decisions.meeting import gained
from ...domain.decisions.users import admitted, with_role
from ...domain.documents import meeting_document, meeting_revision
from ...domain.effective import effective
from ...domain.meeting import (
    CHECKED_EVERY,
    Features,
    Meeting,
    MeetingRules,
    User,
    UserRules,
    host_count,
    is_pipeline,
    loses_its_hosts,
    role_of,
)
from ...ports import (
    ChangeOpened,
    ChimeNotFoundError,
    ConditionFailedError,
    EntryWritten,
    MeetingIs,
    MeetingRevised,
    UserRevised,
)
from ..answers import answer_to
from ..enforcement.change_in_progress import ChangeInProgress
from ..enforcement.retries import call_with_retry, transact_with_retry
from ..enforcement.transaction_batches import chunks
from ..requests import NOT_IN_CHIME, REVISION_REQUIRED, Answer, Outcome, Refused, Request
from .commits import COMMIT_WITHIN, decided_entry, new_change
from .handler import Commit
from .meeting_context import MeetingContext, MeetingHandler
from .timeliness import noted

MOST_TOGETHER = 70
"""Users whose role one transaction changes, beside the meeting, the change, its entry and the key: it holds a hundred
actions. A meeting that is registered already has all its roles changed together, so no more of them.
"""


@dataclass(frozen=True, slots=True)
class Registration:
    """The meeting as it will be, and all users whose role that changes: as stored and as they will be."""

    meeting: Meeting
    people: tuple[tuple[User, User], ...]


class RegistrationHandler(MeetingHandler[Registration]):
    """The context of a meeting that is not registered yet has revision 0."""

    def unregistered(self, request: Request) -> MeetingContext:
        meeting = Meeting(request.meeting_id, "", MeetingRules(), Features(), 0, "")
        return MeetingContext(meeting=meeting, caller=None)

    def revisions(self, request: Request, context: MeetingContext) -> tuple[str, ...]:
        return (meeting_revision(context.meeting),) if context.meeting.revision else ()

    def precondition(self, request: Request, context: MeetingContext) -> Refused | None:
        command, meeting = _command(request), context.meeting
        is_same = meeting.registration == _fingerprint(command)
        if meeting.revision and request.if_match is None and not is_same:
            return self._unknown_word(command) or REVISION_REQUIRED
        return self._unknown_word(command)

    def decide(
        self, request: Request, context: MeetingContext, change_id: str
    ) -> Accepted[Registration] | Unchanged | Refusal | Refused:
        command, was = _command(request), context.meeting
        if was.registration == _fingerprint(command) and (request.if_match is None or _says(command, was)):
            return Unchanged()
        is_new = not was.revision
        try:
            meeting = self._as_asked(request, command, was, change_id)
            people = self._people(meeting if is_new else was, meeting, command.roles, change_id)
        except ChimeNotFoundError:
            return NOT_IN_CHIME
        if not is_new and len(people) > MOST_TOGETHER:
            return Refused("too-many-roles", f"at most {MOST_TOGETHER} roles change at once", pointer="/roles")
        more = NOTHING if is_new else self._gained(was, meeting, people)
        hosts = sum(host_count(UserRules() if is_new else stored.rules, user.rules) for stored, user in people)
        if meeting.rules.frozen_at is not None and more:
            return frozen(more)
        if loses_its_hosts(meeting, hosts):
            return LAST_HOST
        return Accepted(Registration(replace(meeting, hosts=meeting.hosts + hosts), people))

    def preview(
        self,
        request: Request,
        context: MeetingContext,
        accepted: Accepted[Registration],
        change_id: str,
    ) -> Answer:
        return Answer("dry-run", meeting_document(accepted.rules.meeting))

    def unchanged(self, request: Request, context: MeetingContext, decision: Unchanged) -> Answer:
        return Answer("unchanged", meeting_document(context.meeting))

    def commit(
        self, request: Request, context: MeetingContext, accepted: Accepted[Registration], change_id: str
    ) -> Commit:
        was, meeting, policies = context.meeting, accepted.rules.meeting, context.authorization.policies
        change = new_change(
            self._world,
            request,
            meeting,
            change_id,
            policies,
            revision=meeting_revision(meeting),
            rules_before=was.rules if was.revision else None,
            rules_after=meeting.rules,
        )
        entry = decided_entry(self._world, request, meeting, change.revision, policies, [], change_id=change_id)
        people = accepted.rules.people[-MOST_TOGETHER:]
        clauses = [
            MeetingRevised(meeting, was.revision),
            *(UserRevised(meeting.id, user, stored.revision) for stored, user in people),
            *context.caller_is(revised=[user.id for _, user in accepted.rules.people]),
            ChangeOpened(change),
            EntryWritten(entry),
        ]
        return Commit(clauses, ChangeInProgress(change, meeting))

    def write_ahead(
        self,
        request: Request,
        context: MeetingContext,
        accepted: Accepted[Registration],
    ) -> None:
        """Of a new meeting with many roles, all but the last of them: roles say nothing before their meeting is there.
        Raises `ConditionFailedError` if another registration of the meeting was written beside this one.
        """
        meeting_id, ahead = accepted.rules.meeting.id, accepted.rules.people[:-MOST_TOGETHER]
        if not ahead:
            return
        new = MeetingIs(meeting_id, 0)
        for people in chunks(ahead, MOST_TOGETHER):
            roles = [UserRevised(meeting_id, user, stored.revision) for stored, user in people]
            transact_with_retry(self._world, [new, *roles], self._now() + COMMIT_WITHIN)
        written = self._world.ledger.everybody(meeting_id)
        if any(written[user.id].rules != user.rules for _, user in ahead):
            raise ConditionFailedError([new])

    def answer(self, context: MeetingContext, commit: Commit, in_progress: ChangeInProgress) -> Outcome:
        return answer_to(in_progress.change, lambda: meeting_document(in_progress.meeting))

    def _gained(self, was: Meeting, meeting: Meeting, people: tuple[tuple[User, User], ...]) -> Capabilities:
        """What a user could get by it and could not before: by the meeting's rules, or by a role of their own."""
        policies, now = self._world.policies, self._now()
        more = gained(was, meeting.rules, policies.capabilities_for, policies.roles, now)
        for stored, user in people:
            has = effective(was, stored, policies.capabilities_for, now)
            more |= effective(meeting, user, policies.capabilities_for, now) & ~has
        return more

    def _unknown_word(self, command: Register) -> Refused | None:
        """Modes and roles are those of the policies' schema."""
        policies = self._world.policies
        if command.mode not in policies.modes:
            return Refused("invalid-request", f"no such mode: `{command.mode}`", pointer="/mode")
        if command.default_role not in policies.roles:
            return Refused("invalid-request", f"no such role: `{command.default_role}`", pointer="/defaultRole")
        for user_id, role in (command.roles or {}).items():
            if role not in policies.roles:
                pointer = "/roles/" + user_id.replace("~", "~0").replace("/", "~1")
                return Refused("invalid-request", f"no such role: `{role}`", pointer=pointer)
        return None

    def _as_asked(self, request: Request, command: Register, was: Meeting, change_id: str) -> Meeting:
        """What it sets; mute-alls and a freeze are other commands' and stay."""
        now = self._now()
        rules = replace(
            was.rules,
            mode=command.mode,
            default_role=command.default_role,
            unmute_consent=command.unmute_consent,
            lobby=command.lobby,
        )
        registered = replace(
            noted(was, rules, now) if was.revision else was,
            rules=rules,
            registration=_fingerprint(command),
            revision=was.revision + 1,
            revised_by=change_id,
        )
        if was.revision:
            return registered
        found = call_with_retry(self._world, lambda: self._world.chime.meeting(request.meeting_id))
        now = self._now()
        return replace(
            registered,
            external_id=found.external_id,
            features=found.features,
            check_at=now + CHECKED_EVERY,
            compared_at=now,
            registered_at=now,
        )

    def _inside(self, meeting: Meeting) -> frozenset[str]:
        """The users who need not wait in the lobby of a new meeting, for they are in the meeting already."""
        if not meeting.rules.lobby:
            return frozenset()
        roster = call_with_retry(self._world, lambda: self._world.chime.roster(meeting.id))
        return frozenset(seat.user_id for seat in roster if not is_pipeline(seat.user_id))

    def _people(
        self, was: Meeting, meeting: Meeting, roles: Mapping[str, str] | None, change_id: str
    ) -> tuple[tuple[User, User], ...]:
        """All users whose role changes: those named, and those who had a role and are named no more. In a new meeting
        all of them, and those who are in it already: what an earlier try has written ahead is written again.
        """
        inside = self._inside(meeting) if meeting.revision == 1 else frozenset()
        if roles is None and not inside:
            return ()
        stored = self._world.ledger.everybody(meeting.id)
        concerned = inside
        if roles is not None:
            concerned |= {u for u, user in stored.items() if user.rules.role is not None} | set(roles)
        pairs = []
        for user_id in sorted(concerned):
            user = stored.get(user_id, User(user_id))
            role, ranking = (roles or {}).get(user_id), self._world.policies.ranking
            old, new = role_of(user, was), role or meeting.rules.default_role
            rules = _granted(with_role(ranking, user.rules, role, old, new))
            rules = admitted(rules) if user_id in inside else rules
            if rules != user.rules or meeting.revision == 1:
                revised = replace(user, rules=rules, revision=user.revision + 1, revised_by=change_id)
                pairs.append((user, revised))
        return tuple(pairs)


def _command(request: Request) -> Register:
    return cast("Register", request.command)


def _granted(rules: UserRules) -> UserRules:
    """A user who is registered before they were seen is granted everything: what they get follows from their role."""
    return replace(rules, grant=EVERYTHING) if rules.role is not None and rules.grant is None else rules


def _says(command: Register, meeting: Meeting) -> bool:
    """Whether the meeting's rules are what the body says, whatever was changed since it was first sent."""
    rules = meeting.rules
    asked = (command.mode, command.default_role, command.unmute_consent, command.lobby)
    return asked == (rules.mode, rules.default_role, rules.unmute_consent, rules.lobby)


def _fingerprint(command: Register) -> str:
    return sha256(json.dumps(command.parameters(), sort_keys=True).encode()).hexdigest()
