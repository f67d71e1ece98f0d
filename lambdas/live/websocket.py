"""WebSocket connections: who comes with a ticket, asks to be told, and leaves.

Answers are seen on `$connect` alone, as the status of the handshake. Everything else goes out by `told`.
"""

import json
import re
from typing import Any

from moderation.bootstrap import subscriptions
from moderation.telemetry import write

CURSOR = re.compile(r"[!-~]{1,128}")
LONGEST = 1024
"""Characters in a message from a client."""


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    context = event["requestContext"]
    route, connection_id = context["routeKey"], context["connectionId"]
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
    after = _after(event.get("body") or "")
    if after is _FAULTY:
        return 400
    return 200 if subscriptions().listen(connection_id, after) else 410


_FAULTY = ""
"""No cursor is empty."""


def _after(body: str) -> str | None:
    """The cursor in a client's message, None where he wants no past."""
    try:
        said = json.loads(body) if len(body) <= LONGEST else None
    except (ValueError, RecursionError):
        return _FAULTY
    if not isinstance(said, dict):
        return _FAULTY
    after = said.get("after")
    if after is None or (isinstance(after, str) and CURSOR.fullmatch(after)):
        return after
    return _FAULTY
