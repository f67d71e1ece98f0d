"""Decisions on what a user may send and receive, medium by medium."""

from dataclasses import replace
from datetime import timedelta

from ..capability import NOTHING, SEND, Capabilities, Medium, sending, whole
from ..commands import Mute, SetCapabilities, Unmute
from ..meeting import UserRules, as_agreed, binding_mute_alls
from ..restriction import LiftableBy, Origin, Restriction, added, lifted
from .decision import Case, Refusal, UserDecision, decided, standing, unavailable


def mute(case: Case, command: Mute) -> UserDecision:
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
    request = None if Capabilities.SEND_AUDIO in asked else case.user.rules.asked
    rules = replace(case.user.rules, restrictions=added(standing(case), new), asked=request)
    return decided(case, rules, withholding=asked)


def unmute(case: Case, command: Unmute) -> UserDecision:
    """To unmute oneself while a request waits is to agree to it."""
    asked, was = sending(command.media), case.user.rules
    if case.actor.is_user(case.user.id) and was.asked is not None and was.asked.is_open(case.now):
        was = as_agreed(was)
    rules = replace(
        was,
        restrictions=lifted(standing(case, was), asked, by_moderator=case.by_moderator),
        spares=_spared(case, was, asked),
    )
    return unavailable(case, rules, asked) or decided(case, rules, opening=asked)


def set_capabilities(case: Case, command: SetCapabilities) -> UserDecision:
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
        restrictions=added(lifted(standing(case), asked, by_moderator=True), new),
        spares=_spared(case, case.user.rules, asked),
        asked=case.user.rules.asked if Capabilities.SEND_AUDIO not in denied else None,
    )
    return unavailable(case, rules, asked) or decided(case, rules, withholding=denied, opening=asked)


def _spared(case: Case, rules: UserRules, asked: Capabilities) -> frozenset[str]:
    """A mute-all is lifted for this user alone: they are spared. Spares of mute-alls that are gone are dropped."""
    there = {mute_all.id for mute_all in case.meeting.rules.mute_alls}
    lifting = {
        mute_all.id
        for mute_all in binding_mute_alls(case.user, case.meeting, case.now)
        if SEND[mute_all.medium] in asked and (case.by_moderator or mute_all.liftable_by is LiftableBy.SELF)
    }
    return frozenset(rules.spares & there | lifting)


def _contradicts_itself(command: SetCapabilities) -> bool:
    video, content = command.wanted.get(Medium.VIDEO), command.wanted.get(Medium.CONTENT)
    return (
        video is not None
        and content is not None
        and Capabilities.RECEIVE_CONTENT in content
        and Capabilities.RECEIVE_VIDEO not in video
    )
