"""Plans the fewest capability calls that make Chime hold what the rules want.

Chime takes ten capability calls a second from an account, and has two kinds: one attendee, or all attendees except
those named. So all attendees that need the same new capabilities share one call, and the number of calls depends on the
number of different outcomes:

    calls <= different outcomes + 1 + the single updates of groups whose capabilities newcomers must not get

The additional call is for a roster with one outcome for all: a batch has to exclude at least one attendee, which is
updated by itself. No plan needs fewer calls; tests compare with an exhaustive search.

Each changed attendee gets its new capabilities in one call, and no other attendee on the roster is touched. So no
restriction is lifted on the way, in any order of the calls and wherever they stop.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .capability import EVERYTHING, NOTHING, Capabilities, is_narrower

MAX_EXCLUDED = 250
"""Chime takes 1 to 250 excluded ids (BatchUpdateAttendeeCapabilitiesExcept in the API reference)."""


@dataclass(frozen=True, slots=True)
class AttendeeState:
    """One attendee on the roster: its capabilities in Chime, and those that the rules want.

    `actual` is `None` if it is unknown: then the attendee is always updated. `wanted` is `None` for media pipelines:
    they are always excluded and never updated.
    """

    attendee_id: str
    actual: Capabilities | None
    wanted: Capabilities | None

    @property
    def gains(self) -> bool:
        """Whether the update may add something. If `actual` is unknown, the worst case counts, also in `loses`."""
        held = NOTHING if self.actual is None else self.actual
        return self.wanted is not None and not is_narrower(self.wanted, held)

    @property
    def loses(self) -> bool:
        held = EVERYTHING if self.actual is None else self.actual
        return self.wanted is not None and not is_narrower(held, self.wanted)


@dataclass(frozen=True, slots=True)
class Update:
    """A call that updates one attendee."""

    attendee_id: str
    capabilities: Capabilities


@dataclass(frozen=True, slots=True)
class BatchExcept:
    """Overwrites all attendees that are not excluded, also those that joined after the roster was read."""

    excluded: tuple[str, ...]
    capabilities: Capabilities


Call = Update | BatchExcept


@dataclass(frozen=True, slots=True)
class Group:
    """The attendees that one call updates."""

    capabilities: Capabilities
    members: tuple[AttendeeState, ...]

    @property
    def priority(self) -> int:
        """The call's priority: narrowing goes first, widening last, so that no mute waits for an unmute."""
        gives, takes = any(s.gains for s in self.members), any(s.loses for s in self.members)
        return 0 if not gives else 1 if takes else 2

    def parts(self, roster_size: int, *, may_batch: bool) -> tuple["Group", ...]:
        """The fewest groups. If a batch could exclude nothing, the member of lowest priority is updated by itself."""
        others = roster_size - len(self.members)
        if len(self.members) == 1 or (may_batch and 1 <= others <= MAX_EXCLUDED):
            return (self,)
        singles = tuple(Group(self.capabilities, (standing,)) for standing in self.members)
        if not may_batch or others:
            return singles
        apart = max(reversed(singles), key=lambda single: single.priority)
        return Group(self.capabilities, tuple(s for s in self.members if s not in apart.members)), apart

    def call(self, roster: Sequence[AttendeeState]) -> Call:
        """Excludes all others, also those that hold the same already: their rules may have changed since."""
        if len(self.members) == 1:
            return Update(self.members[0].attendee_id, self.capabilities)
        served = {standing.attendee_id for standing in self.members}
        return BatchExcept(tuple(s.attendee_id for s in roster if s.attendee_id not in served), self.capabilities)


def plan(roster: Sequence[AttendeeState], newcomer: Capabilities) -> tuple[Call, ...]:
    """The fewest calls: narrowing before widening, larger groups first.

    `roster` lists all attendees that Chime holds, pipelines included, each id once. `newcomer` is what the rules give
    an unknown user: a batch never gives more, because it also reaches attendees that the roster lacks.
    """
    parts = [
        part
        for group in _classes(roster)
        for part in group.parts(len(roster), may_batch=is_narrower(group.capabilities, newcomer))
    ]
    parts.sort(key=lambda part: (part.priority, -len(part.members)))
    return tuple(part.call(roster) for part in parts)


def _classes(roster: Iterable[AttendeeState]) -> list[Group]:
    """The attendees grouped by the new capabilities they need, in the roster's order."""
    classes: dict[Capabilities, list[AttendeeState]] = {}
    for standing in roster:
        if standing.wanted is not None and standing.wanted != standing.actual:
            classes.setdefault(standing.wanted, []).append(standing)
    return [Group(capabilities, tuple(members)) for capabilities, members in classes.items()]
