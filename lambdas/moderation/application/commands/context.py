"""Contexts: what a command is decided from, read in one round trip where nothing has to be found out first."""

from dataclasses import dataclass, replace

from ...domain.actor import ActorKind, Authorization
from ...domain.commands import Bind, LeaveLobby, Remove
from ...domain.ids import is_chime_id
from ...domain.meeting import Meeting, Seat, User, is_pipeline
from ...ports import (
    Budget,
    ChimeError,
    ChimeNotFoundError,
    ConditionFailedError,
    KeyTaken,
    Loaded,
    MeetingIs,
    UserIs,
    UserRevised,
    World,
)
from ..enforcement.attendee_binding import bind, with_seats
from ..enforcement.departures import without_ghosts
from ..enforcement.meeting_end import close
from ..enforcement.retries import call_with_retry
from ..enforcement.transaction_batches import SEATS_TOGETHER
from ..rate_limit import OWN_COMMAND, is_rate_limited
from ..requests import ATTENDEE_NOT_FOUND, BUSY, IS_AN_ATTENDEE, MEETING_ENDED, MEETING_NOT_FOUND, Refused, Request
from .authorization import authorize, is_nobody
from .warm_cache import WarmCache

NOT_ASKED = Authorization(False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandContext:
    """Until the policies are asked, nothing is permitted. `by_moderator`: whether more than commands on oneself are."""

    meeting: Meeting
    caller: User | None
    authorization: Authorization = NOT_ASKED
    by_moderator: bool = False
    from_memory: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UserContext(CommandContext):
    """`stored` is the user as the ledger has them, `user` with the attendees that were found in Chime just now."""

    user: User
    stored: User
    attendee_id: str | None
    is_unbound: bool = False
    """Whether the ledger does not know whose attendee this is."""
    is_an_attendee: bool = False
    """Whether the id that was taken for an ExternalUserId is an AttendeeId."""

    @property
    def new_seats(self) -> tuple[Seat, ...]:
        return tuple(seat for key, seat in self.user.seats.items() if key not in self.stored.seats)


class ContextLoader:
    """Contexts of commands on users. It remembers what it has read for as long as the process lives."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._memory = WarmCache()

    def load(self, request: Request, *, fresh: bool) -> UserContext | Refused | KeyTaken:
        """From memory if nothing is missing there and `fresh` is not asked for. A used idempotency key is found by a
        fresh look only.
        """
        if request.user_id is not None and is_pipeline(request.user_id):
            return ATTENDEE_NOT_FOUND
        fresh = fresh or request.command.needs_fresh_context
        return (None if fresh else self._remembered(request)) or self._looked_up(request)

    def authorize(self, request: Request, context: UserContext) -> UserContext:
        user = User("") if context.is_unbound else context.user
        decision, by_moderator = authorize(self._world.policies, request, context.caller, context.meeting, user)
        return replace(context, authorization=decision, by_moderator=by_moderator)

    def complete(self, request: Request, context: UserContext) -> UserContext | Refused:
        """With what only Chime can tell, as far as the caller may cause calls to it."""
        if context.from_memory or context.meeting.ended_at is not None:
            return context
        if context.is_unbound:
            return self._bound_by_chime(request, context)
        found = self._as_in_chime(request, context) if context.authorization.allowed else context
        if context.is_an_attendee and isinstance(found, UserContext) and found.authorization.allowed:
            return IS_AN_ATTENDEE
        return found

    def remember(self, meeting: Meeting, *people: User) -> None:
        self._memory.meetings[meeting.id] = meeting
        for user in people:
            self._memory.people[meeting.id, user.id] = user

    def learn(self, conflict: ConditionFailedError) -> bool:
        """Takes in what a lost race showed; False if it did not show all that has moved."""
        found = conflict.found or Loaded()
        if found.meeting is not None:
            self.remember(found.meeting)
        shown: set[str] = {found.meeting.id} if found.meeting else set()
        for clause in conflict.failed:
            if isinstance(clause, UserIs | UserRevised) and (user := found.users.get(_user_id(clause))):
                self._memory.people[clause.meeting_id, user.id] = user
            elif not isinstance(clause, MeetingIs) or clause.meeting_id not in shown:
                return False
        return True

    def _remembered(self, request: Request) -> UserContext | None:
        """What commits from this is checked by the commit; what does not commit is decided anew from a fresh look."""
        memory, meeting_id = self._memory, request.meeting_id
        meeting = memory.meetings.get(meeting_id)
        owner = request.user_id or memory.owners.get((meeting_id, request.attendee_id or ""))
        user = memory.people.get((meeting_id, owner or ""))
        is_user = request.actor.kind is ActorKind.USER
        caller = memory.people.get((meeting_id, request.actor.id)) if is_user else None
        if meeting is None or user is None or (is_user and caller is None) or not user.present:
            return None
        return UserContext(
            meeting=meeting, caller=caller, user=user, stored=user, attendee_id=request.attendee_id, from_memory=True
        )

    def _looked_up(self, request: Request) -> UserContext | Refused | KeyTaken:
        is_user, memory = request.actor.kind is ActorKind.USER, self._memory
        known = request.user_id or memory.owners.get((request.meeting_id, request.attendee_id or ""))
        people = {user_id for user_id in (known, request.actor.id if is_user else None) if user_id}
        seats = () if known or request.attendee_id is None else (request.attendee_id,)
        if request.user_id is not None and is_chime_id(request.user_id):
            seats = (request.user_id,)
        loaded = self._world.ledger.load(request.meeting_id, people, seats, request.key)
        if loaded.key is not None:
            return loaded.key
        if loaded.meeting is None:
            return MEETING_NOT_FOUND
        caller = loaded.users.get(request.actor.id) if is_user else None
        owner = known or loaded.seats.get(request.attendee_id or "")
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
            is_an_attendee=not user.revision and request.user_id in loaded.seats,
        )

    def _bound_by_chime(self, request: Request, context: UserContext) -> UserContext | Refused:
        """Chime says whose attendee it is. Those who may only command themselves are looked up for what could be a
        command on themselves.
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
            found = call_with_retry(self._world, lambda: self._world.chime.seat(meeting.id, attendee_id))
        except ChimeNotFoundError:
            return ATTENDEE_NOT_FOUND
        if is_pipeline(found.user_id):
            return ATTENDEE_NOT_FOUND
        stored = self._user(request.meeting_id, found.user_id)
        if isinstance(request.command, Bind):
            stored = without_ghosts(self._world, meeting, stored)
        user = with_seats(self._world, meeting, stored, [found])
        return self.authorize(request, replace(context, user=user, stored=stored, is_unbound=False))

    def _as_in_chime(self, request: Request, context: UserContext) -> UserContext | Refused:
        command, user = request.command, context.user
        if isinstance(command, LeaveLobby):
            return context
        if isinstance(command, Bind) and request.actor.kind is not ActorKind.CHIME:
            return self._with_seat(context)
        if isinstance(command, Remove):
            return self._on_all_seats(request, context)
        if user.present or request.attendee_id is not None or not (context.by_moderator or self._may_look(request)):
            return context
        return self._with_roster(request, context)

    def _with_seat(self, context: UserContext) -> UserContext | Refused:
        """Before a JoinToken is handed out, what Chime holds now counts and not what was known."""
        attendee_id = context.attendee_id or ""
        try:
            found = call_with_retry(self._world, lambda: self._world.chime.seat(context.meeting.id, attendee_id))
        except ChimeNotFoundError:
            return ATTENDEE_NOT_FOUND
        seat = replace(context.user.seats[attendee_id], known=found.capabilities, gone=False)
        return replace(context, user=replace(context.user, seats={**context.user.seats, attendee_id: seat}))

    def _on_all_seats(self, request: Request, context: UserContext) -> UserContext | Refused:
        """The user may have attendees that are not known yet. If Chime can't say, those that are known are removed."""
        try:
            return self._with_roster(request, context)
        except ChimeError:
            if not context.user.present:
                raise
            return context

    def _with_roster(self, request: Request, context: UserContext) -> UserContext | Refused:
        """More attendees than the command's own transaction takes become known before it."""
        meeting, user = context.meeting, context.user
        try:
            roster = call_with_retry(self._world, lambda: self._world.chime.roster(meeting.id))
        except ChimeNotFoundError:
            if not request.dry_run:
                close(self._world, meeting)
            return MEETING_ENDED
        if not user.revision and any(seat.attendee_id == user.id for seat in roster):
            return IS_AN_ATTENDEE
        found = [seat for seat in roster if seat.user_id == user.id]
        new = [seat for seat in found if seat.attendee_id not in user.seats]
        if len(new) > SEATS_TOGETHER and not request.dry_run:
            bound = bind(self._world, meeting, found, {user.id: user})[user.id]
            return replace(context, user=bound, stored=bound)
        return replace(context, user=with_seats(self._world, meeting, user, found))

    def _may_look(self, request: Request) -> bool:
        """Looks at Chime for those who do not moderate cost tokens of their own, and of the background's calls."""
        if is_rate_limited(self._world, request.meeting_id, request.actor, OWN_COMMAND):
            return False
        return self._world.ledger.acquire_background_calls(1, self._world.surroundings.now(), Budget.LOOKS)

    def _user(self, meeting_id: str, user_id: str) -> User:
        return self._world.ledger.load(meeting_id, [user_id]).users[user_id]


def _unbound(request: Request, meeting: Meeting, caller: User | None) -> UserContext:
    """An attendee that the ledger doesn't know."""
    is_looked_up = meeting.ended_at is None and not is_nobody(request.actor, caller, meeting)
    user = User("" if is_looked_up else request.attendee_id or "")
    return UserContext(
        meeting=meeting, caller=caller, user=user, stored=user, attendee_id=request.attendee_id, is_unbound=True
    )


def _user_id(clause: UserIs | UserRevised) -> str:
    return clause.user.id if isinstance(clause, UserRevised) else clause.user_id
