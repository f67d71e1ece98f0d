"""Live subscriptions in memory: connections, their gateway, and pages that show what they receive."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from moderation.application.live.publisher import LivePublisher
from moderation.application.live.subscriptions import Subscriptions, Tickets
from moderation.application.queries.meetings import with_hands
from moderation.application.rate_limit import OWN_COMMAND, is_rate_limited
from moderation.application.requests import Refused
from moderation.bootstrap import meeting_queries
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.meeting import User
from moderation.ports.live import Connection, MeetingDelta, Ticket

from contracts.live import Message
from tests.memory.moderated_meeting import MEETING, ModeratedMeeting

URL = "wss://live.example.com/live"
Json = dict[str, Any]


class MemoryConnections:
    def __init__(self) -> None:
        self.tickets: dict[str, Ticket] = {}
        self.connected: dict[str, Connection] = {}
        self.told: dict[tuple[str, str], Connection] = {}
        self.asked: list[str] = []
        """Connections that have subscribed, in the order of the stream."""

    def issue(self, ticket: Ticket) -> None:
        self.tickets[ticket.digest] = ticket

    def redeem(self, digest: str) -> Ticket | None:
        return self.tickets.pop(digest, None)

    def connect(self, connection: Connection) -> None:
        self.connected[connection.connection_id] = connection

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

    def unsubscribe(self, connection: Connection) -> None:
        self.told.pop((connection.meeting_id, connection.connection_id), None)

    def of(self, meeting_id: str) -> Sequence[Connection]:
        return [connection for (m, _), connection in self.told.items() if m == meeting_id]


MOST_BYTES = 128 * 1024
"""https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html"""


class MemoryConnectionGateway:
    """Connections in `broken` accept nothing. Fails on a message that API Gateway or the AsyncAPI document does not
    allow.
    """

    def __init__(self) -> None:
        self.sent: dict[str, list[Json]] = {}
        self.sizes: list[int] = []
        self.broken: set[str] = set()
        self.closed: list[str] = []

    def send(self, messages_by_connection: Mapping[str, Sequence[str]]) -> Collection[str]:
        for connection_id, messages in messages_by_connection.items():
            assert all(len(message.encode()) <= MOST_BYTES for message in messages), "no gateway takes this message"
            for message in messages:
                Message.model_validate_json(f'{{"message": {message}}}', strict=True)
            if connection_id not in self.broken:
                self.sent.setdefault(connection_id, []).extend(json.loads(message) for message in messages)
                self.sizes += [len(message.encode()) for message in messages]
        return self.broken & set(messages_by_connection)

    def close(self, connection_ids: Collection[str]) -> None:
        self.closed += connection_ids


@dataclass
class Page:
    """A front end that applies live messages."""

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
    """The lobby messages that the page received."""

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


class LiveMeeting:
    """A meeting, its subscribers, and the ledger's stream between them."""

    def __init__(self, meeting: ModeratedMeeting) -> None:
        self.meeting = meeting
        self.connections = MemoryConnections()
        self.gateway = MemoryConnectionGateway()
        ports = meeting.ports
        reader = meeting_queries(ports)
        self._secrets = 0

        def asks_too_often(meeting_id: str, actor: Actor) -> bool:
            return is_rate_limited(ports.ledger, ports.clock, meeting_id, actor, OWN_COMMAND)

        self.tickets = Tickets(reader.listening, asks_too_often, self.connections, ports.clock, self._secret, URL)
        self.subscriptions = Subscriptions(self.connections, ports.clock)
        self.publisher = LivePublisher(
            ports.ledger, ports.policies, ports.clock, reader, self.connections, self.gateway
        )
        self.pages: dict[str, Page] = {}
        self._read = 0
        self._users: dict[str, User] = {}
        self._revision = 0
        self.delta()

    def ticket(self, who: str | Actor) -> Json:
        found = self.tickets.live(MEETING, _actor(who))
        assert not isinstance(found, Refused), found
        return found

    def opens(self, who: str | Actor, after: str | None = None) -> Page:
        """Opens a page of the user, which receives a snapshot."""
        page = Page(who if isinstance(who, str) else who.id, f"c{len(self.pages) + 1}")
        self.pages[page.connection_id] = page
        assert self.subscriptions.connect(str(self.ticket(who)["ticket"]), page.connection_id)
        assert self.subscriptions.listen(page.connection_id, after)
        self.pump()
        return page

    def delta(self) -> MeetingDelta:
        """The changes in the stream since the last call."""
        ledger = self.meeting.ledger
        users = with_hands(self.meeting.ledger, MEETING)
        changed = frozenset(u for u, user in users.items() if self._users.get(u) != user)
        revision = ledger.meetings[MEETING].revision if MEETING in ledger.meetings else 0
        entries = tuple(entry for entry in ledger.entries[self._read :] if entry.meeting_id == MEETING)
        asked = frozenset(self.connections.asked)
        found = MeetingDelta(MEETING, entries, changed, revision if revision != self._revision else 0, asked)
        self._read, self._users, self._revision = len(ledger.entries), users, revision
        self.connections.asked.clear()
        return found

    def pump(self) -> None:
        """Publishes one batch of the stream. Every page takes its messages."""
        self.publisher.publish(self.delta())
        for connection_id, messages in self.gateway.sent.items():
            for message in messages:
                self.pages[connection_id].take(message)
        self.gateway.sent.clear()

    def _secret(self) -> str:
        self._secrets += 1
        return f"secret-{self._secrets}"


def _actor(who: str | Actor) -> Actor:
    return who if isinstance(who, Actor) else Actor(ActorKind.USER, who)
