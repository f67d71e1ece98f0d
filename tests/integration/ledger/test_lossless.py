"""What is written is read back equal, whatever the text, set or not."""

from dataclasses import replace
from datetime import datetime
from itertools import count

from hypothesis import given
from moderation.domain.capability import Capabilities
from moderation.domain.change import Change
from moderation.domain.entry import Entry
from moderation.domain.meeting import Meeting, User, UserRules
from moderation.ports import (
    AttendeeBound,
    AttendeesNoted,
    ChangeKept,
    ChangeOpened,
    CheckTaken,
    Due,
    EntryWritten,
    HandRaised,
    KeyTaken,
    Ledger,
    MeetingRevised,
    UserIs,
    UserRevised,
)

from tests.integration.ledger import strategies
from tests.integration.ledger.examples import NOW, TOKEN, M, change, conflict, meeting, user
from tests.integration.ledger.strategies import each_time_the_same
from tests.unit.domain.cases import withholding

NUMBERS = count()


def distinct(drawn: str) -> str:
    """An id that no earlier example had."""
    return f"{next(NUMBERS)}{drawn}"


@each_time_the_same
@given(strategies.meetings, strategies.meetings)
def test_meetings(ledger: Ledger, first: Meeting, second: Meeting) -> None:
    first = replace(first, id=distinct(first.id))
    second = replace(second, id=first.id)

    ledger.transact([MeetingRevised(first, 0)])
    assert ledger.load(first.id).meeting == first

    ledger.transact([MeetingRevised(second, first.revision)])
    assert ledger.load(first.id).meeting == second

    shown = conflict(ledger, MeetingRevised(second, second.revision + 1)).found
    assert shown is not None
    assert shown.meeting == second


@each_time_the_same
@given(strategies.names, strategies.users, strategies.users)
def test_users(ledger: Ledger, meeting_id: str, first: User, second: User) -> None:
    meeting_id = distinct(meeting_id)
    second = replace(second, id=first.id)

    ledger.transact([UserRevised(meeting_id, first, 0)])
    assert user(ledger, first.id, meeting_id) == first
    assert ledger.all_users(meeting_id) == {first.id: first}

    attendees = tuple(second.attendees.values())
    ledger.transact([UserRevised(meeting_id, second, first.revision, attendees)])
    revised = replace(second, attendees={**second.attendees, **first.attendees})
    assert user(ledger, first.id, meeting_id) == revised

    ledger.transact([AttendeesNoted(meeting_id, first.id, second.revision, attendees)])
    noted = replace(second, attendees={**first.attendees, **second.attendees}, notes=1 if attendees else 0)
    assert user(ledger, first.id, meeting_id) == noted

    shown = conflict(ledger, UserIs(meeting_id, first.id, second.revision + 1)).found
    assert shown is not None
    assert shown.users == {first.id: noted}


@each_time_the_same
@given(strategies.changes, strategies.changes)
def test_changes(ledger: Ledger, first: Change, second: Change) -> None:
    first = replace(first, meeting_id=distinct(first.meeting_id))
    second = replace(second, meeting_id=first.meeting_id, id=first.id)

    ledger.transact([ChangeOpened(first)])
    assert ledger.change(first.meeting_id, first.id) == first

    if first.lease is not None:
        ledger.transact([ChangeKept(second, first.lease.token)])
        assert ledger.change(first.meeting_id, first.id) == second


@each_time_the_same
@given(strategies.changes)
def test_changes_that_are_due(ledger: Ledger, drawn: Change) -> None:
    wanted = replace(drawn, meeting_id=distinct(drawn.meeting_id), lease=change().lease, next_attempt_at=NOW)
    ledger.transact([ChangeOpened(wanted)])

    due = Due(NOW, wanted.meeting_id, wanted.id)
    assert ledger.due(NOW, 50) == [due]
    assert ledger.due_records([due]) == {due: wanted}

    ledger.transact([ChangeKept(replace(wanted, next_attempt_at=None), TOKEN)])


@each_time_the_same
@given(strategies.names, strategies.names, strategies.moments)
def test_users_and_meetings_that_are_due(ledger: Ledger, meeting_id: str, user_id: str, until: datetime) -> None:
    meeting_id = distinct(meeting_id)
    rules = UserRules(restrictions=withholding(Capabilities.SEND_AUDIO, until=until))
    ledger.transact([UserRevised(meeting_id, User(user_id, rules, revision=1), 0)])
    ledger.transact([MeetingRevised(meeting(meeting_id, check_at=until), 0)])

    due = ledger.due(until, 100)
    assert len(due) == 2
    assert Due(until, meeting_id, user_id=user_id) in due
    assert Due(until, meeting_id) in due

    ledger.transact([UserRevised(meeting_id, User(user_id, revision=2), 1), CheckTaken(meeting_id, 1, until, None)])
    assert ledger.due(until, 100) == []


@each_time_the_same
@given(strategies.entries)
def test_entries(ledger: Ledger, drawn: Entry) -> None:
    """Their ids are ULIDs, which all lie below `~`."""
    meeting_id = distinct(drawn.meeting_id or "")
    written = replace(drawn, meeting_id=meeting_id, id=f"{next(NUMBERS):026d}")

    ledger.transact([EntryWritten(written)])
    [found] = ledger.history(meeting_id, "", "~", 50, None).entries

    assert found == written
    assert found.detail == written.detail


@each_time_the_same
@given(strategies.keys)
def test_keys(ledger: Ledger, drawn: KeyTaken) -> None:
    taken = replace(drawn, id=distinct(drawn.id))

    ledger.transact([taken])

    assert ledger.load(M, key=taken.id).key == taken


@each_time_the_same
@given(strategies.names, strategies.names, strategies.names)
def test_attendees(ledger: Ledger, meeting_id: str, attendee_id: str, user_id: str) -> None:
    meeting_id = distinct(meeting_id)

    ledger.transact([AttendeeBound(meeting_id, attendee_id, user_id)])
    ledger.transact([AttendeeBound(meeting_id, attendee_id, user_id)])

    assert ledger.load(meeting_id, attendees=[attendee_id]).attendees == {attendee_id: user_id}


@each_time_the_same
@given(strategies.names, strategies.names, strategies.moments)
def test_hands(ledger: Ledger, meeting_id: str, user_id: str, at: datetime) -> None:
    meeting_id = distinct(meeting_id)

    ledger.transact([HandRaised(meeting_id, user_id, at)])

    assert user(ledger, user_id, meeting_id) == User(user_id, hand=at)
    assert ledger.hands(meeting_id) == {user_id: at}


def test_ids_that_look_like_keys_of_the_table_stay_apart(ledger: Ledger) -> None:
    odd = ["MEETING", "USER#bob", "bob#", "#bob", "bob", "ATTENDEE#bob", "KEY", "HAND#bob"]
    users = {u: User(u, revision=n) for n, u in enumerate(odd, start=1)}
    ledger.transact([UserRevised("m", each, 0) for each in users.values()])
    ledger.transact([UserRevised("m#USER#bob", User("x", revision=1), 0), AttendeeBound("m", "bob", "carol")])

    loaded = ledger.load("m", odd, odd)

    assert loaded.users == users
    assert loaded.meeting is None
    assert loaded.attendees == {"bob": "carol"}
    assert ledger.all_users("m") == users
