"""From a case and a command to a decision. Pure: time, policies and ids come in as arguments."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, overload

from ..actor import ActorKind
from ..capability import NOTHING, Capabilities
from ..change import Change, is_in_effect, reverted
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
from ..effects import effects
from ..meeting import UserRules, next_end, role_of
from . import media, meeting
from . import users as people
from .decision import (
    NOT_UNDOABLE,
    Accepted,
    Case,
    Unchanged,
    UserDecision,
    asking,
    decided,
    expired,
    is_asked,
    leaving,
)
from .meeting import MeetingCase, MeetingDecision


@overload
def decide(case: Case, command: Command) -> UserDecision: ...
@overload
def decide(case: MeetingCase, command: Command) -> MeetingDecision: ...
def decide(case: Case | MeetingCase, command: Command) -> UserDecision | MeetingDecision:
    """Rests on the preconditions: that the command is permitted, and that the meeting has not ended."""
    if isinstance(case, MeetingCase):
        return meeting.decide(case, command)
    return _DECISIONS[type(command)](case, command)


def _bind(case: Case, _: Bind) -> UserDecision:
    """The rules stay; what Chime holds otherwise is updated. Also while frozen: newcomers get what the rules give."""
    rules = asking(case, case.user.rules, Capabilities.SEND_AUDIO)
    has = case.effective(rules)
    if rules == case.user.rules and not leaving(case, rules) and all(s.has(has) for s in case.user.present):
        return Unchanged(has)
    return Accepted(rules, has, has, effects(has, has, NOTHING, case.user.present), is_asked(case, rules))


def _undo(case: Case, _: Undo) -> UserDecision:
    """What would have ended by now is not brought back, and neither is a seat that was taken away."""
    change, rules = case.undone, case.user.rules
    if change is None or not is_undoable(change.command) or change.actor.kind in (ActorKind.CLOCK, ActorKind.CHIME):
        return NOT_UNDOABLE
    if change.rules_after == change.rules_before or (change.command == Remove.name and _has_removed(change)):
        return NOT_UNDOABLE
    restored = expired(replace(case, user=replace(case.user, rules=reverted(change, rules, case.moment))))
    if isinstance(change.rules_before, UserRules) and _is_demoted(case, restored):
        restored = people.without_personal_grants(restored, change.rules_before)
    if restored == expired(case) or not is_in_effect(change, rules, case.now):
        return NOT_UNDOABLE
    return decided(case, restored)


def _is_demoted(case: Case, rules: UserRules) -> bool:
    old, new = (role_of(replace(case.user, rules=each), case.meeting) for each in (case.user.rules, rules))
    return people.is_demotion(case.ranking, old, new)


def _has_removed(change: Change) -> bool:
    made, replaced = change.rules_after, change.rules_before
    return isinstance(made, UserRules) and isinstance(replaced, UserRules) and made.removed != replaced.removed


def _expire(case: Case, _: Expire) -> UserDecision:
    """What has ended is dropped. `before` is the last moment when it was in force."""
    rules = expired(case)
    if rules == case.user.rules:
        return Unchanged(case.effective())
    last = replace(case, now=(next_end(case.user.rules) or case.now) - timedelta(milliseconds=1))
    before, freed = last.effective(), last.effective(consented=True)
    rules = asking(case, rules, NOTHING if Capabilities.SEND_AUDIO in freed else Capabilities.SEND_AUDIO)
    after, seats = case.effective(rules), case.user.present
    shown = effects(before, after, seats=seats) if seats else ()
    return Accepted(rules, before, after, shown, is_asked(case, rules))


_DECISIONS: Mapping[type, Callable[[Case, Any], UserDecision]] = {
    Mute: media.mute,
    Unmute: media.unmute,
    SetCapabilities: media.set_capabilities,
    Bind: _bind,
    Hold: people.hold,
    Release: people.release,
    SetRole: people.set_role,
    Remove: people.remove,
    Ban: people.ban,
    Unban: people.unban,
    LetIn: people.let_in,
    LeaveLobby: people.leave_lobby,
    GrantFloor: people.grant_floor,
    EndFloor: people.end_floor,
    Undo: _undo,
    Expire: _expire,
}
