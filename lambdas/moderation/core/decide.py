"""From facts and a command to a decision. Pure: time, policies and ids come in as arguments."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import reduce
from operator import and_, or_

from .actor import Actor, Verdict
from .capability import EVERYTHING, NOTHING, SEND, Capabilities, Medium, sending, whole
from .command import Bind, Mute, SetCapabilities, Unmute, UserCommand
from .effective import Holds, Limit, effective, limits
from .meeting import Meeting, Seat, User, UserRules, binding_mute_alls
from .restriction import LiftableBy, Origin, Restriction, Restrictions, added, in_force, lifted

MAX_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Case:
    """What a command on one person is decided from. `by_moderator`: the policies let the caller moderate him."""

    meeting: Meeting
    user: User
    actor: Actor
    verdict: Verdict
    by_moderator: bool
    holds: Holds
    now: datetime


@dataclass(frozen=True, slots=True)
class Decided:
    """A change of one person's rules, not yet committed."""

    rules: UserRules
    before: Capabilities
    after: Capabilities
    effects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The rules say so already, and Chime is known to have them."""

    capabilities: Capabilities


@dataclass(frozen=True, slots=True)
class Refusal:
    """`code` is one of the contract's. `pointer` names the part of the body that can't be."""

    code: str
    detail: str
    policies: tuple[str, ...] = ()
    limits: tuple[Limit, ...] = ()
    pointer: str | None = None


def decide(case: Case, command: UserCommand) -> Decided | Unchanged | Refusal:
    if not case.verdict.allowed:
        return Refusal("not-permitted", f"the policies don't permit `{command.name}` here", case.verdict.policies)
    if case.meeting.ended_at is not None:
        return Refusal("meeting-ended", "the meeting has ended")
    match command:
        case Mute():
            return _mute(case, command)
        case Unmute():
            return _unmute(case, command)
        case SetCapabilities():
            return _set_capabilities(case, command)
        case Bind():
            return _bind(case)


def _mute(case: Case, command: Mute) -> Decided | Unchanged | Refusal:
    oneself = case.actor.is_user(case.user.id)
    if oneself and command.liftable_by is LiftableBy.HOST:
        return Refusal("invalid-request", "one's own mute is liftable by `self`", pointer="/liftableBy")
    asked = sending(command.media)
    until = case.now + timedelta(seconds=command.seconds) if command.seconds is not None else None
    usual = LiftableBy.SELF if oneself else LiftableBy.HOST
    new = tuple(
        Restriction(
            withholds=bit,
            origin=Origin.SELF if oneself else Origin.HOST,
            liftable_by=command.liftable_by or usual,
            actor=case.actor,
            since=case.now,
            reason=command.reason,
            until=until,
        )
        for bit in asked
    )
    rules = replace(case.user.rules, restrictions=added(_standing(case), new))
    return _decided(case, rules, withholding=asked)


def _unmute(case: Case, command: Unmute) -> Decided | Unchanged | Refusal:
    asked = sending(command.media)
    rules = replace(
        case.user.rules,
        restrictions=lifted(_standing(case), asked, by_moderator=case.by_moderator),
        spares=_spared(case, asked),
    )
    return _unavailable(case, rules, asked) or _decided(case, rules)


def _set_capabilities(case: Case, command: SetCapabilities) -> Decided | Unchanged | Refusal:
    if _contradicts_itself(command):
        return Refusal("content-needs-video", "content can't be received without receiving video")
    named = asked = NOTHING
    for medium, bits in command.wanted.items():
        named |= whole(medium)
        asked |= bits
    denied = named & ~asked
    new = tuple(Restriction(bit, Origin.HOST, LiftableBy.HOST, case.actor, case.now, command.reason) for bit in denied)
    rules = replace(
        case.user.rules,
        given=case.user.rules.given | (asked & ~(case.user.rules.grant or NOTHING)),
        restrictions=added(lifted(_standing(case), asked, by_moderator=True), new),
        spares=_spared(case, asked),
    )
    return _unavailable(case, rules, asked) or _decided(case, rules, withholding=denied)


def _bind(case: Case) -> Decided | Unchanged | Refusal:
    """The rules stay; whatever else Chime holds is ordered. Also while frozen: newcomers get what the rules give."""
    has = effective(case.meeting, case.user, case.holds, case.now)
    if all(seat.known == has for seat in case.user.present):
        return Unchanged(has)
    return Decided(case.user.rules, has, has, effects(has, has, NOTHING, case.user.present))


def _spared(case: Case, asked: Capabilities) -> frozenset[str]:
    """Lifted is a mute-all for this person alone: he is spared. Spares of mute-alls that are gone are dropped."""
    there = {mute_all.id for mute_all in case.meeting.rules.mute_alls}
    lifting = {
        mute_all.id
        for mute_all in binding_mute_alls(case.user, case.meeting, case.now)
        if SEND[mute_all.medium] in asked and (case.by_moderator or mute_all.liftable_by is LiftableBy.SELF)
    }
    return frozenset(case.user.rules.spares & there | lifting)


def _contradicts_itself(command: SetCapabilities) -> bool:
    video, content = command.wanted.get(Medium.VIDEO), command.wanted.get(Medium.CONTENT)
    return (
        video is not None
        and content is not None
        and Capabilities.RECEIVE_CONTENT in content
        and Capabilities.RECEIVE_VIDEO not in video
    )


def _standing(case: Case) -> Restrictions:
    """What has ended is dropped whenever rules are written. In the canonical order, so that order is no difference."""
    return tuple(
        sorted(in_force(case.user.rules.restrictions, case.meeting.rules.moment(case.now)), key=lambda r: r.key)
    )


def _unavailable(case: Case, rules: UserRules, asked: Capabilities) -> Refusal | None:
    """What is asked for must result. Only content's receive may go along with video's: `limits` tells."""
    standing = limits(case.meeting, replace(case.user, rules=rules), case.holds, case.now)
    against = tuple(
        replace(limit, withholds=limit.withholds & asked)
        for limit in standing
        if limit.withholds & asked and limit.by != "content-needs-video"
    )
    if not against:
        return None
    return Refusal("capability-unavailable", "what is asked for stays withheld", limits=against)


def _decided(case: Case, rules: UserRules, withholding: Capabilities = NOTHING) -> Decided | Unchanged | Refusal:
    before = effective(case.meeting, case.user, case.holds, case.now)
    after = effective(case.meeting, replace(case.user, rules=rules), case.holds, case.now)
    in_place = all(seat.known == after for seat in case.user.present)
    there = {mute_all.id for mute_all in case.meeting.rules.mute_alls}
    stood = replace(case.user.rules, restrictions=_standing(case), spares=case.user.rules.spares & there)
    if replace(rules, spares=rules.spares & there) == stood and in_place:
        return Unchanged(after)
    if case.meeting.rules.frozen_at is not None and after & ~before:
        return frozen(after & ~before)
    return Decided(rules, before, after, effects(before, after, withholding, case.user.present))


def frozen(gained: Capabilities) -> Refusal:
    """While the meeting is frozen nobody gets more than he has."""
    return Refusal("capability-unavailable", "the meeting is frozen", limits=(Limit(gained, "freeze"),))


def effects(
    before: Capabilities, after: Capabilities, withholding: Capabilities = NOTHING, seats: Iterable[Seat] = ()
) -> tuple[str, ...]:
    """What a front end has to know of a change: the contract's words, in its order.

    A seat may hold less or more than the rules said `before`, or Chime hasn't told. Nothing is called silent that may
    be heard, and no microphone opens unannounced.
    """
    seen = [seat.known for seat in seats]
    least = reduce(and_, (known for known in seen if known is not None), before)
    most = reduce(or_, (EVERYTHING if known is None else known for known in seen), before)
    gained, lost = after & ~least, before & ~after
    audio, content = SEND[Medium.AUDIO], SEND[Medium.CONTENT]
    found = []
    if audio in gained:
        found.append("audio-may-flow")
    if audio in withholding and content in after:
        found.append("content-audio-may-flow")
    if gained & (SEND[Medium.VIDEO] | content):
        found.append("renegotiation-needed")
    if lost & (Capabilities.RECEIVE_AUDIO | Capabilities.RECEIVE_VIDEO | Capabilities.RECEIVE_CONTENT):
        found.append("receive-removed")
    if withholding and not gained and not withholding & most:
        found.append("already-silent")
    return tuple(found)
