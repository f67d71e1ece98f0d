"""Listeners, their lines and the pages at the end of them, in memory."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from moderation.application.live.publisher import LivePublisher
from moderation.application.live.subscriptions import Subscriptions, Tickets
from moderation.application.queries.meetings import MeetingQueries, with_hands
from moderation.application.rate_limit import OWN_COMMAND, is_rate_limited
from moderation.application.requests import Refused
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.meeting import User
from moderation.ports.live import Connection, MeetingDelta, Ticket

from tests.memory.moderated_meeting import MEETING, ModeratedMeeting

URL = "wss://live.example.com/live"
Json = dict[str, Any]


class MemoryListeners:
    def __init__(self) -> None:
        self.tickets: dict[str, Ticket] = {}
        self.connected: dict[str, Connection] = {}
        self.told: dict[tuple[str, str], Connection] = {}
        self.asked: list[str] = []
        """Connections, as the stream has them."""

    def issue(self, ticket: Ticket) -> None:
        self.tickets[ticket.digest] = ticket

    def redeem(self, digest: str) -> Ticket | None:
        return self.tickets.pop(digest, None)

    def connect(self, listener: Connection) -> None:
        self.connected[listener.connection_id] = listener

    def listen(self, connection_id: str, after: str | None, now: datetime) -> bool:
        found = self.connected.get(connection_id)
        if found is None:
            return False
        self.told[found.meeting_id, connection_id] = replace(found, after=after)
        self.asked.append(connection_id)
        return True

    def disconnect(self, connection_id: str) -> None:
        found = self.connected.pop(connection_id, None)
        if found is not None:
            self.told.pop((found.meeting_id, connection_id), None)

    def unsubscribe(self, listener: Connection) -> None:
        self.told.pop((listener.meeting_id, listener.connection_id), None)

    def of(self, meeting_id: str) -> Sequence[Connection]:
        return [listener for (m, _), listener in self.told.items() if m == meeting_id]


MOST_BYTES = 128 * 1024
"""https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html"""


class MemoryLines:
    """`broken` take nothing, and none takes a message that API Gateway would not."""

    def __init__(self) -> None:
        self.sent: dict[str, list[Json]] = {}
        self.sizes: list[int] = []
        self.broken: set[str] = set()
        self.closed: list[str] = []

    def send(self, mail: Mapping[str, Sequence[str]]) -> Collection[str]:
        for connection_id, messages in mail.items():
            assert all(len(message.encode()) <= MOST_BYTES for message in messages), "no gateway takes this message"
            if connection_id not in self.broken:
                self.sent.setdefault(connection_id, []).extend(json.loads(message) for message in messages)
                self.sizes += [len(message.encode()) for message in messages]
        return self.broken & set(mail)

    def close(self, connection_ids: Collection[str]) -> None:
        self.closed += connection_ids


@dataclass
class Page:
    """What a front end has to do with what it is told: little."""

    user: str
    connection_id: str
    meeting: Json = field(default_factory=dict)
    me: Json = field(default_factory=dict)
    attendees: dict[str, Json] = field(default_factory=dict)
    entries: dict[str, Json] = field(default_factory=dict)
    cursor: str | None = None
    more: bool = False
    closed: str | None = None
    lobby: list[str] = field(default_factory=list)
    """What was told of waiting in the lobby."""

    def take(self, message: Json) -> None:
        if message["type"] == "closed":
            self.closed = message["code"]
            return
        if message["type"] == "lobby":
            self.lobby.append(message["status"])
            return
        if message["type"] == "snapshot" and message["part"] == 1:
            self.attendees = {}
        self.meeting = message.get("meeting", self.meeting)
        for each in message.get("roles", []):
            self.meeting.setdefault("roles", {})[each["externalUserId"]] = each["role"]
        self.me = message.get("me", self.me)
        for attendee in message.get("attendees", []):
            self.attendees[attendee["attendeeId"]] = attendee
            if attendee["status"] == "gone":
                del self.attendees[attendee["attendeeId"]]
        for entry in message.get("entries", []):
            self.entries[entry["entryId"]] = entry
        self.cursor = message.get("cursor", self.cursor)
        self.more = message.get("more", self.more)


class House:
    """A scene, those who listen to it, and the stream between them."""

    def __init__(self, scene: ModeratedMeeting) -> None:
        self.scene = scene
        self.listeners = MemoryListeners()
        self.lines = MemoryLines()
        world = scene.world
        reader = MeetingQueries(world)
        self._secrets = 0

        def asks_too_often(meeting_id: str, actor: Actor) -> bool:
            return is_rate_limited(world, meeting_id, actor, OWN_COMMAND)

        self.tickets = Tickets(reader.listening, asks_too_often, self.listeners, world.surroundings, self._secret, URL)
        self.listening = Subscriptions(self.listeners, world.surroundings)
        self.herald = LivePublisher(world, reader, self.listeners, self.lines)
        self.pages: dict[str, Page] = {}
        self._read = 0
        self._people: dict[str, User] = {}
        self._revision = 0
        self.news()

    def ticket(self, who: str | Actor) -> Json:
        found = self.tickets.live(MEETING, _actor(who))
        assert not isinstance(found, Refused), found
        return found

    def opens(self, who: str | Actor, after: str | None = None) -> Page:
        """A page of his, with everything on it."""
        page = Page(who if isinstance(who, str) else who.id, f"c{len(self.pages) + 1}")
        self.pages[page.connection_id] = page
        assert self.listening.connect(str(self.ticket(who)["ticket"]), page.connection_id)
        assert self.listening.listen(page.connection_id, after)
        self.pump()
        return page

    def news(self) -> MeetingDelta:
        """What the stream has brought since."""
        ledger = self.scene.ledger
        people = with_hands(self.scene.world, MEETING)
        changed = frozenset(u for u, user in people.items() if self._people.get(u) != user)
        revision = ledger.meetings[MEETING].revision if MEETING in ledger.meetings else 0
        entries = tuple(entry for entry in ledger.entries[self._read :] if entry.meeting_id == MEETING)
        asked = frozenset(self.listeners.asked)
        found = MeetingDelta(MEETING, entries, changed, revision if revision != self._revision else 0, asked)
        self._read, self._people, self._revision = len(ledger.entries), people, revision
        self.listeners.asked.clear()
        return found

    def pump(self) -> None:
        """One batch of the stream, and every page takes what came."""
        self.herald.tell(self.news())
        for connection_id, messages in self.lines.sent.items():
            for message in messages:
                self.pages[connection_id].take(message)
        self.lines.sent.clear()

    def _secret(self) -> str:
        self._secrets += 1
        return f"secret-{self._secrets}"


def _actor(who: str | Actor) -> Actor:
    return who if isinstance(who, Actor) else Actor(ActorKind.USER, who)
