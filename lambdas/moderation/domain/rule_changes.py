"""The effect of a change on the rules: how it is reverted, and whether it still holds."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast

from .capability import (
    EVERYTHING,
    NOTHING,
    Capabilities,
    Medium,
    MuteAll,
    Restriction,
    added,
    from_words,
    in_force,
    sending,
)
from .change import (
    NOBODY,
    OF_ONE_VALUE,
    PLAIN,
    SPARES,
    AttendeeChange,
    Change,
    MeetingChange,
    Rules,
    Values,
    author_of,
    changed,
    is_set_again,
    values,
)
from .meeting import MeetingRules, UserRules
from .personal_rules import Ban, Floor


def reverted(change: Change, rules: Rules, moment: datetime) -> Rules:
    """The current rules without the effect of the change. Effects of other changes stay, and rules that have ended by
    `moment` are not restored.
    """
    if change.command == "expire":
        return rules
    if isinstance(change, AttendeeChange) and isinstance(rules, UserRules):
        asked = None if rules.asked is not None and rules.asked.change_id == change.id else rules.asked
        return replace(_reverted(change.rules_before, change.rules_after, rules, moment), asked=asked)
    if isinstance(change, MeetingChange) and isinstance(rules, MeetingRules):
        restored = _reverted(change.rules_before, change.rules_after, rules, moment)
        return replace(restored, floor_generations=_generations_reverted(change, rules))
    return rules


def _reverted(replaced: Rules | None, made: Rules | None, rules: Rules, moment: datetime) -> Rules:
    if replaced is None or made is None:
        return rules
    current, authors = dict(values(rules)), dict(rules.authors)
    before, after = values(replaced), values(made)
    for name in {**before, **after}:
        old, new = before.get(name), after.get(name)
        if old == new and author_of(name, replaced) == author_of(name, made):
            continue
        stands, is_over = current.get(name), _is_over(current.get(name), moment)
        is_as_made = (None if is_over else stands) == (None if _is_over(new, moment) else new)
        if is_as_made and (is_over or not is_set_again(name, made, rules)):
            current[name] = None if _is_over(old, moment) else old
            authors[name] = author_of(name, replaced) or NOBODY
    return replace(_with_values(rules, current), authors=authors)


def _with_values(rules: Rules, new: Values) -> Rules:
    """The rules with these values."""
    if isinstance(rules, UserRules):
        given = NOTHING
        for value in new.values():
            given |= value if isinstance(value, Capabilities) else NOTHING
        return replace(
            rules,
            **{name: new[name] for name in OF_ONE_VALUE},
            restrictions=added((), (value for value in new.values() if isinstance(value, Restriction))),
            given=given,
            spares=frozenset(value for name, value in new.items() if name.startswith(SPARES) and value is not None),
        )
    mute_alls = (value for value in new.values() if isinstance(value, MuteAll))
    in_order = tuple(sorted(mute_alls, key=lambda mute_all: mute_all.medium))
    return replace(rules, **{name: new[name] for name in PLAIN}, mute_alls=in_order)


def _generations_reverted(change: MeetingChange, rules: MeetingRules) -> tuple[str, str, str]:
    replaced, made = change.rules_before, change.rules_after
    if replaced is None or made is None:
        return rules.floor_generations
    audio, video, content = (
        replaced.floor_generation(m)
        if rules.floor_generation(m) == made.floor_generation(m)
        else rules.floor_generation(m)
        for m in Medium
    )
    return audio, video, content


def _is_over(value: Any, moment: datetime) -> bool:
    return isinstance(value, Restriction | MuteAll | Floor | Ban) and not value.holds_at(moment)


RULE_OF_COMMAND = {
    "set-role": "role",
    "hold": "hold",
    "release": "hold",
    "ban": "ban",
    "unban": "ban",
    "grant-floor": "floor",
    "end-floor": "floor",
}
"""Command → the rule of one value that it sets, whether or not it changed it."""


def _rule_of(change: Change) -> str | None:
    """The rule of one value that the change sets. A removal sets the ban if it bans."""
    return "ban" if change.command == "remove" and change.parameters.get("ban") else RULE_OF_COMMAND.get(change.command)


def _still_has(change: AttendeeChange, name: str, rules: UserRules, moment: datetime) -> bool:
    """Whether the rule still has the value that the change gave it, or has ended since because its time had passed."""
    value = getattr(change.rules_after, name)
    is_as_it_was = value == getattr(change.rules_before, name) and _rule_of(change) != name
    if is_as_it_was or value == getattr(rules, name):
        return True
    return isinstance(value, Floor | Ban) and not value.holds_at(moment)


def named(change: Change) -> Capabilities:
    """The capabilities that a command on one user named, whether or not it changed them."""
    if change.command in ("mute", "unmute"):
        return sending(Medium(word) for word in cast("Sequence[str]", change.parameters.get("media", ())))
    words = _words_of(change) if change.command == "set-capabilities" else {}
    return from_words(dict.fromkeys(words, "SendReceive"))


def withholding(change: Change) -> Capabilities:
    """The capabilities that the command withholds, whether or not the user had them."""
    match change.command:
        case "mute":
            return named(change)
        case "set-capabilities":
            return named(change) & ~from_words(_words_of(change))
        case "hold" | "ban" | "remove":
            return EVERYTHING
    return NOTHING


def _words_of(change: Change) -> dict[str, str]:
    """The words of the media that a `set-capabilities` names."""
    return {medium.value: str(change.parameters[medium]) for medium in Medium if medium in change.parameters}


def _is_still_withheld(change: AttendeeChange, made: UserRules, rules: UserRules, moment: datetime) -> bool:
    """Whether what the change withheld is still withheld, and what it gave is not, even if the rules were the same
    before.
    """
    then = {r.key for r in in_force(made.restrictions, moment)}
    today = {r.key for r in in_force(rules.restrictions, moment)}
    for bit in named(change):
        keys = {key for key in then if key[0] == bit.value}
        found = {key for key in today if key[0] == bit.value}
        if not keys <= found or (found and not keys and bit not in withholding(change)):
            return False
    return True


def is_in_effect(change: Change, rules: UserRules | MeetingRules, moment: datetime) -> bool:
    """Whether the effect of the change is still in the rules, whatever else has changed since. `moment`: when the rules
    are evaluated (`MeetingRules.moment`).

    A restriction that ended by itself was not overruled by a command, and one that had ended before was not lifted.
    """
    if isinstance(change, AttendeeChange) and isinstance(rules, UserRules):
        return _is_in_user_rules(change, rules, moment)
    if isinstance(change, MeetingChange) and isinstance(rules, MeetingRules):
        return _is_in_meeting_rules(change, rules, moment)
    return True


def _is_set_anew(replaced: Rules, made: Rules, rules: Rules, moment: datetime, then: datetime) -> bool:
    """Whether a later change set any of the rules that a change made, if only to the same value. A new rule that has
    ended by itself does not count, nor an old one that had ended by `then`, the time of the change.
    """
    return any(
        is_set_again(name, made, rules)
        for name, old, new in changed(replaced, made)
        if not _is_over(new, moment) and not (new is None and _is_over(old, then))
    )


def _is_in_user_rules(change: AttendeeChange, rules: UserRules, moment: datetime) -> bool:
    replaced, made = change.rules_before, change.rules_after
    if replaced is None or made is None:
        return True
    new = set(in_force(made.restrictions, moment)) - set(replaced.restrictions)
    had = in_force(replaced.restrictions, change.committed_at)
    taken = {r.key for r in had} - {r.key for r in made.restrictions}
    return (
        new <= set(rules.restrictions)
        and not taken & {r.key for r in rules.restrictions}
        and _is_still_withheld(change, made, rules, moment)
        and all(_still_has(change, name, rules, moment) for name in OF_ONE_VALUE)
        and made.given & ~replaced.given in rules.given
        and made.spares - replaced.spares <= rules.spares
        and not _is_set_anew(replaced, made, rules, moment, change.committed_at)
    )


def _is_in_meeting_rules(change: MeetingChange, rules: MeetingRules, moment: datetime) -> bool:
    replaced, made = change.rules_before, change.rules_after
    if replaced is None or made is None:
        return True
    if made == replaced:
        return rules == made  # repeated because Chime had not accepted it yet
    settings = [name for name in PLAIN if getattr(made, name) != getattr(replaced, name)]
    silenced = {m.id for m in made.mute_alls if m.holds_at(moment)} - {m.id for m in replaced.mute_alls}
    then = replaced.moment(change.committed_at)
    lifted = {m.medium for m in replaced.mute_alls if m.holds_at(then)} - {m.medium for m in made.mute_alls}
    renewed = [
        m for m in Medium if change.user_id is not None and made.floor_generation(m) != replaced.floor_generation(m)
    ]
    return (
        all(getattr(rules, name) == getattr(made, name) for name in settings)
        and all(rules.floor_generation(m) == made.floor_generation(m) for m in renewed)
        and silenced <= {m.id for m in rules.mute_alls}
        and not lifted & {m.medium for m in rules.mute_alls}
        and not _is_set_anew(replaced, made, rules, moment, then)
    )


def has_exclusive_floor(change: Change, rules: UserRules, moment: datetime) -> bool:
    """Whether the user still has the exclusive floor for all its media. A floor that ended by itself was
    not overruled; a later floor of the user overrules it, although it belongs to the same generation.
    """
    seconds = change.parameters.get("durationSeconds")
    if isinstance(seconds, int) and change.committed_at + timedelta(seconds=seconds) <= moment:
        return True
    if author_of("floor", rules) not in (None, change.id):
        return False
    floor, media = rules.floor, cast("Sequence[str]", change.parameters.get("media", ()))
    return floor is not None and set(floor.generations) == {f"{change.id}/{medium}" for medium in media}


def is_bound_again(change: Change, rules: MeetingRules) -> bool:
    """Whether a later mute-all silences a user that the change exempted from the earlier one."""
    if not isinstance(change, AttendeeChange) or change.rules_before is None or change.rules_after is None:
        return False
    replaced, made = change.rules_before, change.rules_after
    there = {m.id for m in rules.mute_alls}
    lost = {spare.rpartition("/")[2] for spare in made.spares - replaced.spares - there}
    return bool(lost & {m.medium.value for m in rules.mute_alls})
