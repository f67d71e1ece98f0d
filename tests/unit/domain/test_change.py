"""What a change made of the rules, and whether that stands."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from moderation.domain.capability import EVERYTHING, NOTHING, RECEIVING, Capabilities, Medium, whole
from moderation.domain.change import (
    CALL_LIFE,
    CALL_TIMEOUT,
    GIVE_UP_AFTER,
    LEASE,
    Change,
    Lease,
    Status,
    is_in_effect,
    return_after,
)
from moderation.domain.commands import Mute, SetCapabilities, Unmute, UserCommand
from moderation.domain.decisions.decision import Case
from moderation.domain.meeting import MeetingRules, UserRules

from .scenes import ALICE, ALL_STATES, NOW, by_himself, case, decided, following, own, person, withholding

AUDIO = Capabilities.SEND_AUDIO


def change_of(scene: Case, command: UserCommand) -> Change:
    made = decided(scene, command)
    empty = change(scene.user.rules, made.rules)
    return replace(empty, before=made.before, after=made.after)


def change(replaced: UserRules | MeetingRules | None, made: UserRules | MeetingRules | None) -> Change:
    return Change("c", "m", "mute", {}, ALICE, (), NOW, "p1.m1", rules_before=replaced, rules_after=made)


def rules_after(scene: Case, *commands: UserCommand) -> UserRules:
    for command in commands:
        scene = following(scene, decided(scene, command))
    return scene.user.rules


def test_it_stands_right_after_it_was_made() -> None:
    for command in (Mute(), SetCapabilities({Medium.AUDIO: NOTHING})):
        assert is_in_effect(change_of(case(), command), rules_after(case(), command), NOW)


def test_a_mute_stands_until_it_is_lifted_or_replaced() -> None:
    muted = change_of(case(), Mute(reason="noise"))
    assert is_in_effect(muted, rules_after(case(), Mute(reason="noise"), Mute((Medium.VIDEO,))), NOW)
    assert not is_in_effect(muted, rules_after(case(), Mute(reason="noise"), Unmute()), NOW)
    assert not is_in_effect(muted, rules_after(case(), Mute(reason="noise"), Mute(reason="exam")), NOW)


def test_a_hosts_mute_stands_beside_the_persons_own() -> None:
    muted = change_of(case(), Mute())
    both = rules_after(by_himself(replace(case().user, rules=rules_after(case(), Mute()))), Mute())
    assert is_in_effect(muted, both, NOW)


def test_a_lift_stands_until_the_same_is_withheld_again() -> None:
    scene = case(person(withholding(AUDIO)))
    lift = change_of(scene, Unmute())
    assert is_in_effect(lift, rules_after(scene, Unmute()), NOW)
    assert is_in_effect(lift, rules_after(scene, Unmute(), Mute((Medium.VIDEO,))), NOW)
    assert not is_in_effect(lift, rules_after(scene, Unmute(), Mute(reason="exam")), NOW)
    assert not is_in_effect(lift, scene.user.rules, NOW)


def test_a_gift_stands_as_long_as_it_is_given() -> None:
    scene = case(person(grant=RECEIVING))
    command = SetCapabilities({Medium.AUDIO: whole(Medium.AUDIO)})
    gift, given = change_of(scene, command), rules_after(scene, command)
    assert is_in_effect(gift, given, NOW)
    assert is_in_effect(gift, replace(given, given=EVERYTHING), NOW)
    assert not is_in_effect(gift, replace(given, given=NOTHING), NOW)


def test_a_role_stands_until_there_is_another() -> None:
    promoted = change(UserRules("participant"), UserRules("presenter"))
    assert is_in_effect(promoted, UserRules("presenter"), NOW)
    assert not is_in_effect(promoted, UserRules("viewer"), NOW)


def test_a_change_of_restrictions_does_not_depend_on_the_role() -> None:
    muted = change_of(case(), Mute())
    assert is_in_effect(muted, replace(rules_after(case(), Mute()), role="viewer"), NOW)


def test_what_moved_no_rules_always_stands() -> None:
    assert is_in_effect(change(None, None), UserRules(), NOW)
    assert is_in_effect(change(UserRules(), UserRules()), UserRules("viewer", NOTHING, NOTHING, own(EVERYTHING)), NOW)


def test_narrowing_is_pursued_and_widening_is_given_up() -> None:
    for before, after in product(ALL_STATES, repeat=2):
        assert replace(change(None, None), before=before, after=after).narrows == (not after & ~before)
    assert change(None, None).narrows, "what isn't known to widen is pursued"


@pytest.mark.parametrize("status", Status)
def test_only_what_is_pending_is_open(status: Status) -> None:
    assert replace(change(None, None), status=status).is_open == (status is Status.PENDING)


def test_the_times_fit_each_other() -> None:
    """A call that starts within the lease ends within it, and patience outlasts a call of unknown end."""
    assert CALL_TIMEOUT < LEASE < CALL_LIFE < GIVE_UP_AFTER


def test_a_lease_that_goes_on_or_ends_has_another_token() -> None:
    """Whoever has read the change as it was before can't take it as it was before."""
    lease = Lease("token", NOW + LEASE)
    assert lease.rotated() == Lease("token+", NOW + LEASE)
    assert lease.released(NOW) == Lease("token-", NOW)
    assert [each.is_released for each in (lease, lease.rotated(), lease.released(NOW))] == [False, False, True]


@pytest.mark.parametrize(("waited", "wait"), [(0, 2), (8, 2), (40, 10), (240, 60), (3600, 60)])
def test_the_longer_a_change_waits_the_later_it_is_looked_at_again(waited: int, wait: int) -> None:
    assert return_after(change(None, None), NOW + timedelta(seconds=waited)) == timedelta(seconds=wait)


def test_dropping_what_had_ended_is_no_lift() -> None:
    scene = case(person(withholding(Capabilities.SEND_AUDIO, until=NOW - timedelta(seconds=1))))
    video = decided(scene, Mute((Medium.VIDEO,)))
    mine = replace(change_of(scene, Mute((Medium.VIDEO,))), committed_at=NOW)
    assert is_in_effect(mine, decided(following(scene, video), Mute()).rules, NOW)


def test_what_ended_by_itself_was_overruled_by_nobody() -> None:
    timed = change_of(case(), Mute(seconds=5))
    assert is_in_effect(timed, case().user.rules, NOW + timedelta(seconds=5))
    assert not is_in_effect(timed, case().user.rules, NOW + timedelta(seconds=4))
