"""What can be read of a meeting."""

from collections.abc import AsyncIterator
from typing import Unpack

from .. import models
from ..call import Call, meeting_path, read
from ..durations import Duration
from ..ids import in_path
from ..options import HistoryFilters, history_query
from .history import MOST, AsyncHistoryPages
from .results import settled
from .sender import AsyncSender
from .transport import AsyncTransport


class AsyncMeetingReads(AsyncSender):
    """The reads of a meeting."""

    def __init__(self, transport: AsyncTransport, meeting_id: str) -> None:
        super().__init__(transport, meeting_path(meeting_id), self)
        self.meeting_id = meeting_id

    async def get(self, *, on_behalf_of: str | None = None) -> models.Meeting:
        """The meeting's settings; `revision` is the ETag."""
        return await self._transport.send(read(self._path, models.Meeting, on_behalf_of=on_behalf_of))

    async def me(self, *, on_behalf_of: str | None = None) -> models.Me:
        """The caller's role and attendee, and what they may do."""
        return await self._transport.send(read(f"{self._path}/me", models.Me, on_behalf_of=on_behalf_of))

    async def attendees(self, *, limit: int = MOST, on_behalf_of: str | None = None) -> AsyncIterator[models.Attendee]:
        """All attendees. `limit` is the size of a page."""
        token: str | None = None
        while True:
            query = {"limit": limit, "nextToken": token}
            page = await self._transport.send(read(f"{self._path}/attendees", models.Attendees, query, on_behalf_of))
            for attendee in page.items:
                yield attendee
            token = page.next_token
            if token is None:
                return

    async def hands(self, *, on_behalf_of: str | None = None) -> list[models.Hand]:
        """The raised hands, oldest first."""
        path = f"{self._path}/hands"
        return (await self._transport.send(read(path, models.Hands, on_behalf_of=on_behalf_of))).items

    async def bans(self, *, on_behalf_of: str | None = None) -> list[models.Banned]:
        path = f"{self._path}/bans"
        return (await self._transport.send(read(path, models.Bans, on_behalf_of=on_behalf_of))).items

    async def lobby(self, *, on_behalf_of: str | None = None) -> list[models.Waiting]:
        """Who waits to be let in."""
        path = f"{self._path}/lobby"
        return (await self._transport.send(read(path, models.Lobby, on_behalf_of=on_behalf_of))).items

    async def change(self, change_id: str, *, on_behalf_of: str | None = None) -> models.Change:
        """What became of a change."""
        path = f"{self._path}/changes/{in_path(change_id)}"
        return await self._transport.send(read(path, models.Change, on_behalf_of=on_behalf_of))

    async def live(self, *, on_behalf_of: str | None = None) -> models.Live:
        """Where to listen: the URL of a WebSocket, with a ticket for one connection."""
        call = Call("POST", f"{self._path}/live", models.Live).on_behalf_of(on_behalf_of)
        return await self._transport.send(call)

    async def wait(self, change_id: str, within: Duration = 120) -> models.Change:
        """The change, once it is no longer pending. Raises `StillPendingError` after `within`."""
        return await settled(self, change_id, within)

    def history(
        self,
        *,
        after: str | None = None,
        limit: int = MOST,
        follow: bool = False,
        poll: float = 2.0,
        **filters: Unpack[HistoryFilters],
    ) -> AsyncHistoryPages:
        """Who did what, why and when. `follow` goes on as new entries come, and asks every `poll` seconds."""
        path = f"{self._path}/history"
        return AsyncHistoryPages(
            self._transport, path, history_query(filters), after=after, limit=limit, follow=follow, poll=poll
        )
