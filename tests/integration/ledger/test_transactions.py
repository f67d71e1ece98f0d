"""The contract of whole transactions: limits, and parts of one person that two writers share."""

from dataclasses import replace

import pytest
from moderation.domain.capability import EVERYTHING, NOTHING, RECEIVING
from moderation.domain.change import AttendeeChange
from moderation.domain.meeting import Attendee, MeetingRules, UserRules
from moderation.ports import (
    AttendeeBound,
    AttendeesNoted,
    ChangeOpened,
    Clause,
    EntryWritten,
    Ledger,
    MeetingIs,
    MeetingRevised,
    UserIs,
    UserRevised,
    actions_of,
)

from tests.integration.ledger.examples import (
    ATTENDEE,
    NOW,
    SCENE,
    SEATED,
    SECOND_ATTENDEE,
    M,
    a_user,
    change,
    conflict,
    entry,
    held,
    meeting,
    seconds,
    user,
)

NOTED = Attendee(ATTENDEE, RECEIVING, noted_at=NOW)
SECOND = Attendee(SECOND_ATTENDEE, NOTHING, drifted=True)
HOST = UserRules("host", EVERYTHING)
USERS = 98 - actions_of(MeetingRevised(meeting(), 0))
"""With the meeting and two clauses more: a hundred actions."""


def test_a_hundred_actions_hold_together(ledger: Ledger) -> None:
    users = [a_user(f"u{n}") for n in range(USERS)]
    written = [UserRevised(M, each, 0) for each in users]
    ledger.transact([MeetingRevised(meeting(), 0), *written, ChangeOpened(change()), EntryWritten(entry())])

    assert ledger.all_users(M) == {each.id: each for each in users}


def test_one_failing_action_of_a_hundred_leaves_nothing_written(ledger: Ledger) -> None:
    before = held(ledger)
    users: list[Clause] = [UserRevised(M, a_user(f"u{n}"), 0) for n in range(USERS)]

    raised = conflict(ledger, MeetingRevised(meeting(), 0), *users, EntryWritten(entry()), UserIs(M, "nobody", 1))

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
        (UserIs(M, "bob", 1), AttendeesNoted(M, "bob", 1, (NOTED,))),
        (AttendeeBound(M, ATTENDEE, "bob"), AttendeeBound(M, ATTENDEE, "bob")),
    ],
    ids=["a meeting", "a person", "an attendee"],
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

    # The attendee is bound to the user already.
    assert raised.failed == tuple(clause for clause in SCENE if not isinstance(clause, AttendeeBound))


def test_notes_leave_rules_revision_and_other_attendees_alone(ledger: Ledger) -> None:
    bob = a_user("bob", 4, SEATED, SECOND, rules=HOST)
    ledger.transact([UserRevised(M, bob, 0)])

    ledger.transact([AttendeesNoted(M, "bob", 4, (NOTED,))])

    assert user(ledger) == replace(bob, attendees={ATTENDEE: NOTED, SECOND_ATTENDEE: SECOND}, notes=1)


def test_notes_of_the_same_revision_are_taken_one_after_the_other(ledger: Ledger) -> None:
    ledger.transact([UserRevised(M, a_user("bob", 1, SEATED), 0)])

    ledger.transact([AttendeesNoted(M, "bob", 1, (NOTED,))])
    ledger.transact([AttendeesNoted(M, "bob", 1, (SECOND, replace(NOTED, gone=True)))])

    assert user(ledger) == a_user("bob", 1, replace(NOTED, gone=True), SECOND, notes=2)


def test_new_rules_leave_what_was_noted_meanwhile_alone(ledger: Ledger) -> None:
    """The revision was derived from attendees as they were before the note."""
    ledger.transact([UserRevised(M, a_user("bob", 1, SEATED), 0)])
    ledger.transact([AttendeesNoted(M, "bob", 1, (NOTED,))])

    stale = a_user("bob", 2, SEATED, rules=HOST, revised_by="c2")
    ledger.transact([UserRevised(M, stale, 1)])

    assert user(ledger) == replace(stale, attendees={ATTENDEE: NOTED}, notes=1)


def test_notes_that_others_have_counted_since_are_refused(ledger: Ledger) -> None:
    ledger.transact([UserRevised(M, a_user("bob", 1, SEATED), 0)])
    ledger.transact([AttendeesNoted(M, "bob", 1, (NOTED,), 0)])

    late = AttendeesNoted(M, "bob", 1, (SEATED,), 0)
    assert conflict(ledger, late).failed == (late,)
    revised = UserRevised(M, a_user("bob", 2, SEATED), 1, notes=0)
    assert conflict(ledger, revised).failed == (revised,)

    ledger.transact([AttendeesNoted(M, "bob", 1, (SEATED,), 1)])
    assert user(ledger) == a_user("bob", 1, SEATED, notes=2)


def test_notes_for_rules_that_have_been_revised_are_refused(ledger: Ledger) -> None:
    ledger.transact([UserRevised(M, a_user("bob", 1, SEATED), 0)])
    revised = a_user("bob", 2, SEATED, rules=HOST)
    ledger.transact([UserRevised(M, revised, 1)])

    raised = conflict(ledger, AttendeesNoted(M, "bob", 1, (NOTED,)))

    assert raised.found is not None
    assert raised.found.users == {"bob": revised}
    assert user(ledger) == revised


def test_new_attendees_join_those_the_user_has(ledger: Ledger) -> None:
    ledger.transact([UserRevised(M, a_user("bob", 1, NOTED), 0)])

    revised = a_user("bob", 2, SEATED, SECOND)
    ledger.transact([UserRevised(M, revised, 1, (SECOND,))])

    assert user(ledger) == replace(revised, attendees={ATTENDEE: NOTED, SECOND_ATTENDEE: SECOND})


def test_a_new_attendee_that_was_noted_already_keeps_its_note(ledger: Ledger) -> None:
    ledger.transact([UserRevised(M, a_user("bob", 1, NOTED), 0)])

    ledger.transact([UserRevised(M, a_user("bob", 2, SEATED), 1, (SEATED, SECOND))])

    assert user(ledger).attendees == {ATTENDEE: NOTED, SECOND_ATTENDEE: SECOND}


def test_attendees_that_are_not_named_as_new_are_not_written(ledger: Ledger) -> None:
    ledger.transact([UserRevised(M, a_user("bob", 1, SEATED), 0)])

    ledger.transact([UserRevised(M, a_user("bob", 2, SEATED, SECOND), 1)])

    assert user(ledger).attendees == {ATTENDEE: SEATED}


def test_a_new_user_comes_with_all_their_attendees(ledger: Ledger) -> None:
    bob = a_user("bob", 1, SEATED, SECOND)
    ledger.transact([UserRevised(M, bob, 0, (SEATED, SECOND))])

    assert user(ledger) == bob


def test_what_is_revised_to_nothing_is_nothing(ledger: Ledger) -> None:
    first = meeting(ended_at=NOW, revised_by="c1")
    ledger.transact([MeetingRevised(first, 0), UserRevised(M, a_user(revised_by="c1"), 0), ChangeOpened(change())])

    bare = meeting(revision=2, external_id="", check_at=None)
    ledger.transact([MeetingRevised(bare, 1), UserRevised(M, a_user(revision=2, revised_by=None), 1)])

    assert ledger.load(M).meeting == bare
    assert user(ledger) == a_user(revision=2, revised_by=None)


def test_a_name_is_given_changed_and_taken_away(ledger: Ledger) -> None:
    ledger.transact([UserRevised(M, a_user(), 0)])

    for revision, name in enumerate(("Zoë", "山田", None), 1):
        ledger.transact([UserRevised(M, a_user(revision=revision + 1, display_name=name), revision)])
        assert user(ledger).display_name == name

    ledger.transact([UserRevised(M, a_user("carol", display_name="Carol"), 0)])
    assert ledger.all_users(M)["carol"].display_name == "Carol"


def test_what_was_read_does_not_change_with_what_is_written(ledger: Ledger) -> None:
    ledger.transact(SCENE)
    before, everybody = user(ledger), ledger.all_users(M)

    ledger.transact([AttendeesNoted(M, "bob", 1, (replace(NOTED, noted_at=seconds(1)), SECOND))])

    assert before == a_user("bob", 1, SEATED)
    assert everybody == {"bob": a_user("bob", 1, SEATED)}


def test_the_authors_of_rules_are_stored_with_them(ledger: Ledger) -> None:
    """Rules of different authors are equal, so the authors themselves are compared."""
    first, second = UserRules("host", authors={"role": "c1"}), UserRules("host", authors={"role": "c2", "given/1": "-"})
    of_meeting = MeetingRules(authors={"mode": "c1"})
    opened = change(rules_before=first, rules_after=second)
    ledger.transact(
        [
            MeetingRevised(meeting(rules=of_meeting), 0),
            UserRevised(M, a_user(rules=first), 0),
            ChangeOpened(opened),
        ]
    )
    stored, loaded = ledger.change(M, "c1"), ledger.load(M, ["bob"]).meeting
    assert isinstance(stored, AttendeeChange)
    assert loaded is not None
    assert loaded.rules.authors == of_meeting.authors
    assert user(ledger).rules.authors == first.authors
    assert [each.authors for each in (stored.rules_before, stored.rules_after) if each] == [
        first.authors,
        second.authors,
    ]

    ledger.transact([UserRevised(M, a_user(rules=second, revision=2), 1)])

    assert user(ledger).rules.authors == second.authors
