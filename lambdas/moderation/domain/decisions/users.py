"""Decides commands on a user as a whole: their role, their turn to speak, their presence in the meeting."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from .. import personal_rules
from ..capability import EVERYTHING, LiftableBy, Medium, Origin, sending
from ..commands import Ban, EndFloor, GrantFloor, Hold, LeaveLobby, LetIn, Release, Remove, SetRole, Unban
from ..effective import limits
from ..meeting import UserRules, role_of
from .decision import Case, Refusal, Unchanged, UserDecision, decided, is_demotion, withheld, without_expired


def hold(case: Case, command: Hold) -> UserDecision:
    standing = case.user.rules.hold
    new = personal_rules.Hold(case.actor, case.now, command.reason)
    if standing is not None and standing.reason == command.reason:
        new = standing
    return decided(case, replace(without_expired(case), hold=new), withholding=EVERYTHING)


def release(case: Case, _: Release) -> UserDecision:
    return decided(case, replace(without_expired(case), hold=None))


def set_role(case: Case, command: SetRole) -> UserDecision:
    """Sets the role. A higher role lifts what hosts withheld in the old one; a lower role takes back what was given in
    it.
    """
    if command.role not in case.ranking:
        return Refusal("invalid-request", f"There is no role `{command.role}`.", pointer="/role")
    rules = without_expired(case)
    old, new = role_of(case.user, case.meeting), command.role
    if is_demotion(case.ranking, new, old):
        rules = replace(rules, restrictions=tuple(r for r in rules.restrictions if r.origin is Origin.SELF))
    if is_demotion(case.ranking, old, new):
        rules = without_personal_grants(rules)
    grant = EVERYTHING if rules.grant is None else rules.grant
    return decided(case, replace(rules, role=command.role, grant=grant))


def with_role(ranking: Sequence[str], rules: UserRules, role: str | None, old: str, new: str) -> UserRules:
    """The rules with a role that is set from outside the meeting. `old` and `new` are the roles in effect before and
    after.
    """
    if is_demotion(ranking, old, new):
        rules = without_personal_grants(rules)
    return replace(rules, role=role)


def without_personal_grants(rules: UserRules, before: UserRules | None = None) -> UserRules:
    """The rules without what the user was given in the role that they lose. What they had `before` that role stays."""
    kept = before or UserRules()
    return replace(
        rules,
        given=rules.given & kept.given,
        spares=rules.spares & kept.spares,
        floor=rules.floor if rules.floor == kept.floor else None,
    )


def remove(case: Case, command: Remove) -> UserDecision:
    if command.ban:
        return ban(case, Ban(command.until, command.reason))
    rules = without_expired(case)
    attendees = rules.removed.union(attendee.attendee_id for attendee in case.user.present)
    removed_at = rules.removed_at or (case.now if case.user.is_known else None)
    out = replace(rules, removed=attendees, removed_at=removed_at, floor=None, waiting=None)
    return decided(case, out, withholding=EVERYTHING)


def ban(case: Case, command: Ban) -> UserDecision:
    if command.until is not None and command.until <= case.now:
        return Refusal("invalid-request", "`until` should be in the future.", pointer="/until")
    standing, new = case.user.rules.ban, personal_rules.Ban(case.actor, case.now, command.reason, command.until)
    if standing is not None and (standing.reason, standing.until) == (new.reason, new.until):
        new = standing
    return decided(case, replace(without_expired(case), ban=new, floor=None, waiting=None), withholding=EVERYTHING)


def unban(case: Case, _: Unban) -> UserDecision:
    return decided(case, replace(without_expired(case), ban=None), is_kept=False)


def let_in(case: Case, command: LetIn) -> UserDecision:
    waiting, rules = case.user.rules.waiting, without_expired(case)
    is_kept_out = waiting is not None or rules.removed_at is not None
    if not is_kept_out and not case.user.is_known:
        return Refusal("attendee-not-found", "This user does not wait in the lobby.")
    if not is_kept_out or (waiting is None and not command.admit):
        return decided(case, rules, is_kept=False)
    if waiting is not None and not command.admit:
        declined = replace(waiting, declined_at=waiting.declined_at or case.now)
        return decided(case, replace(rules, waiting=declined), is_kept=False)
    return decided(case, admitted(rules), is_newcomer=not case.user.present, is_kept=False)


def leave_lobby(case: Case, _: LeaveLobby) -> UserDecision:
    """Ends the wait. Its record stays, so that an attendee of theirs in the meeting stays held."""
    waiting = case.user.rules.waiting
    if waiting is None:
        return Refusal("attendee-not-found", "This user does not wait in the lobby.")
    if not waiting.is_open:
        return Unchanged(case.effective())
    return decided(case, replace(without_expired(case), waiting=replace(waiting, left=True)), is_kept=False)


def admitted(rules: UserRules) -> UserRules:
    """The rules of an admitted user, with the stored role. Everything is granted if nothing was granted yet."""
    grant = EVERYTHING if rules.grant is None else rules.grant
    return replace(rules, waiting=None, removed_at=None, admitted=True, grant=grant)


def grant_floor(case: Case, command: GrantFloor) -> UserDecision:
    """Grants the floor. It overrides mute-alls, the mode and the user's own mute, but no other rule about the user
    alone.
    """
    media = tuple(m for m in Medium if m in command.media)
    meeting_rules = case.meeting.rules
    if command.exclusive:
        meeting_rules = meeting_rules.with_floor_generation(media, case.change_id)
    floor = personal_rules.Floor(
        media=media,
        generations=tuple(meeting_rules.floor_generation(m) for m in media),
        actor=case.actor,
        since=case.now,
        until=case.now + timedelta(seconds=command.seconds),
        reason=command.reason,
    )
    rules = replace(without_expired(case), floor=floor)
    case = replace(case, meeting=replace(case.meeting, rules=meeting_rules))
    asked = sending(media)
    standing = limits(case.meeting, replace(case.user, rules=rules), case.holds, case.now)
    against = tuple(x for x in standing if x.withholds & asked and x.liftable_by is not LiftableBy.SELF)
    return withheld(against, asked) or decided(case, rules, opening=asked)


def end_floor(case: Case, _: EndFloor) -> UserDecision:
    return decided(case, replace(without_expired(case), floor=None))
