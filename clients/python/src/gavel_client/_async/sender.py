"""What sends commands below one path."""

from typing import TYPE_CHECKING, TypeVar

import httpx

from ..call import parsed, write
from ..model import Sent
from ..options import WriteOptions
from .results import AsyncWaitable
from .transport import AsyncTransport

if TYPE_CHECKING:
    from .meeting_reads import AsyncMeetingReads

R = TypeVar("R", bound=AsyncWaitable)


class AsyncSender:
    """A meeting, or a user of it. `path` is where it is in the API."""

    def __init__(self, transport: AsyncTransport, path: str, meeting: "AsyncMeetingReads") -> None:
        self._transport = transport
        self._path = path
        self._meeting = meeting

    async def _changed(self, method: str, action: str, answer: type[R], body: Sent | None, options: WriteOptions) -> R:
        call = write(method, self._path + action, answer, body, options)
        return self._result(answer, await self._transport.exchange(call))

    def _result(self, answer: type[R], response: httpx.Response) -> R:
        result = parsed(answer, response)
        result.belongs_to(self._meeting, replayed=response.headers.get("Idempotency-Replayed") == "true")
        return result
