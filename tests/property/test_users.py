"""Properties of a user under any rules: hold, ban, floor, lobby, consent, undo."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from moderation.domain.capability import (
    EVERYTHING,
    NOTHING,
    Capabilities,
    Medium,
    PolicyCapabilities,
    Restriction,
    Restrictions,
    coherent,
    in_force,
    sending,
    withheld,
)
from moderation.domain.change import AttendeeChange, Change
from moderation.domain.commands import Ban, EndFloor, Expire, GrantFloor, Hold, Release, Unban, Undo, UserCommand
from moderation.domain.decisions.decide import decide
from moderation.domain.decisions.decision import Accepted, Case, Refusal, Unchanged, without_expired
from moderation.domain.effective import Limit, effective, limits
from moderation.domain.meeting import Attendee, UnmuteConsent, UserRules, floor_media, must_consent
from moderation.domain.personal_rules import Ban as Banned
from moderation.domain.personal_rules import Hold as OnHold
from moderation.domain.personal_rules import Waiting
from moderation.domain.rule_changes import is_in_effect

from tests.unit.domain.cases import ALICE, NOW, has

from .strategies import bans, capabilities, holds_on_people, media, restrictions, user_commands, waitings, whole_cases

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
    """A ban counts until the clock has ended it; every command ends what has ended."""
    return {"ban": without_expired(at).ban}


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
    at = free(with_rules(at, floor=None, ban=without_expired(at).ban))
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
    assert all(
        replace(at.user, rules=replace(at.user.rules, ban=ban)).is_out(attendee) for attendee in at.user.attendees
    )


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
    assert not must_consent(replace(at.user, attendees={}), at.meeting, NOW)


@enough
@given(whole_cases, user_commands)
def test_no_command_of_others_opens_a_microphone_that_chime_holds_shut(at: Case, command: UserCommand) -> None:
    """For every command: where consent is required, only the user's own command or agreement opens their microphone."""
    at = with_rules(replace(at, actor=ALICE), agreed=None)
    shut = {name: replace(attendee, known=NOTHING) for name, attendee in at.user.attendees.items()} or {
        "s": Attendee("s", NOTHING)
    }
    rules = replace(at.meeting.rules, unmute_consent=UnmuteConsent.REQUIRED)
    at = replace(at, user=replace(at.user, attendees=shut), meeting=replace(at.meeting, rules=rules))
    answer = decide(at, command)
    if isinstance(answer, Accepted):
        assert AUDIO not in answer.after
        assert "audio-may-flow" not in answer.effects


@enough
@given(whole_cases, user_commands)
def test_a_user_who_is_asked_would_be_heard_after_agreeing(at: Case, command: UserCommand) -> None:
    answer = decide(at, command)
    if isinstance(answer, Accepted) and answer.rules.asked is not None:
        assert AUDIO in consented(replace(at, user=replace(at.user, rules=answer.rules)))
        assert AUDIO not in answer.after


@enough
@given(whole_cases, user_commands)
def test_said_again_nobody_is_asked_twice(at: Case, command: UserCommand) -> None:
    first = decide(at, command)
    if not isinstance(first, Accepted) or not first.awaits_consent:
        return
    again = replace(at, user=replace(at.user, rules=first.rules), change_id="again")
    second = decide(again, command)
    if isinstance(second, Accepted):
        assert second.rules.asked == first.rules.asked
        assert not second.awaits_consent


# ---- undo ------------------------------------------------------------------------------------------------------------
def change(at: Case, made: Accepted[UserRules]) -> Change:
    return AttendeeChange(
        "new", "m", "any", {}, ALICE, (), NOW, "p1.m1", user_id="bob",
        rules_before=at.user.rules, rules_after=made.rules, before=made.before, after=made.after,
    )  # fmt: skip


def in_order(at: Case) -> Case:
    """Rules as they are written: without what has ended, and without requests, which are no rules that anybody made."""
    there = {m.id for m in at.meeting.rules.mute_alls}
    at = replace(at, user=replace(at.user, rules=without_expired(at)))
    return with_rules(at, asked=None, agreed=None, spares=at.user.rules.spares & there)


@enough
@given(whole_cases, user_commands)
def test_undone_everything_is_as_before(at: Case, command: UserCommand) -> None:
    """Rules and what follows from them; with whatever consent it takes."""
    at = in_order(at)
    answer = decide(at, command)
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
    """But for requests, calls that may be on their way, and a first grant, which each user has once they are named."""
    granted = EVERYTHING if rules.grant is None else rules.grant
    return replace(rules, asked=None, agreed=None, ban_calls_end_at=None, grant=granted)


@enough
@given(whole_cases, user_commands, user_commands, st.sampled_from([0, 2, 61]))
def test_an_undo_brings_back_nothing_that_has_ended(
    at: Case, command: UserCommand, later: UserCommand, seconds: int
) -> None:
    at = in_order(at)
    answer = decide(at, command)
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
        assert of_others(made, mine) == of_others(without_expired(then), mine)


def of_others(rules: UserRules, mine: Change) -> set[Restriction]:
    """What neither the change made nor the change took."""
    assert isinstance(mine.rules_after, UserRules)
    assert isinstance(mine.rules_before, UserRules)
    return set(rules.restrictions) - set(mine.rules_after.restrictions) - set(mine.rules_before.restrictions)
