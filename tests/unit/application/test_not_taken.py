"""Chime's media servers did not take what its API took; and a second writer, within a minute of our own update."""

import pytest
from moderation.application.background.chime_events import NotSettledError
from moderation.domain.capability import EVERYTHING, Capabilities
from moderation.domain.commands import Mute, SetMeeting, Unmute
from moderation.domain.entry import DELAYED, DRIFT_FOUND
from moderation.domain.meeting import UnmuteConsent

from tests.memory.moderated_meeting import ADMIN, MEETING, seat
from tests.unit.application.hall import MUTE_ALL, SILENT, UNMUTE_ALL, Hall


@pytest.fixture
def hall() -> Hall:
    """bob has just been muted."""
    hall = Hall()
    hall.answered("alice", Mute(), "bob")
    hall.surroundings.pass_by(2)
    hall.chime.calls.clear()
    return hall


def status(hall: Hall, user: str = "bob") -> object:
    found = hall.gavel.attendee(MEETING, ADMIN, attendee_id=seat(user))
    assert isinstance(found, dict)
    return found["status"]


def fails(hall: Hall, told: Capabilities | None = SILENT) -> None:
    hall.gavel.presence.on_capabilities_updated(MEETING, seat("bob"), told, is_taken=False)


@pytest.mark.parametrize("told", [SILENT, None])
def test_it_is_applied_again_and_told(hall: Hall, told: Capabilities | None) -> None:
    fails(hall, told)
    assert [call.capabilities for call in hall.chime.orders()] == [SILENT]
    [delayed] = hall.entries(DELAYED)
    assert delayed.names == {"bob"}
    assert delayed.extra["pendingSince"] == "2026-05-04T10:00:00.000Z"
    assert status(hall) == "applied"


def test_again_and_again_it_is_left_to_the_sweep_and_never_called_applied(hall: Hall) -> None:
    fails(hall)
    for _ in range(5):
        fails(hall)
    assert len(hall.chime.orders()) == 1
    assert status(hall) == "drifted"
    hall.reconcile(121)
    assert len(hall.chime.orders()) == 2
    assert status(hall) == "applied"
    assert len(hall.entries(DELAYED)) == 2


def test_until_then_the_same_mute_is_a_command_and_a_mute_of_all_reaches_the_attendee(hall: Hall) -> None:
    fails(hall)
    fails(hall)
    hall.chime.calls.clear()
    assert hall.answered("alice", Mute(), "bob").status == "applied"
    assert len(hall.chime.orders()) == 1
    fails(hall)
    hall.surroundings.pass_by(1)
    fails(hall)
    hall.chime.calls.clear()
    hall.done("alice", MUTE_ALL)
    assert any(call.attendee_id == seat("bob") or call.operation == "order_except" for call in hall.chime.orders())


def test_an_open_microphone_stays_open_where_microphones_open_by_consent() -> None:
    hall = Hall()
    hall.done("alice", SetMeeting(unmute_consent=UnmuteConsent.REQUIRED))
    hall.gavel.presence.on_capabilities_updated(MEETING, seat("bob"), EVERYTHING, is_taken=False)
    assert [call.capabilities for call in hall.chime.orders()][-1:] == [EVERYTHING]
    assert hall.bits("bob") == EVERYTHING


def test_while_chime_takes_nothing_it_is_not_called_applied(hall: Hall) -> None:
    hall.chime_refuses()
    fails(hall)
    assert status(hall) == "drifted"
    hall.chime_recovers()
    hall.reconcile(60)
    assert (status(hall), len(hall.chime.orders()) > 0) == ("applied", True)


def test_news_of_an_older_update_is_old(hall: Hall) -> None:
    hall.answered("alice", Unmute(), "bob")
    hall.chime.calls.clear()
    fails(hall)
    assert (hall.chime.orders(), hall.entries(DELAYED), status(hall)) == ([], [], "applied")


def test_what_is_under_way_is_looked_at_later(hall: Hall) -> None:
    hall.chime_refuses()
    hall.answered("alice", Unmute(), "bob")
    with pytest.raises(NotSettledError):
        fails(hall, EVERYTHING)


@pytest.mark.parametrize("by_all", [False, True])
def test_a_second_writer_who_widens_is_put_right_at_once(hall: Hall, by_all: bool) -> None:
    if by_all:
        hall.done("alice", MUTE_ALL)
    hall.turn("bob", EVERYTHING)
    hall.gavel.presence.on_capabilities_updated(MEETING, seat("bob"), EVERYTHING)
    assert hall.bits("bob") == SILENT
    assert len(hall.entries(DRIFT_FOUND)) == 1


def test_echoes_of_our_own_updates_cost_no_call(hall: Hall) -> None:
    hall.done("alice", MUTE_ALL)
    hall.chime.calls.clear()
    for user in ("bob", "carol"):
        hall.gavel.presence.on_capabilities_updated(MEETING, seat(user), SILENT)
    assert hall.chime.calls == []


def test_a_late_echo_of_an_older_update_of_ours_is_no_drift(hall: Hall) -> None:
    hall.done("alice", UNMUTE_ALL)
    hall.chime.calls.clear()
    hall.gavel.presence.on_capabilities_updated(MEETING, seat("bob"), EVERYTHING)
    assert [call.operation for call in hall.chime.calls] == ["seat"]
    assert hall.entries(DRIFT_FOUND) == []
