# Made from `_async/history.py` by `make contracts`.
"""The history of a meeting, entry by entry."""

from collections.abc import Iterator, Mapping

from ..call import read
from ..models import Entry, History
from .transport import Transport
from .waiting import sleep

MOST = 100


class HistoryPages:
    """Entries, each once; pages are read as they are needed. With `follow` it goes on as new entries come."""

    def __init__(
        self,
        transport: Transport,
        path: str,
        query: Mapping[str, str | int | None],
        *,
        after: str | None = None,
        limit: int = MOST,
        follow: bool = False,
        poll: float = 2.0,
    ) -> None:
        self._transport = transport
        self._path = path
        self._query = query
        self._limit = limit
        self._follow = follow
        self._poll = poll
        self.cursor = after
        """Where to continue later: pass it as `after`. It stays some seconds behind, so entries may repeat."""

    def __iter__(self) -> Iterator[Entry]:
        seen: dict[str, None] = {}
        limit = self._limit
        while True:
            page = self._page(limit)
            fresh = [entry for entry in page.items if entry.entry_id not in seen]
            for entry in fresh:
                seen[entry.entry_id] = None
                yield entry
            is_last = len(page.items) < limit
            if is_last and not self._follow:
                return
            limit = self._limit if fresh else min(MOST, limit * 2)
            if is_last or not fresh:
                sleep(self._poll)

    def _page(self, limit: int) -> History:
        page = self._transport.send(read(self._path, History, {**self._query, "after": self.cursor, "limit": limit}))
        self.cursor = page.cursor
        return page
