"""A mute-all: one restriction on the whole meeting, whoever is in it or comes later, but for the spared."""

from dataclasses import dataclass
from datetime import datetime

from .actor import Actor
from .capability import Medium
from .restriction import LiftableBy


@dataclass(frozen=True, slots=True)
class MuteAll:
    """At most one per medium. `id` is new with every mute-all, so that whom hosts spared of an earlier one is bound
    again without anybody's record being touched.
    """

    id: str
    medium: Medium
    liftable_by: LiftableBy
    actor: Actor
    since: datetime
    reason: str | None = None
    until: datetime | None = None
    spared_roles: frozenset[str] = frozenset()
    spared_users: frozenset[str] = frozenset()

    def holds_at(self, moment: datetime) -> bool:
        return self.until is None or moment < self.until

    def spares(self, user_id: str, role: str) -> bool:
        return role in self.spared_roles or user_id in self.spared_users


MuteAlls = tuple[MuteAll, ...]


def in_force(mute_alls: MuteAlls, moment: datetime) -> MuteAlls:
    return tuple(m for m in mute_alls if m.holds_at(moment))
