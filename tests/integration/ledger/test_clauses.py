"""The contract, clause by clause: what holds, what fails, what a conflict names and shows."""

from dataclasses import replace

import pytest
from moderation.domain.capability import EVERYTHING, NOTHING
from moderation.domain.change import Closure, Lease, Status
from moderation.domain.meeting import Attendee
from moderation.ports import (
    AttendeeBound,
    AttendeeSeen,
    AttendeesNoted,
    BatchesOver,
    BatchesRecorded,
    ChangeKept,
    ChangeOpened,
    CheckTaken,
    Clause,
    EntryWritten,
    HandLowered,
    HandRaised,
    KeyTaken,
    Ledger,
    Loaded,
    MeetingIs,
    MeetingRevised,
    UserIs,
    UserRevised,
)

from tests.integration.ledger.examples import (
    ATTENDEE,
    CHECK,
    KEY,
    NOW,
    OTHER_MEETING,
    SCENE,
    SEATED,
    SECOND_ATTENDEE,
    TOKEN,
    M,
    a_user,
    change,
    conflict,
    entry,
    held,
    meeting,
    seconds,
)

MUTED = Attendee(ATTENDEE, NOTHING)
SHOWS_NOTHING = Loaded()
SHOWS_THE_MEETING = Loaded(meeting())
SHOWS_BOB = Loaded(users={"bob": a_user("bob", 1, SEATED)})

HOLDS: dict[str, Clause] = {
    "the meeting is as it was read": MeetingIs(M, 1),
    "the meeting is not registered": MeetingIs(OTHER_MEETING, 0),
    "the user has the revision that was read": UserIs(M, "bob", 1),
    "nothing is stored of the person": UserIs(M, "nobody", 0),
    "nothing is stored of the user in this meeting": UserIs(OTHER_MEETING, "bob", 0),
    "the meeting is revised": MeetingRevised(meeting(revision=2), 1),
    "the meeting is new": MeetingRevised(meeting(OTHER_MEETING), 0),
    "the person is revised": UserRevised(M, a_user(revision=2), 1),
    "the person is revised and has new attendees": UserRevised(
        M, a_user(revision=2), 1, (MUTED, Attendee(SECOND_ATTENDEE))
    ),
    "the person is new": UserRevised(M, a_user("carol"), 0),
    "the person is new in this meeting": UserRevised(OTHER_MEETING, a_user("bob"), 0),
    "the attendee is bound to the user": AttendeeBound(M, ATTENDEE, "bob"),
    "the attendee is nobody's": AttendeeBound(M, SECOND_ATTENDEE, "bob"),
    "the attendee is nobody's in this meeting": AttendeeBound(OTHER_MEETING, ATTENDEE, "carol"),
    "nothing is known of whether the attendee is connected": AttendeeSeen(M, ATTENDEE, NOW, connected=False),
    "the change is new": ChangeOpened(change("c2")),
    "the change is new in this meeting": ChangeOpened(change("c1", OTHER_MEETING)),
    "the lease is mine": ChangeKept(change(closure=Closure(Status.APPLIED)), TOKEN),
    "a batch is recorded": BatchesRecorded(M, "c1", frozenset({EVERYTHING})),
    "no batch that was recorded is left": BatchesOver(M, "c1"),
    "the attendees' user has the revision that was read": AttendeesNoted(M, "bob", 1, (MUTED,)),
    "no attendees of a user with the revision that was read": AttendeesNoted(M, "bob", 1, ()),
    "the check is nobody's yet": CheckTaken(M, 1, CHECK, seconds(1200)),
    "the check is nobody's yet, and the last": CheckTaken(M, 1, CHECK, None),
    "the hand is down": HandRaised(M, "carol", seconds(1)),
    "the hand is down in this meeting": HandRaised(OTHER_MEETING, "bob", seconds(1)),
    "the hand is up": HandLowered(M, "bob"),
    "the entry is new": EntryWritten(entry("e2")),
    "the entry is new in this meeting": EntryWritten(entry("e1", OTHER_MEETING)),
    "the key is new": replace(KEY, id="another digest"),
}
FAILS: dict[str, tuple[Clause, Loaded]] = {
    "the meeting has moved": (MeetingIs(M, 2), SHOWS_NOTHING),
    "the meeting is there": (MeetingIs(M, 0), SHOWS_THE_MEETING),
    "there is no such meeting": (MeetingIs(OTHER_MEETING, 1), SHOWS_NOTHING),
    "the person has moved": (UserIs(M, "bob", 2), SHOWS_BOB),
    "the person is there": (UserIs(M, "bob", 0), SHOWS_BOB),
    "the person is not there": (UserIs(M, "nobody", 1), SHOWS_NOTHING),
    "the person is not in this meeting": (UserIs(OTHER_MEETING, "bob", 1), SHOWS_NOTHING),
    "the meeting was revised by others": (MeetingRevised(meeting(revision=3), 2), SHOWS_THE_MEETING),
    "the meeting was made by others": (MeetingRevised(meeting(), 0), SHOWS_THE_MEETING),
    "the meeting to be revised is not there": (MeetingRevised(meeting(OTHER_MEETING, 2), 1), SHOWS_NOTHING),
    "the person was revised by others": (UserRevised(M, a_user(revision=3), 2), SHOWS_BOB),
    "the person was made by others": (UserRevised(M, a_user(), 0), SHOWS_BOB),
    "the person to be revised is not there": (UserRevised(M, a_user("carol", 2), 1), SHOWS_NOTHING),
    "the attendee is another's": (AttendeeBound(M, ATTENDEE, "carol"), SHOWS_NOTHING),
    "the attendee that was seen is nobody's": (AttendeeSeen(M, SECOND_ATTENDEE, NOW, connected=True), SHOWS_NOTHING),
    "the attendee that was seen is in another meeting": (
        AttendeeSeen(OTHER_MEETING, ATTENDEE, NOW, connected=True),
        SHOWS_NOTHING,
    ),
    "the change is there": (ChangeOpened(change()), SHOWS_NOTHING),
    "the lease is another's": (ChangeKept(change(), "another"), SHOWS_NOTHING),
    "no lease is named": (ChangeKept(change(), ""), SHOWS_NOTHING),
    "there is no such change": (ChangeKept(change("c2"), TOKEN), SHOWS_NOTHING),
    "the change is another meeting's": (ChangeKept(change("c1", OTHER_MEETING), TOKEN), SHOWS_NOTHING),
    "the attendees' owner has moved": (AttendeesNoted(M, "bob", 2, (MUTED,)), SHOWS_BOB),
    "no attendees of one who has moved": (AttendeesNoted(M, "bob", 2, ()), SHOWS_BOB),
    "the attendees' owner is not there": (AttendeesNoted(M, "carol", 1, (MUTED,)), SHOWS_NOTHING),
    "the attendees' owner was never there": (AttendeesNoted(M, "carol", 0, (MUTED,)), SHOWS_NOTHING),
    "the check is another's": (CheckTaken(M, 1, seconds(599), seconds(1200)), SHOWS_THE_MEETING),
    "the last check is another's": (CheckTaken(M, 1, seconds(601), None), SHOWS_THE_MEETING),
    "the rules were revised after the check was planned": (CheckTaken(M, 2, CHECK, seconds(1200)), SHOWS_THE_MEETING),
    "there is no such meeting to check": (CheckTaken(OTHER_MEETING, 1, CHECK, None), SHOWS_NOTHING),
    "the hand is up already": (HandRaised(M, "bob", seconds(1)), SHOWS_NOTHING),
    "the hand is down already": (HandLowered(M, "carol"), SHOWS_NOTHING),
    "the hand is up in another meeting": (HandLowered(OTHER_MEETING, "bob"), SHOWS_NOTHING),
    "the entry is there": (EntryWritten(entry()), SHOWS_NOTHING),
    "the key was used": (KEY, SHOWS_NOTHING),
    "the key was used for something else": (KeyTaken(KEY.id, "another body", OTHER_MEETING), SHOWS_NOTHING),
}


@pytest.fixture
def ledger(ledger: Ledger) -> Ledger:
    """Bob's hand is up."""
    ledger.transact([*SCENE, HandRaised(M, "bob", NOW)])
    return ledger


@pytest.mark.parametrize("clause", HOLDS.values(), ids=HOLDS)
def test_holds(ledger: Ledger, clause: Clause) -> None:
    ledger.transact([clause])


@pytest.mark.parametrize(("clause", "shown"), FAILS.values(), ids=FAILS)
def test_fails_and_writes_nothing_of_the_transaction(ledger: Ledger, clause: Clause, shown: Loaded) -> None:
    before = held(ledger), held(ledger, OTHER_MEETING)

    raised = conflict(ledger, ChangeOpened(change("c9")), clause, EntryWritten(entry("e9")))

    assert raised.failed == (clause,)
    assert raised.found == shown
    assert (held(ledger), held(ledger, OTHER_MEETING)) == before
    assert ledger.change(M, "c9") is None


def test_a_conflict_names_every_clause_that_failed_and_shows_meeting_and_users_together(ledger: Ledger) -> None:
    failing = (
        MeetingRevised(meeting(revision=8), 7),
        UserRevised(M, a_user(revision=8), 7),
        UserIs(M, "carol", 7),
        ChangeKept(change(), "another"),
        EntryWritten(entry()),
    )

    raised = conflict(ledger, KeyTaken("new", "f", M), *failing, ChangeOpened(change("c2")))

    assert raised.failed == failing
    assert raised.found == Loaded(meeting(), {"bob": a_user("bob", 1, SEATED)})


def test_what_holds_beside_what_fails_is_not_shown(ledger: Ledger) -> None:
    raised = conflict(ledger, MeetingIs(M, 1), UserIs(M, "bob", 9))

    assert raised.found == SHOWS_BOB


def test_an_attendee_stays_with_the_user_who_bound_it_first(ledger: Ledger) -> None:
    ledger.transact([AttendeeBound(M, ATTENDEE, "bob")])
    conflict(ledger, AttendeeBound(M, ATTENDEE, "carol"))

    assert ledger.load(M, attendees=[ATTENDEE, SECOND_ATTENDEE]).attendees == {ATTENDEE: "bob"}


def test_a_change_belongs_to_the_holder_of_its_lease(ledger: Ledger) -> None:
    taken = change(lease=Lease("theirs", change().committed_at))
    ledger.transact([ChangeKept(taken, TOKEN)])

    conflict(ledger, ChangeKept(change(closure=Closure(Status.APPLIED)), TOKEN))
    assert ledger.change(M, "c1") == taken

    ledger.transact([ChangeKept(change(closure=Closure(Status.APPLIED)), "theirs")])
    assert ledger.change(M, "c1") == change(closure=Closure(Status.APPLIED))


@pytest.mark.parametrize("token", [TOKEN, "", "None", "null"])
def test_a_closed_change_belongs_to_nobody(ledger: Ledger, token: str) -> None:
    closed = change(closure=Closure(Status.APPLIED), lease=None, next_attempt_at=None)
    ledger.transact([ChangeKept(closed, TOKEN)])

    conflict(ledger, ChangeKept(change(), token))
    assert ledger.change(M, "c1") == closed


def test_an_idempotency_key_is_taken_once_and_tells_what_for(ledger: Ledger) -> None:
    assert ledger.load(M, key=KEY.id).key == KEY
    assert ledger.load(OTHER_MEETING, key=KEY.id).key == KEY  # keys are the caller's, whatever the meeting
    assert ledger.load(M, key="another").key is None
    assert ledger.load(M).key is None

    conflict(ledger, replace(KEY, fingerprint="another body"))
    assert ledger.load(M, key=KEY.id).key == KEY
