"""Who listens to a meeting, and the lines on which he is told."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ..domain.actor import Actor
from ..domain.entry import Entry


@dataclass(frozen=True, slots=True)
class Ticket:
    """Lets its holder open one connection. `digest` is of what he holds, which is kept nowhere."""

    digest: str
    meeting_id: str
    actor: Actor
    until: datetime


@dataclass(frozen=True, slots=True)
class Connection:
    """Somebody at the end of an open connection. `after` is the cursor up to which he has been told already."""

    connection_id: str
    meeting_id: str
    actor: Actor
    since: datetime
    after: str | None = None


@dataclass(frozen=True, slots=True)
class MeetingDelta:
    """What the ledger's stream tells of one meeting: hints at what to read anew, and the entries themselves."""

    meeting_id: str
    entries: tuple[Entry, ...] = ()
    people: frozenset[str] = frozenset()
    """Whose records changed."""
    revision: int = 0
    """The meeting's, if its record changed."""
    asked: frozenset[str] = frozenset()
    """Connections that have asked for everything."""

    @property
    def only_asks(self) -> bool:
        """Whether nothing is new to anybody else."""
        return not (self.entries or self.people or self.revision)


class Connections(Protocol):
    """Kept in the ledger's table. Everything may raise `LedgerUnavailable`."""

    def issue(self, ticket: Ticket) -> None: ...

    def redeem(self, digest: str) -> Ticket | None:
        """Takes the ticket away: whoever comes second with it gets None."""

    def connect(self, connection: Connection) -> None:
        """He has a connection, and is told nothing yet."""

    def listen(self, connection_id: str, after: str | None, now: datetime) -> bool:
        """From now on he is told; that he asked is itself in the stream. False if there is no such connection."""

    def disconnect(self, connection_id: str) -> None: ...

    def unsubscribe(self, connection: Connection) -> None:
        """He is told nothing more until he asks again."""

    def of(self, meeting_id: str) -> Sequence[Connection]:
        """Those who are told. Strongly consistent."""


class ConnectionGateway(Protocol):
    """Open connections. Raises nothing: a line that can't be used is no reason to keep the others waiting."""

    def send(self, mail: Mapping[str, Sequence[str]]) -> Collection[str]:
        """Messages by connection, in their order. Returns the connections that did not take all of theirs."""

    def close(self, connection_ids: Collection[str]) -> None: ...
