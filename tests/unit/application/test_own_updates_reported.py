"""Chime reports Gavel's own updates. Such an event costs no call; a change that is not Gavel's is compared."""

from moderation.application.requests import Request
from moderation.domain.capability import EVERYTHING
from moderation.domain.commands import Mute, MuteEverybody
from moderation.domain.entry import DRIFT_FOUND
from moderation.ports import OutcomeUnknownError

from tests.memory.moderated_meeting import ADMIN, MEETING, ModeratedMeeting, attendee_of
from tests.unit.application.test_failing_infrastructure import now_and_then


def test_an_echo_costs_no_call() -> None:
    meeting = ModeratedMeeting()
    meeting.answered("alice", Mute(), "bob")
    meeting.chime.calls.clear()
    meeting.gavel.chime_events.on_capabilities_updated(MEETING, attendee_of("bob"))
    assert meeting.chime.calls == []


def test_what_is_no_echo_is_looked_into_and_put_right() -> None:
    meeting = ModeratedMeeting()
    meeting.answered("alice", Mute(), "bob")
    meeting.clock.pass_by(61)
    meeting.chime.write(MEETING, meeting.chime.attendee(MEETING, attendee_of("bob")), EVERYTHING)
    meeting.gavel.chime_events.on_capabilities_updated(MEETING, attendee_of("bob"))
    assert meeting.held("bob")["audio"] == "Receive"
    assert len(meeting.entries(DRIFT_FOUND)) == 1


def test_what_can_not_be_looked_into_at_once_is_looked_into_again() -> None:
    meeting = ModeratedMeeting()
    meeting.answered("alice", Mute(), "bob")
    meeting.clock.pass_by(61)
    meeting.chime.write(MEETING, meeting.chime.attendee(MEETING, attendee_of("bob")), EVERYTHING)
    meeting.chime.take_away(MEETING, attendee_of("carol"))
    now_and_then(meeting.chime, ("attendee",), OutcomeUnknownError)
    meeting.gavel.chime_events.on_capabilities_updated(MEETING, attendee_of("bob"))
    meeting.gavel.chime_events.on_deleted(MEETING, attendee_of("carol"))
    assert meeting.held("bob")["audio"] == "Receive"
    assert meeting.user("carol").attendees[attendee_of("carol")].gone


def test_the_echoes_of_a_mute_all_cost_no_call() -> None:
    meeting = ModeratedMeeting()
    meeting.gavel.perform(Request(MEETING, ADMIN, MuteEverybody()))
    assert meeting.held("carol")["audio"] == "Receive"
    meeting.chime.calls.clear()
    for user in ("bob", "carol"):
        meeting.gavel.chime_events.on_capabilities_updated(MEETING, attendee_of(user))
    assert meeting.chime.calls == []
