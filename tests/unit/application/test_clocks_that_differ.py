"""Functions whose clocks differ by a second or two."""

import pytest
from moderation.application.requests import Request
from moderation.domain.capability import EVERYTHING
from moderation.domain.commands import Ban, Mute
from moderation.domain.meeting import Attendee
from moderation.ports import ChimeAttendee

from tests.memory.moderated_meeting import MEETING, ModeratedMeeting, attendee_of
from tests.unit.application.commanded_meeting import CommandedMeeting, Died, by, dies, just_before, notes_attendees


def test_a_note_by_a_clock_ahead_is_no_later_note() -> None:
    """A note from before the command says nothing about what Chime has now, whatever its time of day."""
    meeting = ModeratedMeeting()
    meeting.answered("alice", Mute(), "bob")
    meeting.chime.write(MEETING, ChimeAttendee(attendee_of("bob"), "bob", EVERYTHING), EVERYTHING)
    meeting.clock.pass_by(-1)
    answer = meeting.answered("alice", Mute(reason="noise"), "bob")
    assert answer.status == "applied"
    assert meeting.held("bob")["audio"] == "Receive"


def test_who_was_removed_by_a_slow_clock_is_not_noted_again() -> None:
    """bob is banned and removed while the function that has muted them stands still, by one whose clock is behind. The
    function that removes their next attendee dies.
    """
    meeting = CommandedMeeting()
    meeting.clock.pass_by(5)
    noted: list[Attendee] = []

    def is_banned() -> None:
        meeting.clock.pass_by(-1)
        meeting.another_process().perform(Request(MEETING, by("hugo"), Ban(), user_id="bob"))
        noted.append(meeting.user("bob").attendees[attendee_of("bob")])
        meeting.chime.before = [dies]
        with pytest.raises(Died):
            meeting.another_process().chime_events.on_joined(MEETING, meeting.comes("bob", 1))
        meeting.clock.pass_by(32)

    just_before(meeting, notes_attendees, is_banned)
    meeting.answered("alice", Mute(), "bob")
    assert [each.gone for each in noted] == [True]
    assert meeting.user("bob").attendees[attendee_of("bob")] == noted[0]
