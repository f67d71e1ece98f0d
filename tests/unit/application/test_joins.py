"""Attendees of one user who come again and again: cost by their number, and nobody else's commands wait for them."""

from moderation.bootstrap import Gavel
from moderation.domain.capability import EVERYTHING
from moderation.domain.change import Status
from moderation.domain.commands import End, Mute
from moderation.ports import Minute

from tests.memory.moderated_meeting import MEETING, seat
from tests.unit.application.hall import MUTE_ALL, SILENT, UNMUTE_ALL, Hall, not_now
from tests.unit.application.test_transactions import many

RELOADS = 25
JOINS = 60


def comes(hall: Hall, number: int, user: str = "bob") -> None:
    hall.comes(user, number)
    Gavel(hall.world).presence.on_joined(MEETING, seat(user, number))


def test_reloads_cost_at_most_two_calls_each() -> None:
    hall = Hall()
    hall.answered("alice", Mute(), "bob")
    hall.chime.calls.clear()
    for number in range(1, RELOADS + 1):
        comes(hall, number)
        hall.surroundings.pass_by(1)
    assert len(hall.chime.orders()) <= 2 * RELOADS
    assert {hall.bits("bob", number) for number in range(RELOADS + 1)} == {SILENT}


def test_joins_while_the_first_is_pending_fold_into_it() -> None:
    hall = Hall()
    hall.answered("alice", Mute(), "bob")
    hall.chime_refuses()
    comes(hall, 1)
    hall.chime_recovers()
    for number in range(2, 6):
        comes(hall, number)
    joins = [change for change in hall.ledger.changes.values() if change.is_join]
    assert len(joins) == 1
    hall.reconcile(60)
    assert {hall.bits("bob", number) for number in range(6)} == {SILENT}
    assert hall.ledger.changes[MEETING, joins[0].id].status is Status.APPLIED


def test_many_joins_at_once_are_silent_within_ten_seconds_in_a_few_calls() -> None:
    hall = Hall()
    hall.answered("alice", Mute(), "bob")
    hall.chime_refuses()
    comes(hall, 1)
    hall.chime_recovers()
    hall.chime.calls.clear()
    for number in range(2, JOINS + 1):
        comes(hall, number)
    hall.reconcile(10)
    assert {hall.bits("bob", number) for number in range(JOINS + 1)} == {SILENT}
    assert len(hall.chime.orders()) <= 5
    assert {hall.bits(user) for user in ("alice", "carol")} == {EVERYTHING}


def test_one_users_joins_use_up_a_minute_of_their_own_and_not_the_one_for_commands() -> None:
    hall = Hall()
    hall.answered("alice", Mute(), "bob")
    now = hall.surroundings.now()
    while hall.ledger.acquire_user_tokens(MEETING, "bob", 1, now, Minute.AUTOMATIC):
        pass
    hall.chime.calls.clear()
    comes(hall, 1)
    assert hall.chime.orders() == []
    assert hall.ledger.acquire_user_tokens(MEETING, "bob", 1, now)
    hall.reconcile(10)
    assert hall.bits("bob", 1) == SILENT


def test_what_was_reached_is_noted_before_the_change_is_left() -> None:
    hall = Hall()
    found = many(hall, "dialin", JOINS)
    hall.done("alice", MUTE_ALL)
    hall.done("alice", UNMUTE_ALL)
    hall.chime.calls.clear()
    taken: list[None] = [None] * 30
    hall.chime.before = [*taken, *[not_now] * 1000]
    hall.ask_user("alice", Mute(), "dialin")
    assert sum(seat.known == SILENT for seat in hall.user("dialin").present) == 30
    hall.chime_recovers()
    hall.chime.calls.clear()
    for _ in range(6):
        hall.reconcile(60)
    assert {hall.chime.held(MEETING, each) for each in found} == {SILENT}
    assert len(hall.chime.orders()) == JOINS - 30


def test_pending_changes_of_an_ended_meeting_close_without_a_call() -> None:
    hall = Hall()
    hall.chime_refuses()
    hall.answered("alice", Mute(), "bob")
    hall.chime_recovers()
    hall.done("alice", End())
    hall.chime.calls.clear()
    hall.reconcile(60)
    [mute] = [change for change in hall.ledger.changes.values() if change.command == "mute"]
    assert (mute.status, mute.due_at) == (Status.GONE, None)
    assert not [call for call in hall.chime.calls if call.operation in ("order", "seat")]


def test_a_command_still_reaches_attendees_who_are_known_to_be_silent() -> None:
    """Something older may be on its way to them."""
    hall = Hall()
    hall.done("alice", MUTE_ALL)
    hall.chime.calls.clear()
    hall.answered("alice", Mute(), "bob")
    assert len(hall.chime.orders()) == 1
