"""What holds of every decision on every person, whatever was decided before."""

from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st
from moderation.domain.capability import (
    NOTHING,
    Capabilities,
    LiftableBy,
    Medium,
    Origin,
    Restriction,
    Restrictions,
    coherent,
    in_force,
    sending,
    withheld,
)
from moderation.domain.change import AttendeeChange, Change
from moderation.domain.commands import Mute, SetCapabilities, Unmute, UserCommand
from moderation.domain.decisions.decide import decide
from moderation.domain.decisions.decision import Accepted, Case, Refusal, Unchanged, UserDecision
from moderation.domain.effective import limits
from moderation.domain.meeting import User, UserRules
from moderation.domain.rule_changes import is_in_effect

from tests.unit.domain.cases import ALICE, BOB, NOW, has, settled

from .strategies import cases, commands, media, mutes, restrictions, unmutes, users


def after(meeting: Case, answer: UserDecision) -> Case:
    """The same person after the answer: only a decision moves rules."""
    rules = answer.rules if isinstance(answer, Accepted) else meeting.user.rules
    return replace(meeting, user=replace(meeting.user, rules=rules))


def by_host(meeting: Case) -> Case:
    return replace(meeting, actor=ALICE, by_moderator=True)


@given(cases, users, commands)
def test_a_decision_on_one_never_touches_another(meeting: Case, other: User, command: UserCommand) -> None:
    """Cases are values and share nothing: other users keep what they had."""
    beside = replace(meeting, user=replace(other, id="carol"))
    held, explained = has(beside), limits(beside.meeting, beside.user, beside.holds, NOW)
    decide(meeting, command)
    assert has(beside) == held
    assert limits(beside.meeting, beside.user, beside.holds, NOW) == explained


@given(cases)
def test_what_results_is_derived_and_chime_takes_it(meeting: Case) -> None:
    held = meeting.holds("participant", "open", False).capabilities
    withheld_now = withheld(in_force(meeting.user.rules.restrictions, NOW))
    assert has(meeting) == coherent(
        meeting.user.rules.granted & held & ~withheld_now & ~meeting.meeting.features.withheld
    )
    assert coherent(has(meeting)) == has(meeting)


@given(cases, commands)
def test_at_most_one_restriction_per_capability_and_origin(meeting: Case, command: UserCommand) -> None:
    rules = after(meeting, decide(meeting, command)).user.rules.restrictions
    keys = [r.key for r in rules]
    assert keys == sorted(set(keys))
    assert all(len(r.withholds) == 1 for r in rules)


@given(cases, commands, st.randoms(use_true_random=False))
def test_the_order_of_restrictions_never_matters(meeting: Case, command: UserCommand, chance: Random) -> None:
    shuffled = list(meeting.user.rules.restrictions)
    chance.shuffle(shuffled)
    rules = replace(meeting.user.rules, restrictions=tuple(shuffled))
    other = replace(meeting, user=replace(meeting.user, rules=rules))
    assert has(other) == has(meeting)
    one, two = decide(meeting, command), decide(other, command)
    if isinstance(one, Refusal) and isinstance(two, Refusal):
        assert set(one.limits) == set(two.limits)
        assert replace(one, limits=()) == replace(two, limits=())
    else:
        assert one == two


@given(cases, restrictions())
def test_more_restrictions_never_widen(meeting: Case, more: Restrictions) -> None:
    rules = replace(meeting.user.rules, restrictions=meeting.user.rules.restrictions + more)
    assert has(replace(meeting, user=replace(meeting.user, rules=rules))) in has(meeting)


@given(cases, commands)
def test_before_and_after_are_what_the_rules_say(meeting: Case, command: UserCommand) -> None:
    answer = decide(meeting, command)
    if isinstance(answer, Accepted):
        assert answer.before == has(meeting)
        assert answer.after == has(after(meeting, answer))
    if isinstance(answer, Unchanged):
        assert answer.capabilities == has(meeting)


@given(cases, commands)
def test_deciding_again_once_chime_has_it_changes_nothing(meeting: Case, command: UserCommand) -> None:
    answer = decide(meeting, command)
    if isinstance(answer, Accepted):
        assert isinstance(decide(settled(after(meeting, answer)), command), Unchanged)


@given(cases, media)
def test_unmute_after_mute_gives_back_exactly_what_there_was(meeting: Case, media: tuple[Medium, ...]) -> None:
    """If nothing else mutes the user. Otherwise the unmute lifts that as well, or the answer says that it cannot."""
    meeting = by_host(meeting)
    muted = after(meeting, decide(meeting, Mute(media)))
    answer = decide(muted, Unmute(media))
    if sending(media) in has(meeting):
        assert has(after(muted, answer)) == has(meeting)
        assert set(after(muted, answer).user.rules.restrictions) == set(in_force(meeting.user.rules.restrictions, NOW))
    elif isinstance(answer, Accepted):
        assert answer.after == has(meeting) | sending(media)
    else:
        assert isinstance(answer, Refusal)


@given(cases, media)
def test_a_mute_takes_nothing_but_send(meeting: Case, media: tuple[Medium, ...]) -> None:
    answer = decide(meeting, Mute(media))
    assert has(after(meeting, answer)) == has(meeting) & ~(NOTHING if isinstance(answer, Refusal) else sending(media))


@given(cases, unmutes)
def test_nobody_but_who_moderates_lifts_what_only_hosts_may_lift(meeting: Case, command: Unmute) -> None:
    meeting = replace(meeting, by_moderator=False)
    made = after(meeting, decide(meeting, command)).user.rules.restrictions
    assert locked(made) == locked(meeting.user.rules.restrictions)


def locked(restrictions: Restrictions) -> set[Restriction]:
    return {r for r in in_force(restrictions, NOW) if r.liftable_by is LiftableBy.HOST}


@given(cases, mutes)
def test_the_mute_of_oneself_leaves_the_hosts_restrictions_alone(meeting: Case, command: Mute) -> None:
    meeting = replace(meeting, actor=BOB)
    made = after(meeting, decide(meeting, command)).user.rules.restrictions
    assert of_hosts(made) == of_hosts(meeting.user.rules.restrictions)


def of_hosts(restrictions: Restrictions) -> set[Restriction]:
    return {r for r in in_force(restrictions, NOW) if r.origin is Origin.HOST}


@given(cases, commands)
def test_only_setting_capabilities_gives_anything(meeting: Case, command: UserCommand) -> None:
    made = after(meeting, decide(meeting, command)).user.rules
    assert meeting.user.rules.given in made.given
    if not isinstance(command, SetCapabilities):
        assert made.given == meeting.user.rules.given


@given(cases, commands)
def test_a_refusal_tells_why(meeting: Case, command: UserCommand) -> None:
    answer = decide(meeting, command)
    if not isinstance(answer, Refusal):
        return
    assert answer.code in {"capability-unavailable", "content-needs-video", "invalid-request"}
    assert bool(answer.limits) == (answer.code == "capability-unavailable")
    assert (answer.pointer is not None) == (answer.code == "invalid-request")


@given(cases, commands)
def test_no_effect_is_kept_quiet(meeting: Case, command: UserCommand) -> None:
    answer = decide(meeting, command)
    if not isinstance(answer, Accepted):
        return
    held = [answer.before if attendee.known is None else attendee.known for attendee in meeting.user.present]
    opens = any(Capabilities.SEND_AUDIO in answer.after & ~had for had in held)
    assert ("audio-may-flow" in answer.effects) == opens
    assert not {"audio-may-flow", "already-silent"} <= set(answer.effects)


def change(replaced: UserRules, made: UserRules) -> Change:
    return AttendeeChange("c", "m", "any", {}, ALICE, (), NOW, "p1.m1", rules_before=replaced, rules_after=made)


@given(cases, commands)
def test_a_change_stands_in_the_rules_that_it_made(meeting: Case, command: UserCommand) -> None:
    made = after(meeting, decide(meeting, command)).user.rules
    assert is_in_effect(change(meeting.user.rules, made), made, NOW)


@given(cases, commands, commands)
def test_what_a_later_change_left_alone_still_stands(meeting: Case, first: UserCommand, second: UserCommand) -> None:
    """It falls only where the later one took, brought back or replaced something that it made."""
    once = after(meeting, decide(meeting, first))
    twice = after(once, decide(once, second))
    mine, later = change(meeting.user.rules, once.user.rules), change(once.user.rules, twice.user.rules)
    if not is_in_effect(mine, twice.user.rules, NOW):
        assert touched(mine) & touched(later)


def touched(some: Change) -> set[tuple[int, str]]:
    assert isinstance(some.rules_before, UserRules)
    assert isinstance(some.rules_after, UserRules)
    return {r.key for r in set(some.rules_before.restrictions) ^ set(some.rules_after.restrictions)}
