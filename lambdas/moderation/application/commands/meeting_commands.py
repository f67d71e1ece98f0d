"""Commands on the whole meeting: one small write whatever its size, then applied to everybody."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from ...domain.actor import COHOST, HOST, Authorization
from ...domain.authorization import question
from ...domain.capability import in_words
from ...domain.commands import End, Mute, MuteEverybody, SetMeeting, Undo
from ...domain.decisions.decide import decide
from ...domain.decisions.decision import Accepted, Refusal, Unchanged, not_to_be_lifted
from ...domain.decisions.meeting import MeetingCase, MeetingDecision
from ...domain.decisions.widening import meeting_widens_access
from ...domain.documents import Document, meeting_document, meeting_revision
from ...domain.effective import effective
from ...domain.entry import concerning
from ...domain.meeting import Meeting, MeetingRules, User, UserRules, is_pipeline, look_at
from ...ports import ChangeOpened, ChimeError, EntryWritten, MeetingRevised, Wakeup
from ..answers import answer_to
from ..enforcement.change_in_progress import ChangeInProgress, wanted
from ..enforcement.retries import call_with_retry
from ..enforcement.roster_snapshot import is_spared
from ..requests import CHANGE_NOT_FOUND, Answer, Outcome, Refused, Request
from .authorization import all_of
from .commits import decided_entry, new_change
from .handler import Commit
from .meeting_context import MeetingContext, MeetingHandler
from .timeliness import against_meeting, meeting_dated, noted


class MeetingCommandHandler(MeetingHandler[MeetingRules]):
    def named(self, request: Request) -> tuple[Collection[str], Sequence[str]]:
        command, original = request.command, request.original
        users = {original.subject} if original is not None and original.subject else set[str]()
        return users, command.spared_attendees if isinstance(command, MuteEverybody) else ()

    def permission(self, request: Request, context: MeetingContext) -> Authorization:
        """Each part of the command has to be permitted, and what it undoes on the user of the undone change. To ask for
        nothing, the caller has to be permitted something.
        """
        actor, caller, meeting, original = request.actor, context.caller, context.meeting, request.original
        user = context.users[original.subject] if original is not None and original.subject else None
        actions = request.command.actions or request.command.policy_actions()[:1]
        asked = [question(actor, caller, action, meeting) for action in actions]
        asked += [question(actor, caller, action, meeting, user) for action in request.undone_actions]
        return all_of(self._world.policies.authorize(each) for each in asked)

    def precondition(self, request: Request, context: MeetingContext) -> Refused | None:
        command, policies = request.command, self._world.policies
        if isinstance(command, Undo) and request.undone is None:
            return CHANGE_NOT_FOUND
        if isinstance(command, MuteEverybody):
            unknown_roles = set(command.spared_roles) - policies.roles
            return _no_such("role", unknown_roles, "/except/roles") if unknown_roles else None
        if isinstance(command, SetMeeting):
            if command.mode is not None and command.mode not in policies.modes:
                return _no_such("mode", [command.mode], "/mode")
            if command.default_role is not None and command.default_role not in policies.roles:
                return _no_such("role", [command.default_role], "/defaultRole")
            if command.default_role in (HOST, COHOST):
                return Refused("invalid-request", "the default role can't be host or cohost", pointer="/defaultRole")
        return None

    def complete(self, request: Request, context: MeetingContext) -> MeetingContext:
        """If the ledger does not know an excepted attendee, Chime's roster is read. The command is not
        refused for those that Chime does not have either.
        """
        _, excepted = self.named(request)
        unbound = [attendee_id for attendee_id in excepted if attendee_id not in context.seats]
        if not unbound or not context.authorization.allowed or context.meeting.ended_at is not None:
            return context
        try:
            roster = call_with_retry(self._world, lambda: self._world.chime.roster(context.meeting.id))
        except ChimeError:
            roster = []
        found = {seat.attendee_id: seat.user_id for seat in roster}
        seats = {a: found[a] for a in unbound if a in found and not is_pipeline(found[a])}
        return replace(context, seats={**context.seats, **seats}, unknown=tuple(a for a in unbound if a not in found))

    def decide(self, request: Request, context: MeetingContext, change_id: str) -> MeetingDecision:
        case = self._case(request, context, change_id)
        decision = decide(case, request.command)
        if isinstance(decision, Unchanged) and not self._is_in_place(case.meeting):
            decision = Accepted(case.meeting.rules)
        if not isinstance(decision, Accepted):
            return decision
        if request.sent is not None:
            late = against_meeting(request.sent, request.command, case, decision)
            if late is not None:
                return late
            decision = replace(decision, rules=meeting_dated(decision.rules, case.now, request.sent))
        return self._against_lifting(request, context, case, decision) or decision

    def _against_lifting(
        self, request: Request, context: MeetingContext, case: MeetingCase, accepted: Accepted[MeetingRules]
    ) -> Refusal | None:
        """A mute-all that binds less than the one it replaces lifts that one: the caller has to be permitted that."""
        lifting = request.command.lifted_by
        if lifting is None or not meeting_widens_access(case, accepted.rules):
            return None
        asked = question(request.actor, context.caller, lifting.name, case.meeting)
        decision = self._world.policies.authorize(asked)
        return None if decision.allowed else not_to_be_lifted(lifting.name, decision)

    def _case(self, request: Request, context: MeetingContext, change_id: str) -> MeetingCase:
        return MeetingCase(
            meeting=context.meeting,
            actor=request.actor,
            holds=self._world.policies.capabilities_for,
            roles=self._world.policies.roles,
            now=self._now(),
            change_id=change_id,
            untouchable=self._untouchable(request, context),
            spared=frozenset(context.seats.values()),
            undone=request.undone,
        )

    def _untouchable(self, request: Request, context: MeetingContext) -> frozenset[str]:
        """Roles whose users the caller may not mute one by one, and so not with all others either."""
        if not isinstance(request.command, MuteEverybody | Undo):
            return frozenset()

        def may_mute(role: str) -> bool:
            user = User("", UserRules(role=role))
            asked = question(request.actor, context.caller, Mute.name, context.meeting, user)
            return self._world.policies.authorize(asked).allowed

        return frozenset(role for role in self._world.policies.roles if not may_mute(role))

    def _is_in_place(self, meeting: Meeting) -> bool:
        """Whether Chime is known to have what the rules say: only then is nothing left to be done."""
        people = self._world.ledger.everybody(meeting.id).values()
        return all(seat.has(wanted(self._world, meeting, user)) for user in people for seat in user.present)

    def commit(
        self, request: Request, context: MeetingContext, accepted: Accepted[MeetingRules], change_id: str
    ) -> Commit:
        world, was, now = self._world, context.meeting, self._now()
        since = min(request.sent.at, now) if request.sent is not None else now
        meeting = replace(
            noted(was, accepted.rules, since),
            rules=accepted.rules,
            revision=was.revision + 1,
            revised_by=change_id,
            check_at=look_at(was, accepted.rules),
        )
        if isinstance(request.command, End):
            meeting = replace(meeting, ended_at=now, check_at=None)
        policies = context.authorization.policies
        change = new_change(
            world,
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
        entry = decided_entry(world, request, meeting, change.revision, policies, [], change_id=change.id)
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
        """What would become of all attendees that the ledger knows; Chime is not asked."""
        case = self._case(request, context, change_id)
        then = replace(case.meeting, rules=accepted.rules)
        people = self._world.ledger.everybody(case.meeting.id).values()
        outcomes = tuple(_foreseen(case, then, people))
        return Answer("dry-run", meeting_document(then), outcomes=outcomes, unknown=context.unknown)


def _foreseen(case: MeetingCase, then: Meeting, people: Iterable[User]) -> Iterator[Document]:
    for user in people:
        before = effective(case.meeting, user, case.holds, case.now)
        after = effective(then, user, case.holds, case.now)
        unmoved = "spared" if is_spared(then, user, case.change_id) else "unchanged"
        outcome = "applied" if before != after else unmoved
        for seat in user.present:
            yield concerning(seat.attendee_id, user.id) | {"outcome": outcome, "capabilities": in_words(after)}


def _no_such(kind: str, names: Iterable[str], pointer: str) -> Refused:
    return Refused("invalid-request", f"no such {kind}: `{min(names)}`", pointer=pointer)
