"""Live subscriptions of a meeting, and the WebSocket connections to which updates are sent."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ..domain.actor import Actor
from ..domain.entry import Entry


@dataclass(frozen=True, slots=True)
class Ticket:
    """A permission to open one connection. `digest` is the digest of the ticket, which itself is not stored."""

    digest: str
    meeting_id: str
    actor: Actor
    until: datetime


@dataclass(frozen=True, slots=True)
class Connection:
    """An open connection of a subscriber. `after` is the history cursor up to which entries were sent."""

    connection_id: str
    meeting_id: str
    actor: Actor
    since: datetime
    after: str | None = None


@dataclass(frozen=True, slots=True)
class MeetingDelta:
    """The changes of one meeting in the ledger's stream: its new entries, and which records to read again."""

    meeting_id: str
    entries: tuple[Entry, ...] = ()
    users: frozenset[str] = frozenset()
    """Users whose records changed."""
    revision: int = 0
    """The meeting's revision, if its record changed."""
    asked: frozenset[str] = frozenset()
    """Connections that have requested a snapshot."""

    @property
    def only_asks(self) -> bool:
        """Whether nothing has changed for other subscribers."""
        return not (self.entries or self.users or self.revision)


class Connections(Protocol):
    """The connections stored in the ledger's table. All methods may raise `LedgerUnavailableError`."""

    def issue(self, ticket: Ticket) -> None: ...

    def redeem(self, digest: str) -> Ticket | None:
        """Deletes the ticket: a second call with it returns `None`."""

    def connect(self, connection: Connection) -> None:
        """Stores the connection. Nothing is sent on it before `listen`."""

    def listen(self, connection_id: str, after: str | None, now: datetime) -> bool:
        """Subscribes the connection. The request itself goes into the stream. False if there is no such connection."""

    def disconnect(self, connection_id: str) -> None: ...

    def unsubscribe(self, connection: Connection) -> None:
        """Sends nothing more on the connection until it subscribes again."""

    def of(self, meeting_id: str) -> Sequence[Connection]:
        """The meeting's subscribed connections. Strongly consistent."""


class ConnectionGateway(Protocol):
    """The open connections. Its methods raise nothing: a broken connection does not delay the others."""

    def send(self, messages: Mapping[str, Sequence[str]]) -> Collection[str]:
        """Sends messages by connection, in order. Returns the connections that did not accept all of theirs."""

    def close(self, connection_ids: Collection[str]) -> None: ...
