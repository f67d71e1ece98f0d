"""Two in-memory meetings with users of every kind, called like API Gateway calls: real functions, real application."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from moderation.application.requests import Answer, Request
from moderation.bootstrap import Gavel
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.commands import Admit, Ban, Mute, Register

from tests.memory.live import LiveMeeting
from tests.memory.moderated_meeting import ADMIN, MEETING, ModeratedMeeting, attendee_of
from tests.unit.host_api.api import Reply, answered, event

ELSEWHERE = "22222222-2222-2222-2222-222222222222"
BACK_END = {"sub": "back-end", "scope": "gavel/admin"}
SEATED = {
    "alice": "host",
    "hugo": "host",
    "cora": "cohost",
    "paula": "presenter",
    "pete": "participant",
    "bob": "participant",
    "victor": "viewer",
}
ROLES = {
    "host": "alice",
    "cohost": "cora",
    "presenter": "paula",
    "participant": "pete",
    "viewer": "victor",
    "banned": "dave",
    "waiting": "eve",
    "stranger": "mallory",
    "host elsewhere": "olga",
}
"""One caller of each kind."""
WAITS_TOO = "erin"


@dataclass
class MeetingsApi:
    """`undoable` is a mute of bob's by alice, `elsewhere` a change in the other meeting."""

    def __post_init__(self) -> None:
        self.meeting = ModeratedMeeting(roles=dict(SEATED))
        self.live = LiveMeeting(self.meeting)
        self.gavel = Gavel(self.meeting.ports, self.live.tickets)
        self.meeting.chime.open(ELSEWHERE, {attendee_of("olga", 9): "olga", attendee_of("bob", 9): "bob"})
        self._do(ADMIN, Register(roles={"olga": "host", "bob": "participant"}), meeting_id=ELSEWHERE)
        self._do(ADMIN, Ban(), user_id="dave")
        self.undoable = self._do(Actor(ActorKind.USER, "alice"), Mute(), user_id="bob").change_id
        self.elsewhere = self._do(ADMIN, Mute(), meeting_id=ELSEWHERE, user_id="bob").change_id
        assert self("alice", "PATCH", "", {"lobby": True}).status == 200
        self._do(ADMIN, Admit({"eve": None, WAITS_TOO: None}))
        ledger = self.meeting.ledger
        self._was = (
            dict(ledger.meetings),
            dict(ledger.users),
            dict(ledger.attendees),
            dict(ledger.changes),
            {meeting_id: dict(room.attendees) for meeting_id, room in self.meeting.chime.rooms.items()},
            dict(self.meeting.chime.rooms),
        )
        self.begun_with = list(ledger.entries)
        self.meeting.chime.calls.clear()

    def reset(self) -> None:
        """Restores the initial state."""
        ledger, chime = self.meeting.ledger, self.meeting.chime
        meetings, users, attendees, changes, rooms, open_rooms = self._was
        ledger.meetings, ledger.users, ledger.attendees = dict(meetings), dict(users), dict(attendees)
        ledger.changes, ledger.entries = dict(changes), list(self.begun_with)
        ledger.keys, ledger.hands_up, ledger.minutes = {}, {}, {}
        chime.rooms = dict(open_rooms)
        for meeting_id, room in chime.rooms.items():
            room.attendees = dict(rooms[meeting_id])
        chime.calls.clear()
        self.gavel = Gavel(self.meeting.ports, self.live.tickets)

    def state(self) -> tuple[object, ...]:
        """Everything that a command could change, except histories."""
        ledger = self.meeting.ledger
        rooms = {meeting_id: dict(room.attendees) for meeting_id, room in self.meeting.chime.rooms.items()}
        return (
            dict(ledger.meetings),
            dict(ledger.users),
            dict(ledger.attendees),
            dict(ledger.changes),
            dict(ledger.hands_up),
            rooms,
        )

    def __call__(
        self,
        who: str,
        method: str,
        path: str,
        body: object = None,
        *,
        behalf: bool = False,
        headers: Mapping[str, str] | None = None,
        meeting_id: str | None = MEETING,
    ) -> Reply:
        """`behalf`: by a back end that acts for the user. Without a meeting, the path follows `/meetings`."""
        claims = dict(BACK_END) if behalf or who == "admin" else {"sub": who}
        said = dict(headers or {})
        if behalf:
            said["gavel-on-behalf-of"] = quote(who, safe="")
        where = f"/meetings/{meeting_id}" if meeting_id is not None else "/meetings"
        return self.send(event(method, where + path, body, said, claims))

    def send(self, said: Any) -> Reply:
        return answered(self.gavel, said)

    def _do(self, actor: Actor, command: Any, *, meeting_id: str = MEETING, **target: Any) -> Answer:
        outcome = self.gavel.perform(Request(meeting_id, actor, command, **target))
        assert isinstance(outcome, Answer), outcome
        return outcome
