"""Publishes what has changed in a meeting to its subscribers.

Every message, snapshots included, is sent from the ledger's stream, in which one reader at a time goes through a
meeting. The reader sends what it reads from the ledger at that time, so a later message is never older. A message that
comes twice does no harm.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from ...domain.entry import DECIDED, Entry, iso
from ...ports import Clock, Ledger, Policies
from ...ports.live import Connection, ConnectionGateway, Connections, MeetingDelta
from ..commands.warm_cache import Bounded
from ..queries.history import cursor_at
from ..queries.meetings import MeetingQueries, with_hands
from .meeting_view import MeetingView, SubscriberView
from .messages import messages

TOGETHER = 100
MOST_MISSED = 1000
"""Entries that a reconnecting client receives at once; it reads the rest over HTTP."""
MOST_CONNECTIONS = 10
"""Connections of one user in a meeting. A further one closes the oldest."""
TOO_MANY = "too-many-connections"


@dataclass
class _Outgoing:
    """Messages to send, by connection, and connections to close after them."""

    payloads: dict[str, list[str]] = field(default_factory=dict)
    closing: list[Connection] = field(default_factory=list)

    def close(self, connection: Connection, code: str) -> None:
        self.payloads[connection.connection_id] = messages("closed", {}, {}, {"code": code})
        self.closing.append(connection)


class LivePublisher:
    """Sends the changes of a meeting to its subscribers.

    Raises `LedgerUnavailableError` if some or all subscribers were not reached: the caller publishes the delta again.
    """

    def __init__(
        self,
        ledger: Ledger,
        policies: Policies,
        clock: Clock,
        reader: MeetingQueries,
        connections: Connections,
        gateway: ConnectionGateway,
    ) -> None:
        self._ledger = ledger
        self._policies = policies
        self._clock = clock
        self._reader = reader
        self._connections = connections
        self._gateway = gateway
        self._sent_revisions: Bounded[str, int] = Bounded()
        """The last revision of each meeting that was sent. If it is evicted, the meeting is sent again."""

    def publish(self, delta: MeetingDelta) -> int:
        """Returns the number of connections with a message."""
        connections = self._connections.of(delta.meeting_id)
        meeting = self._ledger.load(delta.meeting_id).meeting if connections else None
        if meeting is None:
            return 0
        users = with_hands(self._ledger, meeting.id)
        now = self._clock.now()
        view = MeetingView(meeting, users, self._policies, now, self._reader)
        outgoing = _Outgoing()
        for connection in _within_bounds(connections, outgoing):
            self._write(outgoing, view, connection, delta)
        self._deliver(outgoing, connections)
        if self._is_revised(delta):
            self._sent_revisions[meeting.id] = meeting.revision
        return len(outgoing.payloads)

    def _is_revised(self, delta: MeetingDelta) -> bool:
        """Whether the capabilities of every attendee may have changed."""
        return delta.revision > self._sent_revisions.get(delta.meeting_id, 0)

    def _write(self, outgoing: _Outgoing, view: MeetingView, connection: Connection, delta: MeetingDelta) -> None:
        if delta.only_asks and connection.connection_id not in delta.asked:
            return
        subscriber = SubscriberView(view, connection.actor)
        if not subscriber.may("live"):
            self._write_outside(outgoing, subscriber, connection, delta)
            return
        if subscriber.is_let_in_by(delta.entries):
            outgoing.payloads[connection.connection_id] = [
                *_lobby("admitted"),
                *self._everything(view, subscriber, connection),
            ]
        elif connection.connection_id in delta.asked:
            outgoing.payloads[connection.connection_id] = self._everything(view, subscriber, connection)
        elif written := self._change(view, subscriber, connection, delta):
            outgoing.payloads[connection.connection_id] = written

    def _write_outside(
        self, outgoing: _Outgoing, subscriber: SubscriberView, connection: Connection, delta: MeetingDelta
    ) -> None:
        """Adds the messages to a caller without access: users in the lobby see that they wait, other connections are
        closed.
        """
        since = subscriber.waiting_since
        if since is None:
            outgoing.close(connection, subscriber.shut_out_by)
        elif connection.connection_id in delta.asked or connection.actor.id in delta.users:
            outgoing.payloads[connection.connection_id] = _lobby("waiting", {"since": iso(since)})

    def _everything(self, view: MeetingView, subscriber: SubscriberView, connection: Connection) -> list[str]:
        missed, more = self._missed(connection)
        cursor = missed[-1].id if more else max(connection.after or "", cursor_at(self._clock.now()))
        single = subscriber.single(meeting=True, me=True)
        return messages(
            "snapshot",
            single,
            {
                "roles": subscriber.roles(single),
                "attendees": subscriber.attendees(view.users),
                "entries": subscriber.entries(missed),
            },
            {"complete": True, "more": more, "cursor": cursor},
        )

    def _change(
        self, view: MeetingView, subscriber: SubscriberView, connection: Connection, delta: MeetingDelta
    ) -> list[str]:
        revised = self._is_revised(delta)
        changed = delta.users | _concerned(delta.entries)
        decided = any(_is_accepted(entry) for entry in delta.entries) and subscriber.oversees
        single = subscriber.single(meeting=revised or decided, me=revised or connection.actor.id in changed)
        attendees = subscriber.attendees(view.users if revised else changed, changed)
        entries = subscriber.entries(delta.entries)
        if not (single or attendees or entries):
            return []
        lists = {"roles": subscriber.roles(single), "attendees": attendees, "entries": entries}
        return messages("change", single, lists, {"cursor": cursor_at(self._clock.now())})

    def _missed(self, connection: Connection) -> tuple[list[Entry], bool]:
        """The entries since the connection's cursor, and whether there are more."""
        if connection.after is None:
            return [], False
        found: list[Entry] = []
        after, more = connection.after, True
        while more and len(found) < MOST_MISSED:
            page = self._ledger.history(connection.meeting_id, after, "~", TOGETHER, None)
            found += page.entries
            more = page.more
            after = found[-1].id if found else after
        return found, more

    def _deliver(self, outgoing: _Outgoing, connections: Sequence[Connection]) -> None:
        """Sends the messages. Closes connections that could not be reached: on reconnect they get everything."""
        failed = set(self._gateway.send(outgoing.payloads))
        gone = {connection.connection_id: connection for connection in outgoing.closing}
        gone |= {each.connection_id: each for each in connections if each.connection_id in failed}
        if not gone:
            return
        for connection in gone.values():
            self._connections.unsubscribe(connection)
        self._gateway.close(list(gone))


def _lobby(status: str, fields: Mapping[str, object] | None = None) -> list[str]:
    """The message to a user about their place in the lobby."""
    return messages("lobby", {}, {}, {"status": status, **(fields or {})})


def _within_bounds(connections: Sequence[Connection], outgoing: _Outgoing) -> Iterator[Connection]:
    """The newest connections of each actor, up to the limit. The others are closed."""
    held: dict[object, int] = {}
    for connection in sorted(connections, key=lambda each: (each.since, each.connection_id), reverse=True):
        held[connection.actor] = held.get(connection.actor, 0) + 1
        if held[connection.actor] > MOST_CONNECTIONS:
            outgoing.close(connection, TOO_MANY)
        else:
            yield connection


def _concerned(entries: Sequence[Entry]) -> frozenset[str]:
    """The users of an entry that changed something; a refused attempt changed nothing."""
    adds = [cast("Mapping[str, Any]", entry.extra) for entry in entries if not _is_refused(entry)]
    return frozenset(a.get("externalUserId", "") for each in adds for a in each.get("attendees", ()))


def _is_accepted(entry: Entry) -> bool:
    return entry.type == DECIDED and not _is_refused(entry)


def _is_refused(entry: Entry) -> bool:
    return entry.extra.get("verdict") == "refused"
