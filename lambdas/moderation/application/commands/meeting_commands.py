"""load · decide · commit for the whole meeting: one small write whatever its size; then order · settle for all."""

from collections.abc import Iterable
from dataclasses import replace

from ...domain.actor import COHOST, HOST, ActorKind, Authorization
from ...domain.authorization import question
from ...domain.capability import in_words
from ...domain.commands import End, MeetingCommand, MuteEverybody, SetMeeting, Undo, UnmuteEverybody
from ...domain.decisions.decision import Refusal, not_to_be_lifted
from ...domain.decisions.meeting import AcceptedForMeeting, MeetingCase, UnchangedMeeting, decide_for_meeting
from ...domain.decisions.widening import meeting_widens_access
from ...domain.documents import Document, meeting_document, meeting_revision
from ...domain.effective import effective
from ...domain.entry import concerning
from ...domain.meeting import Meeting, User, UserRules, is_pipeline, look_at, waits
from ...ports import ChimeError, Clause, Loaded, MeetingRevised, UserIs, Wakeup, World
from ..answers import answer_to, replayed
from ..enforcement.change_applier import ChangeApplier
from ..enforcement.change_in_progress import ChangeInProgress, wanted
from ..enforcement.retries import call_with_retry
from ..enforcement.roster_snapshot import is_spared
from ..requests import (
    BANNED,
    CHANGE_NOT_FOUND,
    MEETING_NOT_FOUND,
    REVISION_MISMATCH,
    WAITING,
    Answer,
    Outcome,
    Refused,
    Request,
    refused,
)
from .context import all_of, is_banned, is_nobody
from .pipeline import (
    commit_change,
    deadline,
    decided_entry,
    new_change,
    refuse,
    retry_on_conflict,
    schedule_expiry,
    store_result,
    unchanged,
)
from .timeliness import against_meeting, meeting_dated, noted


class MeetingCommandHandler:
    def __init__(self, world: World, applier: ChangeApplier) -> None:
        self._world = world
        self._applier = applier
        self._now = world.surroundings.now

    def perform(self, request: Request, command: MeetingCommand | Undo) -> Outcome:
        change_id = self._world.surroundings.new_id()
        return retry_on_conflict(self._world, lambda _: self._once(request, command, change_id))

    def _once(self, request: Request, command: MeetingCommand | Undo, change_id: str) -> Outcome:
        is_user = request.actor.kind is ActorKind.USER
        seats = command.spared_attendees if isinstance(command, MuteEverybody) else ()
        loaded = self._world.ledger.load(request.meeting_id, _concerned(request), seats, request.key)
        if loaded.key is not None:
            return replayed(self._world, request, loaded.key)
        if loaded.meeting is None:
            return MEETING_NOT_FOUND
        caller = loaded.users[request.actor.id] if is_user else None
        if is_banned(caller):
            return BANNED
        case = self._case(request, command, loaded.meeting, loaded, caller, change_id)
        against = self._against(request, command, case)
        if against is not None:
            return against
        case, unknown = self._with_strangers(command, loaded, case)
        decision = self._decision(request, command, case)
        if isinstance(decision, Refusal):
            return self._refuse(request, case, caller, decision)
        if isinstance(decision, UnchangedMeeting):
            answer = Answer(unchanged(request), meeting_document(case.meeting), outcomes=())
            store_result(self._world, request, answer)
            return answer
        too_much = self._lifts_too_much(request, case, caller, decision)
        if too_much is not None:
            return self._refuse(request, case, caller, too_much)
        if request.dry_run:
            return replace(self._dry(case, decision), unknown=unknown)
        return self._done(request, case, caller, decision, unknown)

    def _with_strangers(
        self, command: MeetingCommand | Undo, loaded: Loaded, case: MeetingCase
    ) -> tuple[MeetingCase, tuple[str, ...]]:
        """If the ledger has no record of an excepted attendee, Chime's roster is read. Returns the case with the users
        found there excepted, and the ids that Chime does not have either: they refuse nothing.
        """
        wanted_ids = command.spared_attendees if isinstance(command, MuteEverybody) else ()
        strangers = [attendee_id for attendee_id in wanted_ids if attendee_id not in loaded.seats]
        if not strangers or not case.verdict.allowed or case.meeting.ended_at is not None:
            return case, ()
        try:
            roster = call_with_retry(self._world, lambda: self._world.chime.roster(case.meeting.id))
        except ChimeError:
            roster = []
        found = {seat.attendee_id: seat.user_id for seat in roster}
        users = {found[attendee_id] for attendee_id in strangers if attendee_id in found}
        spared = frozenset(user_id for user_id in users if not is_pipeline(user_id))
        return replace(case, spared=case.spared | spared), tuple(s for s in strangers if s not in found)

    def _decision(
        self, request: Request, command: MeetingCommand | Undo, case: MeetingCase
    ) -> AcceptedForMeeting | UnchangedMeeting | Refusal:
        decision = decide_for_meeting(case, command)
        if isinstance(decision, UnchangedMeeting) and not self._is_in_place(case.meeting):
            decision = AcceptedForMeeting(case.meeting.rules)
        if not isinstance(decision, AcceptedForMeeting) or request.sent is None:
            return decision
        refusal = against_meeting(request.sent, command, case, decision)
        return refusal or AcceptedForMeeting(meeting_dated(decision.rules, case.now, request.sent))

    def _lifts_too_much(
        self, request: Request, case: MeetingCase, caller: User | None, decision: AcceptedForMeeting
    ) -> Refusal | None:
        """Where a mute-all binds less than the one that it replaces, lifting that one has to be the caller's to do."""
        if not isinstance(request.command, MuteEverybody) or not meeting_widens_access(case, decision.rules):
            return None
        verdict = self._world.policies.authorize(question(request.actor, caller, UnmuteEverybody.name, case.meeting))
        return None if verdict.allowed else not_to_be_lifted(UnmuteEverybody.name, verdict)

    def _case(
        self,
        request: Request,
        command: MeetingCommand | Undo,
        meeting: Meeting,
        loaded: Loaded,
        caller: User | None,
        change_id: str,
    ) -> MeetingCase:
        verdict = self._judged(request, caller, command, meeting, loaded)
        return MeetingCase(
            meeting=meeting,
            actor=request.actor,
            verdict=verdict,
            holds=self._world.policies.capabilities_for,
            roles=self._world.policies.roles,
            now=self._now(),
            change_id=change_id,
            untouchable=self._untouchable(request, caller, command, meeting, verdict),
            spared=frozenset(loaded.seats.values()),
            undone=request.undone,
        )

    def _judged(
        self,
        request: Request,
        caller: User | None,
        command: MeetingCommand | Undo,
        meeting: Meeting,
        loaded: Loaded,
    ) -> Authorization:
        """Each part of the command has to be permitted, and what it undoes on whom that was done to. Who asks for
        nothing has to be somebody who might.
        """
        judge = self._world.policies.authorize
        actions = (command.actions or ("set-mode",)) if isinstance(command, SetMeeting) else (command.name,)
        whom = loaded.users[request.deed.subject] if request.deed is not None and request.deed.subject else None
        asked = [question(request.actor, caller, action, meeting) for action in actions]
        asked += [question(request.actor, caller, action, meeting, whom) for action in request.undone_actions]
        return all_of(judge(each) for each in asked)

    def _untouchable(
        self,
        request: Request,
        caller: User | None,
        command: MeetingCommand | Undo,
        meeting: Meeting,
        verdict: Authorization,
    ) -> frozenset[str]:
        """Whom the caller could not mute one by one, he can't mute with all others either."""
        if not isinstance(command, MuteEverybody | Undo) or not verdict.allowed:
            return frozenset()

        def may_mute(role: str) -> bool:
            somebody = User("", UserRules(role=role))
            return self._world.policies.authorize(question(request.actor, caller, "mute", meeting, somebody)).allowed

        return frozenset(role for role in self._world.policies.roles if not may_mute(role))

    def _against(self, request: Request, command: MeetingCommand | Undo, case: MeetingCase) -> Refused | None:
        """What no decision is needed for. A caller who may not do it learns nothing of it."""
        if not case.verdict.allowed or case.meeting.ended_at is not None:
            return None
        if request.if_match not in (None, meeting_revision(case.meeting)):
            return REVISION_MISMATCH
        if isinstance(command, Undo) and request.undone is None:
            return CHANGE_NOT_FOUND
        if isinstance(command, MuteEverybody):
            unknown_roles = set(command.spared_roles) - self._world.policies.roles
            return _no_such("role", unknown_roles, "/except/roles") if unknown_roles else None
        if isinstance(command, SetMeeting):
            if command.mode is not None and command.mode not in self._world.policies.modes:
                return _no_such("mode", [command.mode], "/mode")
            if command.default_role is not None and command.default_role not in self._world.policies.roles:
                return _no_such("role", [command.default_role], "/defaultRole")
            if command.default_role in (HOST, COHOST):
                return Refused("invalid-request", "nobody hosts or cohosts by default", pointer="/defaultRole")
        return None

    def _done(
        self,
        request: Request,
        case: MeetingCase,
        caller: User | None,
        decision: AcceptedForMeeting,
        unknown: tuple[str, ...],
    ) -> Outcome:
        world, was = self._world, case.meeting
        since = min(request.sent.at, case.now) if request.sent is not None else case.now
        meeting = replace(
            noted(was, decision.rules, since),
            rules=decision.rules,
            revision=was.revision + 1,
            revised_by=case.change_id,
            check_at=look_at(was, decision.rules),
        )
        if isinstance(request.command, End):
            meeting = replace(meeting, ended_at=case.now, check_at=None)
        change = new_change(
            world,
            request,
            meeting,
            case.change_id,
            case.verdict.policies,
            revision=meeting_revision(meeting),
            rules_before=was.rules,
            rules_after=meeting.rules,
            widens=bool(case.gained_by(meeting.rules)),
            unknown=unknown,
        )
        clauses: list[Clause] = [MeetingRevised(meeting, was.revision)]
        if caller is not None:
            clauses.append(UserIs(meeting.id, caller.id, caller.revision))
        entry = decided_entry(world, request, meeting, change.revision, change.policies, [], change_id=change.id)
        in_progress = ChangeInProgress(change, meeting)
        if commit_change(world, request, change, entry, clauses):
            schedule_expiry(world, Wakeup(meeting.id), meeting.rules)
            in_progress = self._applier.apply(in_progress, deadline(self._now()))
        answer = answer_to(in_progress.change, meeting_document(in_progress.meeting))
        if isinstance(answer, Refused) or answer.outcomes is not None:
            return answer
        return replace(answer, outcomes=in_progress.outcomes)

    def _is_in_place(self, meeting: Meeting) -> bool:
        """Whether Chime is known to have what the rules say: only then is nothing left to be done."""
        people = self._world.ledger.everybody(meeting.id).values()
        return all(seat.has(wanted(self._world, meeting, user)) for user in people for seat in user.present)

    def _dry(self, case: MeetingCase, decision: AcceptedForMeeting) -> Answer:
        """What would come of it for everybody whom the ledger knows; Chime is not asked."""
        then = replace(case.meeting, rules=decision.rules)
        people = self._world.ledger.everybody(case.meeting.id).values()
        return Answer("dry-run", meeting_document(then), outcomes=tuple(self._foreseen(case, then, people)))

    def _foreseen(self, case: MeetingCase, then: Meeting, people: Iterable[User]) -> Iterable[Document]:
        for user in people:
            before = effective(case.meeting, user, case.holds, case.now)
            after = effective(then, user, case.holds, case.now)
            outcome = (
                "applied" if before != after else "spared" if is_spared(then, user, case.change_id) else "unchanged"
            )
            for seat in user.present:
                yield concerning(seat.attendee_id, user.id) | {"outcome": outcome, "capabilities": in_words(after)}

    def _refuse(self, request: Request, case: MeetingCase, caller: User | None, refusal: Refusal) -> Refused:
        outcome = refused(refusal, self._now())
        if is_nobody(request.actor, caller, case.meeting):
            return WAITING if caller is not None and waits(caller, case.meeting) else outcome
        revision = meeting_revision(case.meeting)
        entry = decided_entry(self._world, request, case.meeting, revision, case.verdict.policies, [], refusal=refusal)
        return refuse(self._world, request, outcome, entry, is_permitted=case.verdict.allowed)


def _concerned(request: Request) -> set[str]:
    """Who asks, and whom what he undoes was done to."""
    asking = {request.actor.id} if request.actor.kind is ActorKind.USER else set()
    return asking | ({request.deed.subject} if request.deed is not None and request.deed.subject else set())


def _no_such(kind: str, names: Iterable[str], pointer: str) -> Refused:
    return Refused("invalid-request", f"no such {kind}: `{min(names)}`", pointer=pointer)
