"""The plan: the fewest calls, in the right order, and no other attendee is touched."""

from itertools import product

import pytest
from moderation.domain.batch_plan import AttendeeState, BatchExcept, Update, plan
from moderation.domain.capability import EVERYTHING, NOTHING, RECEIVING, Capabilities

from .chime_model import State, fewest, moments, vocabulary

SEND, RECEIVE = Capabilities.SEND_AUDIO, Capabilities.RECEIVE_AUDIO
WORDS = (NOTHING, SEND, RECEIVE, SEND | RECEIVE)
MUTED = EVERYTHING & ~SEND


def attendee_of(number: int | str, actual: Capabilities | None, wanted: Capabilities | None) -> AttendeeState:
    return AttendeeState(f"a{number}", actual, wanted)


def roster_of(ids: list[str], start: State, wanted: State) -> list[AttendeeState]:
    return [AttendeeState(a, has, wants) for a, has, wants in zip(ids, start, wanted, strict=True)]


def test_nothing_to_do() -> None:
    assert plan([], EVERYTHING) == ()
    assert plan([attendee_of(1, MUTED, MUTED), attendee_of(2, EVERYTHING, None)], EVERYTHING) == ()


def test_one_is_updated() -> None:
    assert plan([attendee_of(1, EVERYTHING, MUTED), attendee_of(2, EVERYTHING, EVERYTHING)], EVERYTHING) == (
        Update("a1", MUTED),
    )


def test_many_of_one_outcome_are_one_batch_that_excludes_everybody_else() -> None:
    roster = [attendee_of("host", EVERYTHING, EVERYTHING), *(attendee_of(n, EVERYTHING, MUTED) for n in range(249))]
    assert plan(roster, EVERYTHING) == (BatchExcept(("ahost",), MUTED),)


def test_exclusions_never_pass_what_chime_takes() -> None:
    roster = [
        *(attendee_of(n, EVERYTHING, EVERYTHING) for n in range(248)),
        *(attendee_of(n, EVERYTHING, MUTED) for n in (248, 249)),
    ]
    (call,) = plan(roster, EVERYTHING)
    assert isinstance(call, BatchExcept)
    assert len(call.excluded) == 248


def test_a_roster_beyond_what_can_be_excluded_goes_one_by_one() -> None:
    """It doesn't happen (250 attendees a meeting), but a plan never makes a call that Chime must refuse."""
    others = [attendee_of(n, EVERYTHING, EVERYTHING) for n in range(251)]
    roster = [*others, *(attendee_of(name, EVERYTHING, MUTED) for name in "xyz")]
    assert plan(roster, EVERYTHING) == (Update("ax", MUTED), Update("ay", MUTED), Update("az", MUTED))


def test_where_nobody_is_left_to_exclude_one_is_updated_apart() -> None:
    roster = [attendee_of(n, EVERYTHING, MUTED) for n in range(250)]
    batch, update = plan(roster, EVERYTHING)
    assert isinstance(batch, BatchExcept)
    assert isinstance(update, Update)
    assert batch.excluded == (update.attendee_id,)
    assert batch.capabilities == update.capabilities == MUTED


def test_two_who_are_the_whole_roster_cost_no_batch() -> None:
    """Two updates are as few calls, and they hit nobody else."""
    assert plan([attendee_of(1, EVERYTHING, MUTED), attendee_of(2, EVERYTHING, MUTED)], EVERYTHING) == (
        Update("a1", MUTED),
        Update("a2", MUTED),
    )


def test_apart_goes_who_can_wait_longest() -> None:
    roster = [attendee_of(1, RECEIVING, MUTED), attendee_of(2, EVERYTHING, MUTED), attendee_of(3, EVERYTHING, MUTED)]
    assert plan(roster, EVERYTHING) == (BatchExcept(("a1",), MUTED), Update("a1", MUTED))


def test_a_recorder_is_excluded_and_never_updated() -> None:
    roster = [attendee_of("recorder", EVERYTHING, None), *(attendee_of(n, EVERYTHING, MUTED) for n in range(3))]
    assert plan(roster, EVERYTHING) == (BatchExcept(("arecorder",), MUTED),)


def test_who_holds_it_already_is_left_alone_and_serves_as_the_exclusion() -> None:
    roster = [attendee_of(1, MUTED, MUTED), *(attendee_of(n, EVERYTHING, MUTED) for n in (2, 3, 4))]
    assert plan(roster, EVERYTHING) == (BatchExcept(("a1",), MUTED),)


def test_wider_than_a_newcomer_may_be_goes_one_by_one() -> None:
    """A batch would open the microphone of an attendee that has just joined a muted meeting."""
    roster = [
        attendee_of("host", EVERYTHING, EVERYTHING),
        attendee_of(1, MUTED, EVERYTHING),
        attendee_of(2, MUTED, EVERYTHING),
    ]
    assert plan(roster, MUTED) == (Update("a1", EVERYTHING), Update("a2", EVERYTHING))
    assert plan(roster, EVERYTHING) == (BatchExcept(("ahost",), EVERYTHING),)


def test_what_takes_goes_before_what_gives() -> None:
    gives = [attendee_of(n, RECEIVING, EVERYTHING) for n in (1, 2, 3)]
    mixes = [attendee_of(4, SEND, RECEIVE)]
    takes = [attendee_of(5, EVERYTHING, MUTED)]
    assert [call.capabilities for call in plan([*gives, *mixes, *takes], EVERYTHING)] == [MUTED, RECEIVE, EVERYTHING]


def test_the_larger_crowd_goes_first_within_its_turn() -> None:
    roster = [attendee_of(1, EVERYTHING, NOTHING), *(attendee_of(n, EVERYTHING, MUTED) for n in (2, 3))]
    assert [call.capabilities for call in plan(roster, EVERYTHING)] == [MUTED, NOTHING]


@pytest.mark.parametrize("wanted", [NOTHING, MUTED, EVERYTHING])
def test_what_chime_holds_is_not_known_so_it_is_ordered(wanted: Capabilities) -> None:
    assert plan([attendee_of(1, None, wanted)], EVERYTHING) == (Update("a1", wanted),)


def test_the_cost_does_not_grow_with_the_meeting() -> None:
    for size in (10, 50, 250):
        roster = [
            attendee_of("host", EVERYTHING, EVERYTHING),
            *(attendee_of(n, EVERYTHING, (MUTED, RECEIVING)[n % 2]) for n in range(1, size)),
        ]
        assert len(plan(roster, EVERYTHING)) == 2


@pytest.mark.parametrize("newcomer", WORDS)
@pytest.mark.parametrize("pipelines", [frozenset[str](), frozenset({"p"})])
def test_no_sequence_of_calls_does_with_fewer(newcomer: Capabilities, pipelines: frozenset[str]) -> None:
    """Every start (not known is one) and every end of three attendees, against every sequence of calls."""
    ids = ["p" if pipelines else "c", "a", "b"]
    calls = vocabulary(ids, pipelines, newcomer, WORDS)
    firsts: tuple[Capabilities | None, ...] = (EVERYTHING,) if pipelines else (None, *WORDS)
    for start in product(firsts, (None, *WORDS), (None, *WORDS)):
        least = fewest(start, ids, calls)
        for wanted in product((None,) if pipelines else WORDS, WORDS, WORDS):
            roster = roster_of(ids, start, wanted)
            end = (EVERYTHING, *wanted[1:]) if pipelines else wanted
            planned = plan(roster, newcomer)
            assert len(planned) == least[end], (start, wanted, planned)


def test_no_sequence_of_calls_does_with_fewer_for_four() -> None:
    ids, words = ["a", "b", "c", "d"], (NOTHING, RECEIVE, SEND | RECEIVE)
    calls = vocabulary(ids, frozenset(), RECEIVE, words)
    for start in product(words, repeat=4):
        least = fewest(start, ids, calls)
        for wanted in product(words, repeat=4):
            assert len(plan(roster_of(ids, start, wanted), RECEIVE)) == least[wanted]


def test_every_moment_of_every_small_plan() -> None:
    """All starts and ends of two people and a recorder: what is wanted results, and nothing else on the way."""
    ids = ["p", "a", "b"]
    for newcomer, has, wants in product(WORDS, product(WORDS, repeat=2), product(WORDS, repeat=2)):
        roster = roster_of(ids, (EVERYTHING, *has), (None, *wants))
        *between, last = moments(roster, plan(roster, newcomer), newcomer)
        assert [last[a] for a in ids] == [EVERYTHING, *wants]
        for held in between:
            assert all(held[s.attendee_id] in (s.actual, s.wanted) for s in roster)
