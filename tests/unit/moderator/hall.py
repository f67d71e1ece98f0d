"""The meeting in memory and commands on all who are in it, as tests of bulk changes say them."""

from dataclasses import dataclass
from typing import Any

from moderation.core.actor import Actor, ActorKind
from moderation.core.capability import EVERYTHING, Capabilities, Medium, from_words
from moderation.core.command import MeetingCommand, MuteEverybody, UnmuteEverybody
from moderation.moderator.request import Answer, Outcome, Refused, Request
from moderation.ports import NotNow, SeatInChime

from tests.memory.scene import MEETING, Scene, seat

SILENT = EVERYTHING & ~Capabilities.SEND_AUDIO
RECEIVING = from_words({"audio": "Receive", "video": "Receive", "content": "Receive"})
MUTE_ALL = MuteEverybody()
UNMUTE_ALL = UnmuteEverybody()
CONTENT = (Medium.CONTENT,)


def not_now() -> None:
    raise NotNow


@dataclass
class Hall(Scene):
    """Adds what is said to everybody at once."""

    def say(self, who: str | Actor, command: MeetingCommand, **how: Any) -> Outcome:
        actor = who if isinstance(who, Actor) else Actor(ActorKind.USER, who)
        return self.gavel.perform(Request(MEETING, actor, command, **how))

    def done(self, who: str | Actor, command: MeetingCommand, **how: Any) -> Answer:
        outcome = self.say(who, command, **how)
        assert isinstance(outcome, Answer), outcome
        return outcome

    def denied(self, who: str | Actor, command: MeetingCommand, **how: Any) -> Refused:
        outcome = self.say(who, command, **how)
        assert isinstance(outcome, Refused), outcome
        return outcome

    def comes(self, user: str, number: int = 0, capabilities: Capabilities = EVERYTHING) -> str:
        """Somebody is created in Chime; nobody has told Gavel yet."""
        attendee_id = seat(user, number)
        self.chime.rooms[MEETING].seats[attendee_id] = SeatInChime(attendee_id, user, capabilities)
        return attendee_id

    def turn(self, user: str, capabilities: Capabilities, number: int = 0) -> None:
        """Chime holds something else, by nobody's order."""
        self.chime.write(MEETING, SeatInChime(seat(user, number), user, self.bits(user)), capabilities)

    def goes(self, user: str, number: int = 0) -> None:
        del self.chime.rooms[MEETING].seats[seat(user, number)]

    def chime_refuses(self, times: int = 1000) -> None:
        """Chime takes no order now."""
        self.chime.before = [not_now] * times

    def chime_recovers(self) -> None:
        self.chime.before = []


def outcomes(answer: Outcome) -> dict[str, str]:
    """Person → what has become of him."""
    assert isinstance(answer, Answer), answer
    assert answer.outcomes is not None
    return {str(outcome["externalUserId"]): str(outcome["outcome"]) for outcome in answer.outcomes}
