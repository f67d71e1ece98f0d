"""Checks what users are granted: what an attendee of theirs came with, whatever a batch left of it."""

from collections import defaultdict
from collections.abc import Callable, Collection

from moderation.domain.capability import EVERYTHING, NOTHING, Capabilities
from moderation.domain.meeting import User
from moderation.ports import ChimeAttendee

LESS = "nobody is granted less than they came with"
MORE = "nobody is granted more than they came with"


class Grants:
    def __init__(self, violated: Callable[[str, str], None]) -> None:
        self._violated = violated
        self._given: defaultdict[str, list[Capabilities]] = defaultdict(list)
        """User → what others than Gavel gave each of their attendees."""
        self._reached: set[str] = set()
        """Users that a batch has reached before they were known."""
        self._batched: set[Capabilities] = set()
        """What batches give. An attendee that came with the same looks as if the batch had reached them."""
        self._seen: dict[str, Capabilities | None] = {}

    def knows(self, user: User) -> None:
        """The user is known when the run begins."""
        self._seen[user.id] = user.rules.grant

    def gives(self, attendee: ChimeAttendee) -> None:
        """Another system than Gavel gives an attendee these capabilities."""
        self._given[attendee.user_id].append(attendee.capabilities)

    def batches(self, capabilities: Collection[Capabilities]) -> None:
        """Gavel has noted that it is about to make batches."""
        self._batched.update(capabilities)

    def reaches(self, attendee: ChimeAttendee) -> None:
        """A batch reaches an attendee that the ledger does not know."""
        self._reached.add(attendee.user_id)

    def revised(self, user: User) -> None:
        grant, was = user.rules.grant, self._seen.get(user.id)
        self._seen[user.id] = grant
        given = self._given.get(user.id, [])
        if grant is None or grant == was or not given:
            return
        if not any(capabilities in grant for capabilities in given):
            self._violated(LESS, f"{user.id} {grant.value:06b}")
        if not any(grant in capabilities for capabilities in given) and not self._is_due_to_gavel(user):
            self._violated(MORE, f"{user.id} {grant.value:06b}")

    def _is_due_to_gavel(self, user: User) -> bool:
        """Whether the user was let in or admitted, may have been reached by a batch, or waits with nothing."""
        given = self._given[user.id]
        if user.rules.grant != EVERYTHING:
            return False
        may_be_reached = user.id in self._reached or bool(self._batched.intersection(given))
        return user.rules.admitted or may_be_reached or (user.rules.waiting is not None and NOTHING in given)
