"""The case of a command on one user, requests for their consent, and the results of decisions: accepted, unchanged or
refused. Pure.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Generic, TypeVar

from ..actor import Actor, ActorKind, Authorization, AuthorizationRequest
from ..capability import NOTHING, Capabilities, Medium, Origin, Restrictions, added, in_force
from ..change import GIVE_UP_AFTER, Change, with_author, without_ended
from ..effective import NOBODY_PRESENT, Holds, Limit, effective, effects, limits
from ..meeting import (
    Meeting,
    MeetingRules,
    UnmuteConsent,
    User,
    UserRules,
    current_role,
    host_count,
    loses_its_hosts,
    role_of,
)
from ..personal_rules import ANSWER_WITHIN, Agreement, ConsentRequest


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that a decision about one user rests on. `by_moderator`: the policies let the caller moderate the
    user.
    """

    meeting: Meeting
    user: User
    actor: Actor
    by_moderator: bool
    holds: Holds
    now: datetime
    change_id: str = ""
    """The id that the change will have."""
    ranking: tuple[str, ...] = ()
    """The roles, the highest first."""
    undone: Change | None = None
    """The change that an `Undo` names."""
    _derived: dict[tuple[UserRules, bool], Capabilities] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @property
    def moment(self) -> datetime:
        return self.meeting.rules.moment(self.now)

    def effective(self, rules: UserRules | None = None, *, consented: bool = False) -> Capabilities:
        """The user's capabilities by these rules, or by their present ones. Derived once for the same rules."""
        rules = self.user.rules if rules is None else rules
        is_consent_at_stake = rules.asked is not None or self.meeting.rules.unmute_consent is not UnmuteConsent.NONE
        key = (rules, consented and is_consent_at_stake)
        if key not in self._derived:
            user = replace(self.user, rules=rules)
            self._derived[key] = effective(self.meeting, user, self.holds, self.now, consented=key[1])
        return self._derived[key]

    def role_by(self, rules: UserRules) -> str:
        return rules.role or self.meeting.rules.default_role


def without_expired(case: Case) -> UserRules:
    """The user's rules without those that have ended."""
    rules = case.user.rules
    left = replace(
        rules,
        restrictions=restrictions_in_force(case),
        floor=rules.floor if rules.floor is not None and rules.floor.holds_at(case.moment) else None,
        ban=rules.ban if rules.ban is not None and rules.ban.holds_at(case.moment) else None,
    )
    return without_ended(left, rules)


def restrictions_in_force(case: Case, rules: UserRules | None = None) -> Restrictions:
    """The restrictions in force in the user's rules, or in `rules`, in canonical order.

    Rules are written without restrictions that have ended. The order is fixed so that two equal sets are equal.
    """
    return tuple(sorted(in_force((rules or case.user.rules).restrictions, case.moment), key=lambda r: r.key))


def has_leavers(case: Case, rules: UserRules) -> bool:
    """Whether an attendee of the user is present that has to leave."""
    return bool(replace(case.user, rules=rules).leavers)


def with_request(case: Case, rules: UserRules, opening: Capabilities) -> UserRules:
    """The rules with a request to unmute, if the microphone opens only after the user agrees. A user's own command is
    their agreement.

    `opening`: the capabilities that the command gives, whether or not the rules withheld them. A user has at most one
    request at a time. It is moot once the meeting asks nobody.
    """
    audio, silent = Capabilities.SEND_AUDIO, replace(rules, asked=None, agreed=None)
    asks_nobody = case.meeting.rules.unmute_consent is UnmuteConsent.NONE
    needs_no_consent = asks_nobody or not case.user.present
    if (needs_no_consent and rules == silent) or audio not in case.effective(rules, consented=True):
        return silent
    was_free = audio in case.effective(consented=True)
    if audio not in opening and was_free:
        return rules
    if case.actor.is_user(case.user.id) and not case.user.present:
        return silent
    is_moot = asks_nobody and rules.asked is not None
    if was_free and audio in case.effective(rules) and not is_moot:
        return rules
    if needs_no_consent:
        return silent
    if case.meeting.rules.frozen_at is not None and case.actor.kind is ActorKind.CHIME:
        return silent  # in a frozen meeting the agreement would change nothing
    if case.actor.is_user(case.user.id):
        return replace(silent, agreed=Agreement(case.now + GIVE_UP_AFTER, case.meeting.revision))
    if rules.asked is not None and rules.asked.is_open(case.now):
        return replace(rules, agreed=None)
    return replace(silent, asked=ConsentRequest(case.change_id, case.actor, case.now, case.now + ANSWER_WITHIN))


def silent_while_asked(case: Case, rules: UserRules) -> UserRules:
    """The rules with every rule that silences the user now, while they are asked. The request says which of them the
    agreement lifts. What does not let the user be heard is lifted at once.
    """
    asked, was, audio = rules.asked, case.user.rules, Capabilities.SEND_AUDIO
    if asked is None or not asked.is_open(case.now):
        return rules
    if audio not in case.effective(replace(rules, asked=None), consented=True):
        return rules
    kept = {r.key for r in rules.restrictions}
    back = tuple(r for r in restrictions_in_force(case) if r.withholds == audio and r.key not in kept)
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


def request_waited_for(case: Case, requested: UserRules, opening: Capabilities) -> str | None:
    """The change that has already asked the user, if these rules, or the `opening` of the command, would let them be
    heard.
    """
    asked = requested.asked
    if asked is None or is_asked(case, requested):
        return None
    had, would = (case.effective(replace(rules, asked=None), consented=True) for rules in (case.user.rules, requested))
    return asked.change_id if Capabilities.SEND_AUDIO in opening | (would & ~had) else None


def is_asked(case: Case, rules: UserRules) -> bool:
    return rules.asked is not None and rules.asked.change_id == case.change_id


Rules = TypeVar("Rules")

LONGEST_REASON = 500
MAX_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Accepted(Generic[Rules]):
    """New rules, not yet committed. For a user's rules: the capabilities before and after."""

    rules: Rules
    before: Capabilities = NOTHING
    after: Capabilities = NOTHING
    effects: tuple[str, ...] = ()
    awaits_consent: bool = False
    """Whether the user is asked to unmute, and stays silent until they answer."""
    waits_for: str | None = None
    """An earlier change that has already asked the user to unmute, if this change would let them be heard too."""
    gained: Capabilities = NOTHING
    """For a meeting's rules: the capabilities that any user may get by them and could not get before."""


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The rules are as the command wants them, and Chime is known to have them. `waits_for`: the change that has asked
    the user to agree first.
    """

    capabilities: Capabilities = NOTHING
    """The user's capabilities, for a user's rules."""
    waits_for: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refused command. `code` is one of the contract's. `pointer` names the part of the body that is at fault."""

    code: str
    detail: str
    policies: tuple[str, ...] = ()
    limits: tuple[Limit, ...] = ()
    pointer: str | None = None


UserDecision = Accepted[UserRules] | Unchanged | Refusal

LAST_HOST = Refusal("last-host", "The meeting would have no host. Make another user host first.")
NOT_UNDOABLE = Refusal(
    "not-undoable", "The change cannot be undone: a later change replaced its rules, or it set none."
)


def decided(
    case: Case,
    rules: UserRules,
    withholding: Capabilities = NOTHING,
    opening: Capabilities = NOTHING,
    *,
    is_newcomer: bool = False,
    is_kept: bool = True,
) -> UserDecision:
    """The decision for the user's new rules.

    `is_newcomer`: the user joins and gets what the rules give, even in a frozen meeting. `is_kept`: the rule is stored
    for a user who is not present.
    """
    if is_last_host(case, case.user.rules, rules):
        return LAST_HOST
    requested = with_request(case, rules, opening)
    rules = silent_while_asked(case, requested)
    own = own_restrictions_lifted(case, rules)
    if own:
        return Refusal("capability-unavailable", "The user muted themselves: only they can lift it.", limits=own)
    before, after = case.effective(), case.effective(rules)
    in_place = not has_leavers(case, rules) and all(attendee.has(after) for attendee in case.user.present)
    there = {mute_all.id for mute_all in case.meeting.rules.mute_alls}
    current = without_expired(case)
    is_new = replace(rules, spares=rules.spares & there) != replace(current, spares=current.spares & there)
    waits_for = request_waited_for(case, requested, opening & ~after)
    if not is_new and (in_place or waits_for is not None):
        return Unchanged(after, waits_for)
    gained = after & ~before
    if is_asked(case, rules) or waits_for is not None:
        gained |= Capabilities.SEND_AUDIO
    if not is_newcomer and case.meeting.rules.frozen_at is not None and gained:
        return frozen(gained)
    attendees = case.user.present
    shown = effects(before, after, withholding, attendees) if attendees else (NOBODY_PRESENT,) * is_kept
    authored = with_author(case.change_id, rules, current)
    return Accepted(authored, before, after, shown, is_asked(case, rules), waits_for)


def own_restrictions_lifted(case: Case, rules: UserRules) -> tuple[Limit, ...]:
    """The user's own restrictions that the rules would lift although another user commands it."""
    if case.actor.is_user(case.user.id):
        return ()
    kept = {r.key for r in rules.restrictions}
    own = (r for r in restrictions_in_force(case) if r.origin is Origin.SELF and r.key not in kept)
    return tuple(Limit(r.withholds, "restriction", r.liftable_by, r.actor, r.reason, r.since, r.until) for r in own)


def is_last_host(case: Case, before: UserRules, after: UserRules) -> bool:
    return loses_its_hosts(case.meeting, host_count(before, after))


def precondition_refusal(authorization: Authorization, meeting: Meeting, command: str) -> Refusal | None:
    """The refusal that holds for every command: it is not permitted, or the meeting has ended."""
    if not authorization.allowed:
        return Refusal("not-permitted", f"The policies do not permit `{command}` here.", authorization.policies)
    if meeting.ended_at is not None:
        return Refusal("meeting-ended", "The meeting has ended.")
    return None


def not_to_be_lifted(action: str, authorization: Authorization) -> Refusal:
    """The refusal of a rule that ends sooner or binds less than the one it replaces: the caller may not lift that
    one.
    """
    detail = f"The command would lift part of what it replaces, and the policies do not permit `{action}` here."
    return Refusal("not-permitted", detail, authorization.policies)


def unavailable(case: Case, rules: UserRules, asked: Capabilities) -> Refusal | None:
    """A refusal if the rules do not give what the command asks for.

    Content's `receive` is the exception: Chime couples it to video's, and `limits` shows that.
    """
    standing = limits(case.meeting, replace(case.user, rules=rules), case.holds, case.now, consented=True)
    return withheld([limit for limit in standing if limit.by != "content-needs-video"], asked)


def withheld(standing: Iterable[Limit], asked: Capabilities) -> Refusal | None:
    against = tuple(replace(limit, withholds=limit.withholds & asked) for limit in standing if limit.withholds & asked)
    if not against:
        return None
    return Refusal("capability-unavailable", "The requested capabilities are withheld; see `limits`.", limits=against)


def frozen(gained: Capabilities) -> Refusal:
    """The refusal because the meeting is frozen: no user gets more than they have."""
    return Refusal(
        "capability-unavailable", "The meeting is frozen: unfreeze it first.", limits=(Limit(gained, "freeze"),)
    )


def authorization_request(
    actor: Actor, caller: User | None, action: str, meeting: Meeting, user: User | None = None
) -> AuthorizationRequest:
    """The question whether the caller may do `action` in the meeting, or to a user in it."""
    return AuthorizationRequest(
        principal=actor,
        role=current_role(caller, meeting) if caller else None,
        action=action,
        meeting_id=meeting.id,
        mode=meeting.rules.mode,
        frozen=meeting.rules.frozen_at is not None,
        user_id=user.id if user else None,
        user_role=role_of(user, meeting) if user else None,
        user_is_banned=user is not None and user.rules.ban is not None,
        user_waits=user is not None and user.rules.waiting is not None,
        external_meeting_id=meeting.external_id,
    )


def authorization_request_for_all(actor: Actor, action: str, external_meeting_id: str | None) -> AuthorizationRequest:
    """The question whether the caller may do `action` to all meetings, or to those with a name."""
    return AuthorizationRequest(
        principal=actor,
        role=None,
        action=action,
        meeting_id=None,
        mode=MeetingRules().mode,
        external_meeting_id=external_meeting_id or "",
    )


def is_demotion(ranking: Sequence[str], old: str, new: str) -> bool:
    """Whether the new role is lower. A role that the schema does not have any more is below all others."""

    def rank(role: str) -> int:
        return ranking.index(role) if role in ranking else len(ranking)

    return rank(new) > rank(old)
