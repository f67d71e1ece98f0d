"""What decisions are made from and what they come to: accepted, unchanged or refused. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Generic, TypeVar

from ..actor import Actor, ActorKind, Authorization
from ..capability import NOTHING, Capabilities, Medium
from ..change import GIVE_UP_AFTER, Change
from ..effective import Holds, Limit, effective, limits
from ..effects import NOBODY_PRESENT, effects
from ..meeting import Meeting, UnmuteConsent, User, UserRules, host_count, loses_its_hosts
from ..personal_rules import ANSWER_WITHIN, Agreement, ConsentRequest
from ..restriction import Origin, Restrictions, added, in_force

Rules = TypeVar("Rules")

LONGEST_REASON = 500
MAX_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Case:
    """What a command on one user is decided from. `by_moderator`: the policies let the caller moderate the user."""

    meeting: Meeting
    user: User
    actor: Actor
    by_moderator: bool
    holds: Holds
    now: datetime
    change_id: str = ""
    """The id of the change, if it becomes one."""
    ranking: tuple[str, ...] = ()
    """The roles, the highest first."""
    undone: Change | None = None
    """The change that an `Undo` is about."""
    _derived: dict[tuple[UserRules, bool], Capabilities] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @property
    def moment(self) -> datetime:
        return self.meeting.rules.moment(self.now)

    def effective(self, rules: UserRules | None = None, *, consented: bool = False) -> Capabilities:
        """What the user may do by these rules, or by those they have; derived once for the same rules."""
        rules = self.user.rules if rules is None else rules
        is_consent_at_stake = rules.asked is not None or self.meeting.rules.unmute_consent is not UnmuteConsent.NONE
        key = (rules, consented and is_consent_at_stake)
        if key not in self._derived:
            user = replace(self.user, rules=rules)
            self._derived[key] = effective(self.meeting, user, self.holds, self.now, consented=key[1])
        return self._derived[key]


@dataclass(frozen=True, slots=True)
class Accepted(Generic[Rules]):
    """New rules, not yet committed. Where they are a user's: what the user may do before and after."""

    rules: Rules
    before: Capabilities = NOTHING
    after: Capabilities = NOTHING
    effects: tuple[str, ...] = ()
    awaits_consent: bool = False
    """Whether the user is asked, and stays silent until they answer."""
    waits_for: str | None = None
    """The change that has asked the user already to agree to be heard, if this one would let them be heard."""
    is_new: bool = True
    """Whether the rules didn't say so before: if they did, only Chime is not known to hold it."""
    gained: Capabilities = NOTHING
    """Where they are the meeting's: what a user may get by them that they could not get before."""


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The rules say so already, and Chime is known to have them. `waits_for`: the change that has asked the user to
    agree first.
    """

    capabilities: Capabilities = NOTHING
    """Where the rules are a user's."""
    waits_for: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """`code` is one of the contract's. `pointer` names the part of the body that can't be."""

    code: str
    detail: str
    policies: tuple[str, ...] = ()
    limits: tuple[Limit, ...] = ()
    pointer: str | None = None


UserDecision = Accepted[UserRules] | Unchanged | Refusal

LAST_HOST = Refusal("last-host", "the meeting would be left without a host")
NOT_UNDOABLE = Refusal("not-undoable", "what this change made of the rules is not in them any more, or never was")


def decided(
    case: Case,
    rules: UserRules,
    withholding: Capabilities = NOTHING,
    opening: Capabilities = NOTHING,
    *,
    is_newcomer: bool = False,
    is_kept: bool = True,
) -> UserDecision:
    """While the meeting is frozen, only a newcomer gets more: what the rules give. `is_kept`: whether the rule waits
    for a user who is not present.
    """
    if is_last_host(case, case.user.rules, rules):
        return LAST_HOST
    wished = asking(case, rules, opening)
    rules = held_back(case, wished)
    own = of_another(case, rules)
    if own:
        return Refusal("capability-unavailable", "one's own mute is lifted by oneself", limits=own)
    before, after = case.effective(), case.effective(rules)
    in_place = not leaving(case, rules) and all(seat.has(after) for seat in case.user.present)
    there = {mute_all.id for mute_all in case.meeting.rules.mute_alls}
    stood = replace(expired(case), spares=case.user.rules.spares & there)
    is_new = replace(rules, spares=rules.spares & there) != stood
    waits_for = waited_for(case, wished, opening & ~after)
    if not is_new and (in_place or waits_for is not None):
        return Unchanged(after, waits_for)
    gained = after & ~before
    if is_asked(case, rules):
        gained |= Capabilities.SEND_AUDIO
    if not is_newcomer and case.meeting.rules.frozen_at is not None and gained:
        return frozen(gained)
    seats = case.user.present
    shown = effects(before, after, withholding, seats) if seats else (NOBODY_PRESENT,) * is_kept
    return Accepted(rules, before, after, shown, is_asked(case, rules), waits_for, is_new)


def asking(case: Case, rules: UserRules, opening: Capabilities) -> UserRules:
    """With a request to unmute, if the microphone opens only when the user agrees: to what they do themselves they do.

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
    if case.meeting.rules.frozen_at is not None and case.actor.kind is ActorKind.CHIME:
        return silent  # a newcomer to a frozen meeting is not asked for what could not be done
    if case.actor.is_user(case.user.id):
        return replace(silent, agreed=Agreement(case.now + GIVE_UP_AFTER, case.meeting.revision))
    if rules.asked is not None and rules.asked.is_open(case.now):
        return replace(rules, agreed=None)
    return replace(silent, asked=ConsentRequest(case.change_id, case.actor, case.now, case.now + ANSWER_WITHIN))


def held_back(case: Case, rules: UserRules) -> UserRules:
    """With all that withholds audio now, while the user is asked: the request says what the agreement lifts."""
    asked, was, audio = rules.asked, case.user.rules, Capabilities.SEND_AUDIO
    if asked is None or not asked.is_open(case.now):
        return rules
    kept = {r.key for r in rules.restrictions}
    back = tuple(r for r in standing(case) if r.withholds == audio and r.key not in kept)
    silencing = {m.id for m in case.meeting.rules.mute_alls if m.medium is Medium.AUDIO}
    spares = (rules.spares - was.spares) & silencing
    given = rules.given & ~was.given & audio
    return replace(
        rules,
        restrictions=added(rules.restrictions, back),
        spares=rules.spares - spares,
        given=rules.given & ~given,
        asked=replace(
            asked, lifts=asked.lifts or bool(back), spares=asked.spares | spares, gives=asked.gives or bool(given)
        ),
    )


def waited_for(case: Case, wished: UserRules, opening: Capabilities) -> str | None:
    """The change that has asked the person already, if this opening, or these rules of themselves, would let them be
    heard.
    """
    asked = wished.asked
    if asked is None or is_asked(case, wished):
        return None
    had, would = (case.effective(replace(rules, asked=None), consented=True) for rules in (case.user.rules, wished))
    return asked.change_id if Capabilities.SEND_AUDIO in opening | (would & ~had) else None


def of_another(case: Case, rules: UserRules) -> tuple[Limit, ...]:
    """The user's own restrictions that another user would lift."""
    if case.actor.is_user(case.user.id):
        return ()
    kept = {r.key for r in rules.restrictions}
    own = (r for r in standing(case) if r.origin is Origin.SELF and r.key not in kept)
    return tuple(Limit(r.withholds, "restriction", r.liftable_by, r.actor, r.reason, r.since, r.until) for r in own)


def is_asked(case: Case, rules: UserRules) -> bool:
    return rules.asked is not None and rules.asked.change_id == case.change_id


def expired(case: Case) -> UserRules:
    """His rules without what has ended."""
    rules = case.user.rules
    return replace(
        rules,
        restrictions=standing(case),
        floor=rules.floor if rules.floor is not None and rules.floor.holds_at(case.moment) else None,
        ban=rules.ban if rules.ban is not None and rules.ban.holds_at(case.moment) else None,
    )


def standing(case: Case, rules: UserRules | None = None) -> Restrictions:
    """The restrictions in force, of other rules than the user's if these are given. What has ended is dropped whenever
    rules are written. In the canonical order, so that order is no difference.
    """
    return tuple(sorted(in_force((rules or case.user.rules).restrictions, case.moment), key=lambda r: r.key))


def leaving(case: Case, rules: UserRules) -> bool:
    """Whether an attendee of the user is there that has to leave."""
    user = replace(case.user, rules=rules)
    return any(user.is_out(seat.attendee_id) for seat in user.present)


def is_last_host(case: Case, before: UserRules, after: UserRules) -> bool:
    return loses_its_hosts(case.meeting, host_count(before, after))


def precondition_refusal(authorization: Authorization, meeting: Meeting, command: str) -> Refusal | None:
    """What stands against any command, before it is decided."""
    if not authorization.allowed:
        return Refusal("not-permitted", f"the policies don't permit `{command}` here", authorization.policies)
    if meeting.ended_at is not None:
        return Refusal("meeting-ended", "the meeting has ended")
    return None


def not_to_be_lifted(action: str, authorization: Authorization) -> Refusal:
    """A replacement that ends earlier, or binds less, lifts in part what it replaces."""
    detail = f"this would bind less than what it replaces, and the policies don't permit `{action}` here"
    return Refusal("not-permitted", detail, authorization.policies)


def unavailable(case: Case, rules: UserRules, asked: Capabilities) -> Refusal | None:
    """What is asked for must result. Only content's receive may go along with video's: `limits` tells."""
    standing = limits(case.meeting, replace(case.user, rules=rules), case.holds, case.now, consented=True)
    return withheld([limit for limit in standing if limit.by != "content-needs-video"], asked)


def withheld(standing: Iterable[Limit], asked: Capabilities) -> Refusal | None:
    against = tuple(replace(limit, withholds=limit.withholds & asked) for limit in standing if limit.withholds & asked)
    if not against:
        return None
    return Refusal("capability-unavailable", "what is asked for stays withheld", limits=against)


def frozen(gained: Capabilities) -> Refusal:
    """While the meeting is frozen, no user gets more than they have."""
    return Refusal("capability-unavailable", "the meeting is frozen", limits=(Limit(gained, "freeze"),))
