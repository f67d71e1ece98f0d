"""Who may listen to a meeting: tickets, connections, and from when on somebody is told."""

from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256

from ...domain.actor import Actor
from ...domain.documents import Document
from ...domain.entry import iso
from ...ports import LedgerUnavailableError, Surroundings
from ...ports.live import Connection, Connections, Ticket
from ..requests import BUSY, TOO_MANY, Refused

TICKET_LIVES = timedelta(seconds=60)
"""It travels in a URL, which others may write down; by then it is worth nothing."""

MayListen = Callable[[str, Actor], Document | Refused]
IsWornOut = Callable[[str, Actor], bool]


class Tickets:
    """`secret` makes what nobody can guess, fit for a URL; `url` is where connections are opened."""

    def __init__(
        self,
        may_listen: MayListen,
        is_worn_out: IsWornOut,
        connections: Connections,
        surroundings: Surroundings,
        secret: Callable[[], str],
        url: str,
    ) -> None:
        self._may_listen = may_listen
        self._is_worn_out = is_worn_out
        self._listeners = connections
        self._surroundings = surroundings
        self._secret = secret
        self._url = url

    def live(self, meeting_id: str, actor: Actor) -> Document | Refused:
        """Where to listen, and a ticket for one connection."""
        found = self._may_listen(meeting_id, actor)
        if isinstance(found, Refused):
            return found
        secret, until = self._secret(), self._surroundings.now() + TICKET_LIVES
        try:
            if self._is_worn_out(meeting_id, actor):
                return TOO_MANY
            self._listeners.issue(Ticket(_digest(secret), meeting_id, actor, until))
        except LedgerUnavailableError:
            return BUSY
        return {"url": f"{self._url}?ticket={secret}", "ticket": secret, "expiresAt": iso(until), **found}


class Subscriptions:
    """What the holder of a ticket does with it. Everything may raise `LedgerUnavailable`."""

    def __init__(self, connections: Connections, surroundings: Surroundings) -> None:
        self._listeners = connections
        self._surroundings = surroundings

    def connect(self, ticket: str, connection_id: str) -> bool:
        """False for a ticket that was used, is too old or was never given."""
        now = self._surroundings.now()
        found = self._listeners.redeem(_digest(ticket))
        if found is None or found.until < now:
            return False
        self._listeners.connect(Connection(connection_id, found.meeting_id, found.actor, now))
        return True

    def listen(self, connection_id: str, after: str | None) -> bool:
        return self._listeners.listen(connection_id, after, self._surroundings.now())

    def disconnect(self, connection_id: str) -> None:
        self._listeners.disconnect(connection_id)


def _digest(secret: str) -> str:
    """What is kept of a ticket: nobody can connect with what he reads in the table."""
    return sha256(secret.encode()).hexdigest()
