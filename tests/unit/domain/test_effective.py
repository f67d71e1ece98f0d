"""Effective capabilities, for every state."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from moderation.domain.capability import (
    EVERYTHING,
    NOTHING,
    RECEIVING,
    Capabilities,
    Medium,
    PolicyCapabilities,
    coherent,
    whole,
    word,
)
from moderation.domain.effective import effective, limits
from moderation.domain.meeting import Features, MeetingRules, UserRules
from moderation.domain.personal_rules import Floor

from .cases import (
    ALICE,
    ALL_FEATURES,
    ALL_STATES,
    ANYTHING,
    NOW,
    a_user,
    case,
    has,
    holding,
    meeting,
    own,
    withholding,
)

POLICY = holding(RECEIVING, "participants-only-receive")


@pytest.mark.parametrize("features", ALL_FEATURES, ids=str)
def test_grant_and_restrictions(features: Features) -> None:
    for grant, restricted in product(ALL_STATES, repeat=2):
        situation = case(a_user(withholding(restricted), grant), features=features)
        assert has(situation) == coherent(grant & ~restricted & ~features.withheld)


@pytest.mark.parametrize("features", ALL_FEATURES, ids=str)
def test_grant_and_policy(features: Features) -> None:
    for grant, allowed in product(ALL_STATES, repeat=2):
        assert has(case(a_user(grant=grant), holds=holding(allowed), features=features)) == coherent(
            grant & allowed & ~features.withheld
        )


def test_all_four_at_once() -> None:
    for grant, restricted in product(ALL_STATES, repeat=2):
        situation = case(a_user(withholding(restricted), grant), holds=POLICY, features=Features(content=False))
        assert has(situation) == coherent(grant & RECEIVING & ~restricted & ~whole(Medium.CONTENT))


@pytest.mark.parametrize("features", ALL_FEATURES, ids=str)
def test_limits_explain_exactly_what_is_missing(features: Features) -> None:
    for grant, restricted in product(ALL_STATES, repeat=2):
        situation = case(a_user(withholding(restricted), grant), holds=POLICY, features=features)
        explained = NOTHING
        for limit in limits(situation.meeting, situation.user, situation.holds, NOW):
            assert limit.withholds, "a limit that withholds nothing explains nothing"
            explained |= limit.withholds
        assert explained == EVERYTHING & ~has(situation)


@pytest.mark.parametrize("features", ALL_FEATURES, ids=str)
def test_chime_takes_whatever_results(features: Features) -> None:
    for grant, restricted in product(ALL_STATES, repeat=2):
        result = has(case(a_user(withholding(restricted), grant), features=features))
        receives_video = Capabilities.RECEIVE_VIDEO in result
        assert receives_video or Capabilities.RECEIVE_CONTENT not in result
        if not features.content:
            assert word(result, Medium.CONTENT) == "None"
        if not features.video:
            assert word(result, Medium.VIDEO) in ("None", "Receive")


def test_video_switched_off_while_content_is_on_is_read_in_both_ways() -> None:
    """Video `Receive` is documented as the default there, and as refused when it is written."""
    until_refused = has(case(features=Features(video=False)))
    assert (word(until_refused, Medium.VIDEO), word(until_refused, Medium.CONTENT)) == ("Receive", "SendReceive")
    refused = has(case(features=Features(video=False, video_can_be_received=False)))
    assert (word(refused, Medium.VIDEO), word(refused, Medium.CONTENT)) == ("None", "Send")


def test_only_the_contradiction_may_be_refused() -> None:
    assert [f for f in ALL_FEATURES if f.may_be_refused] == [Features(video=False)]


def test_both_switched_off_leaves_no_video_at_all() -> None:
    assert has(case(features=Features(video=False, content=False))) == whole(Medium.AUDIO)


@pytest.mark.parametrize("features", ALL_FEATURES, ids=str)
def test_more_restrictions_never_widen(features: Features) -> None:
    for restricted in ALL_STATES:
        held = has(case(a_user(withholding(restricted)), features=features))
        for bit in Capabilities:
            more = a_user(withholding(restricted) + own(bit))
            assert has(case(more, features=features)) in held


def test_two_origins_on_one_capability_withhold_until_both_are_lifted() -> None:
    audio = Capabilities.SEND_AUDIO
    assert audio not in has(case(a_user(withholding(audio) + own(audio))))
    assert audio not in has(case(a_user(own(audio))))


@pytest.mark.parametrize(("ends_in", "withheld"), [(1, True), (0, False), (-1, False)])
def test_what_has_ended_counts_for_nothing(ends_in: int, *, withheld: bool) -> None:
    timed = withholding(Capabilities.SEND_AUDIO, until=NOW + timedelta(seconds=ends_in))
    assert (Capabilities.SEND_AUDIO not in has(case(a_user(timed)))) == withheld
    assert bool(limits(meeting(), a_user(timed), ANYTHING, NOW)) == withheld


def test_what_hosts_gave_adds_to_the_grant() -> None:
    for grant, given in product(ALL_STATES, repeat=2):
        assert has(case(a_user(grant=grant, given=given))) == coherent(grant | given)


def test_a_registered_user_is_granted_everything() -> None:
    assert has(case(a_user(grant=None))) == EVERYTHING


def test_policies_are_asked_for_the_role_and_the_mode() -> None:
    asked = []

    def holds(role: str | None, mode: str, floor: bool) -> PolicyCapabilities:
        asked.append((role, mode, floor))
        return PolicyCapabilities(EVERYTHING)

    hall = replace(meeting(), rules=MeetingRules(mode="audience", default_role="viewer"))
    effective(hall, a_user(), holds, NOW)
    effective(hall, replace(a_user(), rules=UserRules()), holds, NOW)
    assert asked == [("participant", "audience", False), ("viewer", "audience", False)]


def test_policies_that_withhold_are_named_together_where_they_withhold_together() -> None:
    withheld_by = {Capabilities.SEND_AUDIO: ("a",), Capabilities.SEND_VIDEO: ("a",), Capabilities.SEND_CONTENT: ("b",)}
    found = limits(meeting(), a_user(), lambda role, mode, floor: PolicyCapabilities(RECEIVING, withheld_by), NOW)
    assert [(limit.by, limit.withholds, limit.policies) for limit in found] == [
        ("policy", Capabilities.SEND_AUDIO | Capabilities.SEND_VIDEO, ("a",)),
        ("policy", Capabilities.SEND_CONTENT, ("b",)),
    ]


def test_contents_receive_goes_along_with_videos_and_says_so() -> None:
    found = limits(meeting(), a_user(withholding(Capabilities.RECEIVE_VIDEO)), ANYTHING, NOW)
    assert [(limit.by, limit.withholds) for limit in found] == [
        ("restriction", Capabilities.RECEIVE_VIDEO),
        ("content-needs-video", Capabilities.RECEIVE_CONTENT),
    ]


def test_what_the_floor_does_not_give_is_withheld_by_the_policies_for_who_has_it() -> None:
    def holds(role: str | None, mode: str, floor: bool) -> PolicyCapabilities:
        """Who has the floor may show a screen besides; with it or not, nobody speaks."""
        held = RECEIVING | Capabilities.SEND_CONTENT if floor else RECEIVING
        return PolicyCapabilities(
            held, dict.fromkeys(EVERYTHING & ~held, ("with the floor",) if floor else ("without it",))
        )

    floor = Floor((Medium.AUDIO, Medium.CONTENT), ("", ""), ALICE, NOW, NOW + timedelta(seconds=60))
    speaking = replace(a_user(), rules=replace(a_user().rules, floor=floor))
    found = {(limit.by, limit.withholds, limit.policies) for limit in limits(meeting(), speaking, holds, NOW)}
    assert found == {
        ("policy", Capabilities.SEND_AUDIO, ("with the floor",)),
        ("policy", Capabilities.SEND_VIDEO, ("without it",)),
    }
