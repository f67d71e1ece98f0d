"""The Lambda function of WebSocket connections: subscribers connect with a ticket, subscribe, and disconnect.

A client sees the answer to `$connect` only, as the status of the handshake. `broadcast` sends everything else.
"""

import json
import re
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from moderation.adapters import clients
from moderation.adapters.dynamodb.connections import DynamoConnections
from moderation.adapters.settings import settings
from moderation.adapters.system import SystemClock
from moderation.application.live.subscriptions import Subscriptions
from moderation.initialization import at_init
from moderation.telemetry import logger, metrics, write

CURSOR = re.compile(r"[!-~]{1,128}")
LONGEST = 1024
"""The most characters of a client's message."""


@at_init
def subscriptions() -> Subscriptions:
    clock = SystemClock()
    return Subscriptions(DynamoConnections(clients.dynamodb(), settings().table, clock.now), clock)


class InvalidMessageError(Exception):
    """A client's message that is no request to subscribe."""


@logger.inject_lambda_context
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001 - the decorators' own
    request = event["requestContext"]
    route, connection_id = request["routeKey"], request["connectionId"]
    try:
        status = _status(event, route, connection_id)
        write("INFO", "connection", route=route, connectionId=connection_id, status=status)
    except Exception as error:
        status = 500
        write("ERROR", "failed", route=route, connectionId=connection_id, exception=type(error).__name__)
    return {"statusCode": status}


def _status(event: dict[str, Any], route: str, connection_id: str) -> int:
    if route == "$connect":
        ticket = (event.get("queryStringParameters") or {}).get("ticket")
        return 200 if ticket and subscriptions().connect(ticket, connection_id) else 403
    if route == "$disconnect":
        subscriptions().disconnect(connection_id)
        return 200
    try:
        after = _cursor_in(event.get("body") or "")
    except InvalidMessageError:
        return 400
    return 200 if subscriptions().listen(connection_id, after) else 410


def _cursor_in(body: str) -> str | None:
    """The cursor in a client's message; `None` if the client wants no past entries."""
    try:
        message = json.loads(body) if len(body) <= LONGEST else None
    except (ValueError, RecursionError):
        raise InvalidMessageError from None
    if not isinstance(message, dict):
        raise InvalidMessageError
    after = message.get("after")
    if after is None or (isinstance(after, str) and CURSOR.fullmatch(after)):
        return after
    raise InvalidMessageError
