"""Mute: withholds send, for as long as it takes, and says who may lift it."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.capability import (
    EVERYTHING,
    RECEIVING,
    Capabilities,
    LiftableBy,
    Medium,
    Origin,
    coherent,
    sending,
)
from moderation.domain.commands import Mute

from .cases import (
    ALL_STATES,
    ANYTHING,
    BOB,
    MEDIA_SETS,
    NOW,
    a_user,
    case,
    decided,
    following,
    has,
    holding,
    on_oneself,
    own,
    refused,
    seated,
    settled,
    unchanged,
    withholding,
)

AUDIO = Capabilities.SEND_AUDIO


@pytest.mark.parametrize("media", MEDIA_SETS, ids="+".join)
def test_only_send_is_withheld_of_whatever_there_was(media: tuple[Medium, ...]) -> None:
    for grant, restricted in product(ALL_STATES, repeat=2):
        situation = case(a_user(withholding(restricted), grant))
        answer = decided(settled(situation), Mute(media, reason="noise"))
        assert answer.before == coherent(grant & ~restricted)
        assert answer.after == answer.before & ~sending(media)
        assert answer.after & RECEIVING == answer.before & RECEIVING


def test_the_mute_of_a_host() -> None:
    (made,) = decided(case(), Mute(reason="noise")).rules.restrictions
    assert (made.withholds, made.origin, made.liftable_by) == (AUDIO, Origin.HOST, LiftableBy.HOST)
    assert (made.actor.id, made.reason, made.since, made.until) == ("alice", "noise", NOW, None)


def test_the_mute_of_oneself_is_liftable_by_oneself() -> None:
    for said in (None, LiftableBy.SELF):
        (made,) = decided(on_oneself(), Mute(liftable_by=said)).rules.restrictions
        assert (made.origin, made.liftable_by, made.actor) == (Origin.SELF, LiftableBy.SELF, BOB)


def test_nobody_locks_themselves() -> None:
    for by_moderator in (True, False):
        answer = refused(case(a_user(), BOB, by_moderator=by_moderator), Mute(liftable_by=LiftableBy.HOST))
        assert (answer.code, answer.pointer) == ("invalid-request", "/liftableBy")


def test_a_service_of_the_same_name_is_not_oneself() -> None:
    (made,) = decided(case(a_user(), Actor(ActorKind.SERVICE, "bob")), Mute()).rules.restrictions
    assert made.origin is Origin.HOST


def test_a_back_end_that_acts_for_a_user_is_that_user() -> None:
    (made,) = decided(case(a_user(), replace(BOB, via="phone"), by_moderator=False), Mute()).rules.restrictions
    assert made.origin is Origin.SELF


def test_a_host_may_leave_the_lifting_to_the_user() -> None:
    (made,) = decided(case(), Mute(liftable_by=LiftableBy.SELF)).rules.restrictions
    assert (made.origin, made.liftable_by) == (Origin.HOST, LiftableBy.SELF)


def test_a_duration_is_an_end() -> None:
    (made,) = decided(case(), Mute(seconds=300)).rules.restrictions
    assert made.until == NOW + timedelta(seconds=300)


@pytest.mark.parametrize("media", MEDIA_SETS, ids="+".join)
def test_the_same_twice_is_unchanged_if_chime_has_it(media: tuple[Medium, ...]) -> None:
    again = Mute(media, reason="noise")
    situation = settled(following(case(), decided(case(), again)))
    assert unchanged(situation, again).capabilities == EVERYTHING & ~sending(media)


def test_the_same_twice_is_unchanged_for_a_user_who_has_not_joined() -> None:
    unchanged(following(case(), decided(case(), Mute())), Mute())


@pytest.mark.parametrize("known", [EVERYTHING, None, RECEIVING])
def test_the_same_twice_is_a_change_while_chime_is_not_known_to_have_it(known: Capabilities | None) -> None:
    situation = seated(following(case(), decided(case(), Mute())), known)
    answer = decided(situation, Mute())
    assert answer.rules == situation.user.rules


def test_the_same_from_another_host_is_the_same() -> None:
    carol = Actor(ActorKind.USER, "carol")
    unchanged(settled(case(a_user(withholding(AUDIO, carol, reason="noise")))), Mute(reason="noise"))


@pytest.mark.parametrize(
    "other", [Mute(reason="exam"), Mute(seconds=60, reason="noise"), Mute(reason="noise", liftable_by=LiftableBy.SELF)]
)
def test_another_reason_or_end_or_lock_replaces(other: Mute) -> None:
    situation = settled(case(a_user(withholding(AUDIO, reason="noise"))))
    (made,) = decided(situation, other).rules.restrictions
    assert (made.reason, made.until is None, made.since) == (other.reason, other.seconds is None, NOW)


def test_a_silent_user_is_muted_all_the_same() -> None:
    """Rules are compared, not their effect: another rule that mutes the user now may be lifted later."""
    silent = {
        "by the user": case(a_user(own(AUDIO))),
        "by the grant": case(a_user(grant=RECEIVING)),
        "by policy": case(holds=holding(RECEIVING)),
    }
    for situation in silent.values():
        answer = decided(settled(situation), Mute())
        assert answer.before == answer.after == has(situation)
        assert "already-silent" in answer.effects
        assert AUDIO in {r.withholds for r in answer.rules.restrictions if r.origin is Origin.HOST}


def test_the_users_own_and_the_hosts_stand_side_by_side() -> None:
    answer = decided(case(a_user(own(AUDIO))), Mute(reason="noise"))
    assert {r.origin for r in answer.rules.restrictions} == set(Origin)
    mine = decided(on_oneself(a_user(withholding(AUDIO, reason="noise"))), Mute())
    assert {(r.origin, r.reason) for r in mine.rules.restrictions} == {(Origin.HOST, "noise"), (Origin.SELF, None)}


def test_other_restrictions_stay_as_they_were() -> None:
    others = withholding(EVERYTHING & ~AUDIO, reason="exam") + own(EVERYTHING)
    assert set(others) < set(decided(case(a_user(others)), Mute()).rules.restrictions)


def test_a_mute_before_one_joins_needs_no_attendee() -> None:
    situation = case()
    assert not situation.user.attendees
    assert decided(situation, Mute()).after == EVERYTHING & ~AUDIO
    assert situation.holds is ANYTHING


def test_a_user_who_has_left_has_nothing_that_could_differ() -> None:
    situation = seated(following(case(), decided(case(), Mute())), EVERYTHING)
    left = {a: replace(attendee, gone=True) for a, attendee in situation.user.attendees.items()}
    unchanged(replace(situation, user=replace(situation.user, attendees=left)), Mute())
