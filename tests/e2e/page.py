"""A page that receives live messages over a real WebSocket."""

import json
import threading
from collections.abc import Callable
from contextlib import ExitStack
from typing import Self

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.e2e.caller import Caller, Json, done
from tests.e2e.deadline import SLOWER
from tests.memory.live import Page

OPEN_WITHIN = 120
"""Seconds; the first connection waits for the function's worker."""


def connection(url: str) -> ClientConnection:
    """A context manager."""
    return connect(url, proxy=None, open_timeout=OPEN_WITHIN, legacy=True)


class LivePage:
    """Connects for a caller, subscribes, and keeps its `page` up to date in a thread of its own."""

    def __init__(self, caller: Caller, user: str, after: str | None = None) -> None:
        self.page = Page(user, "")
        self.messages: list[Json] = []
        self.ready = threading.Event()
        self.ended = threading.Event()
        """Set when either side has closed the connection."""
        self._caller = caller
        self._after = after
        self._news = threading.Condition()
        self._open = ExitStack()

    def __enter__(self) -> Self:
        url = done(self._caller.post("/live"))["url"]
        self._connection = self._open.enter_context(connection(url))
        thread = threading.Thread(target=self._read, daemon=True)
        self._open.callback(thread.join, OPEN_WITHIN)
        self._open.callback(self._connection.close)
        thread.start()
        self.ask(self._after)
        assert self.ready.wait(OPEN_WITHIN), "no snapshot came"
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def ask(self, after: str | None = None) -> None:
        self.ready.clear()
        self._connection.send(json.dumps({"action": "listen", **({"after": after} if after else {})}))

    @property
    def close_code(self) -> int | None:
        """The close code, which says which side closed it: https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1"""
        return self._connection.close_code

    def shows(self, condition: Callable[[Page], bool], within: float) -> bool:
        """Whether the condition holds in time. Checked after every message."""
        with self._news:
            return self._news.wait_for(lambda: condition(self.page), within * SLOWER)

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
        finally:
            self.ended.set()
