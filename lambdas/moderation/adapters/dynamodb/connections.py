"""Tickets and connections in the ledger's table.

Subscriptions are in the meeting's own partition, so the reader of the stream receives a new one in order with all other
changes of the meeting.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from ...ports.live import Connection, Ticket
from .attributes import Document, item, values
from .errors import called, called_with_retry
from .keys import Key, key, partition
from .records import document_of, record_of

CONNECTION_LIVES = timedelta(hours=2)
"""API Gateway closes every WebSocket connection after two hours."""
SUBSCRIPTION = "LIVE#"


class DynamoConnections:
    """The port `Connections` on the ledger's table."""

    def __init__(self, client: Any, table: str, now: Callable[[], datetime]) -> None:
        self._client = client
        self._table = table
        self._now = now

    def issue(self, ticket: Ticket) -> None:
        self._put(_ticket_key(ticket.digest), document_of(ticket), ticket.until)

    def redeem(self, digest: str) -> Ticket | None:
        """Deletes and returns the ticket.

        It is read first, because a read may be repeated: the delete is then made once, on a working connection.
        """
        if "Item" not in self._call("get_item", Key=_ticket_key(digest), ConsistentRead=True):
            return None
        found = self._take(_ticket_key(digest))
        return record_of(Ticket, found) if found is not None else None

    def connect(self, connection: Connection) -> None:
        where = _connection_key(connection.connection_id)
        self._put(where, document_of(connection), connection.since + CONNECTION_LIVES)

    def listen(self, connection_id: str, after: str | None, now: datetime) -> bool:
        where = _connection_key(connection_id)
        answer = self._call("get_item", Key=where, ConsistentRead=True)
        if "Item" not in answer:
            return False
        connection = replace(record_of(Connection, values(answer["Item"])), after=after)
        document = document_of(connection) | {"askedAt": now}
        self._put(_subscription_key(connection.meeting_id, connection_id), document, now + CONNECTION_LIVES)
        return True

    def disconnect(self, connection_id: str) -> None:
        found = self._take(_connection_key(connection_id))
        if found is not None:
            self._take(_subscription_key(found["meetingId"], connection_id))

    def unsubscribe(self, connection: Connection) -> None:
        self._take(_subscription_key(connection.meeting_id, connection.connection_id))

    def of(self, meeting_id: str) -> Sequence[Connection]:
        found: list[Connection] = []
        page: dict[str, Any] = {}
        while True:
            answer = self._call(
                "query",
                KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
                ExpressionAttributeValues=item({":pk": partition(meeting_id), ":prefix": SUBSCRIPTION}),
                ConsistentRead=True,
                **page,
            )
            found += [record_of(Connection, values(image)) for image in answer["Items"]]
            if "LastEvaluatedKey" not in answer:
                return found
            page["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _put(self, where: Key, document: Document, until: datetime) -> None:
        """Writes an item with a time to live."""
        self._call("put_item", Item=where | item({**document, "expiresAt": int(until.timestamp())}))

    def _take(self, where: Key) -> Mapping[str, Any] | None:
        answer = called(self._client.delete_item, TableName=self._table, Key=where, ReturnValues="ALL_OLD")
        return values(answer["Attributes"]) if "Attributes" in answer else None

    def _call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        return called_with_retry(getattr(self._client, operation), TableName=self._table, **parameters)


def _ticket_key(digest: str) -> Key:
    return key(f"TICKET#{digest}", "TICKET")


def _connection_key(connection_id: str) -> Key:
    return key(f"CONNECTION#{connection_id}", "CONNECTION")


def _subscription_key(meeting_id: str, connection_id: str) -> Key:
    return key(partition(meeting_id), f"{SUBSCRIPTION}{connection_id}")
