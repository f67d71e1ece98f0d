"""The contract of what somebody has to look at: changes, people and meetings."""

from dataclasses import replace
from datetime import datetime
from itertools import chain

import pytest
from moderation.domain.capability import Capabilities
from moderation.domain.change import Change, Closure, Status
from moderation.domain.meeting import User, UserRules
from moderation.ports import (
    AttendeesNoted,
    ChangeKept,
    ChangeOpened,
    CheckTaken,
    Clause,
    Due,
    Ledger,
    MeetingRevised,
    UserRevised,
)

from tests.integration.ledger.examples import CHECK, SEATED, TOKEN, M, a_user, change, conflict, meeting, seconds
from tests.unit.domain.cases import withholding

LATER = seconds(3600)
MEETINGS = 30
"""So many that every shard of an index has some."""


def opened(ledger: Ledger, *changes: Change) -> list[Due]:
    ledger.transact([ChangeOpened(each) for each in changes])
    return [Due(each.next_attempt_at, each.meeting_id, each.id) for each in changes if each.next_attempt_at is not None]


def muted(*ends: datetime | None, revision: int = 1) -> User:
    """One restriction for each."""
    restrictions = (withholding(bit, until=end) for bit, end in zip(Capabilities, ends, strict=False))
    return a_user("bob", revision, SEATED, rules=UserRules(restrictions=tuple(chain.from_iterable(restrictions))))


def waiting(number: int) -> tuple[Clause, Due]:
    """A change, a person or a meeting, each of a meeting of its own."""
    meeting_id, at = f"m{number}", seconds(number)
    match number % 3:
        case 0:
            whole = change("c", meeting_id, next_attempt_at=at)
            return ChangeOpened(whole), Due(at, meeting_id, whole.id)
        case 1:
            return UserRevised(meeting_id, muted(at), 0), Due(at, meeting_id, user_id="bob")
    return MeetingRevised(meeting(meeting_id, check_at=at), 0), Due(at, meeting_id)


@pytest.mark.parametrize("limit", [1, 7, MEETINGS, 100])
def test_longest_due_first_whatever_the_meeting(ledger: Ledger, limit: int) -> None:
    written = [waiting(n) for n in range(MEETINGS)]
    for number in range(MEETINGS):
        ledger.transact([written[(number * 17) % MEETINGS][0]])

    assert list(ledger.due(LATER, limit)) == [due for _, due in written[:limit]]


def test_all_of_one_meeting(ledger: Ledger) -> None:
    [second, first] = opened(ledger, change("c1", next_attempt_at=seconds(4)), change("c2", next_attempt_at=seconds(1)))
    ledger.transact([MeetingRevised(meeting(check_at=seconds(2)), 0), UserRevised(M, muted(seconds(3)), 0)])

    between = [Due(seconds(2), M), Due(seconds(3), M, user_id="bob")]
    assert list(ledger.due(LATER, 50)) == [first, *between, second]


def test_due_is_what_is_due_by_now(ledger: Ledger) -> None:
    only = opened(ledger, change(next_attempt_at=seconds(10)))

    assert list(ledger.due(seconds(9.999), 50)) == []
    assert list(ledger.due(seconds(10), 50)) == only
    assert list(ledger.due(seconds(10.001), 50)) == only


def test_a_change_that_is_closed_is_gone(ledger: Ledger) -> None:
    [_, second] = opened(ledger, change("c1"), change("c2"))

    ledger.transact(
        [ChangeKept(change("c1", closure=Closure(Status.APPLIED), lease=None, next_attempt_at=None), TOKEN)]
    )

    assert list(ledger.due(LATER, 50)) == [second]


def test_a_change_that_is_applied_stays_due_while_a_call_may_still_take_effect(ledger: Ledger) -> None:
    opened(ledger, change(next_attempt_at=seconds(45)))
    kept = change(closure=Closure(Status.APPLIED), next_attempt_at=seconds(60), uncertain_until=seconds(60))

    ledger.transact([ChangeKept(kept, TOKEN)])

    assert list(ledger.due(seconds(59), 50)) == []
    assert list(ledger.due(seconds(60), 50)) == [Due(seconds(60), M, kept.id)]


def test_what_never_was_due_is_not_there(ledger: Ledger) -> None:
    opened(ledger, change(next_attempt_at=None))
    ledger.transact([MeetingRevised(meeting(check_at=None), 0), UserRevised(M, muted(None), 0)])

    assert list(ledger.due(LATER, 50)) == []


def test_a_change_that_another_has_stays_due(ledger: Ledger) -> None:
    only = opened(ledger, change())

    conflict(ledger, ChangeKept(change(next_attempt_at=None), "another"))

    assert list(ledger.due(LATER, 50)) == only


def test_a_user_is_due_at_the_first_of_their_ends(ledger: Ledger) -> None:
    ledger.transact([UserRevised(M, muted(seconds(9), None, seconds(5), seconds(7)), 0)])
    assert list(ledger.due(LATER, 50)) == [Due(seconds(5), M, user_id="bob")]

    ledger.transact([UserRevised(M, muted(seconds(9), None, revision=2), 1)])
    assert list(ledger.due(LATER, 50)) == [Due(seconds(9), M, user_id="bob")]

    ledger.transact([UserRevised(M, muted(None, revision=3), 2)])
    assert list(ledger.due(LATER, 50)) == []

    ledger.transact([UserRevised(M, muted(seconds(6), revision=4), 3)])
    assert list(ledger.due(LATER, 50)) == [Due(seconds(6), M, user_id="bob")]


def test_notes_on_attendees_leave_their_user_due(ledger: Ledger) -> None:
    ledger.transact([UserRevised(M, muted(seconds(5)), 0)])

    ledger.transact([AttendeesNoted(M, "bob", 1, (replace(SEATED, gone=True),))])

    assert list(ledger.due(LATER, 50)) == [Due(seconds(5), M, user_id="bob")]


def test_a_check_moves_on_without_raising_the_revision(ledger: Ledger) -> None:
    ledger.transact([MeetingRevised(meeting(), 0)])

    ledger.transact([CheckTaken(M, 1, CHECK, seconds(1200))])
    assert list(ledger.due(LATER, 50)) == [Due(seconds(1200), M)]
    assert ledger.load(M).meeting == meeting(check_at=seconds(1200))

    conflict(ledger, CheckTaken(M, 1, CHECK, seconds(1800)))
    assert list(ledger.due(LATER, 50)) == [Due(seconds(1200), M)]


def test_a_last_check_leaves_nothing_due_and_nothing_to_take(ledger: Ledger) -> None:
    ledger.transact([MeetingRevised(meeting(), 0)])

    ledger.transact([CheckTaken(M, 1, CHECK, None)])

    assert list(ledger.due(LATER, 50)) == []
    assert ledger.load(M).meeting == meeting(check_at=None)
    conflict(ledger, CheckTaken(M, 1, CHECK, None))


def test_a_revised_meeting_says_itself_when_it_is_due(ledger: Ledger) -> None:
    ledger.transact([MeetingRevised(meeting(), 0)])

    ledger.transact([MeetingRevised(meeting(revision=2, check_at=seconds(5)), 1)])
    assert list(ledger.due(LATER, 50)) == [Due(seconds(5), M)]

    ledger.transact([MeetingRevised(meeting(revision=3, check_at=None), 2)])
    assert list(ledger.due(LATER, 50)) == []
