"""A page that listens over a real WebSocket, and takes what it is told."""

import json
import threading
from collections.abc import Callable
from typing import Self

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.e2e.caller import Caller, Json, done
from tests.memory.live import Page

OPEN_WITHIN = 60
"""Seconds; the first connection waits for the function's worker."""


def opened(url: str) -> ClientConnection:
    return connect(url, proxy=None, open_timeout=OPEN_WITHIN)


class LivePage:
    """Opens a connection for a caller, asks, and keeps its `page` up to date in a thread of its own."""

    def __init__(self, caller: Caller, user: str, after: str | None = None) -> None:
        self.page = Page(user, "")
        self.messages: list[Json] = []
        self.ready = threading.Event()
        self._news = threading.Condition()
        self._connection = opened(done(caller.post("/live"))["url"])
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        self.ask(after)

    def __enter__(self) -> Self:
        assert self.ready.wait(OPEN_WITHIN), "no snapshot came"
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, after: str | None = None) -> None:
        self.ready.clear()
        self._connection.send(json.dumps({"action": "listen", **({"after": after} if after else {})}))

    def close(self) -> None:
        self._connection.close()
        self._thread.join(OPEN_WITHIN)

    def shows(self, condition: Callable[[Page], bool], within: float) -> bool:
        """Whether it comes to that in time; woken by every message."""
        with self._news:
            return self._news.wait_for(lambda: condition(self.page), within)

    def _read(self) -> None:
        try:
            for text in self._connection:
                with self._news:
                    message = json.loads(text)
                    self.messages.append(message)
                    self.page.take(message)
                    if message.get("complete"):
                        self.ready.set()
                    self._news.notify_all()
        except ConnectionClosed:
            pass
