"""Restrictions: at most one per capability and origin, whatever is added and lifted."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from moderation.domain.capability import (
    EVERYTHING,
    NOTHING,
    Capabilities,
    LiftableBy,
    Restriction,
    added,
    in_force,
    lifted,
    withheld,
)

from .cases import ALICE, ALL_STATES, BOB, NOW, own, withholding

AUDIO = Capabilities.SEND_AUDIO
(NOISE,) = withholding(AUDIO, reason="noise")


def test_what_is_withheld_is_what_was_restricted() -> None:
    for by_host, by_self in product(ALL_STATES, repeat=2):
        assert withheld(withholding(by_host) + own(by_self)) == by_host | by_self


@pytest.mark.parametrize(
    "other",
    [
        replace(NOISE, reason="exam"),
        replace(NOISE, until=NOW),
        replace(NOISE, liftable_by=LiftableBy.SELF),
        replace(NOISE, reason=None),
    ],
)
def test_another_reason_end_or_lock_replaces(other: Restriction) -> None:
    assert not NOISE.says_the_same(other)
    assert added((NOISE,), (other,)) == (other,)


@pytest.mark.parametrize("other", [replace(NOISE, since=NOW), replace(NOISE, actor=BOB)])
def test_the_same_later_leaves_who_and_since_when(other: Restriction) -> None:
    assert NOISE.says_the_same(other)
    assert added((NOISE,), (other,)) == (NOISE,)


def test_what_is_added_comes_out_in_one_order() -> None:
    some = withholding(EVERYTHING) + own(EVERYTHING)
    assert added((), some) == added((), reversed(some)) == added(tuple(reversed(some)), ())


def test_lifting_by_a_moderator_leaves_nothing_of_the_bits() -> None:
    for restricted, bits in product(ALL_STATES, repeat=2):
        left = lifted(withholding(restricted) + own(restricted), bits, by_moderator=True)
        assert withheld(left) == restricted & ~bits


def test_lifting_by_oneself_leaves_what_is_the_hosts() -> None:
    for restricted, bits in product(ALL_STATES, repeat=2):
        left = lifted(withholding(restricted) + own(EVERYTHING), bits, by_moderator=False)
        assert withheld(left) == restricted | EVERYTHING & ~bits
        assert {r for r in left if r.actor == ALICE} == set(withholding(restricted))


@pytest.mark.parametrize(("seconds", "holds"), [(-1, True), (0, False), (1, False)])
def test_an_end_is_the_first_moment_at_which_it_no_longer_holds(seconds: int, *, holds: bool) -> None:
    timed = withholding(AUDIO, until=NOW)
    assert bool(in_force(timed, NOW + timedelta(seconds=seconds))) == holds
    assert withheld(in_force(timed, NOW + timedelta(seconds=seconds))) == (AUDIO if holds else NOTHING)
