"""Tickets and connections: memory, moto and the emulator promise the same."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from moderation.adapters.dynamodb.connections import CONNECTION_LIVES, DynamoConnections
from moderation.adapters.dynamodb.stream import meeting_deltas
from moderation.domain.actor import Actor, ActorKind
from moderation.ports import LedgerUnavailableError
from moderation.ports.live import Connection, Connections, MeetingDelta, Ticket

from tests.integration.ledger.examples import NOW
from tests.integration.ledger.table import Table, fresh_table
from tests.memory.live import MemoryConnections

BOB = Actor(ActorKind.USER, "bob", via="back-end")
TICKET = Ticket("d1gest", "m", BOB, NOW + timedelta(seconds=60))


def of(table: Table) -> DynamoConnections:
    return DynamoConnections(table.client, table.name, lambda: NOW)


@pytest.fixture(params=["memory", "moto", "ministack"])
def connections(request: pytest.FixtureRequest) -> Iterator[Connections]:
    if request.param == "memory":
        yield MemoryConnections()
        return
    with fresh_table(request.getfixturevalue(request.param)) as table:
        yield of(table)


def connection_of(connection_id: str, meeting_id: str = "m", after: str | None = None) -> Connection:
    return Connection(connection_id, meeting_id, BOB, NOW, after)


def test_a_ticket_comes_back_once(connections: Connections) -> None:
    connections.issue(TICKET)
    assert connections.redeem("other") is None
    assert connections.redeem(TICKET.digest) == TICKET
    assert connections.redeem(TICKET.digest) is None


def test_of_many_at_once_one_gets_it(ministack: object) -> None:
    with fresh_table(ministack) as table, ThreadPoolExecutor(8) as pool:
        found = of(table)
        found.issue(TICKET)
        taken = list(pool.map(lambda _: found.redeem(TICKET.digest), range(8)))
    assert [ticket for ticket in taken if ticket is not None] == [TICKET]


def test_who_asks_is_told_and_who_is_only_connected_is_not(connections: Connections) -> None:
    connections.connect(connection_of("c1"))
    connections.connect(connection_of("c2"))
    connections.connect(connection_of("c3", "other"))
    assert connections.of("m") == []
    assert connections.listen("c1", None, NOW)
    assert connections.listen("c3", "01JZ", NOW)
    assert not connections.listen("c4", None, NOW)
    assert connections.of("m") == [connection_of("c1")]
    assert connections.of("other") == [connection_of("c3", "other", "01JZ")]


def test_asking_again(connections: Connections) -> None:
    connections.connect(connection_of("c1"))
    connections.listen("c1", None, NOW)
    connections.listen("c1", "01JZ", NOW + timedelta(seconds=300))
    assert connections.of("m") == [connection_of("c1", after="01JZ")]


def test_unsubscribed_until_the_next_listen(connections: Connections) -> None:
    connections.connect(connection_of("c1"))
    connections.listen("c1", None, NOW)
    connections.unsubscribe(connection_of("c1"))
    connections.unsubscribe(connection_of("c1"))
    assert connections.of("m") == []
    assert connections.listen("c1", None, NOW)
    assert connections.of("m") == [connection_of("c1")]


def test_disconnected(connections: Connections) -> None:
    connections.connect(connection_of("c1"))
    connections.listen("c1", None, NOW)
    connections.disconnect("c1")
    connections.disconnect("c1")
    assert connections.of("m") == []
    assert not connections.listen("c1", None, NOW)


def test_everything_ends_by_itself(table: Table) -> None:
    found = of(table)
    found.issue(TICKET)
    found.connect(connection_of("c1"))
    found.listen("c1", None, NOW)
    ends = {item["sk"]["S"]: int(item["expiresAt"]["N"]) for item in table.items()}
    connection = int((NOW + CONNECTION_LIVES).timestamp())
    assert ends == {"TICKET": int(TICKET.until.timestamp()), "CONNECTION": connection, "LIVE#c1": connection}


def test_more_than_a_page_of_them(table: Table) -> None:
    """1 MB is what one Query answers."""
    found = of(table)
    many = [connection_of(f"c{number:03d}") for number in range(4)]
    for each in many:
        found.connect(each)
        found.listen(each.connection_id, "01JZ", NOW)
        key = {"pk": {"S": "MEETING#m"}, "sk": {"S": f"LIVE#{each.connection_id}"}}
        table.client.update_item(
            TableName=table.name,
            Key=key,
            UpdateExpression="SET filling = :f",
            ExpressionAttributeValues={":f": {"S": "x" * 390_000}},
        )
    assert [each.connection_id for each in found.of("m")] == [each.connection_id for each in many]


def test_a_listen_is_in_the_stream_of_its_meeting(table: Table) -> None:
    found = of(table)
    found.issue(TICKET)
    found.connect(connection_of("c1"))
    found.listen("c1", None, NOW)
    records = [
        {"eventName": "INSERT", "dynamodb": {"NewImage": image}}
        for image in sorted(table.items(), key=lambda image: image["sk"]["S"])
    ]
    assert meeting_deltas(records) == [MeetingDelta("m", asked=frozenset({"c1"}))]


def test_nobody_there(unreachable: object) -> None:
    with pytest.raises(LedgerUnavailableError):
        DynamoConnections(unreachable, "ledger", lambda: NOW).of("m")
