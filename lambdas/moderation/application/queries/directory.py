"""The lists of meetings: by name, by user, by time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ...domain.actor import Actor
from ...domain.decisions.decision import authorization_request_for_all
from ...domain.documents import Document, meeting_document
from ...domain.entry import iso
from ...domain.meeting import Meeting
from ...ports import LAST_POSITION, Clock, Ledger, MeetingList, Policies, meeting_at
from ..rate_limit import is_read_rate_limited
from ..requests import TOO_MANY_LISTS, Refused
from .access import busy_on_failure
from .meetings import for_everybody

ACTION = "list-meetings"
MEETING_LIVES = timedelta(hours=25)
"""The longest time from a meeting's registration to a user's arrival: no Chime meeting lives longer."""
WRITTEN_AHEAD = timedelta(minutes=1)
"""The time by which roles of a large registration may be stored before the meeting is."""
MOST_ROUNDS = 5
"""How many reads of the list one page may take. A page may hold fewer meetings than it could, and yet go on."""


@dataclass(frozen=True, slots=True)
class MeetingFilter:
    """Which meetings are wanted. `None` leaves a property open.

    `since` is included, `until` excluded: both are moments of registration.
    """

    external_id: str | None = None
    user_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def list(self) -> MeetingList:
        """The shortest list with all wanted meetings."""
        return MeetingList(None if self.user_id is not None else self.external_id, self.user_id)

    @property
    def bounds(self) -> tuple[str, str]:
        """The bounds as positions of that list. A user's list is sorted by when the user came."""
        since, until = self.since, self.until
        if self.user_id is not None:
            since = since - WRITTEN_AHEAD if since is not None else None
            until = until + MEETING_LIVES if until is not None else None
        return iso(since) if since is not None else "", iso(until) if until is not None else LAST_POSITION

    def takes(self, meeting: Meeting) -> bool:
        """Whether a meeting of the list is wanted."""
        at = meeting.registered_at
        return (
            self.external_id in (None, meeting.external_id)
            and (self.since is None or (at is not None and at >= self.since))
            and (self.until is None or (at is not None and at < self.until))
        )


class MeetingDirectory:
    """The meetings of this deployment, for callers that the policies permit to list them."""

    def __init__(self, ledger: Ledger, policies: Policies, clock: Clock) -> None:
        self._ledger = ledger
        self._policies = policies
        self._clock = clock

    @busy_on_failure
    def meetings(self, actor: Actor, wanted: MeetingFilter, *, limit: int, after: str | None) -> Document | Refused:
        """A page of meetings, newest first. `after` is the `nextToken` of the page before."""
        verdict = self._policies.authorize(authorization_request_for_all(actor, ACTION, wanted.external_id))
        if not verdict.allowed:
            return Refused("not-permitted", f"The policies do not permit `{ACTION}`.", verdict.policies)
        if is_read_rate_limited(self._ledger, self._clock, "", actor):
            return TOO_MANY_LISTS
        items: list[Document] = []
        place: str | None = after
        for places in self._pages(wanted, after, limit):
            found = self._ledger.registered([meeting_at(each) for each in places])
            for place in places:
                meeting = found.get(meeting_at(place))
                if meeting is not None and wanted.takes(meeting):
                    items.append(listed_document(meeting))
                if len(items) == limit:
                    return {"items": items, "nextToken": place}
            if len(places) < limit:
                return {"items": items, "nextToken": None}
        return {"items": items, "nextToken": place}

    def _pages(self, wanted: MeetingFilter, after: str | None, limit: int) -> Iterator[Sequence[str]]:
        first, last = wanted.bounds
        before = min(after, last) if after is not None else last
        for _ in range(MOST_ROUNDS):
            places = self._ledger.listed(wanted.list, first, before, limit)
            yield places
            if places:
                before = places[-1]


def listed_document(meeting: Meeting) -> Document:
    """A meeting in a list: what every member may see of it, and when it was registered."""
    since = meeting.registered_at
    return for_everybody(meeting_document(meeting)) | {"registeredAt": iso(since) if since is not None else None}
