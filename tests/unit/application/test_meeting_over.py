"""A meeting that Chime has ended without an event: the next command finds it out, and its answer says so."""

import pytest
from moderation.application.requests import Refused, Request
from moderation.domain.commands import (
    Command,
    Hold,
    Mute,
    MuteEverybody,
    Remove,
    SetCapabilities,
    SetMeeting,
    SetRole,
    UnmuteEverybody,
)
from moderation.domain.entry import CAPABILITIES_CHANGED, MEETING_ENDED

from tests.memory.moderated_meeting import ADMIN, MEETING, attendee_of
from tests.unit.application.commanded_meeting import CommandedMeeting, by

ON_EVERYBODY = [MuteEverybody(), SetMeeting(mode="audience"), SetMeeting(mode="presentation")]
ON_BOB = [Mute(), Hold(), SetRole("viewer"), Remove(), SetCapabilities()]


@pytest.fixture
def meeting() -> CommandedMeeting:
    meeting = CommandedMeeting()
    del meeting.chime.rooms[MEETING]
    return meeting


def ask(meeting: CommandedMeeting, command: Command, key: str | None = None, fingerprint: str = "") -> Refused:
    is_for_all = command in ON_EVERYBODY or isinstance(command, UnmuteEverybody)
    attendee_id = None if is_for_all else attendee_of("bob")
    request = Request(MEETING, by("alice"), command, attendee_id=attendee_id, key=key, fingerprint=fingerprint)
    outcome = meeting.gavel.perform(request)
    assert isinstance(outcome, Refused), outcome
    return outcome


@pytest.mark.parametrize("command", [*ON_EVERYBODY, *(c for c in ON_BOB if c != SetCapabilities())], ids=repr)
def test_it_is_closed_and_told_and_the_command_refused(meeting: CommandedMeeting, command: Command) -> None:
    refused = ask(meeting, command)
    assert refused.code == "meeting-ended"
    assert meeting.stored().ended_at is not None
    [told] = meeting.entries(MEETING_ENDED)
    assert told.actor.kind == "chime"
    assert meeting.entries(CAPABILITIES_CHANGED) == []
    for found in ask(meeting, UnmuteEverybody()), ask(meeting, Mute()):
        assert (found.code, found.change_id) == ("meeting-ended", None)
    assert len(meeting.entries(MEETING_ENDED)) == 1
    assert all(change.next_attempt_at is None and not change.is_open for change in meeting.ledger.changes.values())


def test_its_change_says_what_became_of_it(meeting: CommandedMeeting) -> None:
    refused = ask(meeting, MuteEverybody())
    assert meeting.change(refused.change_id).status == "gone"
    shown = meeting.gavel.attendee(MEETING, ADMIN, attendee_id=attendee_of("bob"))
    assert isinstance(shown, dict)
    assert shown["status"] == "gone"


def test_the_same_request_again_gets_the_same_answer(meeting: CommandedMeeting) -> None:
    first = ask(meeting, MuteEverybody(), key="k", fingerprint="f")
    again = ask(meeting, MuteEverybody(), key="k", fingerprint="f")
    assert (again.code, again.change_id, again.replayed) == (first.code, first.change_id, True)


def test_a_dry_run_closes_nothing(meeting: CommandedMeeting) -> None:
    outcome = meeting.gavel.perform(Request(MEETING, by("alice"), Mute(), user_id="dora", dry_run=True))
    assert isinstance(outcome, Refused)
    assert (outcome.code, meeting.stored().ended_at) == ("meeting-ended", None)


def test_a_user_whose_attendees_are_gone_ends_no_meeting() -> None:
    meeting = CommandedMeeting()
    meeting.goes("bob")
    assert meeting.answered("alice", Mute(), "bob").status == "gone"
    assert meeting.stored().ended_at is None


def test_what_was_pending_is_closed_with_it() -> None:
    meeting = CommandedMeeting()
    meeting.chime_refuses()
    answer = meeting.answered("alice", Mute(), "bob")
    assert answer.status == "pending"
    meeting.chime_recovers()
    del meeting.chime.rooms[MEETING]
    meeting.reconcile(60)
    assert meeting.change(answer.change_id).status == "gone"
    assert (len(meeting.entries(MEETING_ENDED)), meeting.stored().ended_at is not None) == (1, True)
