"""Transactions keep DynamoDB's limits: 100 clauses, 4 MB, expressions of 4 KB, however many attendees a user has."""

import pytest
from hypothesis import given
from moderation.application.enforcement.transactions import MOST_ACTIONS, packed, size
from moderation.application.requests import Answer
from moderation.domain.capability import EVERYTHING
from moderation.domain.commands import Ban, Hold, Mute, Release, Remove
from moderation.domain.meeting import User
from moderation.ports import AttendeeBound, AttendeesNoted, ChimeAttendee, Clause, UserRevised

from tests.integration.ledger import strategies
from tests.memory import limits
from tests.memory.moderated_meeting import MEETING, ModeratedMeeting
from tests.unit.application.commanded_meeting import MUTE_ALL, SILENT, CommandedMeeting, just_before, notes_attendees


def many(meeting: ModeratedMeeting, user: str, count: int) -> list[str]:
    """Attendees in Chime without an event."""
    attendees = [f"{n:08x}-{user.encode().hex()[:4]:0<4}-0000-0000-000000000000" for n in range(count)]
    for attendee_id in attendees:
        meeting.chime.rooms[MEETING].attendees[attendee_id] = ChimeAttendee(attendee_id, user, EVERYTHING)
    return attendees


@pytest.mark.parametrize("users", [33, 34, 60])
def test_users_with_two_attendees_each_are_registered(users: int) -> None:
    meeting = CommandedMeeting(registered=False)
    for n in range(users):
        many(meeting, f"{n:02}-person", 2)
    outcome = meeting.register(roles={"alice": "host"})
    assert isinstance(outcome, Answer)
    assert outcome.status == "applied"


@pytest.mark.parametrize("attendees", [41, 120, 250])
def test_a_user_with_many_attendees_is_silenced_with_all_others(attendees: int) -> None:
    meeting = CommandedMeeting()
    found = many(meeting, "dialin", attendees)
    assert meeting.done("alice", MUTE_ALL).status == "applied"
    assert {meeting.chime.held(MEETING, each) for each in found} == {SILENT}
    assert {attendee.known for attendee in meeting.user("dialin").present} == {SILENT}
    assert len(meeting.user("dialin").attendees) == attendees


@pytest.mark.parametrize("command", [Mute(), Hold(), Ban(), Remove()], ids=lambda command: command.name)
def test_a_user_with_many_attendees_is_commanded(command: Mute | Hold | Ban | Remove) -> None:
    meeting = CommandedMeeting()
    many(meeting, "dialin", 120)
    outcome = meeting.ask_user("alice", command, "dialin")
    assert isinstance(outcome, Answer), outcome
    for _ in range(5):
        meeting.reconcile(60)
    assert not any(change.is_open for change in meeting.ledger.changes.values())
    left = [attendee for attendee in meeting.chime.rooms[MEETING].attendees.values() if attendee.user_id == "dialin"]
    assert not any(attendee.capabilities == EVERYTHING for attendee in left)


def test_a_note_by_another_function_is_not_overwritten_on_many_attendees() -> None:
    """A late call has opened one of the microphones and noted it, after the mute's own call."""
    meeting = CommandedMeeting()
    found = many(meeting, "bob", 60)
    for each in found:
        meeting.gavel.chime_events.on_joined(MEETING, each)

    def opened() -> None:
        meeting.clock.pass_by(0.01)
        bob = meeting.user("bob")
        first = next(iter(bob.present))
        meeting.chime.write(MEETING, ChimeAttendee(first.attendee_id, "bob", SILENT), EVERYTHING)
        noted = first.noted(EVERYTHING, meeting.clock.now())
        meeting.ledger.transact([AttendeesNoted(MEETING, "bob", bob.revision, (noted,), bob.notes)])

    just_before(meeting, notes_attendees, opened)
    meeting.ask_user("alice", Mute(), "bob")
    assert {meeting.chime.held(MEETING, each) for each in found} == {SILENT}


def test_what_was_held_is_released_on_many_attendees() -> None:
    meeting = CommandedMeeting()
    many(meeting, "dialin", 100)
    meeting.ask_user("alice", Hold(), "dialin")
    meeting.ask_user("alice", Release(), "dialin")
    meeting.reconcile(60)
    assert {attendee.known for attendee in meeting.user("dialin").present} == {EVERYTHING}


def test_groups_are_neither_torn_nor_reordered_and_write_no_user_twice() -> None:
    groups: list[list[Clause]] = [
        [AttendeesNoted(MEETING, f"u{n % 50}", 1, ()), AttendeeBound(MEETING, f"s{n}", f"u{n % 50}")]
        for n in range(120)
    ]
    beside = [AttendeeBound(MEETING, "beside", "x")]
    cut = list(packed(groups, beside))
    assert [group for together in cut for group in together] == groups
    for together in cut:
        clauses = [clause for group in together for clause in group]
        assert len(clauses) + len(beside) <= MOST_ACTIONS
        users = [clause.user_id for clause in clauses if isinstance(clause, AttendeesNoted)]
        assert len(users) == len(set(users))


@strategies.each_time_the_same
@given(strategies.users)
def test_a_user_takes_less_than_is_reckoned(user: User) -> None:
    clause = UserRevised(MEETING, user, 0)
    [body] = limits._WRITER.action(clause).values()
    assert limits.size(body["Item"]) <= size(clause) + 200
