"""Transactions are cut as DynamoDB takes them: 100 clauses, 4 MB, expressions of 4 KB, whatever a user has of seats."""

import pytest
from hypothesis import given
from moderation.application.enforcement.transaction_batches import MOST_ACTIONS, packed, size
from moderation.application.requests import Answer
from moderation.domain.capability import EVERYTHING
from moderation.domain.commands import Ban, Hold, Mute, Release, Remove
from moderation.domain.meeting import User
from moderation.ports import Clause, SeatBound, SeatInChime, SeatsNoted, UserRevised

from tests.integration.ledger import strategies
from tests.memory import limits
from tests.memory.moderated_meeting import MEETING, ModeratedMeeting
from tests.unit.application.hall import MUTE_ALL, SILENT, Hall


def many(hall: ModeratedMeeting, user: str, count: int) -> list[str]:
    """Seats that Chime has and nobody has told of."""
    seats = [f"{n:08x}-{user.encode().hex()[:4]:0<4}-0000-0000-000000000000" for n in range(count)]
    for attendee_id in seats:
        hall.chime.rooms[MEETING].seats[attendee_id] = SeatInChime(attendee_id, user, EVERYTHING)
    return seats


@pytest.mark.parametrize("people", [33, 34, 60])
def test_people_with_two_seats_each_are_registered(people: int) -> None:
    hall = Hall(registered=False)
    for n in range(people):
        many(hall, f"{n:02}-person", 2)
    outcome = hall.register(roles={"alice": "host"})
    assert isinstance(outcome, Answer)
    assert outcome.status == "applied"


@pytest.mark.parametrize("seats", [41, 120, 250])
def test_a_user_with_many_seats_is_silenced_with_all_others(seats: int) -> None:
    hall = Hall()
    found = many(hall, "dialin", seats)
    assert hall.done("alice", MUTE_ALL).status == "applied"
    assert {hall.chime.held(MEETING, each) for each in found} == {SILENT}
    assert {seat.known for seat in hall.user("dialin").present} == {SILENT}
    assert len(hall.user("dialin").seats) == seats


@pytest.mark.parametrize("command", [Mute(), Hold(), Ban(), Remove()], ids=lambda command: command.name)
def test_a_user_with_many_seats_is_commanded(command: Mute | Hold | Ban | Remove) -> None:
    hall = Hall()
    many(hall, "dialin", 120)
    outcome = hall.ask_user("alice", command, "dialin")
    assert isinstance(outcome, Answer), outcome
    for _ in range(5):
        hall.reconcile(60)
    assert not any(change.is_open for change in hall.ledger.changes.values())
    left = [seat for seat in hall.chime.rooms[MEETING].seats.values() if seat.user_id == "dialin"]
    assert not any(seat.capabilities == EVERYTHING for seat in left)


def test_what_was_held_is_released_on_many_seats() -> None:
    hall = Hall()
    many(hall, "dialin", 100)
    hall.ask_user("alice", Hold(), "dialin")
    hall.ask_user("alice", Release(), "dialin")
    hall.reconcile(60)
    assert {seat.known for seat in hall.user("dialin").present} == {EVERYTHING}


def test_groups_are_neither_torn_nor_reordered_and_write_no_user_twice() -> None:
    groups: list[list[Clause]] = [
        [SeatsNoted(MEETING, f"u{n % 50}", 1, ()), SeatBound(MEETING, f"s{n}", f"u{n % 50}")] for n in range(120)
    ]
    beside = [SeatBound(MEETING, "beside", "x")]
    cut = list(packed(groups, beside))
    assert [group for together in cut for group in together] == groups
    for together in cut:
        clauses = [clause for group in together for clause in group]
        assert len(clauses) + len(beside) <= MOST_ACTIONS
        users = [clause.user_id for clause in clauses if isinstance(clause, SeatsNoted)]
        assert len(users) == len(set(users))


@strategies.each_time_the_same
@given(strategies.users)
def test_a_user_takes_less_than_is_reckoned(user: User) -> None:
    clause = UserRevised(MEETING, user, 0)
    [body] = limits._WRITER.action(clause).values()
    assert limits.size(body["Item"]) <= size(clause) + 200
