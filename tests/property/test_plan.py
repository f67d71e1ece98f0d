"""Whatever the roster: the plan reaches what is wanted, and nobody is hit on the way."""

from hypothesis import given
from hypothesis import strategies as st
from moderation.domain.batch_plan import AttendeeState, BatchExcept, Update, plan
from moderation.domain.capability import EVERYTHING, Capabilities

from tests.unit.domain.chime_model import NEWCOMER, moments

from .strategies import capabilities, few, rosters

newcomers = few | capabilities


def outcomes(roster: list[AttendeeState]) -> list[Capabilities]:
    return [s.wanted for s in roster if s.wanted is not None and s.wanted != s.actual]


@given(rosters, newcomers)
def test_the_plan_makes_exactly_what_is_wanted(roster: list[AttendeeState], newcomer: Capabilities) -> None:
    *_, last = moments(roster, plan(roster, newcomer), newcomer)
    for standing in roster:
        assert last[standing.attendee_id] == (standing.actual if standing.wanted is None else standing.wanted)


@given(rosters, newcomers)
def test_nobody_ever_holds_what_neither_was_nor_shall_be(roster: list[AttendeeState], newcomer: Capabilities) -> None:
    """Wherever the calls stop: no restriction of anybody is lifted between two of them."""
    for held in moments(roster, plan(roster, newcomer), newcomer):
        for standing in roster:
            assert held[standing.attendee_id] in (standing.actual, standing.wanted)


@given(rosters, newcomers)
def test_a_newcomer_never_holds_more_than_the_rules_give(roster: list[AttendeeState], newcomer: Capabilities) -> None:
    for held in moments(roster, plan(roster, newcomer), newcomer):
        given = held[NEWCOMER]
        assert given is not None
        assert given in newcomer


@given(rosters)
def test_as_many_calls_as_outcomes_and_one(roster: list[AttendeeState]) -> None:
    changed = outcomes(roster)
    calls = plan(roster, EVERYTHING)
    everybody_alike = len(changed) == len(roster) > 1 and len(set(changed)) == 1
    assert len(calls) == len(set(changed)) + everybody_alike


@given(rosters, newcomers)
def test_only_what_newcomers_must_not_be_given_costs_one_by_one(
    roster: list[AttendeeState], newcomer: Capabilities
) -> None:
    changed = outcomes(roster)
    apart = sum(changed.count(wide) - 1 for wide in set(changed) if wide not in newcomer)
    assert len(plan(roster, newcomer)) <= len(set(changed)) + apart + 1


@given(rosters, newcomers)
def test_pipelines_are_always_excluded(roster: list[AttendeeState], newcomer: Capabilities) -> None:
    pipelines = {s.attendee_id for s in roster if s.wanted is None}
    for call in plan(roster, newcomer):
        match call:
            case Update(attendee_id):
                assert attendee_id not in pipelines
            case BatchExcept(excluded):
                assert pipelines <= set(excluded)
                assert set(excluded) <= {s.attendee_id for s in roster}
                assert 1 <= len(excluded) <= 250


@given(rosters, newcomers)
def test_what_only_takes_goes_first_and_what_only_gives_goes_last(
    roster: list[AttendeeState], newcomer: Capabilities
) -> None:
    turns = []
    *before, _ = held = list(moments(roster, plan(roster, newcomer), newcomer))
    for then, now in zip(before, held[1:], strict=True):
        hit = [s for s in roster if then[s.attendee_id] != now[s.attendee_id]]
        turns.append(2 if not any(s.loses for s in hit) else 1 if any(s.gains for s in hit) else 0)
    assert turns == sorted(turns)


@given(rosters.flatmap(lambda some: st.tuples(st.just(some), st.permutations(some))), newcomers)
def test_the_order_of_the_roster_costs_nothing(
    two: tuple[list[AttendeeState], list[AttendeeState]], newcomer: Capabilities
) -> None:
    roster, shuffled = two
    assert len(plan(shuffled, newcomer)) == len(plan(roster, newcomer))


@given(rosters, newcomers)
def test_a_plan_that_was_carried_out_leaves_nothing_to_do(roster: list[AttendeeState], newcomer: Capabilities) -> None:
    *_, last = moments(roster, plan(roster, newcomer), newcomer)
    assert plan([AttendeeState(s.attendee_id, last[s.attendee_id], s.wanted) for s in roster], newcomer) == ()
