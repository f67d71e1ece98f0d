"""A user who joins again and again costs by their number of attendees, and delays no other user's command."""

from moderation.bootstrap import Gavel
from moderation.domain.capability import EVERYTHING, Capabilities, Medium
from moderation.domain.change import Status
from moderation.domain.commands import End, Mute
from moderation.domain.entry import UNMUTE_REQUESTED
from moderation.ports import Minute

from tests.memory.moderated_meeting import MEETING, attendee_of
from tests.unit.application.commanded_meeting import MUTE_ALL, SILENT, UNMUTE_ALL, CommandedMeeting, not_now
from tests.unit.application.test_transactions import many

RELOADS = 25
JOINS = 60


def comes(meeting: CommandedMeeting, number: int, user: str = "bob") -> None:
    meeting.comes(user, number)
    Gavel(meeting.ports).chime_events.on_joined(MEETING, attendee_of(user, number))


def test_reloads_cost_at_most_two_calls_each() -> None:
    meeting = CommandedMeeting()
    meeting.answered("alice", Mute(), "bob")
    meeting.chime.calls.clear()
    for number in range(1, RELOADS + 1):
        comes(meeting, number)
        meeting.clock.pass_by(1)
    assert len(meeting.chime.updates()) <= 2 * RELOADS
    assert {meeting.bits("bob", number) for number in range(RELOADS + 1)} == {SILENT}


def test_joins_while_the_first_is_pending_fold_into_it() -> None:
    meeting = CommandedMeeting()
    meeting.answered("alice", Mute(), "bob")
    meeting.chime_refuses()
    comes(meeting, 1)
    meeting.chime_recovers()
    for number in range(2, 6):
        comes(meeting, number)
    joins = [change for change in meeting.ledger.changes.values() if change.is_join]
    assert len(joins) == 1
    meeting.reconcile(60)
    assert {meeting.bits("bob", number) for number in range(6)} == {SILENT}
    assert meeting.ledger.changes[MEETING, joins[0].id].status is Status.APPLIED


def test_many_joins_at_once_are_silent_within_ten_seconds_in_a_few_calls() -> None:
    meeting = CommandedMeeting()
    meeting.answered("alice", Mute(), "bob")
    meeting.chime_refuses()
    comes(meeting, 1)
    meeting.chime_recovers()
    meeting.chime.calls.clear()
    for number in range(2, JOINS + 1):
        comes(meeting, number)
    meeting.reconcile(10)
    assert {meeting.bits("bob", number) for number in range(JOINS + 1)} == {SILENT}
    assert len(meeting.chime.updates()) <= 5
    assert {meeting.bits(user) for user in ("alice", "carol")} == {EVERYTHING}


def test_many_joins_in_silence_where_consent_is_wanted_ask_once() -> None:
    """Nothing but consent keeps the attendees silent, and the plan for the whole meeting updates them."""
    meeting = CommandedMeeting()
    meeting.consenting()
    meeting.answered("alice", Mute((Medium.VIDEO,)), "bob")
    meeting.goes("bob")
    meeting.chime_refuses()
    for number in range(1, 13):
        meeting.comes("bob", number, SILENT)
        Gavel(meeting.ports).chime_events.on_joined(MEETING, attendee_of("bob", number))
    meeting.chime_recovers()
    meeting.reconcile(10)
    assert {meeting.bits("bob", number) for number in range(1, 13)} == {SILENT & ~Capabilities.SEND_VIDEO}
    assert len(meeting.entries(UNMUTE_REQUESTED)) == 1
    assert len([call for call in meeting.chime.updates() if call.operation == "update_except"]) == 1


def test_one_users_joins_use_up_a_minute_of_their_own_and_not_the_one_for_commands() -> None:
    meeting = CommandedMeeting()
    meeting.answered("alice", Mute(), "bob")
    now = meeting.clock.now()
    while meeting.ledger.acquire_user_tokens(MEETING, "bob", 1, now, Minute.AUTOMATIC):
        pass
    meeting.chime.calls.clear()
    comes(meeting, 1)
    assert meeting.chime.updates() == []
    assert meeting.ledger.acquire_user_tokens(MEETING, "bob", 1, now)
    meeting.reconcile(10)
    assert meeting.bits("bob", 1) == SILENT


def test_what_was_reached_is_noted_before_the_change_is_left() -> None:
    meeting = CommandedMeeting()
    found = many(meeting, "dialin", JOINS)
    meeting.done("alice", MUTE_ALL)
    meeting.done("alice", UNMUTE_ALL)
    meeting.chime.calls.clear()
    taken: list[None] = [None] * 30
    meeting.chime.before = [*taken, *[not_now] * 1000]
    meeting.ask_user("alice", Mute(), "dialin")
    assert sum(attendee.known == SILENT for attendee in meeting.user("dialin").present) == 30
    meeting.chime_recovers()
    meeting.chime.calls.clear()
    for _ in range(6):
        meeting.reconcile(60)
    assert {meeting.chime.held(MEETING, each) for each in found} == {SILENT}
    assert len(meeting.chime.updates()) == JOINS - 30


def test_pending_changes_of_an_ended_meeting_close_without_a_call() -> None:
    meeting = CommandedMeeting()
    meeting.chime_refuses()
    meeting.answered("alice", Mute(), "bob")
    meeting.chime_recovers()
    meeting.done("alice", End())
    meeting.chime.calls.clear()
    meeting.reconcile(60)
    [mute] = [change for change in meeting.ledger.changes.values() if change.command == "mute"]
    assert (mute.status, mute.next_attempt_at) == (Status.GONE, None)
    assert not [call for call in meeting.chime.calls if call.operation in ("update", "attendee")]


def test_a_command_still_reaches_attendees_who_are_known_to_be_silent() -> None:
    """An older call may be on its way to them."""
    meeting = CommandedMeeting()
    meeting.done("alice", MUTE_ALL)
    meeting.chime.calls.clear()
    meeting.answered("alice", Mute(), "bob")
    assert len(meeting.chime.updates()) == 1


def test_a_command_reaches_every_attendee_of_the_user_who_is_known_to_be_silent() -> None:
    meeting = CommandedMeeting()
    comes(meeting, 1)
    meeting.answered("alice", Mute(), "bob")
    meeting.clock.pass_by(60)
    meeting.drifts("bob", EVERYTHING, 1)
    meeting.answered("hugo", Mute(reason="noise"), "bob")
    assert [meeting.bits("bob", number) for number in (0, 1)] == [SILENT] * 2
