"""From a roster to the fewest calls that make Chime hold what the rules want.

Chime takes ten capability calls a second per account, and has two of them: one attendee, or everybody but those named.
So all who need the same new capabilities share one call, and a change to any number of attendees costs about as many
calls as it has different outcomes:

    calls <= different outcomes + 1 + what the classes that newcomers must not be given cost one by one

The one more is for a roster that needs one outcome throughout: a batch has to exclude somebody, so one is updated
apart. No plan can do with less; tests compare with an exhaustive search.

Whoever is changed goes from what he holds to what he is wanted to hold in one call, and nobody else on the roster is
touched. So no restriction of anybody is lifted on the way, whatever the order of the calls and wherever they stop.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .capability import EVERYTHING, NOTHING, Capabilities, is_narrower

MAX_EXCLUDED = 250
"""Chime takes 1 to 250 excluded ids (BatchUpdateAttendeeCapabilitiesExcept in the API reference)."""


@dataclass(frozen=True, slots=True)
class AttendeeState:
    """One seat on the roster: what Chime has, and what the rules want.

    `actual` None: not known, so it is ordered whatever it may be. `wanted` None: never moderated (media pipelines), so
    always excluded and never updated.
    """

    attendee_id: str
    actual: Capabilities | None
    wanted: Capabilities | None

    @property
    def gains(self) -> bool:
        """Whether the order may add something. Of what isn't known the worse is assumed, here and in `loses`."""
        held = NOTHING if self.actual is None else self.actual
        return self.wanted is not None and not is_narrower(self.wanted, held)

    @property
    def loses(self) -> bool:
        held = EVERYTHING if self.actual is None else self.actual
        return self.wanted is not None and not is_narrower(held, self.wanted)


@dataclass(frozen=True, slots=True)
class Update:
    attendee_id: str
    capabilities: Capabilities


@dataclass(frozen=True, slots=True)
class BatchExcept:
    """Overwrites everybody who isn't excluded, whoever came after the roster was read among them."""

    excluded: tuple[str, ...]
    capabilities: Capabilities


Call = Update | BatchExcept


@dataclass(frozen=True, slots=True)
class Group:
    """Those whom one call serves."""

    capabilities: Capabilities
    members: tuple[AttendeeState, ...]

    @property
    def turn(self) -> int:
        """What only takes away goes first, what only gives goes last: nobody's silence waits behind a gift."""
        gives, takes = any(s.gains for s in self.members), any(s.loses for s in self.members)
        return 0 if not gives else 1 if takes else 2

    def parts(self, roster_size: int, *, may_batch: bool) -> tuple["Group", ...]:
        """As few as it takes. Where nobody is left to exclude, whoever can wait longest is updated apart."""
        others = roster_size - len(self.members)
        if len(self.members) == 1 or (may_batch and 1 <= others <= MAX_EXCLUDED):
            return (self,)
        singles = tuple(Group(self.capabilities, (standing,)) for standing in self.members)
        if not may_batch or others:
            return singles
        apart = max(reversed(singles), key=lambda single: single.turn)
        return Group(self.capabilities, tuple(s for s in self.members if s not in apart.members)), apart

    def call(self, roster: Sequence[AttendeeState]) -> Call:
        """Excluded is everybody else, those too who hold the same already: their rules may have moved on since."""
        if len(self.members) == 1:
            return Update(self.members[0].attendee_id, self.capabilities)
        served = {standing.attendee_id for standing in self.members}
        return BatchExcept(tuple(s.attendee_id for s in roster if s.attendee_id not in served), self.capabilities)


def plan(roster: Sequence[AttendeeState], newcomer: Capabilities) -> tuple[Call, ...]:
    """The fewest calls: what takes away before what gives, the larger crowd first.

    `roster` is everybody whom Chime holds, pipelines included, each id once. `newcomer` is what the rules give somebody
    unknown: a batch never hands out more, for it hits people whom the roster doesn't show.
    """
    parts = [
        part
        for group in _classes(roster)
        for part in group.parts(len(roster), may_batch=is_narrower(group.capabilities, newcomer))
    ]
    parts.sort(key=lambda part: (part.turn, -len(part.members)))
    return tuple(part.call(roster) for part in parts)


def _classes(roster: Iterable[AttendeeState]) -> list[Group]:
    """All who need the same new capabilities, in the roster's order."""
    classes: dict[Capabilities, list[AttendeeState]] = {}
    for standing in roster:
        if standing.wanted is not None and standing.wanted != standing.actual:
            classes.setdefault(standing.wanted, []).append(standing)
    return [Group(capabilities, tuple(members)) for capabilities, members in classes.items()]
