"""Chime's media servers did not take what its API took; and a second writer soon after Gavel's own update."""

import pytest
from moderation.application.background.chime_events import NotSettledError
from moderation.domain.capability import EVERYTHING, Capabilities
from moderation.domain.commands import Mute, SetMeeting, Unmute
from moderation.domain.entry import DELAYED, DRIFT_FOUND
from moderation.domain.meeting import UnmuteConsent

from tests.memory.moderated_meeting import ADMIN, MEETING, attendee_of
from tests.unit.application.commanded_meeting import MUTE_ALL, SILENT, UNMUTE_ALL, CommandedMeeting


@pytest.fixture
def meeting() -> CommandedMeeting:
    """bob has just been muted."""
    meeting = CommandedMeeting()
    meeting.answered("alice", Mute(), "bob")
    meeting.clock.pass_by(2)
    meeting.chime.calls.clear()
    return meeting


def status(meeting: CommandedMeeting, user: str = "bob") -> object:
    found = meeting.gavel.attendee(MEETING, ADMIN, attendee_id=attendee_of(user))
    assert isinstance(found, dict)
    return found["status"]


def fails(meeting: CommandedMeeting, told: Capabilities | None = SILENT) -> None:
    meeting.gavel.chime_events.on_capabilities_updated(MEETING, attendee_of("bob"), told, is_taken=False)


@pytest.mark.parametrize("told", [SILENT, None])
def test_it_is_applied_again_and_told(meeting: CommandedMeeting, told: Capabilities | None) -> None:
    fails(meeting, told)
    assert [call.capabilities for call in meeting.chime.updates()] == [SILENT]
    [delayed] = meeting.entries(DELAYED)
    assert delayed.names == {"bob"}
    assert delayed.extra["pendingSince"] == "2026-05-04T10:00:00.000Z"
    assert status(meeting) == "applied"


def test_again_and_again_it_is_left_to_the_sweep_and_never_called_applied(meeting: CommandedMeeting) -> None:
    fails(meeting)
    for _ in range(5):
        fails(meeting)
    assert len(meeting.chime.updates()) == 1
    assert status(meeting) == "drifted"
    meeting.reconcile(121)
    assert len(meeting.chime.updates()) == 2
    assert status(meeting) == "applied"
    assert len(meeting.entries(DELAYED)) == 2


def test_until_then_the_same_mute_is_a_command_and_a_mute_of_all_reaches_the_attendee(
    meeting: CommandedMeeting,
) -> None:
    fails(meeting)
    fails(meeting)
    meeting.chime.calls.clear()
    assert meeting.answered("alice", Mute(), "bob").status == "applied"
    assert len(meeting.chime.updates()) == 1
    fails(meeting)
    meeting.clock.pass_by(1)
    fails(meeting)
    meeting.chime.calls.clear()
    meeting.done("alice", MUTE_ALL)
    assert any(
        call.attendee_id == attendee_of("bob") or call.operation == "update_except" for call in meeting.chime.updates()
    )


def test_an_open_microphone_stays_open_where_microphones_open_by_consent() -> None:
    meeting = CommandedMeeting()
    meeting.done("alice", SetMeeting(unmute_consent=UnmuteConsent.REQUIRED))
    meeting.gavel.chime_events.on_capabilities_updated(MEETING, attendee_of("bob"), EVERYTHING, is_taken=False)
    assert [call.capabilities for call in meeting.chime.updates()][-1:] == [EVERYTHING]
    assert meeting.bits("bob") == EVERYTHING


def test_while_chime_takes_nothing_it_is_not_called_applied(meeting: CommandedMeeting) -> None:
    meeting.chime_refuses()
    fails(meeting)
    assert status(meeting) == "drifted"
    meeting.chime_recovers()
    meeting.reconcile(60)
    assert (status(meeting), len(meeting.chime.updates()) > 0) == ("applied", True)


def test_news_of_an_older_update_is_old(meeting: CommandedMeeting) -> None:
    meeting.answered("alice", Unmute(), "bob")
    meeting.chime.calls.clear()
    fails(meeting)
    assert (meeting.chime.updates(), meeting.entries(DELAYED), status(meeting)) == ([], [], "applied")


def test_what_is_under_way_is_looked_at_later(meeting: CommandedMeeting) -> None:
    meeting.chime_refuses()
    meeting.answered("alice", Unmute(), "bob")
    with pytest.raises(NotSettledError):
        fails(meeting, EVERYTHING)


@pytest.mark.parametrize("by_all", [False, True])
def test_a_second_writer_who_widens_is_put_right_at_once(meeting: CommandedMeeting, by_all: bool) -> None:
    if by_all:
        meeting.done("alice", MUTE_ALL)
    meeting.drifts("bob", EVERYTHING)
    meeting.gavel.chime_events.on_capabilities_updated(MEETING, attendee_of("bob"), EVERYTHING)
    assert meeting.bits("bob") == SILENT
    assert len(meeting.entries(DRIFT_FOUND)) == 1


def test_echoes_of_our_own_updates_cost_no_call(meeting: CommandedMeeting) -> None:
    meeting.done("alice", MUTE_ALL)
    meeting.chime.calls.clear()
    for user in ("bob", "carol"):
        meeting.gavel.chime_events.on_capabilities_updated(MEETING, attendee_of(user), SILENT)
    assert meeting.chime.calls == []


def test_a_late_echo_of_an_older_update_of_ours_is_no_drift(meeting: CommandedMeeting) -> None:
    meeting.done("alice", UNMUTE_ALL)
    meeting.chime.calls.clear()
    meeting.gavel.chime_events.on_capabilities_updated(MEETING, attendee_of("bob"), EVERYTHING)
    assert [call.operation for call in meeting.chime.calls] == ["attendee"]
    assert meeting.entries(DRIFT_FOUND) == []
