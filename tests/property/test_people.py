"""What holds of a person whatever stands on him: hold, ban, floor, lobby, consent, undo."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from moderation.domain.actor import PolicyCapabilities
from moderation.domain.capability import EVERYTHING, NOTHING, Capabilities, Medium, coherent, sending
from moderation.domain.change import Change, is_in_effect
from moderation.domain.commands import Ban, EndFloor, Expire, GrantFloor, Hold, Release, Unban, Undo, UserCommand
from moderation.domain.decisions.decide import decide
from moderation.domain.decisions.decision import Accepted, Case, Refusal, Unchanged, expired
from moderation.domain.effective import Limit, effective, limits
from moderation.domain.meeting import Seat, UnmuteConsent, UserRules, floor_media, must_consent
from moderation.domain.personal_rules import Ban as Banned
from moderation.domain.personal_rules import Hold as OnHold
from moderation.domain.personal_rules import Waiting
from moderation.domain.restriction import Restriction, Restrictions, in_force, withheld

from tests.unit.domain.scenes import ALICE, NOW, has

from .strategies import bans, capabilities, deeds_on_people, holds_on_people, media, restrictions, waitings, whole_cases

AUDIO = Capabilities.SEND_AUDIO
enough = settings(max_examples=60)
"""Cases are big and cost more than elsewhere."""


def with_rules(at: Case, **rules: object) -> Case:
    return replace(at, user=replace(at.user, rules=replace(at.user.rules, **rules)))  # type: ignore[arg-type]


def free(at: Case) -> Case:
    """The same where nobody has to consent."""
    rules = replace(at.meeting.rules, unmute_consent=UnmuteConsent.NONE)
    return replace(at, meeting=replace(at.meeting, rules=rules))


def after(at: Case, command: UserCommand | Expire) -> Case:
    answer = decide(at, command)
    assert not isinstance(answer, Refusal), answer
    return at if isinstance(answer, Unchanged) else replace(at, user=replace(at.user, rules=answer.rules))


def consented(at: Case) -> Capabilities:
    return effective(at.meeting, at.user, at.holds, at.now, consented=True)


# ---- there and back --------------------------------------------------------------------------------------------------
@enough
@given(whole_cases)
def test_release_after_hold_is_as_before(at: Case) -> None:
    at = with_rules(at, hold=None)
    held = after(at, Hold())
    assert has(held) == NOTHING
    released = after(held, Release())
    assert has(free(released)) == has(free(with_rules(at, **timeless(at))))


def timeless(at: Case) -> dict[str, object]:
    """A ban counts until the clock has ended it; every deed ends what has ended."""
    return {"ban": expired(at).ban}


@enough
@given(whole_cases)
def test_unban_after_ban_is_as_before(at: Case) -> None:
    at = with_rules(at, ban=None, waiting=None)
    banned = after(at, Ban())
    assert has(banned) == NOTHING
    unbanned = after(banned, Unban())
    without_floor = free(with_rules(at, floor=None))
    assert has(free(unbanned)) == has(without_floor)


@enough
@given(whole_cases, media)
def test_the_end_of_a_floor_is_as_before_it(at: Case, spoken: tuple[Medium, ...]) -> None:
    at = free(with_rules(at, floor=None, ban=expired(at).ban))
    answer = decide(at, GrantFloor(media=spoken))
    if isinstance(answer, Accepted):
        ended = after(replace(at, user=replace(at.user, rules=answer.rules)), EndFloor())
        assert has(ended) == has(at)


# ---- what a floor can't give -----------------------------------------------------------------------------------------
@enough
@given(whole_cases, media)
def test_a_floor_gives_nothing_that_feature_grant_or_restriction_withholds(
    at: Case, spoken: tuple[Medium, ...]
) -> None:
    answer = decide(at, GrantFloor(media=spoken))
    if not isinstance(answer, Accepted):
        return
    rules = answer.rules
    bound = withheld(in_force(rules.restrictions, at.moment))
    allowed = rules.granted & ~at.meeting.features.withheld & ~bound
    assert answer.after in allowed
    held = at.holds(None, at.meeting.rules.mode, False).capabilities | (
        at.holds(None, at.meeting.rules.mode, True).capabilities & sending(spoken)
    )
    assert answer.after in held


@enough
@given(whole_cases)
def test_a_floor_never_takes_and_gives_its_media_alone(at: Case) -> None:
    without = with_rules(at, floor=None)
    spoken = sending(floor_media(at.user, at.meeting, NOW))
    assert consented(without) in consented(at)
    assert consented(at) & ~consented(without) in spoken


# ---- each withholding withholds --------------------------------------------------------------------------------------
@enough
@given(whole_cases, restrictions(), capabilities, holds_on_people, bans, waitings)
def test_effective_is_monotone_in_each(
    at: Case, more: Restrictions, grant: Capabilities, hold: OnHold, ban: Banned, waiting: Waiting
) -> None:
    """Whatever is added, nobody gets more; whatever is taken from the grant, neither."""
    rules = at.user.rules
    for narrower in (
        with_rules(at, restrictions=rules.restrictions + more),
        with_rules(at, grant=rules.granted & grant, given=NOTHING),
        with_rules(at, hold=hold),
        with_rules(at, ban=ban),
        with_rules(at, waiting=waiting) if rules.waiting is None else at,
        with_rules(at, floor=None),
        with_rules(at, spares=frozenset()),
        with_rules(at, agreed=None),
    ):
        assert has(narrower) in has(at)


@enough
@given(whole_cases, capabilities)
def test_and_in_what_the_policies_hold(at: Case, taken: Capabilities) -> None:
    fewer = replace(at, holds=lambda *asked: PolicyCapabilities(at.holds(*asked).capabilities & ~taken))
    assert has(fewer) in has(at)


@enough
@given(whole_cases)
def test_and_in_the_mute_alls(at: Case) -> None:
    rules = at.meeting.rules
    muted = replace(at, meeting=replace(at.meeting, rules=replace(rules, mute_alls=())))
    assert has(at) in has(muted)


@enough
@given(whole_cases, bans)
def test_a_ban_leaves_nothing(at: Case, ban: Banned) -> None:
    assert has(with_rules(at, ban=ban)) == NOTHING
    assert all(replace(at.user, rules=replace(at.user.rules, ban=ban)).is_out(seat) for seat in at.user.seats)


@enough
@given(whole_cases, holds_on_people)
def test_a_hold_leaves_nothing(at: Case, hold: OnHold) -> None:
    assert has(with_rules(at, hold=hold)) == NOTHING


@enough
@given(whole_cases)
def test_what_results_is_what_chime_takes(at: Case) -> None:
    assert coherent(has(at)) == has(at)
    explained = limits(at.meeting, at.user, at.holds, NOW)
    assert EVERYTHING & ~withheld_by(explained) == has(at)


def withheld_by(found: tuple[Limit, ...]) -> Capabilities:
    bits = NOTHING
    for limit in found:
        bits |= limit.withholds
    return bits


# ---- consent ---------------------------------------------------------------------------------------------------------
@enough
@given(whole_cases)
def test_the_gate_takes_a_voice_and_nothing_else(at: Case) -> None:
    assert has(at) in (consented(at), consented(at) & ~AUDIO)
    assert consented(at) == has(free(at))


@enough
@given(whole_cases)
def test_no_gate_where_none_is_required_or_nobody_sits(at: Case) -> None:
    assert not must_consent(at.user, free(at).meeting, NOW)
    assert not must_consent(replace(at.user, seats={}), at.meeting, NOW)


@enough
@given(whole_cases, deeds_on_people)
def test_no_deed_of_anothers_opens_a_microphone_that_chime_holds_shut(at: Case, deed: UserCommand) -> None:
    """Whatever the deed: where consent is required, only what he does himself or agreed to opens it."""
    at = with_rules(replace(at, actor=ALICE), agreed=None)
    shut = {name: replace(seat, known=NOTHING) for name, seat in at.user.seats.items()} or {"s": Seat("s", NOTHING)}
    rules = replace(at.meeting.rules, unmute_consent=UnmuteConsent.REQUIRED)
    at = replace(at, user=replace(at.user, seats=shut), meeting=replace(at.meeting, rules=rules))
    answer = decide(at, deed)
    if isinstance(answer, Accepted):
        assert AUDIO not in answer.after
        assert "audio-may-flow" not in answer.effects


@enough
@given(whole_cases, deeds_on_people)
def test_who_is_asked_would_be_heard_if_he_agreed(at: Case, deed: UserCommand) -> None:
    answer = decide(at, deed)
    if isinstance(answer, Accepted) and answer.rules.asked is not None:
        assert AUDIO in consented(replace(at, user=replace(at.user, rules=answer.rules)))
        assert AUDIO not in answer.after


@enough
@given(whole_cases, deeds_on_people)
def test_said_again_nobody_is_asked_twice(at: Case, deed: UserCommand) -> None:
    first = decide(at, deed)
    if not isinstance(first, Accepted) or not first.awaits_consent:
        return
    again = replace(at, user=replace(at.user, rules=first.rules), change_id="again")
    second = decide(again, deed)
    if isinstance(second, Accepted):
        assert second.rules.asked == first.rules.asked
        assert not second.awaits_consent


# ---- undo ------------------------------------------------------------------------------------------------------------
def change(at: Case, made: Accepted[UserRules]) -> Change:
    return Change(
        "new", "m", "any", {}, ALICE, (), NOW, "p1.m1", subject="bob",
        rules_before=at.user.rules, rules_after=made.rules, before=made.before, after=made.after,
    )  # fmt: skip


def in_order(at: Case) -> Case:
    """Rules as they are written: without what has ended, and without requests, which are no rules that anybody made."""
    there = {m.id for m in at.meeting.rules.mute_alls}
    at = replace(at, user=replace(at.user, rules=expired(at)))
    return with_rules(at, asked=None, agreed=None, spares=at.user.rules.spares & there)


@enough
@given(whole_cases, deeds_on_people)
def test_undone_everything_is_as_before(at: Case, deed: UserCommand) -> None:
    """Rules and what follows from them; with whatever consent it takes."""
    at = in_order(at)
    answer = decide(at, deed)
    if not isinstance(answer, Accepted):
        return
    then = replace(at, user=replace(at.user, rules=answer.rules), now=NOW, change_id="undo")
    mine = change(at, answer)
    assume(same(answer.rules) != same(at.user.rules))
    assert is_in_effect(mine, answer.rules, NOW)
    undone = decide(replace(then, undone=mine), Undo("new"))
    if isinstance(undone, Refusal):
        assert undone.code == "not-undoable"
        assert mine.rules_after == mine.rules_before
        return
    assert isinstance(undone, Accepted)
    back = replace(then, user=replace(then.user, rules=undone.rules))
    assert same(undone.rules) == same(at.user.rules)
    assert consented(back) == consented(at)


def same(rules: UserRules) -> UserRules:
    """But for requests and a first grant, which everybody has from the moment when he is spoken of."""
    return replace(rules, asked=None, agreed=None, grant=EVERYTHING if rules.grant is None else rules.grant)


@enough
@given(whole_cases, deeds_on_people, deeds_on_people, st.sampled_from([0, 2, 61]))
def test_an_undo_brings_back_nothing_that_has_ended(
    at: Case, deed: UserCommand, later: UserCommand, seconds: int
) -> None:
    at = in_order(at)
    answer = decide(at, deed)
    if not isinstance(answer, Accepted):
        return
    mine = change(at, answer)
    then = replace(at, user=replace(at.user, rules=answer.rules))
    second = decide(then, later)
    rules = second.rules if isinstance(second, Accepted) else answer.rules
    then = replace(at, user=replace(at.user, rules=rules), now=NOW + timedelta(seconds=seconds), change_id="undo")
    undone = decide(replace(then, undone=mine), Undo("new"))
    if isinstance(undone, Accepted):
        made = undone.rules
        assert all(restriction.holds_at(then.now) for restriction in made.restrictions)
        assert made.ban is None or made.ban.holds_at(then.now)
        assert made.floor is None or made.floor.holds_at(then.now)
        assert of_others(made, mine) == of_others(expired(then), mine)


def of_others(rules: UserRules, mine: Change) -> set[Restriction]:
    """What neither the change made nor the change took."""
    assert isinstance(mine.rules_after, UserRules)
    assert isinstance(mine.rules_before, UserRules)
    return set(rules.restrictions) - set(mine.rules_after.restrictions) - set(mine.rules_before.restrictions)
