"""From a case and a command on the whole meeting to a decision: mute-all, mode, freeze, settings. Pure."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import cast

from ..actor import Actor
from ..capability import NOTHING, Capabilities, Medium
from ..change import Change, is_in_effect, meeting_reverted
from ..commands import Command, End, MuteEverybody, SetMeeting, Undo, UnmuteEverybody, is_undoable
from ..effective import Holds, effective
from ..meeting import Meeting, MeetingRules, Seat, User, UserRules
from ..mute_all import MuteAll, MuteAlls, in_force
from ..personal_rules import Waiting
from .decision import NOT_UNDOABLE, Accepted, Refusal, Unchanged, frozen

SINCE = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class MeetingCase:
    """What a command on the whole meeting is decided from.

    `untouchable`: roles whose users the caller may not mute one by one, so that a mute-all spares them. `spared`: the
    users of the attendees that the command excepts. `change_id`: the id of the change, if it becomes one.
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
    """The change that an `Undo` is about."""

    _gained: dict[MeetingRules, Capabilities] = field(default_factory=dict, init=False, repr=False, compare=False)

    def gained_by(self, rules: MeetingRules) -> Capabilities:
        """What a user may get by these rules that they could not get before; derived once for the same rules."""
        if rules not in self._gained:
            self._gained[rules] = gained(self.meeting, rules, self.holds, self.roles, self.now)
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
    gained = case.gained_by(rules)
    if rules.frozen_at is not None and gained:
        return frozen(gained)
    return Accepted(rules, gained=gained)


def _muted(case: MeetingCase, command: MuteEverybody) -> MeetingRules:
    """Always new, even if it says the same: users who were spared meanwhile are bound again."""
    until = case.now + timedelta(seconds=command.seconds) if command.seconds is not None else None
    new = tuple(
        MuteAll(
            id=f"{case.change_id}/{medium.value}",
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
    others = (m for m in _standing(case) if m.medium not in command.media)
    mute_alls = tuple(sorted((*others, *new), key=lambda m: m.medium))
    return replace(case.meeting.rules, mute_alls=mute_alls).with_floor_generation(command.media, case.change_id)


def _unmuted(case: MeetingCase, command: UnmuteEverybody) -> MeetingRules:
    left = tuple(m for m in _standing(case) if m.medium not in command.media)
    if len(left) == len(_standing(case)):
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
    if change is None or change.rules_after == change.rules_before or not is_undoable(change.command):
        return False
    return is_in_effect(change, case.meeting.rules, case.now)


def _restored(case: MeetingCase) -> MeetingRules:
    """A mute-all that comes back spares users that the caller may not mute."""
    was = case.meeting.rules
    rules = meeting_reverted(cast("Change", case.undone), was, was.moment(case.now))
    bound = (replace(m, spared_roles=m.spared_roles | case.untouchable) for m in rules.mute_alls)
    mute_alls = tuple(m if m in was.mute_alls else new for m, new in zip(rules.mute_alls, bound, strict=True))
    return replace(rules, mute_alls=mute_alls)


def _standing(case: MeetingCase) -> MuteAlls:
    return in_force(case.meeting.rules.mute_alls, case.meeting.rules.moment(case.now))


def gained(was: Meeting, new: MeetingRules, holds: Holds, roles: Collection[str], now: datetime) -> Capabilities:
    """What a user could get by the new rules and not by the old, in any role and spared by any mute-all.

    Both are read at the same moment, so that what ends by itself is no gain.
    """
    moment = was.rules.moment(now)
    old, then = (replace(was, rules=replace(rules, frozen_at=moment)) for rules in (was.rules, new))
    more = NOTHING
    for user in _kinds({*was.rules.mute_alls, *new.mute_alls}, roles):
        more |= effective(then, user, holds, moment) & ~effective(old, user, holds, moment)
    return more


def _kinds(mute_alls: Collection[MuteAll], roles: Collection[str]) -> Iterator[User]:
    """One user of each kind as far as the meeting's rules tell them apart: by role, by which mute-alls spare them by
    name, held in the lobby or not, silent until they consent or not. What a user's own rules withhold besides only
    makes their gain smaller.
    """
    named = {user_id for mute_all in mute_alls for user_id in mute_all.spared_users}
    alike = {frozenset(m.id for m in mute_alls if user_id in m.spared_users): user_id for user_id in sorted(named)}
    for user_id in ("", *alike.values()):
        for role in (None, *roles):
            yield User(user_id, UserRules(role=role))
    for role in (None, *roles):
        yield User("", UserRules(role=role, waiting=Waiting(SINCE)))
        yield User("", UserRules(role=role), {"": Seat("", NOTHING)})
