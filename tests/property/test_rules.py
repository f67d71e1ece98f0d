"""What holds of every decision on every person, whatever was decided before."""

from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st
from moderation.domain.capability import NOTHING, Capabilities, Medium, coherent, sending
from moderation.domain.change import Change, is_in_effect
from moderation.domain.commands import Mute, SetCapabilities, Unmute, UserCommand
from moderation.domain.decisions.decide import decide
from moderation.domain.decisions.decision import Accepted, Case, Refusal, Unchanged, UserDecision
from moderation.domain.effective import limits
from moderation.domain.meeting import User, UserRules
from moderation.domain.restriction import LiftableBy, Origin, Restriction, Restrictions, in_force, withheld

from tests.unit.domain.scenes import ALICE, BOB, NOW, has, settled

from .strategies import cases, commands, media, mutes, restrictions, unmutes, users


def after(scene: Case, answer: UserDecision) -> Case:
    """The same person after the answer: only a decision moves rules."""
    rules = answer.rules if isinstance(answer, Accepted) else scene.user.rules
    return replace(scene, user=replace(scene.user, rules=rules))


def by_host(scene: Case) -> Case:
    return replace(scene, actor=ALICE, by_moderator=True)


@given(cases, users, commands)
def test_a_decision_on_one_never_touches_another(scene: Case, other: User, command: UserCommand) -> None:
    """Cases are values and nothing is shared: whoever stands beside him has what he had."""
    beside = replace(scene, user=replace(other, id="carol"))
    held, explained = has(beside), limits(beside.meeting, beside.user, beside.holds, NOW)
    decide(scene, command)
    assert has(beside) == held
    assert limits(beside.meeting, beside.user, beside.holds, NOW) == explained


@given(cases)
def test_what_results_is_derived_and_chime_takes_it(scene: Case) -> None:
    held = scene.holds("participant", "open", False).capabilities
    withheld_now = withheld(in_force(scene.user.rules.restrictions, NOW))
    assert has(scene) == coherent(scene.user.rules.granted & held & ~withheld_now & ~scene.meeting.features.withheld)
    assert coherent(has(scene)) == has(scene)


@given(cases, commands)
def test_at_most_one_restriction_per_capability_and_origin(scene: Case, command: UserCommand) -> None:
    rules = after(scene, decide(scene, command)).user.rules.restrictions
    keys = [r.key for r in rules]
    assert keys == sorted(set(keys))
    assert all(len(r.withholds) == 1 for r in rules)


@given(cases, commands, st.randoms(use_true_random=False))
def test_the_order_of_restrictions_never_matters(scene: Case, command: UserCommand, chance: Random) -> None:
    shuffled = list(scene.user.rules.restrictions)
    chance.shuffle(shuffled)
    rules = replace(scene.user.rules, restrictions=tuple(shuffled))
    other = replace(scene, user=replace(scene.user, rules=rules))
    assert has(other) == has(scene)
    one, two = decide(scene, command), decide(other, command)
    if isinstance(one, Refusal) and isinstance(two, Refusal):
        assert set(one.limits) == set(two.limits)
        assert replace(one, limits=()) == replace(two, limits=())
    else:
        assert one == two


@given(cases, restrictions())
def test_more_restrictions_never_widen(scene: Case, more: Restrictions) -> None:
    rules = replace(scene.user.rules, restrictions=scene.user.rules.restrictions + more)
    assert has(replace(scene, user=replace(scene.user, rules=rules))) in has(scene)


@given(cases, commands)
def test_before_and_after_are_what_the_rules_say(scene: Case, command: UserCommand) -> None:
    answer = decide(scene, command)
    if isinstance(answer, Accepted):
        assert answer.before == has(scene)
        assert answer.after == has(after(scene, answer))
    if isinstance(answer, Unchanged):
        assert answer.capabilities == has(scene)


@given(cases, commands)
def test_deciding_again_once_chime_has_it_changes_nothing(scene: Case, command: UserCommand) -> None:
    answer = decide(scene, command)
    if isinstance(answer, Accepted):
        assert isinstance(decide(settled(after(scene, answer)), command), Unchanged)


@given(cases, media)
def test_unmute_after_mute_gives_back_exactly_what_there_was(scene: Case, media: tuple[Medium, ...]) -> None:
    """Where nothing else silenced him. Otherwise the unmute lifts that as well, or is told that it can't."""
    scene = by_host(scene)
    muted = after(scene, decide(scene, Mute(media)))
    answer = decide(muted, Unmute(media))
    if sending(media) in has(scene):
        assert has(after(muted, answer)) == has(scene)
        assert set(after(muted, answer).user.rules.restrictions) == set(in_force(scene.user.rules.restrictions, NOW))
    elif isinstance(answer, Accepted):
        assert answer.after == has(scene) | sending(media)
    else:
        assert isinstance(answer, Refusal)


@given(cases, media)
def test_a_mute_takes_nothing_but_send(scene: Case, media: tuple[Medium, ...]) -> None:
    answer = decide(scene, Mute(media))
    assert has(after(scene, answer)) == has(scene) & ~(NOTHING if isinstance(answer, Refusal) else sending(media))


@given(cases, unmutes)
def test_nobody_but_who_moderates_lifts_what_only_hosts_may_lift(scene: Case, command: Unmute) -> None:
    scene = replace(scene, by_moderator=False)
    made = after(scene, decide(scene, command)).user.rules.restrictions
    assert locked(made) == locked(scene.user.rules.restrictions)


def locked(restrictions: Restrictions) -> set[Restriction]:
    return {r for r in in_force(restrictions, NOW) if r.liftable_by is LiftableBy.HOST}


@given(cases, mutes)
def test_the_mute_of_oneself_leaves_the_hosts_restrictions_alone(scene: Case, command: Mute) -> None:
    scene = replace(scene, actor=BOB)
    made = after(scene, decide(scene, command)).user.rules.restrictions
    assert of_hosts(made) == of_hosts(scene.user.rules.restrictions)


def of_hosts(restrictions: Restrictions) -> set[Restriction]:
    return {r for r in in_force(restrictions, NOW) if r.origin is Origin.HOST}


@given(cases, commands)
def test_only_setting_capabilities_gives_anything(scene: Case, command: UserCommand) -> None:
    made = after(scene, decide(scene, command)).user.rules
    assert scene.user.rules.given in made.given
    if not isinstance(command, SetCapabilities):
        assert made.given == scene.user.rules.given


@given(cases, commands)
def test_a_refusal_tells_why(scene: Case, command: UserCommand) -> None:
    answer = decide(scene, command)
    if not isinstance(answer, Refusal):
        return
    assert answer.code in {"capability-unavailable", "content-needs-video", "invalid-request"}
    assert bool(answer.limits) == (answer.code == "capability-unavailable")
    assert (answer.pointer is not None) == (answer.code == "invalid-request")


@given(cases, commands)
def test_no_effect_is_kept_quiet(scene: Case, command: UserCommand) -> None:
    answer = decide(scene, command)
    if not isinstance(answer, Accepted):
        return
    held = [answer.before if seat.known is None else seat.known for seat in scene.user.present]
    opens = any(Capabilities.SEND_AUDIO in answer.after & ~had for had in held)
    assert ("audio-may-flow" in answer.effects) == opens
    assert not {"audio-may-flow", "already-silent"} <= set(answer.effects)


def change(replaced: UserRules, made: UserRules) -> Change:
    return Change("c", "m", "any", {}, ALICE, (), NOW, "p1.m1", rules_before=replaced, rules_after=made)


@given(cases, commands)
def test_a_change_stands_in_the_rules_that_it_made(scene: Case, command: UserCommand) -> None:
    made = after(scene, decide(scene, command)).user.rules
    assert is_in_effect(change(scene.user.rules, made), made, NOW)


@given(cases, commands, commands)
def test_what_a_later_change_left_alone_still_stands(scene: Case, first: UserCommand, second: UserCommand) -> None:
    """It falls only where the later one took, brought back or replaced something that it made."""
    once = after(scene, decide(scene, first))
    twice = after(once, decide(once, second))
    mine, later = change(scene.user.rules, once.user.rules), change(once.user.rules, twice.user.rules)
    if not is_in_effect(mine, twice.user.rules, NOW):
        assert touched(mine) & touched(later)


def touched(some: Change) -> set[tuple[int, str]]:
    assert isinstance(some.rules_before, UserRules)
    assert isinstance(some.rules_after, UserRules)
    return {r.key for r in set(some.rules_before.restrictions) ^ set(some.rules_after.restrictions)}
