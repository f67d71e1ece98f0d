"""Putting a meeting under Gavel, and setting what it was registered with anew."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256

from ...domain.actor import Authorization
from ...domain.authorization import question
from ...domain.capability import EVERYTHING, NOTHING, Capabilities
from ...domain.commands import Register
from ...domain.decisions.decision import LAST_HOST, frozen
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
from ...domain.parameters import parameters_of
from ...ports import ChimeNotFoundError, Clause, ConditionFailedError, MeetingIs, MeetingRevised, UserRevised, World
from ..answers import answer_to, replayed
from ..enforcement.change_applier import ChangeApplier
from ..enforcement.change_in_progress import ChangeInProgress
from ..enforcement.retries import call_with_retry, transact_with_retry
from ..enforcement.transaction_batches import chunks
from ..requests import NOT_IN_CHIME, REVISION_MISMATCH, REVISION_REQUIRED, Answer, Outcome, Refused, Request, refused
from .pipeline import (
    COMMIT_WITHIN,
    commit_change,
    deadline,
    decided_entry,
    new_change,
    retry_on_conflict,
    store_result,
    unchanged,
)
from .timeliness import noted

MOST_TOGETHER = 70
"""Users whose role one transaction changes, beside the meeting, the change, its entry and the key: it holds a hundred
actions. A meeting that is registered already has all its roles changed together, so no more of them.
"""


@dataclass(frozen=True, slots=True)
class Registration:
    """The meeting as it will be, and everybody whose role that changes: as stored and as he will be."""

    meeting: Meeting
    was: Meeting | None
    people: tuple[tuple[User, User], ...]
    verdict: Authorization


class RegistrationHandler:
    def __init__(self, world: World, applier: ChangeApplier) -> None:
        self._world = world
        self._applier = applier
        self._now = world.surroundings.now

    def perform(self, request: Request, command: Register) -> Outcome:
        change_id = self._world.surroundings.new_id()
        return retry_on_conflict(self._world, lambda _: self._once(request, command, change_id))

    def _once(self, request: Request, command: Register, change_id: str) -> Outcome:
        loaded = self._world.ledger.load(request.meeting_id, key=request.key)
        if loaded.key is not None:
            return replayed(self._world, request, loaded.key)
        prepared = self._prepared(request, command, loaded.meeting, change_id)
        if not isinstance(prepared, Registration):
            return prepared
        if request.dry_run:
            return Answer("dry-run", meeting_document(prepared.meeting))
        meeting, was = prepared.meeting, prepared.was
        change = new_change(
            self._world,
            request,
            meeting,
            change_id,
            prepared.verdict.policies,
            revision=meeting_revision(meeting),
            rules_before=was.rules if was else None,
            rules_after=meeting.rules,
        )
        in_progress = ChangeInProgress(change, meeting)
        entry = decided_entry(self._world, request, meeting, change.revision, change.policies, [], change_id=change_id)
        self._write_ahead(prepared)
        if commit_change(self._world, request, change, entry, _clauses(prepared)):
            in_progress = self._applier.apply(in_progress, deadline(self._now()))
        return answer_to(in_progress.change, meeting_document(in_progress.meeting))

    def _write_ahead(self, prepared: Registration) -> None:
        """Of a new meeting with many roles, all but the last of them: roles say nothing before their meeting is there.
        Raises `Conflict` if another registration of the meeting was written beside this one.
        """
        meeting_id, ahead = prepared.meeting.id, prepared.people[:-MOST_TOGETHER]
        if not ahead:
            return
        new = MeetingIs(meeting_id, 0)
        for people in chunks(ahead, MOST_TOGETHER):
            roles = [UserRevised(meeting_id, user, stored.revision) for stored, user in people]
            transact_with_retry(self._world, [new, *roles], self._now() + COMMIT_WITHIN)
        written = self._world.ledger.everybody(meeting_id)
        if any(written[user.id].rules != user.rules for _, user in ahead):
            raise ConditionFailedError([new])

    def _prepared(
        self, request: Request, command: Register, was: Meeting | None, change_id: str
    ) -> Registration | Outcome:
        fingerprint = _fingerprint(command)
        asked = was or _blank(request.meeting_id)
        verdict = self._world.policies.authorize(question(request.actor, None, command.name, asked))
        if not verdict.allowed:
            return Refused("not-permitted", "the policies don't permit `register` here", verdict.policies)
        unknown = self._unknown_word(command)
        if unknown is not None:
            return unknown
        if was is not None and request.if_match not in (None, meeting_revision(was)):
            return REVISION_MISMATCH
        if was is not None and was.registration == fingerprint and (request.if_match is None or _says(command, was)):
            answer = Answer(unchanged(request), meeting_document(was))
            store_result(self._world, request, answer)
            return answer
        against = _against(was, request)
        if against is not None:
            return against
        try:
            meeting = self._as_asked(request, command, was, fingerprint, change_id)
            people = self._people(was or meeting, meeting, command.roles, change_id)
        except ChimeNotFoundError:
            return NOT_IN_CHIME
        if was is not None and len(people) > MOST_TOGETHER:
            return Refused("too-many-roles", f"at most {MOST_TOGETHER} roles change at once", pointer="/roles")
        more = NOTHING if was is None else self._gained(was, meeting, people)
        hosts = sum(host_count(stored.rules if was else UserRules(), user.rules) for stored, user in people)
        is_widened = meeting.rules.frozen_at is not None and bool(more)
        if is_widened or loses_its_hosts(meeting, hosts):
            return refused(frozen(more) if is_widened else LAST_HOST, self._now())
        return Registration(replace(meeting, hosts=meeting.hosts + hosts), was, people, verdict)

    def _gained(self, was: Meeting, meeting: Meeting, people: tuple[tuple[User, User], ...]) -> Capabilities:
        """What somebody could get by it that he hasn't: by the meeting's rules, or by a role of his own."""
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

    def _as_asked(
        self, request: Request, command: Register, was: Meeting | None, fingerprint: str, change_id: str
    ) -> Meeting:
        """What it sets; mute-alls and a freeze are other deeds and stay."""
        rules = replace(
            was.rules if was is not None else MeetingRules(),
            mode=command.mode,
            default_role=command.default_role,
            unmute_consent=command.unmute_consent,
            lobby=command.lobby,
        )
        if was is not None:
            was = noted(was, rules, self._now())
            return replace(was, rules=rules, registration=fingerprint, revision=was.revision + 1, revised_by=change_id)
        found = call_with_retry(self._world, lambda: self._world.chime.meeting(request.meeting_id))
        return Meeting(
            request.meeting_id,
            found.external_id,
            rules,
            found.features,
            1,
            fingerprint,
            revised_by=change_id,
            check_at=self._now() + CHECKED_EVERY,
            compared_at=self._now(),
            registered_at=self._now(),
        )

    def _inside(self, meeting: Meeting) -> frozenset[str]:
        """Who need not wait in the lobby of a new meeting, for they are in the meeting already."""
        if not meeting.rules.lobby:
            return frozenset()
        roster = call_with_retry(self._world, lambda: self._world.chime.roster(meeting.id))
        return frozenset(seat.user_id for seat in roster if not is_pipeline(seat.user_id))

    def _people(
        self, was: Meeting, meeting: Meeting, roles: Mapping[str, str] | None, change_id: str
    ) -> tuple[tuple[User, User], ...]:
        """Everybody whose role changes: those named, and those who had a role and are named no more. All of them in a
        new meeting, and who is in it already: what an earlier try has written ahead is written again.
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


def _clauses(prepared: Registration) -> list[Clause]:
    was = prepared.was
    return [
        MeetingRevised(prepared.meeting, was.revision if was else 0),
        *(UserRevised(prepared.meeting.id, user, stored.revision) for stored, user in prepared.people[-MOST_TOGETHER:]),
    ]


def _against(was: Meeting | None, request: Request) -> Refused | None:
    """What another body for a registered meeting needs."""
    if was is None:
        return REVISION_MISMATCH if request.if_match is not None else None
    if was.ended_at is not None:
        return Refused("meeting-ended", "the meeting has ended")
    if request.if_match is None:
        return REVISION_REQUIRED
    return REVISION_MISMATCH if request.if_match != meeting_revision(was) else None


def _granted(rules: UserRules) -> UserRules:
    """Whoever is registered before he was seen is granted everything: what he gets follows from his role."""
    return replace(rules, grant=EVERYTHING) if rules.role is not None and rules.grant is None else rules


def _says(command: Register, meeting: Meeting) -> bool:
    """Whether the meeting's rules are what the body says, whatever was changed since it was first sent."""
    rules = meeting.rules
    asked = (command.mode, command.default_role, command.unmute_consent, command.lobby)
    return asked == (rules.mode, rules.default_role, rules.unmute_consent, rules.lobby)


def _fingerprint(command: Register) -> str:
    return sha256(json.dumps(parameters_of(command), sort_keys=True).encode()).hexdigest()


def _blank(meeting_id: str) -> Meeting:
    """What the policies are asked about while nothing is known."""
    return Meeting(meeting_id, "", MeetingRules(), Features(), 0, "")
