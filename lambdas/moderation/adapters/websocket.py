"""Open WebSocket connections, through the management API of API Gateway."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from ..telemetry import write
from .retries import retried

if TYPE_CHECKING:
    from mypy_boto3_apigatewaymanagementapi import ApiGatewayManagementApiClient

TOO_LARGE = "PayloadTooLargeException"
GONE = "GoneException"
AT_ONCE = 10
"""The number of connections that are written to at once: as many as the HTTP client keeps open."""

Messages = Sequence[str]


class ApiGatewayConnections:
    """The port `ConnectionGateway` on API Gateway's management API."""

    def __init__(self, client: "ApiGatewayManagementApiClient") -> None:
        self._client = client

    def send(self, messages: Mapping[str, Messages]) -> Collection[str]:
        """Sends the messages of each connection. Returns the connections that were not reached.

        A message that is too large is left out: if the connection were closed, its client would reconnect and get the
        same message again.
        """
        return [connection_id for connection_id, is_done in _each(self._send, messages.items()) if not is_done]

    def close(self, connection_ids: Collection[str]) -> None:
        _each(self._close, ((connection_id, ()) for connection_id in connection_ids))

    def _send(self, connection_id: str, messages: Messages) -> None:
        for message in messages:
            self._post(connection_id, message.encode())

    def _post(self, connection_id: str, data: bytes) -> None:
        """Posts the message, with retries: one that arrives twice does no harm."""
        try:
            retried(lambda: self._client.post_to_connection(ConnectionId=connection_id, Data=data))
        except ClientError as error:
            if error.response["Error"]["Code"] != TOO_LARGE:
                raise
            write("ERROR", "message too large", bytes=len(data))

    def _close(self, connection_id: str, _: Messages) -> None:
        self._client.delete_connection(ConnectionId=connection_id)


def _each(do: Callable[[str, Messages], None], messages: Iterable[tuple[str, Messages]]) -> list[tuple[str, bool]]:
    """Whether each connection was reached. The log has the kinds and numbers of failures, except of closed
    connections.
    """

    def code_of(batch: tuple[str, Messages]) -> str | None:
        try:
            do(*batch)
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        except BotoCoreError as error:
            return type(error).__name__
        return None

    batches = list(messages)
    with ThreadPoolExecutor(min(AT_ONCE, len(batches)) or 1) as pool:
        codes = list(pool.map(code_of, batches))
    if failures := Counter(code for code in codes if code not in (None, GONE)):
        write("WARNING", "connections not reached", codes=failures)
    return [(connection_id, code is None) for (connection_id, _), code in zip(batches, codes, strict=True)]
