"""Functions whose clocks differ by a second or two."""

from moderation.domain.capability import EVERYTHING
from moderation.domain.commands import Mute
from moderation.ports import ChimeAttendee

from tests.memory.moderated_meeting import MEETING, ModeratedMeeting, attendee_of


def test_a_note_by_a_clock_ahead_is_no_later_note() -> None:
    """A note from before the command says nothing about what Chime has now, whatever its time of day."""
    meeting = ModeratedMeeting()
    meeting.answered("alice", Mute(), "bob")
    meeting.chime.write(MEETING, ChimeAttendee(attendee_of("bob"), "bob", EVERYTHING), EVERYTHING)
    meeting.clock.pass_by(-1)
    answer = meeting.answered("alice", Mute(reason="noise"), "bob")
    assert answer.status == "applied"
    assert meeting.held("bob")["audio"] == "Receive"
