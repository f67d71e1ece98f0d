"""An in-memory meeting with the production application: the start of most tests of the application."""

from dataclasses import dataclass, field
from typing import Any

from moderation.adapters.cedar import CedarPolicies
from moderation.application.background.reconciler import Report
from moderation.application.requests import Answer, Outcome, Refused, Request
from moderation.bootstrap import Gavel, Ports
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.capability import NOTHING, Capabilities, in_words
from moderation.domain.commands import Command, Register
from moderation.domain.entry import Entry
from moderation.domain.meeting import Features, Meeting, User
from moderation.ports import ChimeAttendee

from tests.memory.chime import MemoryChime
from tests.memory.clock import Clock
from tests.memory.described import DescribedLedger
from tests.memory.wakeups import MemoryWakeups

MEETING = "11111111-1111-1111-1111-111111111111"
ADMIN = Actor(ActorKind.ADMIN, "back-end")
POLICIES = CedarPolicies()
ROLES = {"alice": "host", "hugo": "host", "cora": "cohost", "bob": "participant", "carol": "participant"}


def attendee_of(user_id: str, number: int = 0) -> str:
    """A readable AttendeeId: the user's name in hex, and a number."""
    return f"{user_id.encode().hex()[:8]:0<8}-0000-0000-0000-{number:012d}"


def unseen(user_id: str, number: int = 0) -> ChimeAttendee:
    """An attendee to be written into Chime without an event."""
    return ChimeAttendee(attendee_of(user_id, number), user_id, NOTHING)


def explained(refused: Refused) -> Refused:
    """Checks that the refusal has a reason, and that a denial names its policies."""
    assert refused.detail, refused
    assert refused.policies or refused.code != "not-permitted", refused
    return refused


@dataclass
class ModeratedMeeting:
    """Hosts alice and hugo, cohost cora, participants bob and carol, each with one attendee."""

    features: Features = field(default_factory=Features)
    strict: bool = False
    registered: bool = True
    roles: dict[str, str] = field(default_factory=lambda: dict(ROLES))

    def __post_init__(self) -> None:
        self.ledger = DescribedLedger()
        self.chime = MemoryChime()
        self.clock = Clock()
        self.ledger.now = self.clock.now
        self.wakeups = MemoryWakeups()
        self.ports = Ports(self.ledger, self.chime, POLICIES, self.clock, self.wakeups)
        self.gavel = Gavel(self.ports)
        self.chime.open(MEETING, {attendee_of(user): user for user in self.roles}, self.features, self.strict)
        if self.registered:
            self.register(roles=self.roles)
            self.chime.calls.clear()

    def register(self, actor: Actor = ADMIN, if_match: str | None = None, **body: Any) -> Outcome:
        return self.gavel.perform(Request(MEETING, actor, Register(**body), if_match=if_match))

    def ask(self, who: str | Actor, command: Command, target: str, number: int = 0, **how: Any) -> Outcome:
        """A command on one of the user's attendees."""
        actor = who if isinstance(who, Actor) else Actor(ActorKind.USER, who)
        return self.gavel.perform(Request(MEETING, actor, command, attendee_id=attendee_of(target, number), **how))

    def ask_user(self, who: str | Actor, command: Command, target: str, **how: Any) -> Outcome:
        actor = who if isinstance(who, Actor) else Actor(ActorKind.USER, who)
        return self.gavel.perform(Request(MEETING, actor, command, user_id=target, **how))

    def answered(self, *args: Any, **how: Any) -> Answer:
        outcome = self.ask(*args, **how)
        assert isinstance(outcome, Answer), outcome
        return outcome

    def refused(self, *args: Any, **how: Any) -> Refused:
        outcome = self.ask(*args, **how)
        assert isinstance(outcome, Refused), outcome
        return explained(outcome)

    def reconcile(self, seconds: float = 0) -> Report:
        """Runs the reconciler after so many seconds."""
        self.clock.pass_by(seconds)
        deadline = self.clock.now().replace(year=2027)
        return Gavel(self.ports).reconciler.run(deadline)

    def another_process(self) -> Gavel:
        """A new process: the same ledger and Chime, an empty cache."""
        return Gavel(self.ports)

    def held(self, user: str, number: int = 0) -> dict[str, str]:
        return in_words(self.bits(user, number))

    def bits(self, user: str, number: int = 0) -> Capabilities:
        return self.chime.held(MEETING, attendee_of(user, number))

    def stored(self) -> Meeting:
        found = self.ledger.load(MEETING).meeting
        assert found is not None
        return found

    def user(self, user_id: str) -> User:
        return self.ledger.load(MEETING, [user_id]).users[user_id]

    def entries(self, kind: str | None = None) -> list[Entry]:
        return [e for e in self.ledger.entries if kind in (None, e.type) and e.command != "register"]
