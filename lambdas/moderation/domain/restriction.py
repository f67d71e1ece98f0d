"""Restrictions: capabilities withheld from a person, by whom, why and until when.

One restriction withholds one capability. There is at most one per capability and origin, so a mute (which takes only
`send`) never disturbs what a host withheld of `receive`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from .actor import Actor
from .capability import NOTHING, Capabilities


class Origin(StrEnum):
    """A person's own restriction and the hosts' stand side by side; neither replaces the other."""

    SELF = "self"
    HOST = "host"


class LiftableBy(StrEnum):
    """`self`: the person may lift it, as hosts may; `host`: only who moderates him."""

    SELF = "self"
    HOST = "host"


@dataclass(frozen=True, slots=True)
class Restriction:
    withholds: Capabilities
    """One bit."""
    origin: Origin
    liftable_by: LiftableBy
    actor: Actor
    since: datetime
    reason: str | None = None
    until: datetime | None = None

    @property
    def key(self) -> tuple[int, str]:
        return (self.withholds.value, self.origin.value)

    def holds_at(self, moment: datetime) -> bool:
        return self.until is None or moment < self.until

    def says_the_same(self, other: "Restriction") -> bool:
        """Whether replacing one by the other would change nothing that anybody asked for."""
        return (self.key, self.liftable_by, self.reason, self.until) == (
            other.key,
            other.liftable_by,
            other.reason,
            other.until,
        )


class Timed(Protocol):
    """What a restriction has in common with a mute-all."""

    @property
    def until(self) -> datetime | None: ...

    @property
    def liftable_by(self) -> LiftableBy: ...


Restrictions = tuple[Restriction, ...]


def in_force(restrictions: Restrictions, moment: datetime) -> Restrictions:
    return tuple(r for r in restrictions if r.holds_at(moment))


def withheld(restrictions: Iterable[Restriction]) -> Capabilities:
    bits = NOTHING
    for restriction in restrictions:
        bits |= restriction.withholds
    return bits


def added(restrictions: Restrictions, new: Iterable[Restriction]) -> Restrictions:
    """With the new ones in place of those of the same capability and origin, in one canonical order."""
    by_key = {r.key: r for r in restrictions}
    for restriction in new:
        standing = by_key.get(restriction.key)
        if standing is None or not standing.says_the_same(restriction):
            by_key[restriction.key] = restriction
    return tuple(by_key[key] for key in sorted(by_key))


def lifted(restrictions: Restrictions, bits: Capabilities, *, by_moderator: bool) -> Restrictions:
    """Without those on `bits` that the caller may lift."""

    def stays(restriction: Restriction) -> bool:
        if restriction.withholds not in bits:
            return True
        return not by_moderator and restriction.liftable_by is LiftableBy.HOST

    return tuple(r for r in restrictions if stays(r))


def binds_less(new: Timed, old: Timed) -> bool:
    """Whether what takes the place of `old` ends sooner, or may be lifted by the person himself."""
    sooner = new.until is not None and (old.until is None or new.until < old.until)
    return sooner or (new.liftable_by is LiftableBy.SELF and old.liftable_by is LiftableBy.HOST)
