"""Changes that waited for Chime together: one call serves all whose rules have become the same."""

from dataclasses import replace

import pytest
from moderation.domain.capability import EVERYTHING
from moderation.domain.change import LEASE
from moderation.domain.commands import Mute, Unmute
from moderation.ports import ChimeAttendee, ChimeRetryableError, Wakeup

from tests.memory.moderated_meeting import MEETING, attendee_of
from tests.unit.application.commanded_meeting import (
    MUTE_ALL,
    SILENT,
    CommandedMeeting,
    Died,
    dies,
    just_before,
    notes_attendees,
)


def waiting(meeting: CommandedMeeting, commands: list[tuple[str, Mute | Unmute]]) -> list[str]:
    """Accepts the commands, leaves them pending and returns the ids of their changes."""
    meeting.chime_refuses()
    answers = [meeting.answered(who, command, "bob") for who, command in commands]
    meeting.chime_recovers()
    meeting.chime.calls.clear()
    assert {answer.status for answer in answers} == {"pending"}
    return [answer.change_id or "" for answer in answers]


def statuses(meeting: CommandedMeeting, ids: list[str]) -> list[str]:
    return [meeting.ledger.changes[MEETING, each].status for each in ids]


def test_several_mutes_of_one_user_are_one_call() -> None:
    meeting = CommandedMeeting()
    ids = waiting(meeting, [("alice", Mute()), ("hugo", Mute(reason="noise")), ("alice", Mute(seconds=600))])
    meeting.reconcile(60)
    assert len(meeting.chime.updates()) == 1
    assert meeting.held("bob")["audio"] == "Receive"
    assert statuses(meeting, ids)[-1] == "applied"
    assert not [change for change in meeting.ledger.changes.values() if change.next_attempt_at is not None]


def test_the_reconciler_is_woken_when_a_change_is_due_again() -> None:
    meeting = CommandedMeeting()
    [change_id] = waiting(meeting, [("alice", Mute())])
    due = meeting.change(change_id).next_attempt_at
    assert due is not None
    assert meeting.wakeups.sent == [(Wakeup(MEETING, change_id=change_id), due - meeting.clock.now())]


def test_what_is_overruled_while_it_waits_is_never_ordered() -> None:
    meeting = CommandedMeeting()
    ids = waiting(meeting, [("alice", Mute()), ("hugo", Unmute())])
    meeting.reconcile(60)
    assert meeting.chime.updates() == []
    assert meeting.held("bob")["audio"] == "SendReceive"
    assert statuses(meeting, ids) == ["superseded", "applied"]


def test_a_mute_all_that_got_through_serves_those_who_waited() -> None:
    meeting = CommandedMeeting()
    ids = waiting(meeting, [("alice", Mute())])
    meeting.done("alice", MUTE_ALL)
    meeting.chime.calls.clear()
    meeting.reconcile(60)
    assert meeting.chime.calls == []
    assert statuses(meeting, ids) == ["applied"]


def test_where_the_look_fails_it_is_ordered() -> None:
    meeting = CommandedMeeting()
    ids = waiting(meeting, [("alice", Mute())])

    def unseen(*_: str) -> object:
        raise ChimeRetryableError("429")

    meeting.chime.attendee = unseen  # type: ignore[method-assign, assignment]
    meeting.reconcile(60)
    assert len(meeting.chime.updates()) == 1
    assert statuses(meeting, ids) == ["applied"]


def test_a_call_is_made_again_if_another_function_notes_something_else_after_it() -> None:
    """An older call took effect after it."""
    meeting = CommandedMeeting()

    def overtaken() -> None:
        meeting.clock.pass_by(0.01)
        meeting.drifts("bob", EVERYTHING)
        meeting.notes_elsewhere("bob", EVERYTHING)

    just_before(meeting, notes_attendees, overtaken)
    assert meeting.answered("alice", Mute(), "bob").status == "applied"
    assert meeting.bits("bob") == SILENT


def test_a_note_may_be_younger_than_the_last_call_and_its_own_call_older() -> None:
    """A function has died after its calls. Another one stalled between its call and its note."""
    meeting = CommandedMeeting()
    [change_id] = waiting(meeting, [("alice", Mute())])
    ledger, bob, now = meeting.ledger, meeting.user("bob"), meeting.clock.now()
    ledger.changes[MEETING, change_id] = replace(ledger.changes[MEETING, change_id], notes_count_from=now)
    ledger.users[MEETING, "bob"] = bob.with_notes([bob.attendees[attendee_of("bob")].noted(SILENT, now + LEASE)])
    meeting.reconcile(60)
    assert statuses(meeting, [change_id]) == ["applied"]
    assert meeting.held("bob")["audio"] == "Receive"


def test_a_user_on_many_attendees_is_settled_though_chime_reads_slowly() -> None:
    """The function dies after its calls. The next one reads the attendees one by one, for longer than a lease."""
    meeting = CommandedMeeting()
    for number in range(1, 8):
        meeting.gavel.chime_events.on_joined(MEETING, meeting.comes("bob", number))
    just_before(meeting, notes_attendees, dies)
    with pytest.raises(Died):
        meeting.answered("alice", Mute(), "bob")
    change_id = meeting.user("bob").revised_by
    attendee = meeting.chime.attendee

    def slow(meeting_id: str, attendee_id: str) -> ChimeAttendee:
        meeting.clock.pass_by(3)
        return attendee(meeting_id, attendee_id)

    meeting.chime.attendee = slow  # type: ignore[method-assign]
    meeting.reconcile(60)
    assert statuses(meeting, [change_id or ""]) == ["applied"]
