"""Derives a user's capabilities from the rules: the limits on them, and the effects of a change of them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from .actor import Actor
from .capability import (
    EVERYTHING,
    NOTHING,
    RECEIVING,
    SEND,
    Capabilities,
    LiftableBy,
    Medium,
    PolicyCapabilities,
    coherent,
    in_force,
    sending,
)
from .meeting import Attendee, Meeting, User, UserRules, binding_mute_alls, floor_media, is_held, must_consent, role_of

Holds = Callable[[str | None, str, bool], PolicyCapabilities]
"""Returns the capabilities that the policies allow, by role, mode and whether the user has the floor."""


@dataclass(frozen=True, slots=True)
class Limit:
    """Something that withholds capabilities.

    `by` is one of the contract's words: restriction, mute-all, grant, policy, freeze, meeting-feature,
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
    """All limits of the user, the most personal first. `consented`: derived as if the user had agreed to be heard."""
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


def as_agreed(rules: UserRules) -> UserRules:
    """The rules once the user has agreed to be heard."""
    asked, audio = rules.asked, Capabilities.SEND_AUDIO
    if asked is None:
        return rules
    stays = tuple(r for r in rules.restrictions if not asked.lifts or r.withholds != audio or r.since > asked.since)
    return replace(
        rules,
        restrictions=stays,
        spares=rules.spares | asked.spares,
        given=rules.given | audio if asked.gives else rules.given,
    )


def effective(meeting: Meeting, user: User, holds: Holds, now: datetime, *, consented: bool = False) -> Capabilities:
    return left_by(limits(meeting, user, holds, now, consented=consented))


def _personal(meeting: Meeting, user: User) -> list[Limit]:
    """Limits that withhold everything from one user. A user who joined without being admitted is held."""
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
    """The capabilities that the policies allow to the user, including what the floor adds."""
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
    """The capabilities that no limit withholds."""
    bits = NOTHING
    for limit in found:
        bits |= limit.withholds
    return EVERYTHING & ~bits


def _policy_limits(held: PolicyCapabilities) -> list[Limit]:
    """One limit for all capabilities that the same policies withhold."""
    by_policies: dict[tuple[str, ...], Capabilities] = {}
    for bit in EVERYTHING & ~held.capabilities:
        policies = held.withheld_by.get(bit, ())
        by_policies[policies] = by_policies.get(policies, NOTHING) | bit
    return [Limit(bits, "policy", policies=policies) for policies, bits in by_policies.items()]


ALREADY_SILENT = "already-silent"
EFFECTS = ("audio-may-flow", "content-audio-may-flow", "renegotiation-needed", "receive-removed", ALREADY_SILENT)
"""The contract's words for effects, in its order."""
NOBODY_PRESENT = "nobody-present"
"""The only effect of a rule for a user who is not in the meeting: it applies when they join."""


@dataclass(frozen=True, slots=True)
class CapabilityChange:
    """The capabilities of one attendee in Chime before and after a change."""

    attendee_id: str
    before: Capabilities
    after: Capabilities
    effects: tuple[str, ...]


def effects(
    before: Capabilities, after: Capabilities, withholding: Capabilities = NOTHING, attendees: Iterable[Attendee] = ()
) -> tuple[str, ...]:
    """The effects that a front end has to know, over all attendees of a user.

    `before` stands for an attendee whose capabilities are unknown; such an attendee is never `already-silent`.
    """
    held = [None if attendee.not_taken else attendee.known for attendee in attendees] or [before]
    return together(
        effects_on_attendee(before if known is None else known, after, withholding, is_seen=known is not None)
        for known in held
    )


def effects_on_attendee(
    before: Capabilities, after: Capabilities, withholding: Capabilities, *, is_seen: bool = True
) -> tuple[str, ...]:
    """The effects on one attendee. `withholding`: the capabilities that the command withholds, held before or not."""
    gained, lost = after & ~before, before & ~after
    audio, content = SEND[Medium.AUDIO], SEND[Medium.CONTENT]
    holds = {
        "audio-may-flow": audio in gained,
        "content-audio-may-flow": audio in withholding and content in after,
        "renegotiation-needed": bool(gained & (SEND[Medium.VIDEO] | content)),
        "receive-removed": bool(lost & RECEIVING),
        ALREADY_SILENT: bool(withholding) and is_seen and not gained and not withholding & before,
    }
    return tuple(effect for effect in EFFECTS if holds[effect])


def together(each: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """The effects over several attendees: an effect on any of them counts; `already-silent` has to hold for all."""
    attendees = list(each)
    found = {effect for effects in attendees for effect in effects}
    if not all(ALREADY_SILENT in effects for effects in attendees):
        found.discard(ALREADY_SILENT)
    return tuple(effect for effect in EFFECTS if effect in found)


def capability_changes(
    was: Iterable[Attendee], now: Iterable[Attendee], before: Capabilities | None, withholding: Capabilities
) -> tuple[CapabilityChange, ...]:
    """The change of each attendee that is still present. `before` stands for unknown capabilities."""
    known = {attendee.attendee_id: None if attendee.not_taken else attendee.known for attendee in was}
    found = []
    for attendee in now:
        had = known.get(attendee.attendee_id)
        held = before if had is None else had
        if attendee.gone or held is None or attendee.known is None:
            continue
        shown = effects_on_attendee(held, attendee.known, withholding, is_seen=had is not None)
        found.append(CapabilityChange(attendee.attendee_id, held, attendee.known, shown))
    return tuple(found)


def attendee_of(user: User, attendee_id: str | None) -> Attendee | None:
    """The attendee that was asked for. For a user: one in the meeting, or else the one that left last."""
    if attendee_id is not None and attendee_id in user.attendees:
        return user.attendees[attendee_id]
    attendees = user.present or sorted(user.attendees.values(), key=_left_at, reverse=True)
    return next(iter(attendees), None)


def _left_at(attendee: Attendee) -> datetime:
    return attendee.noted_at or datetime.min.replace(tzinfo=UTC)


def subject_of(user: User, attendee_id: str | None) -> Attendee | None:
    """The attendee that an answer is about: the one asked for, or, if that has left, another one in the meeting."""
    attendee = attendee_of(user, attendee_id)
    return next(iter(user.present), attendee) if attendee is not None and attendee.gone else attendee


def held_on(user: User, attendee_id: str | None, otherwise: Capabilities) -> Capabilities:
    """The capabilities in Chime of the answer's attendee; `otherwise` if they are unknown."""
    attendee = subject_of(user, attendee_id)
    return (
        otherwise
        if attendee is None or attendee.gone or attendee.not_taken or attendee.known is None
        else attendee.known
    )
