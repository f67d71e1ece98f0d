"""Commands on one user of a meeting."""

from datetime import datetime
from typing import Unpack

from .. import models
from ..call import read
from ..durations import Duration, in_seconds, in_utc
from ..model import Sent, given
from ..options import Capability, Liftable, Media, WriteOptions, as_list
from .results import AsyncChangeResult
from .sender import AsyncSender


class AsyncUserClient(AsyncSender):
    """A user, named by their ExternalUserId or by one of their attendees. Commands cover all their attendees.

    Methods raise what `gavel_client.errors` lists.
    """

    async def get(self, *, on_behalf_of: str | None = None) -> models.Attendee:
        """Their role, capabilities and limits; `revision` is the ETag."""
        return await self._transport.send(read(self._path, models.Attendee, on_behalf_of=on_behalf_of))

    async def mute(
        self,
        media: Media = "audio",
        *,
        duration: Duration | None = None,
        reason: str | None = None,
        liftable_by: Liftable | None = None,
        **options: Unpack[WriteOptions],
    ) -> AsyncChangeResult:
        """Withholds `send` of the media, until it is lifted or for a time."""
        seconds = None if duration is None else in_seconds(duration)
        fields = given(duration_seconds=seconds, reason=reason, liftable_by=liftable_by)
        return await self._change("POST", "/mute", models.Mute(media=as_list(media), **fields), options)

    async def unmute(
        self, media: Media = "audio", *, reason: str | None = None, **options: Unpack[WriteOptions]
    ) -> AsyncChangeResult:
        """Lifts what withholds `send`. Raises `CapabilityUnavailableError` if it stays withheld all the same."""
        return await self._change(
            "POST", "/unmute", models.Unmute(media=as_list(media), **given(reason=reason)), options
        )

    async def set_capabilities(
        self,
        *,
        audio: Capability | None = None,
        video: Capability | None = None,
        content: Capability | None = None,
        reason: str | None = None,
        **options: Unpack[WriteOptions],
    ) -> AsyncChangeResult:
        """Exactly these capabilities, or an error."""
        body = models.CapabilitiesPatch(**given(audio=audio, video=video, content=content, reason=reason))
        return await self._change("PATCH", "/capabilities", body, options)

    async def hold(self, *, reason: str | None = None, **options: Unpack[WriteOptions]) -> AsyncChangeResult:
        """Withholds everything, receiving too."""
        return await self._change("POST", "/hold", models.Hold(**given(reason=reason)), options)

    async def release(self, *, reason: str | None = None, **options: Unpack[WriteOptions]) -> AsyncChangeResult:
        """Ends a hold."""
        return await self._change("POST", "/release", models.Release(**given(reason=reason)), options)

    async def set_role(
        self, role: str, *, reason: str | None = None, **options: Unpack[WriteOptions]
    ) -> AsyncChangeResult:
        return await self._change("PUT", "/role", models.SetRole(role=role, **given(reason=reason)), options)

    async def remove(
        self,
        *,
        ban: bool = False,
        until: datetime | None = None,
        reason: str | None = None,
        **options: Unpack[WriteOptions],
    ) -> AsyncChangeResult:
        """Takes the user out of the meeting; with `ban` they stay out."""
        end = None if until is None else in_utc(until)
        return await self._change("POST", "/remove", models.Remove(ban=ban, **given(until=end, reason=reason)), options)

    async def raise_hand(self, *, reason: str | None = None, **options: Unpack[WriteOptions]) -> AsyncChangeResult:
        return await self._change("PUT", "/hand", models.RaiseHand(**given(reason=reason)), options)

    async def lower_hand(self, **options: Unpack[WriteOptions]) -> AsyncChangeResult:
        return await self._change("DELETE", "/hand", None, options)

    async def grant_floor(
        self,
        media: Media = "audio",
        *,
        duration: Duration = 120,
        exclusive: bool = False,
        reason: str | None = None,
        **options: Unpack[WriteOptions],
    ) -> AsyncChangeResult:
        """A turn to speak that ends by itself. `exclusive` ends all other floors of the media."""
        body = models.GrantFloor(
            media=as_list(media), duration_seconds=in_seconds(duration), exclusive=exclusive, **given(reason=reason)
        )
        return await self._change("POST", "/floor", body, options)

    async def end_floor(self, **options: Unpack[WriteOptions]) -> AsyncChangeResult:
        return await self._change("DELETE", "/floor", None, options)

    async def consent(self, change_id: str, accept: bool, **options: Unpack[WriteOptions]) -> AsyncChangeResult:
        """Answers a request to unmute, which the attendee shows as `asked`. An admin acts for the user."""
        return await self._change("PUT", "/consent", models.Consent(change_id=change_id, accept=accept), options)

    async def _change(self, method: str, action: str, body: Sent | None, options: WriteOptions) -> AsyncChangeResult:
        return await self._changed(method, action, AsyncChangeResult, body, options)
