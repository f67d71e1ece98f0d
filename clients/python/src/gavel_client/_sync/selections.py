# Made from `_async/selections.py` by `make contracts`.
"""Commands on several users of a meeting, each as one request."""

from collections.abc import Iterable
from datetime import datetime
from typing import Unpack

from .. import models
from ..call import write
from ..durations import Duration, in_seconds, in_utc
from ..model import Sent, given
from ..options import Liftable, Media, WriteOptions, as_list
from .meeting_reads import MeetingReads


class Selections(MeetingReads):
    """Up to 250 users, by ExternalUserId, or by one of their attendees. The answer has an outcome for each.

    What is refused for all, and for the same reason, is raised.
    """

    def mute_selected(
        self,
        users: Iterable[str] = (),
        *,
        attendees: Iterable[str] = (),
        media: Media = "audio",
        duration: Duration | None = None,
        reason: str | None = None,
        liftable_by: Liftable | None = None,
        **options: Unpack[WriteOptions],
    ) -> models.SelectionAnswer:
        """Withholds `send` of the media from each, until it is lifted or for a time."""
        seconds = None if duration is None else in_seconds(duration)
        fields = given(duration_seconds=seconds, reason=reason, liftable_by=liftable_by)
        body = models.MuteSelected(media=as_list(media), **_named(users, attendees), **fields)
        return self._on_selected("/mute", body, options)

    def unmute_selected(
        self,
        users: Iterable[str] = (),
        *,
        attendees: Iterable[str] = (),
        media: Media = "audio",
        reason: str | None = None,
        **options: Unpack[WriteOptions],
    ) -> models.SelectionAnswer:
        """Lifts from each what withholds `send`."""
        body = models.UnmuteSelected(media=as_list(media), **_named(users, attendees), **given(reason=reason))
        return self._on_selected("/unmute", body, options)

    def lower_hands(
        self,
        users: Iterable[str] = (),
        *,
        attendees: Iterable[str] = (),
        reason: str | None = None,
        **options: Unpack[WriteOptions],
    ) -> models.SelectionAnswer:
        """Takes down the raised hand of each."""
        body = models.LowerHands(**_named(users, attendees), **given(reason=reason))
        return self._on_selected("/hands/lower", body, options)

    def set_roles(
        self,
        users: Iterable[str] = (),
        *,
        attendees: Iterable[str] = (),
        role: str,
        reason: str | None = None,
        **options: Unpack[WriteOptions],
    ) -> models.SelectionAnswer:
        """Gives each the role."""
        body = models.SetRoles(role=role, **_named(users, attendees), **given(reason=reason))
        return self._on_selected("/roles", body, options)

    def remove_selected(
        self,
        users: Iterable[str] = (),
        *,
        attendees: Iterable[str] = (),
        ban: bool = False,
        until: datetime | None = None,
        reason: str | None = None,
        **options: Unpack[WriteOptions],
    ) -> models.SelectionAnswer:
        """Takes each out of the meeting; with `ban` they stay out."""
        end = None if until is None else in_utc(until)
        fields = given(until=end, reason=reason)
        body = models.RemoveSelected(ban=ban, **_named(users, attendees), **fields)
        return self._on_selected("/remove", body, options)

    def _on_selected(self, action: str, body: Sent, options: WriteOptions) -> models.SelectionAnswer:
        return self._transport.send(write("POST", self._path + action, models.SelectionAnswer, body, options))


def _named(users: Iterable[str], attendees: Iterable[str]) -> dict[str, list[str]]:
    return given(external_user_ids=list(users) or None, attendee_ids=list(attendees) or None)
