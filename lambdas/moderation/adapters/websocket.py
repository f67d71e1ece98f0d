"""Open connections, by the management API of API Gateway's WebSocket API."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ..telemetry import write
from .retries import retried

TOO_LARGE = "PayloadTooLargeException"
AT_ONCE = 10
"""Connections that are written to at the same time: as many as the client keeps open."""


class ApiGatewayConnections:
    """`client` is a boto3 client of apigatewaymanagementapi."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def send(self, mail: Mapping[str, Sequence[str]]) -> Collection[str]:
        """A message that is too large is left out. If the connection were cut, its client would come back, be sent the
        same, and be cut again.
        """
        return [connection_id for connection_id, taken in _each(self._send, mail.items()) if not taken]

    def close(self, connection_ids: Collection[str]) -> None:
        for _ in _each(self._close, ((connection_id, ()) for connection_id in connection_ids)):
            pass

    def _send(self, connection_id: str, messages: Sequence[str]) -> None:
        for message in messages:
            _post(self._client, connection_id, message)

    def _close(self, connection_id: str, _: Sequence[str]) -> None:
        self._client.delete_connection(ConnectionId=connection_id)


def _post(client: Any, connection_id: str, message: str) -> None:
    """A message that arrives twice does no harm."""
    try:
        retried(lambda: client.post_to_connection(ConnectionId=connection_id, Data=message.encode()))
    except ClientError as error:
        if error.response["Error"]["Code"] != TOO_LARGE:
            raise
        write("ERROR", "message too large", bytes=len(message.encode()))


def _each(
    do: Callable[[str, Sequence[str]], None], mail: Iterable[tuple[str, Sequence[str]]]
) -> list[tuple[str, bool]]:
    """Whether each went well. One that is gone is no news, anything else is told of, by kind and number."""

    def tried(letter: tuple[str, Sequence[str]]) -> str | None:
        try:
            do(*letter)
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        except BotoCoreError as error:
            return type(error).__name__
        return None

    letters = list(mail)
    with ThreadPoolExecutor(min(AT_ONCE, len(letters)) or 1) as pool:
        codes = list(pool.map(tried, letters))
    if trouble := Counter(code for code in codes if code not in (None, "GoneException")):
        write("WARNING", "connections not reached", codes=trouble)
    return [(connection_id, code is None) for (connection_id, _), code in zip(letters, codes, strict=True)]
