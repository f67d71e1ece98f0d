"""Checks what users are granted: what an attendee of theirs came with, whatever a batch left of it."""

from collections import defaultdict
from collections.abc import Callable, Sequence

from moderation.domain.capability import EVERYTHING, NOTHING, Capabilities
from moderation.domain.meeting import User
from moderation.ports import BatchesOver, BatchesRecorded, ChimeAttendee, Clause, UserRevised

from .excuses import Excuse, Excused

LESS = "nobody is granted less than they came with"
MORE = "nobody is granted more than they came with"
LONGEST_STALL_MS = 130_000
"""A function that reads what is recorded may stall twice before it binds an attendee."""


class Grants:
    def __init__(self, violated: Callable[[str, str], None], excused: Excused) -> None:
        self._violated = violated
        self._excused = excused
        self._given: defaultdict[str, list[Capabilities]] = defaultdict(list)
        """User → what others than Gavel gave each of their attendees."""
        self._reached: set[str] = set()
        """Users that a batch has reached before they were known."""
        self._is_recorded = True
        self._recorded: defaultdict[str, frozenset[Capabilities]] = defaultdict(frozenset)
        """Change → what its batches may give. Who came with the same looks as if a batch had reached them."""
        self._over_ms: dict[Capabilities, int] = {}
        """What such batches gave, and since when they are over."""
        self._seen: dict[str, Capabilities | None] = {}

    def knows(self, user: User) -> None:
        """The user is known when the run begins."""
        self._seen[user.id] = user.rules.grant

    def gives(self, attendee: ChimeAttendee) -> None:
        """Another system than Gavel gives an attendee these capabilities."""
        self._given[attendee.user_id].append(attendee.capabilities)

    def could_not_record(self) -> None:
        """A transaction that records batches has failed: a mute does not wait for it."""
        self._is_recorded = False

    def committed(self, clauses: Sequence[Clause], now_ms: int) -> None:
        for clause in clauses:
            match clause:
                case BatchesRecorded(_, change_id, capabilities):
                    self._recorded[change_id] |= capabilities
                case BatchesOver(_, change_id):
                    self._over_ms |= dict.fromkeys(self._recorded.pop(change_id, ()), now_ms)
                case UserRevised(_, user):
                    self._revised(user, now_ms)
                case _:
                    pass

    def reaches(self, attendee: ChimeAttendee) -> None:
        """A batch reaches an attendee that the ledger does not know."""
        self._reached.add(attendee.user_id)

    def _revised(self, user: User, now_ms: int) -> None:
        grant, was = user.rules.grant, self._seen.get(user.id)
        self._seen[user.id] = grant
        given = self._given.get(user.id, [])
        if grant is None or grant == was or not given:
            return
        if not any(capabilities in grant for capabilities in given):
            if self._is_recorded:
                self._violated(LESS, f"{user.id} {grant.value:06b}")
            else:
                self._excused(Excuse.NOT_RECORDED)
        if not any(grant in capabilities for capabilities in given) and not self._is_due_to_gavel(user, now_ms):
            self._violated(MORE, f"{user.id} {grant.value:06b}")

    def _is_due_to_gavel(self, user: User, now_ms: int) -> bool:
        """Whether the user was let in or admitted, waits with nothing, or came with what batches gave at the time."""
        given = self._given[user.id]
        if user.rules.grant != EVERYTHING:
            return user.id in self._reached and not self._is_recorded  # what the batch gave looks like a grant
        recorded = set[Capabilities]().union(*self._recorded.values())
        recorded |= {each for each, over in self._over_ms.items() if now_ms - over < LONGEST_STALL_MS}
        may_be_reached = user.id in self._reached or bool(recorded.intersection(given))
        return user.rules.admitted or may_be_reached or (user.rules.waiting is not None and NOTHING in given)
