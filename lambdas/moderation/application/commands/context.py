"""Contexts: everything that a decision rests on, read in one round trip if possible."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ...domain.actor import Actor, ActorKind, Authorization
from ...domain.commands import Bind, Invoker, LeaveLobby, Remove
from ...domain.decisions.decision import authorization_request
from ...domain.ids import is_chime_id, is_pipeline
from ...domain.meeting import Attendee, Meeting, User, belongs
from ...ports import (
    Budget,
    Chime,
    ChimeError,
    ChimeNotFoundError,
    Clock,
    ConditionFailedError,
    KeyTaken,
    Ledger,
    Loaded,
    MeetingIs,
    Policies,
    UserIs,
    UserRevised,
)
from ..enforcement.attendee_binding import bind, with_attendees
from ..enforcement.departures import close, without_departed
from ..enforcement.transactions import ATTENDEES_TOGETHER, call_with_retry
from ..rate_limit import OWN_COMMAND, is_rate_limited
from ..requests import ATTENDEE_NOT_FOUND, BUSY, IS_AN_ATTENDEE, MEETING_ENDED, MEETING_NOT_FOUND, Refused, Request
from .warm_cache import WarmCache

NOT_ASKED = Authorization(False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandContext:
    """The base of contexts. `authorization` is a denial until the policies are asked. `by_moderator`: whether the
    caller may do more than commands on themselves.
    """

    meeting: Meeting
    caller: User | None
    authorization: Authorization = NOT_ASKED
    by_moderator: bool = False
    from_memory: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UserContext(CommandContext):
    """The context of a command on one user. `stored` is the user in the ledger, `user` includes attendees just found in
    Chime.
    """

    user: User
    stored: User
    attendee_id: str | None
    is_unbound: bool = False
    """Whether the ledger does not know the user of the attendee."""
    is_an_attendee: bool = False
    """Whether the given ExternalUserId is in fact an AttendeeId."""

    @property
    def new_attendees(self) -> tuple[Attendee, ...]:
        return tuple(attendee for key, attendee in self.user.attendees.items() if key not in self.stored.attendees)


class ContextLoader:
    """Loads contexts of commands on users, and keeps them in the warm cache."""

    def __init__(self, ledger: Ledger, chime: Chime, policies: Policies, clock: Clock) -> None:
        self._ledger = ledger
        self._chime = chime
        self._policies = policies
        self._clock = clock
        self._memory = WarmCache()

    def load(self, request: Request, *, fresh: bool) -> UserContext | Refused | KeyTaken:
        """The context from the warm cache, or from the ledger if `fresh` or if anything is missing. Only a fresh read
        finds a used idempotency key.
        """
        if request.user_id is not None and is_pipeline(request.user_id):
            return ATTENDEE_NOT_FOUND
        fresh = fresh or request.command.needs_fresh_context
        return (None if fresh else self._from_cache(request)) or self._from_ledger(request)

    def authorize(self, request: Request, context: UserContext) -> UserContext:
        user = User("") if context.is_unbound else context.user
        decision, by_moderator = authorize(self._policies, request, context.caller, context.meeting, user)
        return replace(context, authorization=decision, by_moderator=by_moderator)

    def complete(self, request: Request, context: UserContext) -> UserContext | Refused:
        """The context completed from Chime, if the caller may cause calls to Chime."""
        if context.from_memory or context.meeting.ended_at is not None:
            return context
        if context.is_unbound:
            return self._bound_by_chime(request, context)
        found = self._as_in_chime(request, context) if context.authorization.allowed else context
        if context.is_an_attendee and isinstance(found, UserContext) and found.authorization.allowed:
            return IS_AN_ATTENDEE
        return found

    def remember(self, meeting: Meeting, *users: User) -> None:
        self._memory.meetings[meeting.id] = meeting
        for user in users:
            self._memory.users[meeting.id, user.id] = user

    def learn(self, conflict: ConditionFailedError) -> bool:
        """Updates the cache from a failed condition. False if the condition does not show all that has changed."""
        found = conflict.found or Loaded()
        if found.meeting is not None:
            self.remember(found.meeting)
        shown: set[str] = {found.meeting.id} if found.meeting else set()
        for clause in conflict.failed:
            if isinstance(clause, UserIs | UserRevised) and (user := found.users.get(_user_id(clause))):
                self._memory.users[clause.meeting_id, user.id] = user
            elif not isinstance(clause, MeetingIs) or clause.meeting_id not in shown:
                return False
        return True

    def _from_cache(self, request: Request) -> UserContext | None:
        """The context from the cache. The commit checks it. A decision that commits nothing is repeated with a fresh
        context.
        """
        memory, meeting_id = self._memory, request.meeting_id
        meeting = memory.meetings.get(meeting_id)
        owner = request.user_id or memory.owners.get((meeting_id, request.attendee_id))
        user = memory.users.get((meeting_id, owner or ""))
        is_user = request.actor.kind is ActorKind.USER
        caller = memory.users.get((meeting_id, request.actor.id)) if is_user else None
        if meeting is None or user is None or (is_user and caller is None) or not user.present:
            return None
        return UserContext(
            meeting=meeting, caller=caller, user=user, stored=user, attendee_id=request.attendee_id, from_memory=True
        )

    def _from_ledger(self, request: Request) -> UserContext | Refused | KeyTaken:
        is_user, memory = request.actor.kind is ActorKind.USER, self._memory
        known = request.user_id or memory.owners.get((request.meeting_id, request.attendee_id))
        users = {user_id for user_id in (known, request.actor.id if is_user else None) if user_id}
        attendees = () if known or request.attendee_id is None else (request.attendee_id,)
        if request.user_id is not None and is_chime_id(request.user_id):
            attendees = (request.user_id,)
        loaded = self._ledger.load(request.meeting_id, users, attendees, request.key)
        if loaded.key is not None:
            return loaded.key
        if loaded.meeting is None:
            return MEETING_NOT_FOUND
        caller = loaded.users.get(request.actor.id) if is_user else None
        owner = known or loaded.attendees.get(request.attendee_id or "")
        if owner is None:
            return _unbound(request, loaded.meeting, caller)
        if request.attendee_id is not None:
            memory.owners[request.meeting_id, request.attendee_id] = owner
        user = loaded.users.get(owner) or self._user(request.meeting_id, owner)
        self.remember(loaded.meeting, user, *loaded.users.values())
        return UserContext(
            meeting=loaded.meeting,
            caller=caller,
            user=user,
            stored=user,
            attendee_id=request.attendee_id,
            is_an_attendee=not user.revision and request.user_id in loaded.attendees,
        )

    def _bound_by_chime(self, request: Request, context: UserContext) -> UserContext | Refused:
        """Asks Chime for the user of the attendee. For callers who may only command themselves, only if the attendee
        may be theirs.
        """
        meeting, caller, attendee_id = context.meeting, context.caller, request.attendee_id or ""
        if is_nobody(request.actor, caller, meeting):
            return context
        if not context.authorization.allowed:
            if caller is None or request.command.own_action is None:
                return context
            if not self._may_look(request):
                return BUSY
        try:
            found = call_with_retry(self._clock, lambda: self._chime.attendee(meeting.id, attendee_id))
        except ChimeNotFoundError:
            return ATTENDEE_NOT_FOUND
        if is_pipeline(found.user_id):
            return ATTENDEE_NOT_FOUND
        stored = self._user(request.meeting_id, found.user_id)
        if isinstance(request.command, Bind):
            stored = without_departed(self._ledger, self._chime, self._clock, meeting, stored)
        user = with_attendees(self._policies, self._clock, meeting, stored, [found], self._ledger.recorded_batches)
        return self.authorize(request, replace(context, user=user, stored=stored, is_unbound=False))

    def _as_in_chime(self, request: Request, context: UserContext) -> UserContext | Refused:
        command, user = request.command, context.user
        if isinstance(command, LeaveLobby):
            return context
        if isinstance(command, Bind) and request.actor.kind is not ActorKind.CHIME:
            return self._with_attendee(context)
        if isinstance(command, Remove):
            return self._on_all_attendees(request, context)
        if user.present or request.attendee_id is not None or not (context.by_moderator or self._may_look(request)):
            return context
        return self._with_roster(request, context)

    def _with_attendee(self, context: UserContext) -> UserContext | Refused:
        """The context with the attendee's capabilities in Chime. Before a JoinToken is handed out, only those count."""
        attendee_id = context.attendee_id or ""
        try:
            found = call_with_retry(self._clock, lambda: self._chime.attendee(context.meeting.id, attendee_id))
        except ChimeNotFoundError:
            return ATTENDEE_NOT_FOUND
        attendee = context.user.attendees[attendee_id].found(found.capabilities)
        return replace(context, user=replace(context.user, attendees={**context.user.attendees, attendee_id: attendee}))

    def _on_all_attendees(self, request: Request, context: UserContext) -> UserContext | Refused:
        """The context with all attendees of the user. If Chime cannot be read, it has the known ones only."""
        try:
            return self._with_roster(request, context)
        except ChimeError:
            if not context.user.present:
                raise
            return context

    def _with_roster(self, request: Request, context: UserContext) -> UserContext | Refused:
        """The context with the attendees in Chime's roster. Attendees that do not fit into the command's transaction
        are bound before it.
        """
        meeting, user = context.meeting, context.user
        try:
            roster = call_with_retry(self._clock, lambda: self._chime.roster(meeting.id))
        except ChimeNotFoundError:
            if not request.dry_run:
                close(self._ledger, self._clock, meeting)
            return MEETING_ENDED
        if not user.revision and any(attendee.attendee_id == user.id for attendee in roster):
            return IS_AN_ATTENDEE
        found = [attendee for attendee in roster if attendee.user_id == user.id]
        new = [attendee for attendee in found if attendee.attendee_id not in user.attendees]
        if len(new) > ATTENDEES_TOGETHER and not request.dry_run:
            bound = bind(self._ledger, self._policies, self._clock, meeting, found, {user.id: user})[user.id]
            return replace(context, user=bound, stored=bound)
        return replace(
            context,
            user=with_attendees(self._policies, self._clock, meeting, user, found, self._ledger.recorded_batches),
        )

    def _may_look(self, request: Request) -> bool:
        """Whether the caller may cause a call to Chime. For callers who are no moderators, each call takes tokens of
        their own and of the background budget.
        """
        if is_rate_limited(self._ledger, self._clock, request.meeting_id, request.actor, OWN_COMMAND):
            return False
        return self._ledger.acquire_background_calls(1, self._clock.now(), Budget.READS)

    def _user(self, meeting_id: str, user_id: str) -> User:
        return self._ledger.load(meeting_id, [user_id]).users[user_id]


def _unbound(request: Request, meeting: Meeting, caller: User | None) -> UserContext:
    """The context of an attendee that the ledger does not know."""
    is_looked_up = meeting.ended_at is None and not is_nobody(request.actor, caller, meeting)
    user = User("" if is_looked_up else request.attendee_id or "")
    return UserContext(
        meeting=meeting, caller=caller, user=user, stored=user, attendee_id=request.attendee_id, is_unbound=True
    )


def _user_id(clause: UserIs | UserRevised) -> str:
    return clause.user.id if isinstance(clause, UserRevised) else clause.user_id


def authorize(
    policies: Policies, request: Request, caller: User | None, meeting: Meeting, user: User
) -> tuple[Authorization, bool]:
    """The decision of the policies, and whether the caller acts as a moderator.

    A caller who may moderate a user acts as a moderator on themselves as well. The clock and Chime are not authorized:
    they report decisions that were made already.
    """
    actor, command = request.actor, request.command
    if actor.is_automatic:
        return Authorization(True), True
    actions = command.actions
    if request.undone is not None:
        undo = policies.authorize(authorization_request(actor, caller, command.name, meeting))
        if not undo.allowed:
            return undo, False
        actions = request.undone_actions
    decision = all_of(
        policies.authorize(authorization_request(actor, caller, action, meeting, user)) for action in actions
    )
    is_oneself = actor.is_user(user.id)
    if decision.allowed or command.own_action is None or not is_oneself:
        return decision, decision.allowed and not (command.invoker is Invoker.ONESELF and is_oneself)
    return policies.authorize(authorization_request(actor, caller, command.own_action, meeting, user)), False


def all_of(decisions: Iterable[Authorization]) -> Authorization:
    """The first denial, or else a permission: each decision has to permit."""
    policies: dict[str, None] = {}
    for decision in decisions:
        if not decision.allowed:
            return decision
        policies |= dict.fromkeys(decision.policies)
    return Authorization(True, tuple(policies))


def is_nobody(actor: Actor, caller: User | None, meeting: Meeting) -> bool:
    """Whether the meeting does not know the user. Such users cause no call to Chime and no entry."""
    return actor.kind is ActorKind.USER and (caller is None or not belongs(caller, meeting))


def is_banned(caller: User | None) -> bool:
    return caller is not None and caller.rules.ban is not None
