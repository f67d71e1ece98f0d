"""Live subscriptions: tickets, the connections they open, and the start of the messages."""

from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256

from ...domain.actor import Actor
from ...domain.documents import Document
from ...domain.entry import iso
from ...ports import Clock, LedgerUnavailableError
from ...ports.live import Connection, Connections, Ticket
from ..requests import BUSY, TOO_MANY, Refused

TICKET_LIVES = timedelta(seconds=60)
"""A ticket travels in a URL, which proxies may log. A logged ticket has expired."""

MayListen = Callable[[str, Actor], Document | Refused]
IsRateLimited = Callable[[str, Actor], bool]


class Tickets:
    """Issues tickets. `secret` returns a random text that fits into a URL; connections are opened at `url`."""

    def __init__(
        self,
        may_listen: MayListen,
        is_rate_limited: IsRateLimited,
        connections: Connections,
        clock: Clock,
        secret: Callable[[], str],
        url: str,
    ) -> None:
        self._may_listen = may_listen
        self._is_rate_limited = is_rate_limited
        self._connections = connections
        self._clock = clock
        self._secret = secret
        self._url = url

    def live(self, meeting_id: str, actor: Actor) -> Document | Refused:
        """The URL to connect to, with a ticket for one connection."""
        found = self._may_listen(meeting_id, actor)
        if isinstance(found, Refused):
            return found
        secret, until = self._secret(), self._clock.now() + TICKET_LIVES
        try:
            if self._is_rate_limited(meeting_id, actor):
                return TOO_MANY
            self._connections.issue(Ticket(_digest(secret), meeting_id, actor, until))
        except LedgerUnavailableError:
            return BUSY
        return {"url": f"{self._url}?ticket={secret}", "ticket": secret, "expiresAt": iso(until), **found}


class Subscriptions:
    """Opens, subscribes and closes connections. All methods may raise `LedgerUnavailableError`."""

    def __init__(self, connections: Connections, clock: Clock) -> None:
        self._connections = connections
        self._clock = clock

    def connect(self, ticket: str, connection_id: str) -> bool:
        """Redeems the ticket. False if it was used, has expired or was never issued."""
        now = self._clock.now()
        found = self._connections.redeem(_digest(ticket))
        if found is None or found.until < now:
            return False
        self._connections.connect(Connection(connection_id, found.meeting_id, found.actor, now))
        return True

    def listen(self, connection_id: str, after: str | None) -> bool:
        return self._connections.listen(connection_id, after, self._clock.now())

    def disconnect(self, connection_id: str) -> None:
        self._connections.disconnect(connection_id)


def _digest(secret: str) -> str:
    """The stored form of a ticket. A reader of the table cannot connect with it."""
    return sha256(secret.encode()).hexdigest()
