"""The one derived truth: what a person may do now, and what withholds the rest.

Capabilities are whatever no limit withholds, so what is enforced and what is explained can't disagree.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from .actor import Actor, Held
from .capability import EVERYTHING, NOTHING, SEND, Capabilities, coherent
from .meeting import Meeting, User, binding_mute_alls, role_of
from .restriction import LiftableBy, in_force

Holds = Callable[[str | None, str, bool], Held]
"""role, mode, floor → what the policies let such a seat hold."""


@dataclass(frozen=True, slots=True)
class Limit:
    """`by` is one of the contract's words: restriction, mute-all, grant, policy, freeze, meeting-feature,
    content-needs-video.
    """

    withholds: Capabilities
    by: str
    liftable_by: LiftableBy | None = None
    actor: Actor | None = None
    reason: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    policies: tuple[str, ...] = ()


def limits(meeting: Meeting, user: User, holds: Holds, now: datetime) -> tuple[Limit, ...]:
    """Everything that withholds something, most personal first."""
    found = [
        Limit(r.withholds, "restriction", r.liftable_by, r.actor, r.reason, r.since, r.until)
        for r in in_force(user.rules.restrictions, meeting.rules.moment(now))
    ]
    found += [
        Limit(SEND[m.medium], "mute-all", m.liftable_by, m.actor, m.reason, m.since, m.until)
        for m in binding_mute_alls(user, meeting, now)
    ]
    missing_grant = EVERYTHING & ~user.rules.granted
    if missing_grant:
        found.append(Limit(missing_grant, "grant"))
    found += _policy_limits(holds(role_of(user, meeting), meeting.rules.mode, False))
    if meeting.features.withheld:
        found.append(Limit(meeting.features.withheld, "meeting-feature"))
    left = _left_by(found)
    if coherent(left) != left:
        found.append(Limit(left & ~coherent(left), "content-needs-video"))
    return tuple(found)


def effective(meeting: Meeting, user: User, holds: Holds, now: datetime) -> Capabilities:
    return _left_by(limits(meeting, user, holds, now))


def _left_by(found: list[Limit] | tuple[Limit, ...]) -> Capabilities:
    bits = NOTHING
    for limit in found:
        bits |= limit.withholds
    return EVERYTHING & ~bits


def _policy_limits(held: Held) -> list[Limit]:
    """One limit for all that the same policies withhold."""
    by_policies: dict[tuple[str, ...], Capabilities] = {}
    for bit in EVERYTHING & ~held.capabilities:
        policies = held.withheld_by.get(bit, ())
        by_policies[policies] = by_policies.get(policies, NOTHING) | bit
    return [Limit(bits, "policy", policies=policies) for policies, bits in by_policies.items()]
