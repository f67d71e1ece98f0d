"""Two meetings in memory with somebody of every kind in them, asked as API Gateway asks: real doors, real moderator."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from moderation.application.requests import Answer, Request
from moderation.bootstrap import Gavel
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.commands import Admit, Ban, Mute, Register

from tests.memory.live import House
from tests.memory.moderated_meeting import ADMIN, MEETING, ModeratedMeeting, seat
from tests.unit.host_api.door import Reply, answered, event

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
class Cast:
    """`undoable` is a mute of bob's by alice, `elsewhere` a change in the other meeting."""

    def __post_init__(self) -> None:
        self.scene = ModeratedMeeting(roles=dict(SEATED))
        self.house = House(self.scene)
        self.gavel = Gavel(self.scene.world, lambda: self.house.tickets)
        self.scene.chime.open(ELSEWHERE, {seat("olga", 9): "olga", seat("bob", 9): "bob"})
        self._do(ADMIN, Register(roles={"olga": "host", "bob": "participant"}), meeting_id=ELSEWHERE)
        self._do(ADMIN, Ban(), user_id="dave")
        self.undoable = self._do(Actor(ActorKind.USER, "alice"), Mute(), user_id="bob").change_id
        self.elsewhere = self._do(ADMIN, Mute(), meeting_id=ELSEWHERE, user_id="bob").change_id
        assert self("alice", "PATCH", "", {"lobby": True}).status == 200
        self._do(ADMIN, Admit({"eve": None, WAITS_TOO: None}))
        ledger = self.scene.ledger
        self._was = (
            dict(ledger.meetings),
            dict(ledger.users),
            dict(ledger.seats),
            dict(ledger.changes),
            {meeting_id: dict(room.seats) for meeting_id, room in self.scene.chime.rooms.items()},
            dict(self.scene.chime.rooms),
        )
        self.begun_with = list(ledger.entries)
        self.scene.chime.calls.clear()

    def reset(self) -> None:
        """Everything as it was in the beginning."""
        ledger, chime = self.scene.ledger, self.scene.chime
        meetings, users, seats, changes, rooms, open_rooms = self._was
        ledger.meetings, ledger.users, ledger.seats = dict(meetings), dict(users), dict(seats)
        ledger.changes, ledger.entries = dict(changes), list(self.begun_with)
        ledger.keys, ledger.hands_up, ledger.minutes = {}, {}, {}
        chime.rooms = dict(open_rooms)
        for meeting_id, room in chime.rooms.items():
            room.seats = dict(rooms[meeting_id])
        chime.calls.clear()
        self.gavel.forget()

    def state(self) -> tuple[object, ...]:
        """What a command could change, histories aside."""
        ledger = self.scene.ledger
        rooms = {meeting_id: dict(room.seats) for meeting_id, room in self.scene.chime.rooms.items()}
        return (
            dict(ledger.meetings),
            dict(ledger.users),
            dict(ledger.seats),
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
        meeting_id: str = MEETING,
    ) -> Reply:
        """`behalf`: by a back end that acts for him."""
        claims = dict(BACK_END) if behalf or who == "admin" else {"sub": who}
        said = dict(headers or {})
        if behalf:
            said["gavel-on-behalf-of"] = quote(who, safe="")
        return self.send(event(method, f"/meetings/{meeting_id}{path}", body, said, claims))

    def send(self, said: Any) -> Reply:
        return answered(self.gavel, said)

    def _do(self, actor: Actor, command: Any, *, meeting_id: str = MEETING, **whom: Any) -> Answer:
        outcome = self.gavel.perform(Request(meeting_id, actor, command, **whom))
        assert isinstance(outcome, Answer), outcome
        return outcome
