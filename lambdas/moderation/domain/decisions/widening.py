"""What new rules lift or loosen, be it only later on: commands that were long on their way must not."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from ..meeting import MeetingRules, UserRules, binding_mute_alls
from ..mute_all import MuteAlls, in_force
from ..personal_rules import Ban
from ..restriction import Restrictions, binds_less
from .decision import Case, expired
from .meeting import MeetingCase
from .users import is_demotion


def widens_access(case: Case, rules: UserRules) -> bool:
    """Compared with what is in force now: what has ended by itself is not given by the command."""
    was, ban = expired(case), rules.ban
    return (
        any(_loosened_since(was.restrictions, rules.restrictions))
        or is_demotion(case.ranking, _role(case, rules), _role(case, was))
        or bool(rules.given & ~was.given)
        or not rules.spares <= was.spares
        or (rules.floor is not None and rules.floor != was.floor)
        or (was.hold is not None and rules.hold is None)
        or (was.waiting is not None and rules.waiting is None and ban is None)
        or (was.removed_at is not None and rules.removed_at is None)
        or (was.ban is not None and (ban is None or _ends_sooner(ban, was.ban)))
    )


def lifted_since(case: Case, rules: UserRules) -> Iterator[datetime]:
    """Since when each of the rules holds that the new ones lift or loosen, the meeting's among them."""
    was, meeting = expired(case), case.meeting
    yield from _loosened_since(was.restrictions, rules.restrictions)
    if was.hold is not None and rules.hold is None:
        yield was.hold.since
    if was.waiting is not None and rules.waiting is None:
        yield was.waiting.since
    if was.ban is not None and (rules.ban is None or _ends_sooner(rules.ban, was.ban)):
        yield was.ban.since
    then = replace(case.user, rules=rules)
    bound, left = (binding_mute_alls(user, meeting, case.now) for user in (case.user, then))
    yield from (mute_all.since for mute_all in bound if mute_all not in left)
    if rules.floor is not None and rules.floor != was.floor and meeting.mode_since is not None:
        yield meeting.mode_since


def meeting_widens_access(case: MeetingCase, rules: MeetingRules) -> bool:
    """Thawing does: what would have ended meanwhile ends then. So does, in its time, the end of a mute-all or one that
    binds less than the one whose place it takes, and the undoing of what ended floors.
    """
    was, new = case.meeting.rules, {m.medium: m for m in rules.mute_alls}
    if any(m.medium not in new or binds_less(new[m.medium], m) for m in _standing(case)):
        return True
    if case.undone is not None and rules.turns != was.turns:
        return True
    thaws = was.frozen_at is not None and rules.frozen_at is None
    return thaws or bool(case.gained_by(rules))


def meeting_lifted_since(case: MeetingCase, rules: MeetingRules) -> Iterator[datetime]:
    """Since when each of the meeting's rules holds whose place the new ones take."""
    was, meeting = case.meeting.rules, case.meeting
    yield from (m.since for m in _standing(case) if m not in rules.mute_alls)
    if was.frozen_at is not None and rules.frozen_at is None:
        yield meeting.frozen_since or was.frozen_at
    if was.mode != rules.mode and meeting.mode_since is not None:
        yield meeting.mode_since


def _loosened_since(was: Restrictions, new: Restrictions) -> Iterator[datetime]:
    there = {r.key: r for r in new}
    return (r.since for r in was if r.key not in there or binds_less(there[r.key], r))


def _standing(case: MeetingCase) -> MuteAlls:
    rules = case.meeting.rules
    return in_force(rules.mute_alls, rules.moment(case.now))


def _role(case: Case, rules: UserRules) -> str:
    return rules.role or case.meeting.rules.default_role


def _ends_sooner(new: Ban, old: Ban) -> bool:
    return new.until is not None and (old.until is None or new.until < old.until)
