"""Tickets and connections in the ledger's table.

Who is told lies in the meeting's own partition: that he asked comes to the reader of the stream in line with all else
that happens in the meeting.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from ...domain.entry import iso
from ...ports.live import Connection, Ticket
from .attributes import item, values
from .clauses import Key, key, partition
from .errors import called, called_with_retry
from .values import Document, Source, actor_document, actor_of

CONNECTION_LIVES = timedelta(hours=2)
"""API Gateway closes every WebSocket connection after two hours."""
TOLD = "LIVE#"


class DynamoConnections:
    def __init__(self, client: Any, table: str, now: Callable[[], datetime]) -> None:
        self._client = client
        self._table = table
        self._now = now

    def issue(self, ticket: Ticket) -> None:
        document = {
            "meetingId": ticket.meeting_id,
            "actor": actor_document(ticket.actor),
            "until": iso(ticket.until),
        }
        self._put(_ticket_key(ticket.digest), document, ticket.until)

    def redeem(self, digest: str) -> Ticket | None:
        """The read comes first because it may be repeated: the ticket is taken once, on a connection that works."""
        if "Item" not in self._call("get_item", Key=_ticket_key(digest), ConsistentRead=True):
            return None
        found = self._take(_ticket_key(digest))
        if found is None:
            return None
        until = datetime.fromisoformat(found["until"])
        return Ticket(digest, found["meetingId"], actor_of(found["actor"]), until)

    def connect(self, connection: Connection) -> None:
        document = {
            "meetingId": connection.meeting_id,
            "actor": actor_document(connection.actor),
            "since": iso(connection.since),
        }
        self._put(_connection_key(connection.connection_id), document, connection.since + CONNECTION_LIVES)

    def listen(self, connection_id: str, after: str | None, now: datetime) -> bool:
        where = _connection_key(connection_id)
        answer = self._call("get_item", Key=where, ConsistentRead=True)
        if "Item" not in answer:
            return False
        found = values(answer["Item"])
        document = {key: found[key] for key in ("meetingId", "actor", "since")} | {"after": after, "askedAt": iso(now)}
        self._put(_told_key(found["meetingId"], connection_id), document, now + CONNECTION_LIVES)
        return True

    def disconnect(self, connection_id: str) -> None:
        found = self._take(_connection_key(connection_id))
        if found is not None:
            self._take(_told_key(found["meetingId"], connection_id))

    def unsubscribe(self, connection: Connection) -> None:
        self._take(_told_key(connection.meeting_id, connection.connection_id))

    def of(self, meeting_id: str) -> Sequence[Connection]:
        found: list[Connection] = []
        page: dict[str, Any] = {}
        while True:
            answer = self._call(
                "query",
                KeyConditionExpression="pk = :pk AND begins_with(sk, :told)",
                ExpressionAttributeValues=item({":pk": partition(meeting_id), ":told": TOLD}),
                ConsistentRead=True,
                **page,
            )
            found += [_connection_of(values(image)) for image in answer["Items"]]
            if "LastEvaluatedKey" not in answer:
                return found
            page["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _put(self, where: Key, document: Document, until: datetime) -> None:
        """TTL, in epoch seconds, takes away what nobody did."""
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


def _told_key(meeting_id: str, connection_id: str) -> Key:
    return key(partition(meeting_id), f"{TOLD}{connection_id}")


def _connection_of(document: Source) -> Connection:
    return Connection(
        connection_id=document["sk"].removeprefix(TOLD),
        meeting_id=document["meetingId"],
        actor=actor_of(document["actor"]),
        since=datetime.fromisoformat(document["since"]),
        after=document.get("after"),
    )
