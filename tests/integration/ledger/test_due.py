"""The contract of what somebody has to look at."""

from dataclasses import replace

import pytest
from moderation.core.change import Change, Status
from moderation.ports import ChangeKept, ChangeOpened, Ledger

from tests.integration.ledger.examples import TOKEN, change, conflict, seconds

LATER = seconds(3600)
MEETINGS = 40
"""So many that every shard of an index has some."""


def opened(ledger: Ledger, *changes: Change) -> list[Change]:
    ledger.transact([ChangeOpened(each) for each in changes])
    return list(changes)


def test_longest_due_first_whatever_the_meeting(ledger: Ledger) -> None:
    shuffled = [(n * 17) % MEETINGS for n in range(MEETINGS)]
    opened(ledger, *(change("c", f"m{n}", due_at=seconds(n)) for n in shuffled))

    found = ledger.due(LATER, 100)

    assert list(found) == [change("c", f"m{n}", due_at=seconds(n)) for n in range(MEETINGS)]


@pytest.mark.parametrize("limit", [1, 7, MEETINGS])
def test_a_limit_leaves_the_latest_for_later(ledger: Ledger, limit: int) -> None:
    opened(ledger, *(change("c", f"m{n}", due_at=seconds(n)) for n in reversed(range(MEETINGS))))

    assert [each.meeting_id for each in ledger.due(LATER, limit)] == [f"m{n}" for n in range(limit)]


def test_two_changes_of_one_meeting(ledger: Ledger) -> None:
    second, first = opened(ledger, change("c1", due_at=seconds(2)), change("c2", due_at=seconds(1)))

    assert list(ledger.due(LATER, 50)) == [first, second]


def test_due_is_what_is_due_by_now(ledger: Ledger) -> None:
    [only] = opened(ledger, change(due_at=seconds(10)))

    assert list(ledger.due(seconds(9.999), 50)) == []
    assert list(ledger.due(seconds(10), 50)) == [only]
    assert list(ledger.due(seconds(10.001), 50)) == [only]


def test_what_is_closed_is_gone(ledger: Ledger) -> None:
    [first, second] = opened(ledger, change("c1"), change("c2"))

    ledger.transact([ChangeKept(replace(first, status=Status.APPLIED, lease=None, due_at=None), TOKEN)])

    assert list(ledger.due(LATER, 50)) == [second]


def test_what_is_applied_stays_due_while_a_call_may_still_take_effect(ledger: Ledger) -> None:
    [first] = opened(ledger, change(due_at=seconds(45)))
    kept = replace(first, status=Status.APPLIED, due_at=seconds(60), unsure_until=seconds(60))

    ledger.transact([ChangeKept(kept, TOKEN)])

    assert list(ledger.due(seconds(59), 50)) == []
    assert list(ledger.due(seconds(60), 50)) == [kept]


def test_what_was_never_due_is_not_there(ledger: Ledger) -> None:
    opened(ledger, change(due_at=None))

    assert list(ledger.due(LATER, 50)) == []


def test_a_refused_change_of_the_lease_leaves_it_due(ledger: Ledger) -> None:
    [only] = opened(ledger, change())

    conflict(ledger, ChangeKept(replace(only, due_at=None), "another"))

    assert list(ledger.due(LATER, 50)) == [only]
