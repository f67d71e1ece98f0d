"""The one derived truth: what a person may do now, and what withholds the rest.

Capabilities are whatever no limit withholds, so what is enforced and what is explained can't disagree.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from .actor import Actor, PolicyCapabilities
from .capability import EVERYTHING, NOTHING, SEND, Capabilities, coherent, sending
from .meeting import Meeting, User, as_agreed, binding_mute_alls, floor_media, is_held, must_consent, role_of
from .restriction import LiftableBy, in_force

Holds = Callable[[str | None, str, bool], PolicyCapabilities]
"""role, mode, floor → what the policies let such a seat hold."""


@dataclass(frozen=True, slots=True)
class Limit:
    """`by` is one of the contract's words: restriction, mute-all, grant, policy, freeze, meeting-feature,
    content-needs-video, hold, ban, consent.
    """

    withholds: Capabilities
    by: str
    liftable_by: LiftableBy | None = None
    actor: Actor | None = None
    reason: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    policies: tuple[str, ...] = ()


def limits(meeting: Meeting, user: User, holds: Holds, now: datetime, *, consented: bool = False) -> tuple[Limit, ...]:
    """Everything that withholds something, most personal first. `consented`: as if he had agreed to be heard."""
    user = replace(user, rules=as_agreed(user.rules)) if consented else user
    found = _personal(meeting, user)
    found += [
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
    found += _policy_limits(_held(meeting, user, holds, now))
    if meeting.features.withheld:
        found.append(Limit(meeting.features.withheld, "meeting-feature"))
    left = left_by(found)
    if coherent(left) != left:
        found.append(Limit(left & ~coherent(left), "content-needs-video"))
    if Capabilities.SEND_AUDIO in left and not consented and must_consent(user, meeting, now):
        found.append(Limit(Capabilities.SEND_AUDIO, "consent", LiftableBy.SELF))
    return tuple(found)


def effective(meeting: Meeting, user: User, holds: Holds, now: datetime, *, consented: bool = False) -> Capabilities:
    return left_by(limits(meeting, user, holds, now, consented=consented))


def _personal(meeting: Meeting, user: User) -> list[Limit]:
    """What withholds everything from one person. Who has still to be let in, and sits in the meeting, is held."""
    found = []
    ban, hold, waiting = user.rules.ban, user.rules.hold, user.rules.waiting
    held_since = user.rules.removed_at or (waiting.since if waiting is not None else None)
    if ban is not None:
        found.append(Limit(EVERYTHING, "ban", LiftableBy.HOST, ban.actor, ban.reason, ban.since, ban.until))
    if hold is not None:
        found.append(Limit(EVERYTHING, "hold", LiftableBy.HOST, hold.actor, hold.reason, hold.since))
    if is_held(user, meeting):
        found.append(Limit(EVERYTHING, "hold", LiftableBy.HOST, since=held_since))
    return found


def _held(meeting: Meeting, user: User, holds: Holds, now: datetime) -> PolicyCapabilities:
    """What the policies let him hold: with the floor, what they let him send of its media besides."""
    role, mode = role_of(user, meeting), meeting.rules.mode
    held, speaking = holds(role, mode, False), sending(floor_media(user, meeting, now))
    if not speaking:
        return held
    more = holds(role, mode, True)
    withheld_by = {
        bit: (more if bit in speaking else held).withheld_by.get(bit, ())
        for bit in EVERYTHING
        if bit not in held.capabilities | more.capabilities & speaking
    }
    return PolicyCapabilities(held.capabilities | more.capabilities & speaking, withheld_by)


def left_by(found: list[Limit] | tuple[Limit, ...]) -> Capabilities:
    """What the limits withhold nothing of."""
    bits = NOTHING
    for limit in found:
        bits |= limit.withholds
    return EVERYTHING & ~bits


def _policy_limits(held: PolicyCapabilities) -> list[Limit]:
    """One limit for all that the same policies withhold."""
    by_policies: dict[tuple[str, ...], Capabilities] = {}
    for bit in EVERYTHING & ~held.capabilities:
        policies = held.withheld_by.get(bit, ())
        by_policies[policies] = by_policies.get(policies, NOTHING) | bit
    return [Limit(bits, "policy", policies=policies) for policies, bits in by_policies.items()]
