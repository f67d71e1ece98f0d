"""Decides commands on the whole meeting: mute-all, mode, freeze, settings. Pure."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import combinations, product
from typing import cast

from ..actor import Actor, ActorKind
from ..capability import NOTHING, Capabilities, Medium, MuteAll, MuteAlls, binds_less, mute_alls_in_force, sending
from ..change import Change, MeetingChange, with_author, without_ended
from ..commands import Command, End, MuteEverybody, SetMeeting, Undo, UnmuteEverybody, is_undoable
from ..effective import Holds, effective
from ..meeting import Attendee, Meeting, MeetingRules, User, UserRules
from ..personal_rules import Floor, Waiting
from ..rule_changes import is_in_effect, reverted
from .decision import NOT_UNDOABLE, Accepted, Refusal, Unchanged, frozen

SINCE = datetime.min.replace(tzinfo=UTC)
NOBODY = Actor(ActorKind.CLOCK, "")
"""Stands for the host who gave a floor: what the floor gives does not depend on them."""


@dataclass(frozen=True, slots=True)
class MeetingCase:
    """Everything that a decision about the whole meeting rests on.

    `untouchable`: roles whose users the caller may not mute one by one, so that a mute-all spares them. `spared`: the
    users of the attendees that the command excepts. `change_id`: the id that the change will have.
    """

    meeting: Meeting
    actor: Actor
    holds: Holds
    roles: Collection[str]
    now: datetime
    change_id: str
    untouchable: frozenset[str] = frozenset()
    spared: frozenset[str] = frozenset()
    undone: Change | None = None
    """The change that an `Undo` names."""

    _gained: dict[MeetingRules, Capabilities] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def standing(self) -> MuteAlls:
        """The mute-alls in force."""
        return mute_alls_in_force(self.meeting.rules.mute_alls, self.meeting.rules.moment(self.now))

    def gained_by(self, rules: MeetingRules) -> Capabilities:
        """The capabilities that any user may get by these rules and could not get before. Derived once for the same
        rules.
        """
        if rules not in self._gained:
            begun = {mute_all_id(self.change_id, medium) for medium in Medium}
            may_spare = frozenset(m.id for m in rules.mute_alls) - begun
            self._gained[rules] = gained(self.meeting, rules, self.holds, self.roles, self.now, may_spare)
        return self._gained[rules]


MeetingDecision = Accepted[MeetingRules] | Unchanged | Refusal


def decide(case: MeetingCase, command: Command) -> MeetingDecision:
    match command:
        case MuteEverybody():
            rules = _muted(case, command)
        case UnmuteEverybody():
            rules = _unmuted(case, command)
        case SetMeeting():
            rules = _set(case, command)
        case Undo():
            if not _can_be_undone(case) or (rules := _restored(case)) == case.meeting.rules:
                return NOT_UNDOABLE
        case End():
            return Accepted(case.meeting.rules)
        case _:
            raise ValueError(f"`{command.name}` is not decided on a meeting")
    if rules == case.meeting.rules:
        return Unchanged()
    gained = case.gained_by(rules) | _floors_restored(case, rules)
    if rules.frozen_at is not None and gained:
        return frozen(gained)
    current = without_ended(replace(case.meeting.rules, mute_alls=case.standing), case.meeting.rules)
    return Accepted(with_author(case.change_id, rules, current), gained=gained)


def _muted(case: MeetingCase, command: MuteEverybody) -> MeetingRules:
    """The rules with the mute-all. It is always a new one, so it also binds users who were spared by an equal one
    meanwhile.
    """
    until = case.now + timedelta(seconds=command.seconds) if command.seconds is not None else None
    new = tuple(
        MuteAll(
            id=mute_all_id(case.change_id, medium),
            medium=medium,
            liftable_by=command.liftable_by,
            actor=case.actor,
            since=case.now,
            reason=command.reason,
            until=until,
            spared_roles=frozenset(command.spared_roles) | case.untouchable,
            spared_users=frozenset(command.spared_users) | case.spared,
        )
        for medium in Medium
        if medium in command.media
    )
    others = (m for m in case.standing if m.medium not in command.media)
    mute_alls = tuple(sorted((*others, *new), key=lambda m: m.medium))
    return replace(case.meeting.rules, mute_alls=mute_alls).with_floor_generation(command.media, case.change_id)


def mute_all_id(change_id: str, medium: Medium) -> str:
    """The id of the mute-all that a change begins. No user is spared from it one by one before the change is stored."""
    return f"{change_id}/{medium.value}"


def _unmuted(case: MeetingCase, command: UnmuteEverybody) -> MeetingRules:
    left = tuple(m for m in case.standing if m.medium not in command.media)
    if len(left) == len(case.standing):
        return case.meeting.rules
    return replace(case.meeting.rules, mute_alls=left)


def _set(case: MeetingCase, command: SetMeeting) -> MeetingRules:
    rules = case.meeting.rules
    frozen_at = rules.frozen_at
    if command.frozen is not None:
        frozen_at = (frozen_at or case.now) if command.frozen else None
    return replace(
        rules,
        mode=rules.mode if command.mode is None else command.mode,
        default_role=rules.default_role if command.default_role is None else command.default_role,
        unmute_consent=rules.unmute_consent if command.unmute_consent is None else command.unmute_consent,
        lobby=rules.lobby if command.lobby is None else command.lobby,
        frozen_at=frozen_at,
    )


def _can_be_undone(case: MeetingCase) -> bool:
    """Whether the change is undoable and still in effect."""
    change = case.undone
    if not isinstance(change, MeetingChange) or not is_undoable(change.command):
        return False
    if change.rules_after == change.rules_before:
        return False
    return is_in_effect(change, case.meeting.rules, case.meeting.rules.moment(case.now))


def _restored(case: MeetingCase) -> MeetingRules:
    """The rules without the undone change. A mute-all that comes back spares users that the caller may not mute."""
    was = case.meeting.rules
    rules = reverted(cast("Change", case.undone), was, was.moment(case.now))
    mute_alls = tuple(
        m if m in was.mute_alls else replace(m, spared_roles=m.spared_roles | case.untouchable) for m in rules.mute_alls
    )
    return replace(rules, mute_alls=mute_alls)


def _floors_restored(case: MeetingCase, rules: MeetingRules) -> Capabilities:
    """What the floors give that go on because the change that ended them is undone."""
    if case.undone is None:
        return NOTHING
    was = case.meeting.rules
    return sending(m for m in Medium if rules.floor_generation(m) != was.floor_generation(m))


def gained(
    was: Meeting,
    new: MeetingRules,
    holds: Holds,
    roles: Collection[str],
    now: datetime,
    may_spare: frozenset[str],
) -> Capabilities:
    """The capabilities that any user could get by the new rules and not by the old ones, in any role.

    `may_spare`: the new rules' mute-alls from which users may have been spared one by one. Both are evaluated at the
    same moment, so that the end of a rule's time is no gain.
    """
    moment = was.rules.moment(now)
    old, then = (replace(was, rules=replace(rules, frozen_at=moment)) for rules in (was.rules, new))
    more = NOTHING
    for user in _kinds({*was.rules.mute_alls, *new.mute_alls}, roles, may_spare, _floors(was.rules, new)):
        more |= effective(then, user, holds, moment) & ~effective(old, user, holds, moment)
    return more


def _kinds(
    mute_alls: Collection[MuteAll], roles: Collection[str], may_spare: frozenset[str], floors: Collection[Floor | None]
) -> Iterator[User]:
    """One user of each kind that the meeting's rules distinguish: by role, by the mute-alls from which they are spared,
    by floor, in the lobby or not, silent until they consent or not.

    All other rules of their own can only make their gain smaller. So can a mute-all, for a user in the lobby and for
    one who must consent.
    """
    named = {user_id for mute_all in mute_alls for user_id in mute_all.spared_users}
    alike = {frozenset(m.id for m in mute_alls if user_id in m.spared_users): user_id for user_id in sorted(named)}
    for role in (None, *roles):
        for spares, floor, user_id in product(_subsets(may_spare), floors, ("", *alike.values())):
            yield User(user_id, UserRules(role=role, spares=spares, floor=floor))
        unmuted = UserRules(role=role, spares=may_spare)
        yield User("", replace(unmuted, waiting=Waiting(SINCE)))
        yield User("", unmuted, {"": Attendee("")})


def _subsets(ids: Collection[str]) -> Iterator[frozenset[str]]:
    for count in range(len(ids) + 1):
        yield from map(frozenset, combinations(sorted(ids), count))


def _floors(was: MeetingRules, new: MeetingRules) -> Collection[Floor | None]:
    """The floors to be looked at, those that go on. Only another mode or role can give more to who has one.

    Screen sharing needs video, so each may gain by the floor or without it.
    """
    if (was.mode, was.default_role) == (new.mode, new.default_role):
        return (None,)
    lasting = [m for m in Medium if was.floor_generation(m) == new.floor_generation(m)]
    media = ((Medium.VIDEO,), (Medium.CONTENT,), tuple(Medium))
    return (None, *(_floor([m for m in some if m in lasting], new) for some in media))


def _floor(media: Collection[Medium], rules: MeetingRules) -> Floor:
    generations = tuple(rules.floor_generation(m) for m in media)
    return Floor(tuple(media), generations, NOBODY, SINCE, datetime.max.replace(tzinfo=UTC))


def meeting_widens_access(case: MeetingCase, rules: MeetingRules) -> bool:
    """Whether the new rules may give somebody more.

    To unfreeze does: rules whose end was due meanwhile end then. So does the end of a mute-all, a mute-all that binds
    less than the one it replaces, and the undo of a change that ended floors.
    """
    was, new = case.meeting.rules, {m.medium: m for m in rules.mute_alls}
    if any(m.medium not in new or binds_less(new[m.medium], m) for m in case.standing):
        return True
    if _floors_restored(case, rules):
        return True
    thaws = was.frozen_at is not None and rules.frozen_at is None
    return thaws or bool(case.gained_by(rules))


def meeting_lifted_since(case: MeetingCase, rules: MeetingRules) -> Iterator[datetime]:
    """Since when each of the meeting's rules has been in force that the new rules replace."""
    was, meeting = case.meeting.rules, case.meeting
    yield from (m.since for m in case.standing if m not in rules.mute_alls)
    if was.frozen_at is not None and rules.frozen_at is None:
        yield meeting.frozen_since or was.frozen_at
    if was.mode != rules.mode and meeting.mode_since is not None:
        yield meeting.mode_since
