"""Commands on the whole meeting: one small write whatever its size, then applied to all attendees."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from ...domain.actor import COHOST, HOST, Authorization
from ...domain.capability import in_words
from ...domain.commands import End, Mute, MuteEverybody, SetMeeting, Undo
from ...domain.decisions.decide import decide
from ...domain.decisions.decision import Accepted, Refusal, Unchanged, authorization_request, not_to_be_lifted
from ...domain.decisions.meeting import MeetingCase, MeetingDecision, meeting_widens_access
from ...domain.documents import Document, meeting_document, meeting_revision
from ...domain.effective import effective
from ...domain.entry import concerning
from ...domain.ids import is_pipeline
from ...domain.meeting import Meeting, MeetingRules, User, UserRules
from ...domain.schedule import next_check_at
from ...ports import ChangeOpened, Chime, ChimeError, Clock, EntryWritten, Ledger, MeetingRevised, Policies, Wakeup
from ..answers import answer_to
from ..enforcement.change_in_progress import ChangeInProgress, wanted
from ..enforcement.roster_snapshot import is_spared
from ..enforcement.transactions import call_with_retry
from ..requests import CHANGE_NOT_FOUND, Answer, Outcome, Refused, Request, no_such
from .context import all_of
from .handler import Commit, decided_entry, new_change
from .meeting_context import MeetingContext, MeetingHandler
from .timeliness import against_meeting, meeting_dated, noted


class MeetingCommandHandler(MeetingHandler[MeetingRules]):
    """Handles the commands on the whole meeting that have no handler of their own."""

    def __init__(self, ledger: Ledger, chime: Chime, policies: Policies, clock: Clock) -> None:
        super().__init__(ledger, policies, clock)
        self._chime = chime

    def named(self, request: Request) -> tuple[Collection[str], Sequence[str]]:
        command, original = request.command, request.original
        users = {original.user_id} if original is not None and original.user_id else set[str]()
        return users, command.spared_attendees if isinstance(command, MuteEverybody) else ()

    def permission(self, request: Request, context: MeetingContext) -> Authorization:
        """Permits the command if each of its parts is permitted and, for an undo, the undone effect on its user. A
        command without parts needs any permission.
        """
        actor, caller, meeting, original = request.actor, context.caller, context.meeting, request.original
        user = context.users[original.user_id] if original is not None and original.user_id else None
        actions = request.command.actions or request.command.policy_actions()[:1]
        asked = [authorization_request(actor, caller, action, meeting) for action in actions]
        asked += [authorization_request(actor, caller, action, meeting, user) for action in request.undone_actions]
        return all_of(self._policies.authorize(each) for each in asked)

    def precondition(self, request: Request, context: MeetingContext) -> Refused | None:
        command, policies = request.command, self._policies
        if isinstance(command, Undo) and request.undone is None:
            return CHANGE_NOT_FOUND
        if isinstance(command, MuteEverybody):
            unknown_roles = set(command.spared_roles) - policies.roles
            return no_such("role", unknown_roles, "/except/roles") if unknown_roles else None
        if isinstance(command, SetMeeting):
            if command.mode is not None and command.mode not in policies.modes:
                return no_such("mode", [command.mode], "/mode")
            if command.default_role is not None and command.default_role not in policies.roles:
                return no_such("role", [command.default_role], "/defaultRole")
            if command.default_role in (HOST, COHOST):
                return Refused(
                    "invalid-request", "The default role cannot be `host` or `cohost`.", pointer="/defaultRole"
                )
        return None

    def complete(self, request: Request, context: MeetingContext) -> MeetingContext:
        """The context with excepted attendees that the ledger does not know, from Chime's roster. Attendees that Chime
        does not have either do not refuse the command.
        """
        _, excepted = self.named(request)
        unbound = [attendee_id for attendee_id in excepted if attendee_id not in context.attendees]
        if not unbound or not context.authorization.allowed or context.meeting.ended_at is not None:
            return context
        try:
            roster = call_with_retry(self._clock, lambda: self._chime.roster(context.meeting.id))
        except ChimeError:
            roster = []
        found = {attendee.attendee_id: attendee.user_id for attendee in roster}
        attendees = {a: found[a] for a in unbound if a in found and not is_pipeline(found[a])}
        return replace(
            context, attendees={**context.attendees, **attendees}, unknown=tuple(a for a in unbound if a not in found)
        )

    def decide(self, request: Request, context: MeetingContext, change_id: str) -> MeetingDecision:
        case = self._case(request, context, change_id)
        if isinstance(request.command, MuteEverybody) and case.untouchable >= self._policies.roles:
            return self._refusal_to_spare_everyone(request, context)
        decision = decide(case, request.command)
        if isinstance(decision, Unchanged) and not self._is_in_place(case.meeting):
            decision = Accepted(case.meeting.rules)
        if not isinstance(decision, Accepted):
            return decision
        accepted = decision
        if request.sent is not None:
            late = against_meeting(request.sent, request.command, case, decision)
            if late is not None:
                return late
            decision = replace(decision, rules=meeting_dated(decision.rules, case.now, request.sent))
        return self._against_lifting(request, context, case, accepted) or decision

    def _against_lifting(
        self, request: Request, context: MeetingContext, case: MeetingCase, accepted: Accepted[MeetingRules]
    ) -> Refusal | None:
        """A refusal if a mute-all replaces one that binds more and the caller is not permitted to lift that one."""
        lifting = request.command.lifted_by
        if lifting is None or not meeting_widens_access(case, accepted.rules):
            return None
        asked = authorization_request(request.actor, context.caller, lifting.name, case.meeting)
        decision = self._policies.authorize(asked)
        return None if decision.allowed else not_to_be_lifted(lifting.name, decision)

    def _case(self, request: Request, context: MeetingContext, change_id: str) -> MeetingCase:
        return MeetingCase(
            meeting=context.meeting,
            actor=request.actor,
            holds=self._policies.capabilities_for,
            roles=self._policies.roles,
            now=self._now(),
            change_id=change_id,
            untouchable=self._untouchable(request, context),
            spared=frozenset(context.attendees.values()),
            undone=request.undone,
        )

    def _untouchable(self, request: Request, context: MeetingContext) -> frozenset[str]:
        """The roles of users that the caller may not mute one by one: a mute-all spares them."""
        if not isinstance(request.command, MuteEverybody | Undo):
            return frozenset()

        roles = self._policies.roles
        return frozenset(role for role in roles if not self._may_mute(request, context, role).allowed)

    def _may_mute(self, request: Request, context: MeetingContext, role: str) -> Authorization:
        user = User("", UserRules(role=role))
        asked = authorization_request(request.actor, context.caller, Mute.name, context.meeting, user)
        return self._policies.authorize(asked)

    def _refusal_to_spare_everyone(self, request: Request, context: MeetingContext) -> Refusal:
        """The refusal of a mute-all that would spare every role."""
        detail = "The policies permit `mute-all` here, but `mute` on no role: the command would mute nobody."
        decision = self._may_mute(request, context, context.meeting.rules.default_role)
        return Refusal("not-permitted", detail, decision.policies)

    def _is_in_place(self, meeting: Meeting) -> bool:
        """Whether Chime is known to have what the rules say, so that no update is needed."""
        users = self._ledger.all_users(meeting.id).values()
        return all(
            attendee.has(wanted(self._policies, self._clock, meeting, user))
            for user in users
            for attendee in user.present
        )

    def commit(
        self, request: Request, context: MeetingContext, accepted: Accepted[MeetingRules], change_id: str
    ) -> Commit:
        was, now = context.meeting, self._now()
        since = min(request.sent.at, now) if request.sent is not None else now
        meeting = replace(
            noted(was, accepted.rules, since),
            rules=accepted.rules,
            revision=was.revision + 1,
            revised_by=change_id,
            check_at=next_check_at(was, accepted.rules),
        )
        if isinstance(request.command, End):
            meeting = replace(meeting, ended_at=now, check_at=None)
        policies = context.authorization.policies
        change = new_change(
            self._clock,
            request,
            meeting,
            change_id,
            policies,
            revision=meeting_revision(meeting),
            rules_before=was.rules,
            rules_after=meeting.rules,
            widens=bool(accepted.gained),
            unknown=context.unknown,
        )
        entry = decided_entry(self._clock, request, meeting, change.revision, policies, [], change_id=change.id)
        clauses = [
            MeetingRevised(meeting, was.revision),
            *context.caller_is(),
            ChangeOpened(change),
            EntryWritten(entry),
        ]
        return Commit(clauses, ChangeInProgress(change, meeting), wakeup=Wakeup(meeting.id), rules=meeting.rules)

    def answer(self, context: MeetingContext, commit: Commit, in_progress: ChangeInProgress) -> Outcome:
        answer = answer_to(in_progress.change, lambda: meeting_document(in_progress.meeting))
        if isinstance(answer, Refused) or answer.outcomes is not None:
            return answer
        return replace(answer, outcomes=in_progress.outcomes)

    def unchanged(self, request: Request, context: MeetingContext, decision: Unchanged) -> Answer:
        return Answer("unchanged", meeting_document(context.meeting), outcomes=(), unknown=context.unknown)

    def preview(
        self, request: Request, context: MeetingContext, accepted: Accepted[MeetingRules], change_id: str
    ) -> Answer:
        """The answer to a dry run: the outcome of all attendees that the ledger knows, without a call to Chime."""
        case = self._case(request, context, change_id)
        then = replace(case.meeting, rules=accepted.rules)
        users = self._ledger.all_users(case.meeting.id).values()
        outcomes = tuple(_foreseen(case, then, users))
        return Answer("dry-run", meeting_document(then), outcomes=outcomes, unknown=context.unknown)


def _foreseen(case: MeetingCase, then: Meeting, users: Iterable[User]) -> Iterator[Document]:
    for user in users:
        before = effective(case.meeting, user, case.holds, case.now)
        after = effective(then, user, case.holds, case.now)
        unmoved = "spared" if is_spared(then, user, case.change_id) else "unchanged"
        outcome = "applied" if before != after else unmoved
        for attendee in user.present:
            yield concerning(attendee.attendee_id, user.id) | {"outcome": outcome, "capabilities": in_words(after)}
