"""Tells those who listen to a meeting what has changed in it.

Everything that a listener is told, the first look included, is told from the ledger's stream, in which one reader at
a time goes through a meeting. He tells what he reads when he tells it, so what comes later is never older; what comes
twice does no harm.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from ...domain.entry import DECIDED, Entry, iso
from ...ports import World
from ...ports.live import Connection, ConnectionGateway, Connections, MeetingDelta
from ..commands.warm_cache import Bounded
from ..queries.history import cursor_at
from ..queries.meetings import MeetingQueries, with_hands
from .meeting_view import MeetingView, SubscriberView
from .messages import messages

TOGETHER = 100
MOST_MISSED = 1000
"""Entries that somebody who comes back is told at once; then he asks for the rest."""
MOST_LINES = 10
"""Connections that one person has; the oldest is closed for another."""
TOO_MANY = "too-many-connections"


@dataclass
class _Outgoing:
    """What goes out, and which lines are closed after it."""

    letters: dict[str, list[str]] = field(default_factory=dict)
    closing: list[Connection] = field(default_factory=list)

    def close(self, connection: Connection, code: str) -> None:
        self.letters[connection.connection_id] = messages("closed", {}, {}, {"code": code})
        self.closing.append(connection)


class LivePublisher:
    """May raise `LedgerUnavailable`: then nobody, or not everybody, was told, and the news shall come again."""

    def __init__(
        self, world: World, reader: MeetingQueries, connections: Connections, lines: ConnectionGateway
    ) -> None:
        self._world = world
        self._reader = reader
        self._listeners = connections
        self._lines = lines
        self._told: Bounded[str, int] = Bounded()
        """The revision of a meeting that all its listeners have heard of; where it is forgotten, they hear it again."""

    def tell(self, news: MeetingDelta) -> int:
        """Returns how many were told something."""
        connections = self._listeners.of(news.meeting_id)
        meeting = self._world.ledger.load(news.meeting_id).meeting if connections else None
        if meeting is None:
            return 0
        people = with_hands(self._world, meeting.id)
        now = self._world.surroundings.now()
        stage = MeetingView(meeting, people, self._world.policies, now, self._reader)
        mail = _Outgoing()
        for connection in _within_bounds(connections, mail):
            self._write(mail, stage, connection, news)
        self._deliver(mail, connections)
        if self._is_revised(news):
            self._told[meeting.id] = meeting.revision
        return len(mail.letters)

    def _is_revised(self, news: MeetingDelta) -> bool:
        """Whether what everybody has may be different."""
        return news.revision > self._told.get(news.meeting_id, 0)

    def _write(self, mail: _Outgoing, stage: MeetingView, connection: Connection, news: MeetingDelta) -> None:
        if news.only_asks and connection.connection_id not in news.asked:
            return
        glance = SubscriberView(stage, connection.actor)
        if not glance.may("live"):
            self._write_outside(mail, glance, connection, news)
            return
        if glance.is_let_in_by(news.entries):
            mail.letters[connection.connection_id] = [*_lobby("admitted"), *self._everything(stage, glance, connection)]
        elif connection.connection_id in news.asked:
            mail.letters[connection.connection_id] = self._everything(stage, glance, connection)
        elif written := self._change(stage, glance, connection, news):
            mail.letters[connection.connection_id] = written

    def _write_outside(
        self, mail: _Outgoing, glance: SubscriberView, connection: Connection, news: MeetingDelta
    ) -> None:
        """Who waits in the lobby is told that and nothing of the meeting; everybody else is cut off."""
        since = glance.waiting_since
        if since is None:
            mail.close(connection, glance.shut_out_by)
        elif connection.connection_id in news.asked or connection.actor.id in news.people:
            mail.letters[connection.connection_id] = _lobby("waiting", {"since": iso(since)})

    def _everything(self, stage: MeetingView, glance: SubscriberView, connection: Connection) -> list[str]:
        missed, more = self._missed(connection)
        cursor = missed[-1].id if more else max(connection.after or "", cursor_at(self._world.surroundings.now()))
        single = glance.single(meeting=True, me=True)
        return messages(
            "snapshot",
            single,
            {
                "roles": glance.roles(single),
                "attendees": glance.attendees(stage.people),
                "entries": glance.entries(missed),
            },
            {"complete": True, "more": more, "cursor": cursor},
        )

    def _change(
        self, stage: MeetingView, glance: SubscriberView, connection: Connection, news: MeetingDelta
    ) -> list[str]:
        revised = self._is_revised(news)
        changed = news.people | _concerned(news.entries)
        decided = any(_is_accepted(entry) for entry in news.entries) and glance.oversees
        single = glance.single(meeting=revised or decided, me=revised or connection.actor.id in changed)
        attendees = glance.attendees(stage.people if revised else changed, changed)
        entries = glance.entries(news.entries)
        if not (single or attendees or entries):
            return []
        lists = {"roles": glance.roles(single), "attendees": attendees, "entries": entries}
        return messages("change", single, lists, {"cursor": cursor_at(self._world.surroundings.now())})

    def _missed(self, connection: Connection) -> tuple[list[Entry], bool]:
        """Since his cursor; and whether that is not all of it."""
        if connection.after is None:
            return [], False
        found: list[Entry] = []
        after, more = connection.after, True
        while more and len(found) < MOST_MISSED:
            page = self._world.ledger.history(connection.meeting_id, after, "~", TOGETHER, None)
            found += page.entries
            more = page.more
            after = found[-1].id if found else after
        return found, more

    def _deliver(self, mail: _Outgoing, connections: Sequence[Connection]) -> None:
        """Who could not be reached is cut off rather than left with something old; coming back, he gets everything."""
        failed = set(self._lines.send(mail.letters))
        gone = {connection.connection_id: connection for connection in mail.closing}
        gone |= {each.connection_id: each for each in connections if each.connection_id in failed}
        if not gone:
            return
        for connection in gone.values():
            self._listeners.unsubscribe(connection)
        self._lines.close(list(gone))


def _lobby(status: str, said: Mapping[str, object] | None = None) -> list[str]:
    """What somebody who waits is told of it."""
    return messages("lobby", {}, {}, {"status": status, **(said or {})})


def _within_bounds(connections: Sequence[Connection], mail: _Outgoing) -> Iterator[Connection]:
    """The newest of everybody's; the others are closed."""
    held: dict[object, int] = {}
    for connection in sorted(connections, key=lambda each: (each.since, each.connection_id), reverse=True):
        held[connection.actor] = held.get(connection.actor, 0) + 1
        if held[connection.actor] > MOST_LINES:
            mail.close(connection, TOO_MANY)
        else:
            yield connection


def _concerned(entries: Sequence[Entry]) -> frozenset[str]:
    """Those to whom something was done; an attempt that was refused changed nothing."""
    adds = [cast("Mapping[str, Any]", entry.extra) for entry in entries if not _is_refused(entry)]
    return frozenset(a.get("externalUserId", "") for each in adds for a in each.get("attendees", ()))


def _is_accepted(entry: Entry) -> bool:
    return entry.type == DECIDED and not _is_refused(entry)


def _is_refused(entry: Entry) -> bool:
    return entry.extra.get("verdict") == "refused"
