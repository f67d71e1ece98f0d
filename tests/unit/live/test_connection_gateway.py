"""Messages to connections: a broken one is reported and delays no other."""

import threading
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError
from moderation.adapters.websocket import AT_ONCE, ApiGatewayConnections


class Gateway:
    """Accepts all messages except to the named connections."""

    def __init__(self, **failing: str) -> None:
        self.failing = failing
        self.posted: list[tuple[str, bytes]] = []
        self.deleted: list[str] = []
        self.lock = threading.Lock()

    def post_to_connection(self, ConnectionId: str, Data: bytes) -> None:  # noqa: N803 - boto3's names
        self._fail(ConnectionId, "PostToConnection")
        with self.lock:
            self.posted.append((ConnectionId, Data))

    def delete_connection(self, ConnectionId: str) -> None:  # noqa: N803
        self._fail(ConnectionId, "DeleteConnection")
        self.deleted.append(ConnectionId)

    def _fail(self, connection_id: str, operation: str) -> None:
        code = self.failing.get(connection_id)
        if code == "timeout":
            raise ReadTimeoutError(endpoint_url="https://x")
        if code:
            raise ClientError({"Error": {"Code": code, "Message": "secret"}}, operation)


def connections(gateway: Any) -> ApiGatewayConnections:
    return ApiGatewayConnections(gateway)


def test_each_connection_gets_its_messages_in_their_order() -> None:
    gateway = Gateway()
    mail = {f"c{n}": [f"{m} é" for m in range(5)] for n in range(3 * AT_ONCE)}
    assert list(connections(gateway).send(mail)) == []
    by_connection: dict[str, list[Any]] = {}
    for connection_id, data in gateway.posted:
        by_connection.setdefault(connection_id, []).append(data.decode())
    assert by_connection == mail


def test_who_did_not_take_it_is_told_of(capsys: pytest.CaptureFixture[str]) -> None:
    gateway = Gateway(gone="GoneException", slow="timeout", busy="LimitExceededException")
    failed = connections(gateway).send({c: ["x"] for c in ("gone", "slow", "fine", "busy")})
    assert list(failed) == ["gone", "slow", "busy"]
    assert gateway.posted == [("fine", b"x")]
    logged = capsys.readouterr().out
    assert "LimitExceededException" in logged
    assert "ReadTimeoutError" in logged
    assert "GoneException" not in logged
    assert "secret" not in logged


def test_closing_fails_in_silence(capsys: pytest.CaptureFixture[str]) -> None:
    gateway = Gateway(gone="GoneException")
    connections(gateway).close(["gone", "c1"])
    assert gateway.deleted == ["c1"]
    assert capsys.readouterr().out == ""


def test_nothing_to_send() -> None:
    assert list(connections(Gateway()).send({})) == []


def test_a_message_that_is_too_large_cuts_nobody_off(capsys: pytest.CaptureFixture[str]) -> None:
    """A client that is disconnected would reconnect, get the same message, and be disconnected again."""
    gateway = Gateway(c1="PayloadTooLargeException")
    assert list(connections(gateway).send({"c1": ["x"], "c2": ["x"]})) == []
    assert '"message too large"' in capsys.readouterr().out


def test_a_connection_of_ours_that_died_is_replaced() -> None:
    """The function was frozen meanwhile. The client's own connection still works."""

    class Once(Gateway):
        def _fail(self, connection_id: str, operation: str) -> None:
            code = self.failing.pop(connection_id, None)
            if code:
                raise ConnectionClosedError(endpoint_url="https://x")

    gateway = Once(c1="dropped")
    assert list(connections(gateway).send({"c1": ["a", "b"]})) == []
    assert [data for _, data in gateway.posted] == [b"a", b"b"]
