"""Unmute: lifts what the caller may lift, and never adds what was not granted."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
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
from moderation.domain.commands import Unmute
from moderation.domain.decisions.decide import decide
from moderation.domain.decisions.decision import Accepted, Refusal, Unchanged
from moderation.domain.effective import Holds
from moderation.domain.meeting import Features, User

from .cases import (
    ALL_STATES,
    ANYTHING,
    MEDIA_SETS,
    NOW,
    a_user,
    case,
    decided,
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
def test_a_moderator_lifts_all_or_is_told_what_stands_against_it(media: tuple[Medium, ...]) -> None:
    asked = sending(media)
    for grant, restricted in product(ALL_STATES, repeat=2):
        situation = settled(case(a_user(withholding(restricted), grant)))
        match decide(situation, Unmute(media)):
            case Accepted(rules, before, after):
                assert asked in grant
                assert after == before | asked
                assert set(rules.restrictions) == {
                    r for r in situation.user.rules.restrictions if r.withholds not in asked
                }
                assert after == coherent(grant & ~(restricted & ~asked))
            case Unchanged(capabilities):
                assert asked in capabilities
                assert capabilities == has(situation)
            case Refusal(code, limits=found):
                assert code == "capability-unavailable"
                assert [(limit.by, limit.withholds) for limit in found] == [("grant", asked & ~grant)]
                assert asked & ~grant


@pytest.mark.parametrize("media", MEDIA_SETS, ids="+".join)
def test_oneself_lifts_only_what_is_liftable_by_oneself(media: tuple[Medium, ...]) -> None:
    asked = sending(media)
    for by_host, by_self in product(ALL_STATES, repeat=2):
        rules = withholding(by_host) + own(by_self)
        match decide(settled(on_oneself(a_user(rules))), Unmute(media)):
            case Accepted(after=after, rules=made):
                assert not by_host & asked
                assert asked in after
                assert {r for r in rules if r.liftable_by is LiftableBy.HOST} <= set(made.restrictions)
            case Unchanged():
                assert not (by_host | by_self) & asked
            case Refusal(code, limits=found):
                assert code == "capability-unavailable"
                assert by_host & asked
                assert {limit.liftable_by for limit in found} == {LiftableBy.HOST}


def test_users_lift_what_a_host_left_to_them() -> None:
    left_to_user = withholding(AUDIO, liftable_by=LiftableBy.SELF)
    assert decided(on_oneself(a_user(left_to_user)), Unmute()).after == EVERYTHING


def test_a_moderator_does_not_lift_what_users_did_to_themselves() -> None:
    answer = decide(case(a_user(own(AUDIO) + withholding(AUDIO))), Unmute())
    assert isinstance(answer, Refusal)
    assert answer.code == "capability-unavailable"
    assert [(limit.by, limit.liftable_by) for limit in answer.limits] == [("restriction", LiftableBy.SELF)]


def test_a_moderator_lifts_what_other_hosts_did_if_policies_permit_moderating_oneself() -> None:
    assert decided(replace(on_oneself(a_user(withholding(AUDIO))), by_moderator=True), Unmute()).after == EVERYTHING


def test_receiving_is_left_alone() -> None:
    situation = case(a_user(withholding(EVERYTHING)))
    answer = decided(situation, Unmute(tuple(Medium)))
    assert answer.after & RECEIVING == Capabilities(0)
    assert {r.withholds for r in answer.rules.restrictions} == set(RECEIVING)


@pytest.mark.parametrize(
    ("user", "holds", "features", "by", "policies"),
    [
        (a_user(withholding(AUDIO), grant=RECEIVING), ANYTHING, Features(), "grant", ()),
        (
            a_user(withholding(AUDIO)),
            holding(RECEIVING, "only-watch"),
            Features(),
            "policy",
            ("only-watch",),
        ),
    ],
)
def test_where_send_stays_withheld_the_limits_tell_by_what(
    user: User, holds: Holds, features: Features, by: str, policies: tuple[str, ...]
) -> None:
    answer = refused(case(user, holds=holds, features=features), Unmute())
    assert answer.code == "capability-unavailable"
    assert [(limit.by, limit.withholds, limit.policies) for limit in answer.limits] == [(by, AUDIO, policies)]


@pytest.mark.parametrize(
    ("medium", "features"), [(Medium.VIDEO, Features(video=False)), (Medium.CONTENT, Features(content=False))]
)
def test_what_the_meeting_was_created_without_cannot_be_had(medium: Medium, features: Features) -> None:
    answer = refused(case(features=features), Unmute((medium,)))
    assert [(limit.by, limit.withholds) for limit in answer.limits] == [("meeting-feature", sending((medium,)))]


def test_what_a_host_withholds_is_told_with_the_reason_and_the_end() -> None:
    until = NOW + timedelta(seconds=60)
    answer = refused(on_oneself(a_user(withholding(AUDIO, reason="noise", until=until))), Unmute())
    (limit,) = answer.limits
    assert (limit.by, limit.liftable_by, limit.reason, limit.until) == ("restriction", LiftableBy.HOST, "noise", until)


def test_only_what_was_asked_for_is_named_in_the_refusal() -> None:
    situation = on_oneself(a_user(withholding(EVERYTHING)))
    assert [limit.withholds for limit in refused(situation, Unmute()).limits] == [AUDIO]


def test_one_medium_that_stays_withheld_refuses_the_whole() -> None:
    """The answer says what is so: a command is never applied by half."""
    situation = on_oneself(a_user(own(AUDIO) + withholding(Capabilities.SEND_VIDEO)))
    assert refused(situation, Unmute((Medium.AUDIO, Medium.VIDEO))).code == "capability-unavailable"


def test_nothing_to_lift() -> None:
    assert unchanged(settled(case()), Unmute()).capabilities == EVERYTHING


def test_nothing_to_lift_but_chime_does_not_have_it() -> None:
    answer = decided(seated(case(), EVERYTHING & ~AUDIO), Unmute())
    assert answer.rules == case().user.rules


def test_a_mute_that_has_ended_stands_against_nobody() -> None:
    ended = withholding(AUDIO, until=NOW)
    unchanged(settled(on_oneself(a_user(ended))), Unmute())
    assert decided(seated(on_oneself(a_user(ended)), None), Unmute()).rules.restrictions == ()


def test_the_other_origin_alone_keeps_its_restriction() -> None:
    both = own(AUDIO) + withholding(Capabilities.SEND_VIDEO)
    (left,) = decided(on_oneself(a_user(both)), Unmute()).rules.restrictions
    assert left.origin is Origin.HOST
