"""From facts and a command to a decision. Pure: time, policies and ids come in as arguments."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import reduce
from operator import and_, or_
from typing import Any

from . import personal
from .actor import Actor, ActorKind, Verdict
from .capability import EVERYTHING, NOTHING, SEND, Capabilities, Medium, sending, whole
from .change import PATIENCE, Change, stands, taken_back
from .command import (
    Ban,
    Bind,
    EndFloor,
    Expire,
    GrantFloor,
    Hold,
    LetIn,
    Mute,
    Release,
    Remove,
    SetCapabilities,
    SetRole,
    Unban,
    Undo,
    Unmute,
    UserCommand,
)
from .effective import Holds, Limit, effective, limits
from .meeting import Meeting, Seat, UnmuteConsent, User, UserRules, binding_mute_alls, host_count, next_end, role_of
from .personal import ANSWER_WITHIN, Agreement, Asked
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
    change_id: str = ""
    """What the change will be called, if it becomes one."""
    ranking: tuple[str, ...] = ()
    """The roles, the highest first."""
    undone: Change | None = None
    """The change that an `Undo` is about."""

    @property
    def moment(self) -> datetime:
        return self.meeting.rules.moment(self.now)

    def effective(self, rules: UserRules | None = None, *, consented: bool = False) -> Capabilities:
        """What he may do by these rules, or by those he has."""
        user = self.user if rules is None else replace(self.user, rules=rules)
        return effective(self.meeting, user, self.holds, self.now, consented=consented)


@dataclass(frozen=True, slots=True)
class Decided:
    """A change of one person's rules, not yet committed."""

    rules: UserRules
    before: Capabilities
    after: Capabilities
    effects: tuple[str, ...]
    awaits_consent: bool = False
    """Whether he is asked, and stays silent until he answers."""


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


def decide(case: Case, command: UserCommand | Undo | Expire) -> Decided | Unchanged | Refusal:
    if not case.verdict.allowed:
        return Refusal("not-permitted", f"the policies don't permit `{command.name}` here", case.verdict.policies)
    if case.meeting.ended_at is not None:
        return Refusal("meeting-ended", "the meeting has ended")
    return _DECISIONS[type(command)](case, command)


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
    return _unavailable(case, rules, asked) or _decided(case, rules, opening=asked)


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
    return _unavailable(case, rules, asked) or _decided(case, rules, withholding=denied, opening=asked)


def _bind(case: Case, _: Bind) -> Decided | Unchanged | Refusal:
    """The rules stay; whatever else Chime holds is ordered. Also while frozen: newcomers get what the rules give."""
    rules = _asking(case, case.user.rules, Capabilities.SEND_AUDIO)
    has = case.effective(rules)
    if rules == case.user.rules and not _leaving(case, rules) and all(s.known == has for s in case.user.present):
        return Unchanged(has)
    return Decided(rules, has, has, effects(has, has, NOTHING, case.user.present), _is_asked(case, rules))


def _hold(case: Case, command: Hold) -> Decided | Unchanged | Refusal:
    standing = case.user.rules.hold
    new = personal.Hold(case.actor, case.now, command.reason)
    if standing is not None and standing.reason == command.reason:
        new = standing
    return _decided(case, replace(expired(case), hold=new), withholding=EVERYTHING)


def _release(case: Case, _: Release) -> Decided | Unchanged | Refusal:
    return _decided(case, replace(expired(case), hold=None))


def _set_role(case: Case, command: SetRole) -> Decided | Unchanged | Refusal:
    """Who rises is not left with what hosts had withheld from him in his old role; who falls keeps nothing that was
    given to him in it.
    """
    if command.role not in case.ranking:
        return Refusal("invalid-request", f"no such role: `{command.role}`", pointer="/role")
    rules = expired(case)
    old, new = _rank(case, role_of(case.user, case.meeting)), _rank(case, command.role)
    if new < old:
        rules = replace(rules, restrictions=tuple(r for r in rules.restrictions if r.origin is Origin.SELF))
    if new > old:
        rules = replace(rules, given=NOTHING, spares=frozenset(), floor=None)
    grant = EVERYTHING if rules.grant is None else rules.grant
    return _decided(case, replace(rules, role=command.role, grant=grant))


def _rank(case: Case, role: str) -> int:
    """A role that the schema knows no more stands below all others."""
    return case.ranking.index(role) if role in case.ranking else len(case.ranking)


def _remove(case: Case, command: Remove) -> Decided | Unchanged | Refusal:
    if command.ban:
        return _ban(case, Ban(command.until, command.reason))
    if _is_last_host(case, case.user.rules, replace(case.user.rules, role=None)):
        return LAST_HOST
    seats = frozenset(seat.attendee_id for seat in case.user.present)
    return _decided(case, replace(expired(case), removed=seats, floor=None), withholding=EVERYTHING)


def _ban(case: Case, command: Ban) -> Decided | Unchanged | Refusal:
    if command.until is not None and command.until <= case.now:
        return Refusal("invalid-request", "a ban ends in the future", pointer="/until")
    standing, new = case.user.rules.ban, personal.Ban(case.actor, case.now, command.reason, command.until)
    if standing is not None and (standing.reason, standing.until) == (new.reason, new.until):
        new = standing
    return _decided(case, replace(expired(case), ban=new, floor=None, waiting=None), withholding=EVERYTHING)


def _unban(case: Case, _: Unban) -> Decided | Unchanged | Refusal:
    return _decided(case, replace(expired(case), ban=None))


def _let_in(case: Case, command: LetIn) -> Decided | Unchanged | Refusal:
    waiting, rules = case.user.rules.waiting, expired(case)
    if waiting is None and not case.user.is_known:
        return Refusal("attendee-not-found", "nobody of this name waits in the lobby")
    if waiting is None:
        return Unchanged(case.effective())
    if not command.admit:
        return _decided(case, replace(rules, waiting=replace(waiting, declined=True)))
    grant = EVERYTHING if rules.grant is None else rules.grant
    return _decided(case, replace(rules, waiting=None, admitted=True, grant=grant))


def _grant_floor(case: Case, command: GrantFloor) -> Decided | Unchanged | Refusal:
    """Through mute-alls and the mode, not through what withholds from him alone; his own mute he lifts himself."""
    media = tuple(m for m in Medium if m in command.media)
    meeting_rules = case.meeting.rules
    if command.exclusive:
        meeting_rules = meeting_rules.with_turn(media, case.change_id)
    floor = personal.Floor(
        media=media,
        turns=tuple(meeting_rules.turn(m) for m in media),
        actor=case.actor,
        since=case.now,
        until=case.now + timedelta(seconds=command.seconds),
        reason=command.reason,
    )
    rules = replace(expired(case), floor=floor)
    case = replace(case, meeting=replace(case.meeting, rules=meeting_rules))
    asked = sending(media)
    standing = limits(case.meeting, replace(case.user, rules=rules), case.holds, case.now)
    against = tuple(x for x in standing if x.withholds & asked and x.liftable_by is not LiftableBy.SELF)
    return _withheld(against, asked) or _decided(case, rules)


def _end_floor(case: Case, _: EndFloor) -> Decided | Unchanged | Refusal:
    return _decided(case, replace(expired(case), floor=None))


def _undo(case: Case, _: Undo) -> Decided | Unchanged | Refusal:
    change, rules = case.undone, case.user.rules
    if change is None or change.actor.kind in (ActorKind.CLOCK, ActorKind.CHIME):
        return NOT_UNDOABLE
    restored = taken_back(change, rules)
    if change.made == change.replaced or restored == rules or not stands(change, rules, case.now):
        return NOT_UNDOABLE
    return _decided(case, restored)


def _expire(case: Case, _: Expire) -> Decided | Unchanged | Refusal:
    """What has ended is dropped. It is told of from the last moment when it was in force."""
    rules = expired(case)
    if rules == case.user.rules:
        return Unchanged(case.effective())
    last = (next_end(case.user.rules) or case.now) - timedelta(milliseconds=1)
    before = effective(case.meeting, case.user, case.holds, last)
    freed = effective(case.meeting, case.user, case.holds, last, consented=True)
    rules = _asking(case, rules, NOTHING if Capabilities.SEND_AUDIO in freed else Capabilities.SEND_AUDIO)
    after = case.effective(rules)
    return Decided(rules, before, after, effects(before, after, seats=case.user.present), _is_asked(case, rules))


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
    return tuple(sorted(in_force(case.user.rules.restrictions, case.moment), key=lambda r: r.key))


def expired(case: Case) -> UserRules:
    """His rules without what has ended."""
    rules = case.user.rules
    return replace(
        rules,
        restrictions=_standing(case),
        floor=rules.floor if rules.floor is not None and rules.floor.holds_at(case.moment) else None,
        ban=rules.ban if rules.ban is not None and rules.ban.holds_at(case.moment) else None,
    )


def _leaving(case: Case, rules: UserRules) -> bool:
    """Whether a seat of his is there that has to leave."""
    user = replace(case.user, rules=rules)
    return any(user.is_out(seat.attendee_id) for seat in user.present)


def _is_last_host(case: Case, before: UserRules, after: UserRules) -> bool:
    return case.meeting.hosts + host_count(before, after) < 1 and host_count(before, after) < 0


def _is_asked(case: Case, rules: UserRules) -> bool:
    return rules.asked is not None and rules.asked.change_id == case.change_id


def _asking(case: Case, rules: UserRules, opening: Capabilities) -> UserRules:
    """With a request to unmute, where his microphone opens only when he agrees. What he does himself he has agreed to.

    `opening` is what the command is to open, whether or not the rules withheld it. One request stands at a time.
    """
    audio = Capabilities.SEND_AUDIO
    if audio not in case.effective(rules, consented=True):
        return replace(rules, asked=None, agreed=None)
    was_free = audio in case.effective(consented=True)
    if audio not in opening and was_free:
        return rules
    if was_free and audio in case.effective(rules):
        return rules
    silent = replace(rules, asked=None, agreed=None)
    if case.meeting.rules.unmute_consent is UnmuteConsent.NONE or not case.user.present:
        return silent
    if case.actor.is_user(case.user.id):
        return replace(silent, agreed=Agreement(case.now + PATIENCE, case.meeting.revision))
    if rules.asked is not None and rules.asked.is_open(case.now):
        return replace(rules, agreed=None)
    return replace(silent, asked=Asked(case.change_id, case.actor, case.now, case.now + ANSWER_WITHIN))


def _unavailable(case: Case, rules: UserRules, asked: Capabilities) -> Refusal | None:
    """What is asked for must result. Only content's receive may go along with video's: `limits` tells."""
    standing = limits(case.meeting, replace(case.user, rules=rules), case.holds, case.now, consented=True)
    return _withheld([limit for limit in standing if limit.by != "content-needs-video"], asked)


def _withheld(standing: Iterable[Limit], asked: Capabilities) -> Refusal | None:
    against = tuple(replace(limit, withholds=limit.withholds & asked) for limit in standing if limit.withholds & asked)
    if not against:
        return None
    return Refusal("capability-unavailable", "what is asked for stays withheld", limits=against)


def _decided(
    case: Case, rules: UserRules, withholding: Capabilities = NOTHING, opening: Capabilities = NOTHING
) -> Decided | Unchanged | Refusal:
    if _is_last_host(case, case.user.rules, rules):
        return LAST_HOST
    rules = _asking(case, rules, opening)
    before, after = case.effective(), case.effective(rules)
    in_place = not _leaving(case, rules) and all(seat.known == after for seat in case.user.present)
    there = {mute_all.id for mute_all in case.meeting.rules.mute_alls}
    stood = replace(expired(case), spares=case.user.rules.spares & there)
    if replace(rules, spares=rules.spares & there) == stood and in_place:
        return Unchanged(after)
    gained = case.effective(rules, consented=True) & ~case.effective(consented=True)
    if case.meeting.rules.frozen_at is not None and (gained or after & ~before):
        return frozen(gained | after & ~before)
    seats = case.user.present
    shown = effects(before, after, withholding, seats) if seats or not case.user.seats else ()
    return Decided(rules, before, after, shown, _is_asked(case, rules))


LAST_HOST = Refusal("last-host", "the meeting would be left without a host")
NOT_UNDOABLE = Refusal("not-undoable", "what this change made of the rules is not in them any more, or never was")


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


_DECISIONS: Mapping[type, Callable[[Case, Any], Decided | Unchanged | Refusal]] = {
    Mute: _mute,
    Unmute: _unmute,
    SetCapabilities: _set_capabilities,
    Bind: _bind,
    Hold: _hold,
    Release: _release,
    SetRole: _set_role,
    Remove: _remove,
    Ban: _ban,
    Unban: _unban,
    LetIn: _let_in,
    GrantFloor: _grant_floor,
    EndFloor: _end_floor,
    Undo: _undo,
    Expire: _expire,
}
