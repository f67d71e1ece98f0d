"""API Gateway's limits of WebSocket connections, which ministack lacks.

API Gateway closes a connection on which the client has sent nothing for ten minutes, and each connection after two
hours. It refuses messages that are too large.
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
"""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

IDLE = "GAVEL_WEBSOCKET_IDLE_SECONDS"
LIFETIME = "GAVEL_WEBSOCKET_LIFETIME_SECONDS"
LARGEST_MESSAGE = 128 * 1024
"""The most bytes of a message that is posted to a connection."""
LARGEST_FRAME = 32 * 1024
"""The most bytes of a client's message, which has one frame."""
GOING_AWAY, TOO_LARGE = 1001, 1009
"""Close codes of the WebSocket protocol: https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1"""


@dataclass(frozen=True)
class Limits:
    """Durations in seconds."""

    idle: float = 600
    lifetime: float = 7200

    @classmethod
    def of(cls, environment: Mapping[str, str] = os.environ) -> "Limits":
        return cls(float(environment.get(IDLE, cls.idle)), float(environment.get(LIFETIME, cls.lifetime)))


class LimitedConnection:
    """A connection between ministack and the web server.

    AWS does not document whether posted messages keep a connection open. Here they do not, so that tests find a client
    that relies on it.
    """

    def __init__(self, receive: Receive, send: Send, limits: Limits) -> None:
        self._receive = receive
        self._send = send
        self._limits = limits
        self._ends_at: float | None = None
        self._last_message_at = 0.0
        self._code: int | None = None

    async def receive(self) -> Message:
        if self._ends_at is None:
            return await self._receive()
        waiting = asyncio.ensure_future(self._receive())
        try:
            await asyncio.wait({waiting}, timeout=max(self._patience_ends_at() - monotonic(), 0))
            if not waiting.done():
                return self._ended(GOING_AWAY)
        finally:
            waiting.cancel()
        self._last_message_at = monotonic()
        message = waiting.result()
        return self._ended(TOO_LARGE) if _size(message) > LARGEST_FRAME else message

    async def send(self, message: Message) -> None:
        if message["type"] == "websocket.accept":
            self._last_message_at = monotonic()
            self._ends_at = self._last_message_at + self._limits.lifetime
        if message["type"] == "websocket.close" and self._code:
            message = {**message, "code": self._code}
        await self._send(message)

    def _patience_ends_at(self) -> float:
        return min(self._last_message_at + self._limits.idle, self._ends_at or 0)

    def _ended(self, code: int) -> Message:
        self._code = code
        return {"type": "websocket.disconnect", "code": code}


def is_too_large(method: str, body: bytes) -> bool:
    return method == "POST" and len(body) > LARGEST_MESSAGE


def too_large() -> tuple[int, Mapping[str, str], bytes]:
    """The answer of `PostToConnection` to a message that is too large."""
    kind = "PayloadTooLargeException"
    headers = {"Content-Type": "application/json", "x-amzn-ErrorType": kind}
    return 413, headers, json.dumps({"message": f"more than {LARGEST_MESSAGE} bytes"}).encode()


def _size(message: Message) -> int:
    return len((message.get("text") or "").encode() or message.get("bytes") or b"")
