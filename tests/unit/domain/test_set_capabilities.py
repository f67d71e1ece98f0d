"""PATCH is absolute: what is asked for is what results, or the answer is an error."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.capability import (
    EVERYTHING,
    MEDIUM,
    NOTHING,
    RECEIVING,
    SEND,
    Capabilities,
    LiftableBy,
    Medium,
    Origin,
    coherent,
    whole,
)
from moderation.domain.commands import Mute, SetCapabilities, Unmute
from moderation.domain.decisions.decide import decide
from moderation.domain.decisions.decision import Accepted, Case, Refusal, Unchanged
from moderation.domain.meeting import Features

from .cases import (
    ALL_FEATURES,
    ALL_STATES,
    NOW,
    a_user,
    case,
    decided,
    following,
    has,
    holding,
    own,
    refused,
    requests,
    seated,
    settled,
    unchanged,
    withholding,
    words_of,
)

AUDIO, VIDEO, CONTENT = Medium
Wanted = Mapping[Medium, Capabilities]


def of_one_medium(medium: Medium, bits: Capabilities) -> SetCapabilities:
    return SetCapabilities({medium: bits})


def asked_and_named(wanted: Wanted) -> tuple[Capabilities, Capabilities]:
    asked = named = NOTHING
    for medium, bits in wanted.items():
        asked, named = asked | bits, named | whole(medium)
    return asked, named


def contradicts_itself(wanted: Wanted) -> bool:
    """As the contract says: content's receive is requested and video's is withheld in one request."""
    both = VIDEO in wanted and CONTENT in wanted
    return both and Capabilities.RECEIVE_CONTENT in wanted[CONTENT] and Capabilities.RECEIVE_VIDEO not in wanted[VIDEO]


def check(situation: Case, wanted: Wanted, unavailable: Capabilities = NOTHING) -> None:
    """Checks for an error with a true reason, or exactly the requested result."""
    before, (asked, named) = has(situation), asked_and_named(wanted)
    match decide(settled(situation), SetCapabilities(wanted)):
        case Refusal("content-needs-video"):
            assert contradicts_itself(wanted)
        case Refusal(code, limits=found):
            assert code == "capability-unavailable"
            assert asked & unavailable
            assert not contradicts_itself(wanted)
            assert {limit.withholds & ~asked for limit in found} == {NOTHING}
        case Accepted(after=after):
            results(before, after, asked, named)
            assert not asked & unavailable
        case Unchanged(capabilities):
            results(before, capabilities, asked, named)
            assert capabilities == before


def results(before: Capabilities, after: Capabilities, asked: Capabilities, named: Capabilities) -> None:
    follows = Capabilities.RECEIVE_CONTENT
    assert (after ^ asked) & named & ~follows == NOTHING, "what is named is as asked"
    assert (after ^ before) & ~named & ~follows == NOTHING, "what isn't named stays"
    assert coherent(after) == after
    if Capabilities.RECEIVE_VIDEO in after and follows in named:
        assert (follows in after) == (follows in asked)


def parts() -> Iterator[Wanted]:
    """Every request for some of the media: five choices for each, one of them to omit it."""
    for choice in product(*([None, *words_of(medium)] for medium in Medium)):
        yield {medium: bits for medium, bits in zip(Medium, choice, strict=True) if bits is not None}


def test_every_request_in_every_restricted_state() -> None:
    for restricted, wanted in product(ALL_STATES, parts()):
        check(case(a_user(withholding(restricted))), wanted)


def test_what_users_withhold_of_themselves_no_request_lifts() -> None:
    for restricted, wanted in product(ALL_STATES, requests()):
        if contradicts_itself(wanted):
            continue
        asked, _ = asked_and_named(wanted)
        answer = decide(case(a_user(own(restricted))), SetCapabilities(wanted))
        assert isinstance(answer, Refusal) == bool(asked & restricted)


def test_every_request_for_every_grant() -> None:
    """A host may give more than Chime was told at the creation."""
    for grant, wanted in product(ALL_STATES, requests()):
        check(case(a_user(grant=grant)), wanted)


def test_every_request_under_every_policy() -> None:
    for allowed, wanted in product(ALL_STATES, requests()):
        check(case(holds=holding(allowed, "hall")), wanted, unavailable=EVERYTHING & ~allowed)


@pytest.mark.parametrize("features", ALL_FEATURES, ids=str)
def test_every_request_whatever_the_meeting_was_created_with(features: Features) -> None:
    for wanted in requests():
        check(case(features=features), wanted, unavailable=features.withheld)


def test_a_request_that_contradicts_itself() -> None:
    for wanted in parts():
        answer = decide(case(), SetCapabilities(wanted))
        assert (isinstance(answer, Refusal) and answer.code == "content-needs-video") == contradicts_itself(wanted)


def test_where_only_the_state_stands_against_it_content_waits_for_video() -> None:
    situation = case(a_user(withholding(whole(VIDEO) | whole(CONTENT))))
    answer = decided(situation, of_one_medium(CONTENT, whole(CONTENT)))
    assert answer.after == EVERYTHING & ~whole(VIDEO) & ~Capabilities.RECEIVE_CONTENT
    later = decided(following(situation, answer), of_one_medium(VIDEO, whole(VIDEO)))
    assert later.after == EVERYTHING


def test_video_taken_takes_contents_receive_along_and_gives_it_back() -> None:
    situation = settled(case())
    taken = decided(situation, of_one_medium(VIDEO, NOTHING))
    assert taken.after == whole(AUDIO) | Capabilities.SEND_CONTENT
    assert "receive-removed" in taken.effects
    given = decided(following(situation, taken), of_one_medium(VIDEO, whole(VIDEO)))
    assert given.after == EVERYTHING


def test_narrowing_is_a_restriction_of_the_host() -> None:
    made = decided(case(), SetCapabilities({AUDIO: Capabilities.RECEIVE_AUDIO}, "noise")).rules.restrictions
    assert [(r.withholds, r.origin, r.liftable_by, r.actor.id, r.reason, r.until) for r in made] == [
        (Capabilities.SEND_AUDIO, Origin.HOST, LiftableBy.HOST, "alice", "noise", None)
    ]


def test_widening_lifts_what_any_host_withheld() -> None:
    situation = case(a_user(withholding(EVERYTHING)))
    left = decided(situation, of_one_medium(AUDIO, whole(AUDIO))).rules.restrictions
    assert {MEDIUM[r.withholds] for r in left} == {VIDEO, CONTENT}


def test_widening_gives_what_was_not_granted_and_no_more() -> None:
    for grant, wanted in product(ALL_STATES, requests()):
        if contradicts_itself(wanted):
            continue
        asked, _ = asked_and_named(wanted)
        answer = decide(settled(case(a_user(grant=grant))), SetCapabilities(wanted))
        given = answer.rules.given if isinstance(answer, Accepted) else NOTHING
        assert given == asked & ~grant


def test_what_was_given_is_never_a_way_around_the_policies() -> None:
    situation = case(a_user(grant=NOTHING), holds=holding(RECEIVING, "hall"))
    answer = refused(situation, of_one_medium(AUDIO, whole(AUDIO)))
    assert [(limit.by, limit.policies) for limit in answer.limits] == [("policy", ("hall",))]


def test_what_was_given_can_be_taken_and_unmuted_again() -> None:
    situation = case(a_user(grant=RECEIVING))
    for command in (of_one_medium(AUDIO, whole(AUDIO)), Mute(), Unmute()):
        situation = following(situation, decided(situation, command))
    assert SEND[AUDIO] in has(situation)


def test_the_same_twice_is_unchanged_if_chime_has_it() -> None:
    for wanted in requests():
        if contradicts_itself(wanted):
            continue
        command = SetCapabilities(wanted, "exam")
        answer = decide(case(), command)
        situation = following(case(), answer) if isinstance(answer, Accepted) else case()
        unchanged(settled(situation), command)
        if has(situation) != EVERYTHING:
            assert decided(seated(situation, EVERYTHING), command).rules == situation.user.rules


def test_a_timed_mute_does_not_end_what_was_set_since() -> None:
    situation = case()
    situation = following(situation, decided(situation, Mute(seconds=60)))
    situation = following(situation, decided(situation, of_one_medium(AUDIO, Capabilities.RECEIVE_AUDIO)))
    assert has(replace(situation, now=NOW + timedelta(hours=1))) == EVERYTHING & ~Capabilities.SEND_AUDIO


def test_naming_nothing_changes_nothing() -> None:
    unchanged(settled(case(a_user(own(EVERYTHING)))), SetCapabilities())


def test_a_service_may_make_it_so_as_well() -> None:
    situation = replace(case(), actor=Actor(ActorKind.SERVICE, "proctor"))
    (made,) = decided(situation, of_one_medium(AUDIO, Capabilities.RECEIVE_AUDIO)).rules.restrictions
    assert (made.origin, made.actor.kind) == (Origin.HOST, ActorKind.SERVICE)
