# Made from `_async/meetings.py` by `make contracts`.
"""All meetings."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Unpack

from .. import models
from ..call import read
from ..durations import as_text
from ..options import ConsentRule, WriteOptions
from .meeting import MeetingClient
from .transport import Transport

MOST = 100


class Meetings:
    """`gavel.meetings`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(
        self,
        *,
        external_meeting_id: str | None = None,
        user_id: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = MOST,
        on_behalf_of: str | None = None,
    ) -> Iterator[models.Meeting]:
        """Registered meetings, newest first; pages of `limit` are read as they are needed. For back ends.

        `external_meeting_id`: of this name. `user_id`: in which this user is known. `since`, `until`: registered from
        one time on, and before the other.
        """
        query: dict[str, str | int | None] = {
            "externalMeetingId": external_meeting_id,
            "user": user_id,
            "from": as_text(since) if since is not None else None,
            "to": as_text(until) if until is not None else None,
            "limit": limit,
        }
        while True:
            page = self._transport.send(read("/meetings", models.Meetings, query, on_behalf_of))
            yield from page.items
            if page.next_token is None:
                return
            query["nextToken"] = page.next_token

    def get(self, meeting_id: str) -> models.Meeting:
        """The meeting's settings; `revision` is the ETag."""
        return MeetingClient(self._transport, meeting_id).get()

    def register(
        self,
        meeting_id: str,
        *,
        roles: Mapping[str, str] | None = None,
        default_role: str | None = None,
        mode: str | None = None,
        unmute_consent: ConsentRule | None = None,
        lobby: bool | None = None,
        **options: Unpack[WriteOptions],
    ) -> models.Meeting:
        """Registers a meeting that exists in Chime. `roles`: ExternalUserId → role.

        The same settings again change nothing; others need `if_match`. Raises `NotFoundError` if Chime has no such
        meeting.
        """
        return MeetingClient(self._transport, meeting_id).register(
            roles=roles,
            default_role=default_role,
            mode=mode,
            unmute_consent=unmute_consent,
            lobby=lobby,
            **options,
        )
