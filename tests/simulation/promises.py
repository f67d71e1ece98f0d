"""What a command promises: the rules of a user after the answer `applied` or `unchanged`."""

from datetime import datetime, timedelta

from moderation.domain.capability import NOTHING, Capabilities, LiftableBy, Medium, Origin, sending, whole
from moderation.domain.change import Change
from moderation.domain.commands import (
    Ban,
    Command,
    EndFloor,
    GrantFloor,
    Hold,
    Mute,
    Release,
    Remove,
    SetCapabilities,
    SetRole,
    Unban,
    Unmute,
)
from moderation.domain.meeting import UserRules


def kept(command: Command, rules: UserRules, *, oneself: bool, by_moderator: bool) -> bool:
    match command:
        case Mute():
            origin = Origin.SELF if oneself else Origin.HOST
            return sending(command.media) in _withheld(rules, origin)
        case Unmute():
            standing = [r for r in rules.restrictions if by_moderator or r.liftable_by is LiftableBy.SELF]
            return not any(r.withholds in sending(command.media) & ~_waiting(rules, oneself) for r in standing)
        case SetCapabilities():
            return _set(command, rules, _waiting(rules, oneself))
        case SetRole(role):
            return rules.role == role
        case Hold() | Release():
            return (rules.hold is not None) is isinstance(command, Hold)
        case Ban() | Remove(ban=True) | Unban():
            return (rules.ban is None) is isinstance(command, Unban)
        case GrantFloor(media=media):
            return rules.floor is not None and set(rules.floor.media) == set(media)
        case EndFloor():
            return rules.floor is None
        case _:
            return True


def is_over(command: Command, since: datetime, now: datetime) -> bool:
    """Whether the promise was for a time that has passed."""
    if isinstance(command, Ban | Remove):
        return command.until is not None and command.until <= now
    seconds = command.seconds if isinstance(command, Mute | GrantFloor) else None
    return seconds is not None and since + timedelta(seconds=seconds) <= now


def opens_audio(command: Command) -> bool:
    match command:
        case Unmute(media=media) | GrantFloor(media=media):
            return Medium.AUDIO in media
        case SetCapabilities(wanted=wanted):
            return Capabilities.SEND_AUDIO in wanted.get(Medium.AUDIO, NOTHING)
    return False


def _waiting(rules: UserRules, oneself: bool) -> Capabilities:
    """Capabilities that wait for the answer to a request and are not promised before: then the answer is not `applied`
    (`Monitor._says_who_is_asked`).
    """
    return sending([Medium.AUDIO]) if rules.asked is not None and not oneself else NOTHING


def _set(command: SetCapabilities, rules: UserRules, waiting: Capabilities) -> bool:
    named = asked = NOTHING
    for medium, bits in command.wanted.items():
        named |= whole(medium)
        asked |= bits
    withheld = _withheld(rules, Origin.SELF) | _withheld(rules, Origin.HOST)
    given = asked & ~waiting
    return not given & withheld and (named & ~asked) in _withheld(rules, Origin.HOST) and given in rules.granted


def _withheld(rules: UserRules, origin: Origin) -> Capabilities:
    bits = NOTHING
    for restriction in rules.restrictions:
        if restriction.origin is origin:
            bits |= restriction.withholds
    return bits


def is_a_question(change: Change) -> bool:
    """Whether the change asks a user because of a change of the whole meeting. It begins with the request: a command on
    the user would have made it.
    """
    before = change.rules_before
    return isinstance(before, UserRules) and before.asked is not None and before.asked.change_id == change.id
