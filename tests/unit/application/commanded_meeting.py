"""The meeting in memory and commands on all who are in it, as tests of bulk changes say them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from moderation.application.requests import Answer, Outcome, Refused, Request
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.capability import EVERYTHING, Capabilities, Medium, from_words
from moderation.domain.change import Change
from moderation.domain.commands import Admit, Consent, MeetingCommand, MuteEverybody, SetMeeting, Undo, UnmuteEverybody
from moderation.domain.meeting import UnmuteConsent
from moderation.ports import (
    AttendeesNoted,
    ChimeAttendee,
    ChimeRetryableError,
    Clause,
    LedgerUnavailableError,
    Loaded,
    OutcomeUnknownError,
)

from tests.memory.moderated_meeting import ADMIN, MEETING, ModeratedMeeting, attendee_of, explained

SILENT = EVERYTHING & ~Capabilities.SEND_AUDIO
RECEIVING = from_words({"audio": "Receive", "video": "Receive", "content": "Receive"})
MUTE_ALL = MuteEverybody()
UNMUTE_ALL = UnmuteEverybody()
CONTENT = (Medium.CONTENT,)


class Died(BaseException):
    """The function's process has ended."""


def dies() -> None:
    raise Died


def not_now() -> None:
    raise ChimeRetryableError


def unknown() -> None:
    """Chime gives no answer."""
    raise OutcomeUnknownError


@dataclass
class CommandedMeeting(ModeratedMeeting):
    """Adds commands on the whole meeting, joins, drift, consent, and failures of Chime."""

    def say(self, who: str | Actor, command: MeetingCommand | Undo, **how: Any) -> Outcome:
        actor = who if isinstance(who, Actor) else Actor(ActorKind.USER, who)
        return self.gavel.perform(Request(MEETING, actor, command, **how))

    def done(self, who: str | Actor, command: MeetingCommand | Undo, **how: Any) -> Answer:
        outcome = self.say(who, command, **how)
        assert isinstance(outcome, Answer), outcome
        return outcome

    def denied(self, who: str | Actor, command: MeetingCommand | Undo, **how: Any) -> Refused:
        outcome = self.say(who, command, **how)
        assert isinstance(outcome, Refused), outcome
        return explained(outcome)

    def comes(self, user: str, number: int = 0, capabilities: Capabilities = EVERYTHING) -> str:
        """An attendee is created in Chime, without an event."""
        attendee_id = attendee_of(user, number)
        self.chime.rooms[MEETING].attendees[attendee_id] = ChimeAttendee(attendee_id, user, capabilities)
        return attendee_id

    def drifts(self, user: str, capabilities: Capabilities, number: int = 0) -> None:
        """Another system changes the attendee's capabilities in Chime."""
        self.chime.write(MEETING, ChimeAttendee(attendee_of(user, number), user, self.bits(user)), capabilities)

    def goes(self, user: str, number: int = 0) -> None:
        del self.chime.rooms[MEETING].attendees[attendee_of(user, number)]

    def cannot_load_once(self) -> None:
        """The next read of the meeting and its users fails."""
        load = self.ledger.load

        def fails(*_: object, **__: object) -> Loaded:
            self.ledger.load = load  # type: ignore[method-assign]
            raise LedgerUnavailableError

        self.ledger.load = fails  # type: ignore[method-assign]

    def chime_refuses(self, times: int = 1000) -> None:
        """Chime refuses the next calls."""
        self.chime.before = [not_now] * times

    def chime_recovers(self) -> None:
        self.chime.before = []

    def heard(self, user: str, number: int = 0) -> bool:
        return Capabilities.SEND_AUDIO in self.bits(user, number)

    def inside(self, user: str, number: int = 0) -> bool:
        return attendee_of(user, number) in self.chime.rooms[MEETING].attendees

    def admits(self, *users: str, roles: dict[str, str] | None = None, **how: Any) -> dict[str, str]:
        """User → `admitted`, or the code of the refusal."""
        asked: dict[str, str | None] = {u: (roles or {}).get(u) for u in users}
        answer = self.gavel.perform(Request(MEETING, ADMIN, Admit(asked), **how))
        assert isinstance(answer, Answer), answer
        return {str(i["externalUserId"]): str(i.get("code", "admitted")) for i in answer.outcomes or ()}

    def consenting(self, kind: UnmuteConsent = UnmuteConsent.REQUIRED) -> None:
        """Consent is required from now on."""
        self.done("alice", SetMeeting(unmute_consent=kind))

    def request_to(self, user: str) -> str:
        """The change that waits for the user's answer."""
        asked = self.user(user).rules.asked
        assert asked is not None, f"{user} is not asked"
        return asked.change_id

    def consents(self, user: str, *, accept: bool = True, **how: Any) -> Outcome:
        return self.ask(user, Consent(self.request_to(user), accept), user, **how)

    def change(self, change_id: str | None) -> Change:
        found = self.ledger.change(MEETING, change_id or "")
        assert found is not None
        return found

    def notes_elsewhere(self, user: str, capabilities: Capabilities) -> None:
        """Another function notes that the user's first attendee has these."""
        found = self.user(user)
        noted = found.attendees[attendee_of(user)].noted(capabilities, self.clock.now())
        self.ledger.transact([AttendeesNoted(MEETING, user, found.revision, (noted,), found.notes)])

    def told(self, kind: str) -> list[list[str]]:
        """The users that each such entry names."""
        return [sorted(entry.names) for entry in self.entries(kind)]


def just_before(
    meeting: CommandedMeeting, is_meant: Callable[[Sequence[Clause]], bool], happens: Callable[[], object]
) -> None:
    """Runs once, before the first such transaction is written."""
    transact = meeting.ledger.transact

    def interrupted(clauses: Sequence[Clause]) -> None:
        if is_meant(clauses):
            meeting.ledger.transact = transact  # type: ignore[method-assign]
            happens()
        transact(clauses)

    meeting.ledger.transact = interrupted  # type: ignore[method-assign]


def notes_attendees(clauses: Sequence[Clause]) -> bool:
    return any(isinstance(clause, AttendeesNoted) for clause in clauses)


def outcomes(answer: Outcome) -> dict[str, str]:
    """User → outcome."""
    assert isinstance(answer, Answer), answer
    assert answer.outcomes is not None
    return {str(outcome["externalUserId"]): str(outcome["outcome"]) for outcome in answer.outcomes}


def by(user: str, via: str | None = None) -> Actor:
    return Actor(ActorKind.USER, user, via)


def code(outcome: Outcome) -> str:
    """A refusal's code, or an answer's status."""
    return explained(outcome).code if isinstance(outcome, Refused) else outcome.status
