"""The contract of raised hands: each a record of its own, that stands in nobody's way."""

from dataclasses import replace

import pytest
from moderation.domain.meeting import User
from moderation.ports import HandLowered, HandRaised, Ledger, MeetingIs, MeetingRevised, SeatsNoted, UserIs, UserRevised

from tests.integration.ledger.examples import OTHER_MEETING, SCENE, SEATED, M, conflict, meeting, person, seconds, user

BOB = person("bob", 1, SEATED)
RAISED = HandRaised(M, "bob", seconds(1))


@pytest.fixture
def ledger(ledger: Ledger) -> Ledger:
    ledger.transact([*SCENE, RAISED])
    return ledger


def test_a_load_tells_since_when_a_hand_is_up(ledger: Ledger) -> None:
    assert ledger.load(M, ["bob", "carol"]).users == {"bob": replace(BOB, hand=seconds(1)), "carol": User("carol")}


def test_a_look_at_everybody_does_not(ledger: Ledger) -> None:
    assert ledger.everybody(M) == {"bob": BOB}


def test_somebody_of_whom_nothing_else_is_stored_has_a_hand(ledger: Ledger) -> None:
    ledger.transact([HandRaised(M, "carol", seconds(2))])

    assert user(ledger, "carol") == User("carol", hand=seconds(2))
    assert ledger.everybody(M) == {"bob": BOB}


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
    ledger.transact([MeetingRevised(meeting(revision=2), 1), UserRevised(M, person(revision=2), 1), RAISED])
    ledger.transact([SeatsNoted(M, "bob", 2, (SEATED,))])

    assert user(ledger) == person("bob", 2, SEATED, hand=seconds(1), notes=1)


def test_whoever_is_written_as_he_was_read_keeps_the_hand_he_has(ledger: Ledger) -> None:
    """He comes with his hand when he is read, and it may have gone down, or up, since."""
    read = user(ledger)
    ledger.transact([HandLowered(M, "bob")])
    ledger.transact([UserRevised(M, replace(read, revision=2), 1)])
    new = person("carol", hand=seconds(4))
    ledger.transact([UserRevised(M, new, 0)])

    assert user(ledger) == person("bob", 2, SEATED)
    assert user(ledger, "carol") == replace(new, hand=None)
    assert ledger.everybody(M) == {"bob": person("bob", 2, SEATED), "carol": replace(new, hand=None)}
    assert ledger.hands(M) == {}
