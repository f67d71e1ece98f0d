"""Checks what users are granted: no less than an attendee of theirs came with, whatever a batch left of it."""

from collections import defaultdict
from collections.abc import Callable

from moderation.domain.capability import Capabilities
from moderation.domain.meeting import User
from moderation.ports import ChimeAttendee

GRANTED = "nobody is granted less than they came with"


class Grants:
    def __init__(self, violated: Callable[[str, str], None]) -> None:
        self._violated = violated
        self._given: defaultdict[str, list[Capabilities]] = defaultdict(list)
        """User → what others than Gavel gave each of their attendees."""
        self._seen: dict[str, Capabilities | None] = {}

    def gives(self, attendee: ChimeAttendee) -> None:
        """Another system than Gavel gives an attendee these capabilities."""
        self._given[attendee.user_id].append(attendee.capabilities)

    def revised(self, user: User) -> None:
        grant, was = user.rules.grant, self._seen.get(user.id)
        self._seen[user.id] = grant
        given = self._given.get(user.id, [])
        if grant is None or grant == was or not given:
            return
        if not any(capabilities in grant for capabilities in given):
            self._violated(GRANTED, f"{user.id} {grant.value:06b}")
