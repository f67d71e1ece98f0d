# Made from `_async/client.py` by `make contracts`.
"""The client: where the API is, and who calls."""

from types import TracebackType
from typing import Self

import httpx

from ..call import read
from ..joining import ChimeMeetings, CreatedAttendee, NotAdmitted
from ..models import Health
from ..retry import Retry
from ..tokens import TokenSource, auth_of
from .joining import create_attendee
from .meeting import MeetingClient
from .meetings import Meetings
from .transport import Transport

TIMEOUT = 35.0
"""Seconds. API Gateway gives up after 30."""


class Gavel:
    """Gavel's API. `url` is the output `ApiUrl` of the stack.

    `token` is a token, a function that is asked before each request, or `ClientCredentials`. With `on_behalf_of` an
    admin acts for that user. `http_client` is an `httpx.Client` of your own, which `close` leaves open.
    """

    def __init__(
        self,
        url: str,
        token: TokenSource,
        *,
        on_behalf_of: str | None = None,
        retry: Retry | None = None,
        timeout: float = TIMEOUT,
        http_client: httpx.Client | None = None,
    ) -> None:
        client = http_client or httpx.Client(timeout=timeout)
        self._own = client if http_client is None else None
        self._transport = Transport(url, client, auth_of(token), retry or Retry(), on_behalf_of)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections."""
        if self._own is not None:
            self._own.close()

    def on_behalf_of(self, user_id: str | None) -> "Gavel":
        """The same client, acting for a user. It shares the connections, and is closed with this one."""
        acting = object.__new__(type(self))
        acting._own = None
        acting._transport = self._transport.acting_for(user_id)
        return acting

    @property
    def meetings(self) -> Meetings:
        return Meetings(self._transport)

    def meeting(self, meeting_id: str) -> MeetingClient:
        """One meeting, by Chime's MeetingId. It sends nothing."""
        return MeetingClient(self._transport, meeting_id)

    def create_attendee(
        self,
        chime_client: ChimeMeetings,
        meeting_id: str,
        user_id: str,
        role: str | None = None,
        *,
        display_name: str | None = None,
    ) -> CreatedAttendee | NotAdmitted:
        """Lets a user join: admits them, creates the attendee in Chime with the capabilities that the rules give, and
        binds it before anybody has the JoinToken, so no frame leaks.

        `chime_client` is `boto3.client("chime-sdk-meetings")`. `NotAdmitted` says that the user waits or is banned. If
        the attendee cannot be bound, it is deleted again. `display_name` is what pages show instead of the `user_id`;
        without it, the user keeps the name that they have.
        """
        return create_attendee(self.meeting(meeting_id), chime_client, user_id, role, display_name)

    def health(self) -> Health:
        """Whether the API answers, and its version. It needs no token."""
        return self._transport.send(read("/health", Health))
