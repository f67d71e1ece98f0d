"""load: what a command on one person is decided from, in one round trip where nothing has to be found out first."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ...domain.actor import Actor, ActorKind, Authorization
from ...domain.authorization import question
from ...domain.commands import (
    Ban,
    Bind,
    Command,
    Consent,
    GrantFloor,
    LeaveLobby,
    LowerHand,
    Mute,
    RaiseHand,
    Remove,
    SetRole,
    Unban,
    Undo,
    Unmute,
)
from ...domain.ids import is_chime_id
from ...domain.meeting import Meeting, Seat, User, belongs, is_pipeline
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
from ..requests import (
    ATTENDEE_NOT_FOUND,
    BANNED,
    BUSY,
    IS_AN_ATTENDEE,
    MEETING_ENDED,
    MEETING_NOT_FOUND,
    Refused,
    Request,
)
from .warm_cache import WarmCache

OWN_COMMANDS = {Mute: "mute-self", Unmute: "unmute-self", LowerHand: "lower-own-hand"}
IN_PERSON = (RaiseHand, Consent, LeaveLobby)
"""What the policies permit to each for himself under the command's own name."""
NEED_A_LOOK = (Bind, Consent, GrantFloor, LeaveLobby, LowerHand, RaiseHand, Remove, Ban, Unban, SetRole)
"""Commands that rest on more than a commit checks: a raised hand, how many hosts there are, what Chime holds."""


@dataclass(frozen=True, slots=True)
class CommandContext:
    """`stored` is the person as the ledger has him, `user` with the seats that were found in Chime just now."""

    meeting: Meeting
    caller: User | None
    user: User
    stored: User
    attendee_id: str | None
    verdict: Authorization
    by_moderator: bool
    from_memory: bool = False

    @property
    def new_seats(self) -> tuple[Seat, ...]:
        return tuple(seat for key, seat in self.user.seats.items() if key not in self.stored.seats)


def is_nobody(actor: Actor, caller: User | None, meeting: Meeting) -> bool:
    """Somebody with a valid token whom this meeting doesn't know: he gets no call to Chime and no line of history."""
    return actor.kind is ActorKind.USER and (caller is None or not belongs(caller, meeting))


def is_banned(caller: User | None) -> bool:
    return caller is not None and caller.rules.ban is not None


class ContextLoader:
    def __init__(self, world: World) -> None:
        self._world = world
        self._memory = WarmCache()

    def find(self, request: Request, *, fresh: bool) -> CommandContext | Refused | KeyTaken:
        """From memory if nothing is missing there and `fresh` is not asked for. A used idempotency key is found by a
        fresh look only, before anything else is looked at.
        """
        if request.user_id is not None and is_pipeline(request.user_id):
            return ATTENDEE_NOT_FOUND
        fresh = fresh or isinstance(request.command, NEED_A_LOOK)
        return (None if fresh else self._remembered(request)) or self._looked_up(request)

    def is_too_many(self, request: Request, facts: CommandContext) -> bool:
        """Whether it is one deed too many that somebody does for himself."""
        if facts.by_moderator or not facts.verdict.allowed or request.dry_run:
            return False
        return is_rate_limited(self._world, request.meeting_id, request.actor, OWN_COMMAND)

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
            if isinstance(clause, UserIs | UserRevised) and (user := found.users.get(_person(clause))):
                self._memory.people[clause.meeting_id, user.id] = user
            elif not isinstance(clause, MeetingIs) or clause.meeting_id not in shown:
                return False
        return True

    def _remembered(self, request: Request) -> CommandContext | None:
        """What commits from this is checked by the commit; what does not commit is decided anew from a fresh look."""
        memory, meeting_id = self._memory, request.meeting_id
        meeting = memory.meetings.get(meeting_id)
        owner = request.user_id or memory.owners.get((meeting_id, request.attendee_id or ""))
        user = memory.people.get((meeting_id, owner or ""))
        is_user = request.actor.kind is ActorKind.USER
        caller = memory.people.get((meeting_id, request.actor.id)) if is_user else None
        if meeting is None or user is None or (is_user and caller is None) or not user.present:
            return None
        return replace(self._context(request, meeting, caller, user, user), from_memory=True)

    def _looked_up(self, request: Request) -> CommandContext | Refused | KeyTaken:
        known = request.user_id or self._memory.owners.get((request.meeting_id, request.attendee_id or ""))
        people = {known} if known else set()
        if request.actor.kind is ActorKind.USER:
            people.add(request.actor.id)
        seats = () if known or request.attendee_id is None else (request.attendee_id,)
        if request.user_id is not None and is_chime_id(request.user_id):
            seats = (request.user_id,)
        loaded = self._world.ledger.load(request.meeting_id, people, seats, request.key)
        if loaded.key is not None:
            return loaded.key
        if loaded.meeting is None:
            return MEETING_NOT_FOUND
        caller = loaded.users.get(request.actor.id) if request.actor.kind is ActorKind.USER else None
        if is_banned(caller):
            return BANNED
        owner = known or loaded.seats.get(request.attendee_id or "")
        if owner is None:
            return self._stranger(request, loaded.meeting, caller)
        if request.attendee_id is not None:
            self._memory.owners[request.meeting_id, request.attendee_id] = owner
        user = loaded.users.get(owner) or self._user(request.meeting_id, owner)
        self.remember(loaded.meeting, user, *loaded.users.values())
        found = self._judged(request, loaded.meeting, caller, user)
        is_attendee = not user.revision and request.user_id in loaded.seats
        return IS_AN_ATTENDEE if is_attendee and isinstance(found, CommandContext) and found.verdict.allowed else found

    def _stranger(self, request: Request, meeting: Meeting, caller: User | None) -> CommandContext | Refused:
        """A seat that the ledger doesn't know: Chime says whose it is."""
        if is_nobody(request.actor, caller, meeting) or meeting.ended_at is not None:
            unknown = User(request.attendee_id or "")
            return self._context(request, meeting, caller, unknown, unknown)
        facts = self._context(request, meeting, caller, User(""), User(""))
        if not facts.verdict.allowed:
            if caller is None or type(request.command) not in OWN_COMMANDS:
                return facts
            if not self._may_look(request):
                return BUSY
        try:
            found = call_with_retry(self._world, lambda: self._world.chime.seat(meeting.id, request.attendee_id or ""))
        except ChimeNotFoundError:
            return ATTENDEE_NOT_FOUND
        if is_pipeline(found.user_id):
            return ATTENDEE_NOT_FOUND
        user = self._user(request.meeting_id, found.user_id)
        if isinstance(request.command, Bind):
            user = without_ghosts(self._world, meeting, user)
        return self._context(request, meeting, caller, user, with_seats(self._world, meeting, user, [found]))

    def _judged(self, request: Request, meeting: Meeting, caller: User | None, user: User) -> CommandContext | Refused:
        facts = self._context(request, meeting, caller, user, user)
        if not facts.verdict.allowed or meeting.ended_at is not None or isinstance(request.command, LeaveLobby):
            return facts
        if isinstance(request.command, Bind) and request.actor.kind is not ActorKind.CHIME:
            return self._as_chime_has_it(facts)
        if isinstance(request.command, Remove):
            return self._on_all_seats(request, facts)
        if user.present or request.attendee_id is not None or not (facts.by_moderator or self._may_look(request)):
            return facts
        return self._with_roster(request, facts)

    def _on_all_seats(self, request: Request, facts: CommandContext) -> CommandContext | Refused:
        """Who is to leave may have a seat that nobody has told of yet. If Chime can't say, those that are known go."""
        try:
            return self._with_roster(request, facts)
        except ChimeError:
            if not facts.user.present:
                raise
            return facts

    def _with_roster(self, request: Request, facts: CommandContext) -> CommandContext | Refused:
        """More seats than the command's own transaction takes become known before it."""
        meeting, user = facts.meeting, facts.user
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
            return replace(facts, user=bound, stored=bound)
        return replace(facts, user=with_seats(self._world, meeting, user, found))

    def _may_look(self, request: Request) -> bool:
        """Whoever moderates nobody takes his looks at Chime out of what the background may have, and of his own
        minute, lest he take them all.
        """
        if is_rate_limited(self._world, request.meeting_id, request.actor, OWN_COMMAND):
            return False
        return self._world.ledger.acquire_background_calls(1, self._world.surroundings.now(), Budget.LOOKS)

    def _as_chime_has_it(self, facts: CommandContext) -> CommandContext | Refused:
        """Who is about to hand out a JoinToken is not told what was known of the seat, but what is."""
        attendee_id = facts.attendee_id or ""
        try:
            found = call_with_retry(self._world, lambda: self._world.chime.seat(facts.meeting.id, attendee_id))
        except ChimeNotFoundError:
            return ATTENDEE_NOT_FOUND
        seat = replace(facts.user.seats[attendee_id], known=found.capabilities, gone=False)
        return replace(facts, user=replace(facts.user, seats={**facts.user.seats, attendee_id: seat}))

    def _context(
        self, request: Request, meeting: Meeting, caller: User | None, stored: User, user: User
    ) -> CommandContext:
        verdict, by_moderator = self.authorize(request, caller, meeting, user)
        return CommandContext(meeting, caller, user, stored, request.attendee_id, verdict, by_moderator)

    def authorize(
        self, request: Request, caller: User | None, meeting: Meeting, person: User
    ) -> tuple[Authorization, bool]:
        """With whether he moderates: who moderates a person does so to himself as well; all others have their own deeds
        only. The clock and Chime ask for nothing: what they bring is what was decided.
        """
        actor, command = request.actor, request.command
        if actor.kind in (ActorKind.CLOCK, ActorKind.CHIME):
            return Authorization(True), True
        judge = self._world.policies.authorize
        if request.undone is not None:
            undo = judge(question(actor, caller, command.name, meeting))
            if not undo.allowed:
                return undo, False
        verdict = all_of(judge(question(actor, caller, action, meeting, person)) for action in _actions(request))
        own = OWN_COMMANDS.get(type(command))
        if verdict.allowed or own is None or not actor.is_user(person.id):
            return verdict, verdict.allowed and not (isinstance(command, IN_PERSON) and actor.is_user(person.id))
        return judge(question(actor, caller, own, meeting, person)), False

    def _user(self, meeting_id: str, user_id: str) -> User:
        return self._world.ledger.load(meeting_id, [user_id]).users[user_id]


def all_of(verdicts: Iterable[Authorization]) -> Authorization:
    """Each has to be favourable; the first that isn't is the answer."""
    policies: dict[str, None] = {}
    for verdict in verdicts:
        if not verdict.allowed:
            return verdict
        policies |= dict.fromkeys(verdict.policies)
    return Authorization(True, tuple(policies))


def _actions(request: Request) -> tuple[str, ...]:
    """What the policies are asked about the person. Who undoes a deed needs to be allowed the deed."""
    command: Command = request.command
    if isinstance(command, Undo):
        return request.undone_actions
    if isinstance(command, Remove) and command.ban:
        return (command.name, Ban.name)
    return (command.name,)


def _person(clause: UserIs | UserRevised) -> str:
    return clause.user.id if isinstance(clause, UserRevised) else clause.user_id
