"""Decides commands on one user, and whether a decision widens access. Pure: time, policies and ids are arguments."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, overload

from ..capability import (
    NOTHING,
    SEND,
    Capabilities,
    LiftableBy,
    Medium,
    Origin,
    Restriction,
    Restrictions,
    added,
    binds_less,
    ends_sooner,
    lifted,
    sending,
    whole,
)
from ..change import TAKEOVER_AFTER, AttendeeChange
from ..commands import (
    Ban,
    Bind,
    Command,
    EndFloor,
    Expire,
    GrantFloor,
    Hold,
    LeaveLobby,
    LetIn,
    Mute,
    Release,
    Remove,
    SetCapabilities,
    SetRole,
    Unban,
    Undo,
    Unmute,
    is_undoable,
)
from ..effective import as_agreed, effects
from ..meeting import User, UserRules, binding_mute_alls
from ..rule_changes import is_in_effect, reverted
from ..schedule import next_end
from . import meeting, users
from .decision import (
    NOT_UNDOABLE,
    Accepted,
    Case,
    Refusal,
    Unchanged,
    UserDecision,
    decided,
    has_leavers,
    is_asked,
    is_demotion,
    restrictions_in_force,
    unavailable,
    with_request,
    without_expired,
)
from .meeting import MeetingCase, MeetingDecision


def mute(case: Case, command: Mute) -> UserDecision:
    oneself = case.actor.is_user(case.user.id)
    if oneself and command.liftable_by is LiftableBy.HOST:
        return Refusal(
            "invalid-request", "`liftableBy` should be `self`: users can lift their own mutes.", pointer="/liftableBy"
        )
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
    rules = replace(case.user.rules, restrictions=added(restrictions_in_force(case), new), asked=request)
    return decided(case, rules, withholding=asked)


def unmute(case: Case, command: Unmute) -> UserDecision:
    """Decides an unmute. A user who unmutes themselves while a request to unmute waits agrees to it."""
    asked, was = sending(command.media), case.user.rules
    if case.actor.is_user(case.user.id) and was.asked is not None and was.asked.is_open(case.now):
        was = as_agreed(was)
    rules = replace(
        was,
        restrictions=lifted(restrictions_in_force(case, was), asked, by_moderator=case.by_moderator),
        spares=_spared(case, was, asked),
    )
    return unavailable(case, rules, asked) or decided(case, rules, opening=asked)


def set_capabilities(case: Case, command: SetCapabilities) -> UserDecision:
    if _contradicts_itself(command):
        return Refusal("content-needs-video", "Receiving content needs receiving video: ask for both, or for neither.")
    named = asked = NOTHING
    for medium, bits in command.wanted.items():
        named |= whole(medium)
        asked |= bits
    denied = named & ~asked
    new = tuple(Restriction(bit, Origin.HOST, LiftableBy.HOST, case.actor, case.now, command.reason) for bit in denied)
    rules = replace(
        case.user.rules,
        given=case.user.rules.given | (asked & ~(case.user.rules.grant or NOTHING)),
        restrictions=added(lifted(restrictions_in_force(case), asked, by_moderator=True), new),
        spares=_spared(case, case.user.rules, asked),
        asked=case.user.rules.asked if Capabilities.SEND_AUDIO not in denied else None,
    )
    return unavailable(case, rules, asked) or decided(case, rules, withholding=denied, opening=asked)


def _spared(case: Case, rules: UserRules, asked: Capabilities) -> frozenset[str]:
    """The mute-alls that spare the user once the command is decided.

    To lift a mute-all for one user spares that user. Ids of mute-alls that do not exist any more are dropped.
    """
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


@overload
def decide(case: Case, command: Command) -> UserDecision: ...
@overload
def decide(case: MeetingCase, command: Command) -> MeetingDecision: ...
def decide(case: Case | MeetingCase, command: Command) -> UserDecision | MeetingDecision:
    """Decides a command. The caller has checked that it is permitted, and that the meeting has not ended."""
    if isinstance(case, MeetingCase):
        return meeting.decide(case, command)
    decision = _DECISIONS[type(command)](case, command)
    if isinstance(decision, Accepted) and case.user.rules.ban is not None and decision.rules.ban is None:
        return replace(decision, rules=replace(decision.rules, ban_calls_end_at=case.now + TAKEOVER_AFTER))
    return decision


def _bind(case: Case, _: Bind) -> UserDecision:
    """Leaves the rules unchanged, and updates attendees whose capabilities differ. A freeze does not matter: newcomers
    get what the rules give.
    """
    rules = with_request(case, case.user.rules, Capabilities.SEND_AUDIO)
    has = case.effective(rules)
    if rules == case.user.rules and not has_leavers(case, rules) and all(s.has(has) for s in case.user.present):
        return Unchanged(has)
    return Accepted(rules, has, has, effects(has, has, NOTHING, case.user.present), is_asked(case, rules))


def _undo(case: Case, _: Undo) -> UserDecision:
    """Restores the rules before the change, without rules that would have ended by now. A removed attendee cannot be
    restored.
    """
    change, rules = case.undone, case.user.rules
    is_automatic = change is not None and change.actor.is_automatic
    if not isinstance(change, AttendeeChange) or not is_undoable(change.command) or is_automatic:
        return NOT_UNDOABLE
    if change.rules_after == change.rules_before or (change.command == Remove.name and _has_removed(change)):
        return NOT_UNDOABLE
    restored = without_expired(replace(case, user=replace(case.user, rules=reverted(change, rules, case.moment))))
    if change.rules_before is not None and _is_demoted(case, restored):
        restored = users.without_personal_grants(restored, change.rules_before)
    if restored == without_expired(case) or not is_in_effect(change, rules, case.moment):
        return NOT_UNDOABLE
    return decided(case, restored)


def _is_demoted(case: Case, rules: UserRules) -> bool:
    return is_demotion(case.ranking, case.role_by(case.user.rules), case.role_by(rules))


def _has_removed(change: AttendeeChange) -> bool:
    made, replaced = change.rules_after, change.rules_before
    return made is not None and replaced is not None and made.removed != replaced.removed


def _expire(case: Case, _: Expire) -> UserDecision:
    """Drops the rules that have ended. `before` is taken at the last moment when they were in force."""
    rules = without_expired(case)
    if rules == case.user.rules:
        return Unchanged(case.effective())
    last = replace(case, now=(next_end(case.user.rules) or case.now) - timedelta(milliseconds=1))
    before, freed = last.effective(), last.effective(consented=True)
    rules = with_request(case, rules, NOTHING if Capabilities.SEND_AUDIO in freed else Capabilities.SEND_AUDIO)
    after, attendees = case.effective(rules), case.user.present
    shown = effects(before, after, attendees=attendees) if attendees else ()
    return Accepted(rules, before, after, shown, is_asked(case, rules))


_DECISIONS: Mapping[type, Callable[[Case, Any], UserDecision]] = {
    Mute: mute,
    Unmute: unmute,
    SetCapabilities: set_capabilities,
    Bind: _bind,
    Hold: users.hold,
    Release: users.release,
    SetRole: users.set_role,
    Remove: users.remove,
    Ban: users.ban,
    Unban: users.unban,
    LetIn: users.let_in,
    LeaveLobby: users.leave_lobby,
    GrantFloor: users.grant_floor,
    EndFloor: users.end_floor,
    Undo: _undo,
    Expire: _expire,
}


def has_come_to_wait(stored: User, user: User) -> bool:
    return stored.rules.waiting is None and user.rules.waiting is not None


def widens_access(case: Case, rules: UserRules) -> bool:
    """Whether the new rules give the user more than the rules in force now. The end of a rule's time is no widening by
    the command.
    """
    was, ban = without_expired(case), rules.ban
    return (
        any(_loosened_since(was.restrictions, rules.restrictions))
        or is_demotion(case.ranking, case.role_by(rules), case.role_by(was))
        or bool(rules.given & ~was.given)
        or not rules.spares <= was.spares
        or (rules.floor is not None and rules.floor != was.floor)
        or (was.hold is not None and rules.hold is None)
        or (was.waiting is not None and rules.waiting is None and ban is None)
        or (was.removed_at is not None and rules.removed_at is None)
        or (was.ban is not None and (ban is None or ends_sooner(ban, was.ban)))
    )


def lifted_since(case: Case, rules: UserRules) -> Iterator[datetime]:
    """Since when each rule has been in force that the new rules lift or loosen, the meeting's rules included."""
    was, meeting = without_expired(case), case.meeting
    yield from _loosened_since(was.restrictions, rules.restrictions)
    if was.hold is not None and rules.hold is None:
        yield was.hold.since
    if was.waiting is not None and rules.waiting is None:
        yield was.waiting.since
    if was.ban is not None and (rules.ban is None or ends_sooner(rules.ban, was.ban)):
        yield was.ban.since
    then = replace(case.user, rules=rules)
    bound, left = (binding_mute_alls(user, meeting, case.now) for user in (case.user, then))
    yield from (mute_all.since for mute_all in bound if mute_all not in left)
    if rules.floor is not None and rules.floor != was.floor and meeting.mode_since is not None:
        yield meeting.mode_since


def _loosened_since(was: Restrictions, new: Restrictions) -> Iterator[datetime]:
    there = {r.key: r for r in new}
    return (r.since for r in was if r.key not in there or binds_less(there[r.key], r))
