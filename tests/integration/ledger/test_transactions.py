"""The contract of whole transactions: limits, and parts of one person that two writers share."""

from dataclasses import replace

import pytest
from moderation.domain.capability import EVERYTHING, NOTHING, RECEIVING
from moderation.domain.meeting import Seat, UserRules
from moderation.ports import (
    ChangeOpened,
    Clause,
    EntryWritten,
    Ledger,
    MeetingIs,
    MeetingRevised,
    SeatBound,
    SeatsNoted,
    UserIs,
    UserRevised,
    actions_of,
)

from tests.integration.ledger.examples import (
    NOW,
    SCENE,
    SEAT,
    SEATED,
    SECOND_SEAT,
    M,
    change,
    conflict,
    entry,
    held,
    meeting,
    person,
    seconds,
    user,
)

NOTED = Seat(SEAT, RECEIVING, noted_at=NOW)
SECOND = Seat(SECOND_SEAT, NOTHING, drifted=True)
HOST = UserRules("host", EVERYTHING)
PEOPLE = 98 - actions_of(MeetingRevised(meeting(), 0))
"""With the meeting and two clauses more: a hundred actions."""


def test_a_hundred_actions_hold_together(ledger: Ledger) -> None:
    people = [person(f"u{n}") for n in range(PEOPLE)]
    written = [UserRevised(M, each, 0) for each in people]
    ledger.transact([MeetingRevised(meeting(), 0), *written, ChangeOpened(change()), EntryWritten(entry())])

    assert ledger.everybody(M) == {each.id: each for each in people}


def test_one_failing_action_of_a_hundred_leaves_nothing_written(ledger: Ledger) -> None:
    before = held(ledger)
    people: list[Clause] = [UserRevised(M, person(f"u{n}"), 0) for n in range(PEOPLE)]

    raised = conflict(ledger, MeetingRevised(meeting(), 0), *people, EntryWritten(entry()), UserIs(M, "nobody", 1))

    assert raised.failed == (UserIs(M, "nobody", 1),)
    assert held(ledger) == before


@pytest.mark.parametrize("count", [0, 101])
def test_too_many_actions_and_none_are_the_callers_mistake(ledger: Ledger, count: int) -> None:
    with pytest.raises(ValueError, match=f"{count} actions"):
        ledger.transact([EntryWritten(entry(f"e{n}")) for n in range(count)])


@pytest.mark.parametrize(
    "pair",
    [
        (MeetingIs(M, 1), MeetingRevised(meeting(revision=2), 1)),
        (UserIs(M, "bob", 1), SeatsNoted(M, "bob", 1, (NOTED,))),
        (SeatBound(M, SEAT, "bob"), SeatBound(M, SEAT, "bob")),
    ],
    ids=["a meeting", "a person", "a seat"],
)
def test_two_clauses_on_one_item_are_the_callers_mistake(ledger: Ledger, pair: tuple[Clause, Clause]) -> None:
    ledger.transact(SCENE)
    before = held(ledger)

    with pytest.raises(ValueError, match="two clauses on one item"):
        ledger.transact(pair)
    assert held(ledger) == before


def test_the_same_transaction_again_fails_on_its_own_doing(ledger: Ledger) -> None:
    ledger.transact(SCENE)

    raised = conflict(ledger, *SCENE)

    # The seat is his already.
    assert raised.failed == tuple(clause for clause in SCENE if not isinstance(clause, SeatBound))


def test_notes_leave_rules_revision_and_other_seats_alone(ledger: Ledger) -> None:
    bob = person("bob", 4, SEATED, SECOND, rules=HOST)
    ledger.transact([UserRevised(M, bob, 0)])

    ledger.transact([SeatsNoted(M, "bob", 4, (NOTED,))])

    assert user(ledger) == replace(bob, seats={SEAT: NOTED, SECOND_SEAT: SECOND}, notes=1)


def test_notes_of_the_same_revision_are_taken_one_after_the_other(ledger: Ledger) -> None:
    ledger.transact([UserRevised(M, person("bob", 1, SEATED), 0)])

    ledger.transact([SeatsNoted(M, "bob", 1, (NOTED,))])
    ledger.transact([SeatsNoted(M, "bob", 1, (SECOND, replace(NOTED, gone=True)))])

    assert user(ledger) == person("bob", 1, replace(NOTED, gone=True), SECOND, notes=2)


def test_new_rules_leave_what_was_noted_meanwhile_alone(ledger: Ledger) -> None:
    """Whoever revises has read the seats before they were noted."""
    ledger.transact([UserRevised(M, person("bob", 1, SEATED), 0)])
    ledger.transact([SeatsNoted(M, "bob", 1, (NOTED,))])

    stale = person("bob", 2, SEATED, rules=HOST, revised_by="c2")
    ledger.transact([UserRevised(M, stale, 1)])

    assert user(ledger) == replace(stale, seats={SEAT: NOTED}, notes=1)


def test_notes_that_others_have_counted_since_are_refused(ledger: Ledger) -> None:
    ledger.transact([UserRevised(M, person("bob", 1, SEATED), 0)])
    ledger.transact([SeatsNoted(M, "bob", 1, (NOTED,), 0)])

    late = SeatsNoted(M, "bob", 1, (SEATED,), 0)
    assert conflict(ledger, late).failed == (late,)
    revised = UserRevised(M, person("bob", 2, SEATED), 1, notes=0)
    assert conflict(ledger, revised).failed == (revised,)

    ledger.transact([SeatsNoted(M, "bob", 1, (SEATED,), 1)])
    assert user(ledger) == person("bob", 1, SEATED, notes=2)


def test_notes_for_rules_that_have_been_revised_are_refused(ledger: Ledger) -> None:
    ledger.transact([UserRevised(M, person("bob", 1, SEATED), 0)])
    revised = person("bob", 2, SEATED, rules=HOST)
    ledger.transact([UserRevised(M, revised, 1)])

    raised = conflict(ledger, SeatsNoted(M, "bob", 1, (NOTED,)))

    assert raised.found is not None
    assert raised.found.users == {"bob": revised}
    assert user(ledger) == revised


def test_new_seats_come_besides_those_he_has(ledger: Ledger) -> None:
    ledger.transact([UserRevised(M, person("bob", 1, NOTED), 0)])

    revised = person("bob", 2, SEATED, SECOND)
    ledger.transact([UserRevised(M, revised, 1, (SECOND,))])

    assert user(ledger) == replace(revised, seats={SEAT: NOTED, SECOND_SEAT: SECOND})


def test_a_new_seat_that_was_noted_already_keeps_its_note(ledger: Ledger) -> None:
    ledger.transact([UserRevised(M, person("bob", 1, NOTED), 0)])

    ledger.transact([UserRevised(M, person("bob", 2, SEATED), 1, (SEATED, SECOND))])

    assert user(ledger).seats == {SEAT: NOTED, SECOND_SEAT: SECOND}


def test_seats_that_are_not_named_as_new_are_not_written(ledger: Ledger) -> None:
    ledger.transact([UserRevised(M, person("bob", 1, SEATED), 0)])

    ledger.transact([UserRevised(M, person("bob", 2, SEATED, SECOND), 1)])

    assert user(ledger).seats == {SEAT: SEATED}


def test_a_person_who_was_nobody_comes_with_all_his_seats(ledger: Ledger) -> None:
    bob = person("bob", 1, SEATED, SECOND)
    ledger.transact([UserRevised(M, bob, 0, (SEATED, SECOND))])

    assert user(ledger) == bob


def test_what_is_revised_to_nothing_is_nothing(ledger: Ledger) -> None:
    first = meeting(ended_at=NOW, revised_by="c1")
    ledger.transact([MeetingRevised(first, 0), UserRevised(M, person(revised_by="c1"), 0), ChangeOpened(change())])

    bare = meeting(revision=2, external_id="", check_at=None)
    ledger.transact([MeetingRevised(bare, 1), UserRevised(M, person(revision=2, revised_by=None), 1)])

    assert ledger.load(M).meeting == bare
    assert user(ledger) == person(revision=2, revised_by=None)


def test_what_was_read_does_not_change_with_what_is_written(ledger: Ledger) -> None:
    ledger.transact(SCENE)
    before, everybody = user(ledger), ledger.everybody(M)

    ledger.transact([SeatsNoted(M, "bob", 1, (replace(NOTED, noted_at=seconds(1)), SECOND))])

    assert before == person("bob", 1, SEATED)
    assert everybody == {"bob": person("bob", 1, SEATED)}
