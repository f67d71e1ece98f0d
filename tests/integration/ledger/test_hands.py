"""The contract of raised hands: each a record of its own, that stands in nobody's way."""

from dataclasses import replace

import pytest
from moderation.domain.meeting import User
from moderation.ports import (
    AttendeesNoted,
    HandLowered,
    HandRaised,
    Ledger,
    MeetingIs,
    MeetingRevised,
    UserIs,
    UserRevised,
)

from tests.integration.ledger.examples import OTHER_MEETING, SCENE, SEATED, M, a_user, conflict, meeting, seconds, user

BOB = a_user("bob", 1, SEATED)
RAISED = HandRaised(M, "bob", seconds(1))


@pytest.fixture
def ledger(ledger: Ledger) -> Ledger:
    ledger.transact([*SCENE, RAISED])
    return ledger


def test_a_load_tells_since_when_a_hand_is_up(ledger: Ledger) -> None:
    assert ledger.load(M, ["bob", "carol"]).users == {"bob": replace(BOB, hand=seconds(1)), "carol": User("carol")}


def test_a_look_at_everybody_does_not(ledger: Ledger) -> None:
    assert ledger.all_users(M) == {"bob": BOB}


def test_a_user_with_nothing_else_stored_has_a_hand(ledger: Ledger) -> None:
    ledger.transact([HandRaised(M, "carol", seconds(2))])

    assert user(ledger, "carol") == User("carol", hand=seconds(2))
    assert ledger.all_users(M) == {"bob": BOB}


def test_hands_are_one_meetings(ledger: Ledger) -> None:
    ledger.transact([HandRaised(M, "carol", seconds(2)), HandRaised(OTHER_MEETING, "dave", seconds(3))])

    assert ledger.hands(M) == {"bob": seconds(1), "carol": seconds(2)}
    assert ledger.hands(OTHER_MEETING) == {"dave": seconds(3)}
    assert ledger.hands(M + "0") == {}


def test_a_hand_goes_up_once(ledger: Ledger) -> None:
    again = HandRaised(M, "bob", seconds(9))

    assert conflict(ledger, again).failed == (again,)
    assert ledger.hands(M) == {"bob": seconds(1)}


def test_a_hand_goes_down_once_and_up_again(ledger: Ledger) -> None:
    lowered = HandLowered(M, "bob")
    ledger.transact([lowered])

    assert ledger.hands(M) == {}
    assert user(ledger) == BOB
    assert conflict(ledger, lowered).failed == (lowered,)

    ledger.transact([HandRaised(M, "bob", seconds(9))])
    assert ledger.hands(M) == {"bob": seconds(9)}


def test_one_hand_has_one_clause(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="two clauses"):
        ledger.transact([HandLowered(M, "bob"), HandRaised(M, "bob", seconds(9))])


def test_a_hand_moves_neither_its_owner_nor_the_meeting(ledger: Ledger) -> None:
    ledger.transact([MeetingIs(M, 1), UserIs(M, "bob", 1), HandLowered(M, "bob")])
    ledger.transact([MeetingRevised(meeting(revision=2), 1), UserRevised(M, a_user(revision=2), 1), RAISED])
    ledger.transact([AttendeesNoted(M, "bob", 2, (SEATED,))])

    assert user(ledger) == a_user("bob", 2, SEATED, hand=seconds(1), notes=1)


def test_a_user_written_as_read_keeps_their_hand(ledger: Ledger) -> None:
    """A read returns the user with their hand, which may have gone up or down since."""
    read = user(ledger)
    ledger.transact([HandLowered(M, "bob")])
    ledger.transact([UserRevised(M, replace(read, revision=2), 1)])
    new = a_user("carol", hand=seconds(4))
    ledger.transact([UserRevised(M, new, 0)])

    assert user(ledger) == a_user("bob", 2, SEATED)
    assert user(ledger, "carol") == replace(new, hand=None)
    assert ledger.all_users(M) == {"bob": a_user("bob", 2, SEATED), "carol": replace(new, hand=None)}
    assert ledger.hands(M) == {}
