"""Registration: puts a meeting under Gavel's control, or replaces its registration."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import cast

from ...domain.capability import EVERYTHING, NOTHING, Capabilities
from ...domain.change import with_author
from ...domain.commands import Register
from ...domain.decisions.decision import LAST_HOST, Accepted, Refusal, Unchanged, frozen
from ...domain.decisions.meeting import gained
from ...domain.decisions.users import admitted, with_role
from ...domain.documents import meeting_document, meeting_revision
from ...domain.effective import effective
from ...domain.ids import is_pipeline
from ...domain.meeting import Features, Meeting, MeetingRules, User, UserRules, host_count, loses_its_hosts, role_of
from ...domain.schedule import CHECKED_EVERY
from ...ports import (
    ChangeOpened,
    Chime,
    ChimeNotFoundError,
    Clock,
    ConditionFailedError,
    EntryWritten,
    Ledger,
    MeetingIs,
    MeetingRevised,
    Policies,
    UserRevised,
)
from ..answers import answer_to
from ..enforcement.change_in_progress import ChangeInProgress
from ..enforcement.transactions import call_with_retry, chunks, transact_with_retry
from ..requests import NOT_IN_CHIME, REVISION_REQUIRED, Answer, Outcome, Refused, Request, no_such
from .handler import Commit, decided_entry, new_change
from .meeting_context import MeetingContext, MeetingHandler
from .timeliness import noted

MOST_TOGETHER = 70
"""Users whose role one transaction changes, beside the meeting, the change, its entry and the key: a transaction has a
hundred actions. A meeting that is registered already changes at most this many roles.
"""


@dataclass(frozen=True, slots=True)
class Registration:
    """The meeting as it will be, and all users whose role changes: as stored and as they will be."""

    meeting: Meeting
    users: tuple[tuple[User, User], ...]


class RegistrationHandler(MeetingHandler[Registration]):
    """Handles registrations. The context of a meeting that is not registered yet has revision 0."""

    def __init__(self, ledger: Ledger, chime: Chime, policies: Policies, clock: Clock) -> None:
        super().__init__(ledger, policies, clock)
        self._chime = chime

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
        if was.registration == _fingerprint(command) and (request.if_match is None or _has_settings_of(command, was)):
            return Unchanged()
        is_new = not was.revision
        try:
            meeting = self._as_asked(request, command, was, change_id)
            users = self._with_other_roles(meeting if is_new else was, meeting, command.roles, change_id)
        except ChimeNotFoundError:
            return NOT_IN_CHIME
        if not is_new and len(users) > MOST_TOGETHER:
            return Refused("too-many-roles", f"At most {MOST_TOGETHER} roles can change at once.", pointer="/roles")
        more = NOTHING if is_new else self._gained(was, meeting, users)
        hosts = sum(host_count(UserRules() if is_new else stored.rules, user.rules) for stored, user in users)
        if meeting.rules.frozen_at is not None and more:
            return frozen(more)
        if loses_its_hosts(meeting, hosts):
            return LAST_HOST
        return Accepted(Registration(replace(meeting, hosts=meeting.hosts + hosts), users))

    def preview(
        self, request: Request, context: MeetingContext, accepted: Accepted[Registration], change_id: str
    ) -> Answer:
        return Answer("dry-run", meeting_document(accepted.rules.meeting))

    def unchanged(self, request: Request, context: MeetingContext, decision: Unchanged) -> Answer:
        return Answer("unchanged", meeting_document(context.meeting))

    def commit(
        self, request: Request, context: MeetingContext, accepted: Accepted[Registration], change_id: str
    ) -> Commit:
        was, meeting, policies = context.meeting, accepted.rules.meeting, context.authorization.policies
        change = new_change(
            self._clock,
            request,
            meeting,
            change_id,
            policies,
            revision=meeting_revision(meeting),
            rules_before=was.rules if was.revision else None,
            rules_after=meeting.rules,
        )
        entry = decided_entry(self._clock, request, meeting, change.revision, policies, [], change_id=change_id)
        users = accepted.rules.users[-MOST_TOGETHER:]
        clauses = [
            MeetingRevised(meeting, was.revision),
            *(UserRevised(meeting.id, user, stored.revision) for stored, user in users),
            *context.caller_is(revised=[user.id for _, user in accepted.rules.users]),
            ChangeOpened(change),
            EntryWritten(entry),
        ]
        return Commit(clauses, ChangeInProgress(change, meeting))

    def write_ahead(self, request: Request, context: MeetingContext, accepted: Accepted[Registration]) -> None:
        """Writes all but the last of many roles of a new meeting. They have no effect before their meeting is stored.
        Raises `ConditionFailedError` if another registration of the meeting was written at the same time.
        """
        meeting_id, ahead = accepted.rules.meeting.id, accepted.rules.users[:-MOST_TOGETHER]
        if not ahead:
            return
        new = MeetingIs(meeting_id, 0)
        for users in chunks(ahead, MOST_TOGETHER):
            roles = [UserRevised(meeting_id, user, stored.revision) for stored, user in users]
            transact_with_retry(self._ledger, self._clock, [new, *roles])
        written = self._ledger.all_users(meeting_id)
        if any(written[user.id].rules != user.rules for _, user in ahead):
            raise ConditionFailedError([new])

    def answer(self, context: MeetingContext, commit: Commit, in_progress: ChangeInProgress) -> Outcome:
        return answer_to(in_progress.change, lambda: meeting_document(in_progress.meeting))

    def _gained(self, was: Meeting, meeting: Meeting, users: tuple[tuple[User, User], ...]) -> Capabilities:
        """The capabilities that any user would gain, by the meeting's rules or by a role of their own."""
        policies, now = self._policies, self._now()
        may_spare = frozenset(m.id for m in meeting.rules.mute_alls)
        more = gained(was, meeting.rules, policies.capabilities_for, policies.roles, now, may_spare)
        for stored, user in users:
            has = effective(was, stored, policies.capabilities_for, now)
            more |= effective(meeting, user, policies.capabilities_for, now) & ~has
        return more

    def _unknown_word(self, command: Register) -> Refused | None:
        """A refusal of a mode or a role that the policies' schema does not have."""
        policies = self._policies
        if command.mode not in policies.modes:
            return no_such("mode", [command.mode], "/mode")
        if command.default_role not in policies.roles:
            return no_such("role", [command.default_role], "/defaultRole")
        for user_id, role in (command.roles or {}).items():
            if role not in policies.roles:
                pointer = "/roles/" + user_id.replace("~", "~0").replace("/", "~1")
                return no_such("role", [role], pointer)
        return None

    def _as_asked(self, request: Request, command: Register, was: Meeting, change_id: str) -> Meeting:
        """The meeting as the body registers it. Mute-alls and a freeze belong to other commands and stay."""
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
            rules=with_author(change_id, rules, was.rules),
            registration=_fingerprint(command),
            revision=was.revision + 1,
            revised_by=change_id,
        )
        if was.revision:
            return registered
        found = call_with_retry(self._clock, lambda: self._chime.meeting(request.meeting_id))
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
        """The users who are in a new meeting when it is registered: they need not wait in the lobby."""
        if not meeting.rules.lobby:
            return frozenset()
        roster = call_with_retry(self._clock, lambda: self._chime.roster(meeting.id))
        return frozenset(attendee.user_id for attendee in roster if not is_pipeline(attendee.user_id))

    def _with_other_roles(
        self, was: Meeting, meeting: Meeting, roles: Mapping[str, str] | None, change_id: str
    ) -> tuple[tuple[User, User], ...]:
        """All users whose role changes: those named, and those who lose their role.

        For a new meeting these are all named users and those in the meeting: an earlier attempt may have written roles
        ahead, which are written again.
        """
        inside = self._inside(meeting) if meeting.revision == 1 else frozenset()
        if roles is None and not inside:
            return ()
        stored = self._ledger.all_users(meeting.id)
        concerned = inside
        if roles is not None:
            concerned |= {u for u, user in stored.items() if user.rules.role is not None} | set(roles)
        pairs = []
        for user_id in sorted(concerned):
            user = stored.get(user_id, User(user_id))
            role, ranking = (roles or {}).get(user_id), self._policies.ranking
            old, new = role_of(user, was), role or meeting.rules.default_role
            rules = _granted(with_role(ranking, user.rules, role, old, new))
            rules = admitted(rules) if user_id in inside else rules
            if rules != user.rules or meeting.revision == 1:
                rules = with_author(change_id, rules, user.rules)
                revised = replace(user, rules=rules, revision=user.revision + 1, revised_by=change_id)
                pairs.append((user, revised))
        return tuple(pairs)


def _command(request: Request) -> Register:
    return cast("Register", request.command)


def _granted(rules: UserRules) -> UserRules:
    """The rules of a user who is registered before they join. Everything is granted, so that only their role limits
    them.
    """
    return replace(rules, grant=EVERYTHING) if rules.role is not None and rules.grant is None else rules


def _has_settings_of(command: Register, meeting: Meeting) -> bool:
    """Whether the meeting's rules are those of the body, whatever was changed since the body was first sent."""
    rules = meeting.rules
    asked = (command.mode, command.default_role, command.unmute_consent, command.lobby)
    return asked == (rules.mode, rules.default_role, rules.unmute_consent, rules.lobby)


def _fingerprint(command: Register) -> str:
    return sha256(json.dumps(command.parameters(), sort_keys=True).encode()).hexdigest()
