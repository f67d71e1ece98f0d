import json
from collections.abc import Iterator

import pytest
from chime_simulator import ChimeSimulator, Settings

from .bus import BusServer
from .service import EVERYTHING, MUTED, SimulatedService, TurnedClock, eventually

MEETING_KEYS = {"version", "eventType", "timestamp", "meetingId", "externalMeetingId", "mediaRegion"}
ATTENDEE_KEYS = MEETING_KEYS | {"attendeeId", "externalUserId"}


def kinds(service: SimulatedService) -> list[str]:
    return [event["eventType"].removeprefix("chime:") for event in service.events()]


def test_a_meeting_from_first_to_last(unlimited_service: SimulatedService) -> None:
    meeting_id = unlimited_service.meeting()
    bob = unlimited_service.attendee(meeting_id)
    place = f"meetings/{meeting_id}/attendees/{bob}"
    for action in ("join", "video-start", "content-join", "drop", "join", "join", "leave"):
        unlimited_service.control("POST", f"{place}/{action}")
    unlimited_service.update(meeting_id, bob, MUTED)
    unlimited_service.chime.delete_attendee(MeetingId=meeting_id, AttendeeId=bob)
    unlimited_service.chime.delete_meeting(MeetingId=meeting_id)

    assert kinds(unlimited_service) == [
        "AttendeeAdded",
        "MeetingStarted",
        "AttendeeJoined",
        "AttendeeVideoStarted",
        "AttendeeContentJoined",
        "AttendeeDropped",
        "AttendeeJoined",
        "AttendeeAuthorized",
        "AttendeeLeft",
        "AttendeeCapabilitiesUpdated",
        "AttendeeDeleted",
        "MeetingEnded",
    ]


def test_the_details_have_the_documented_shape(unlimited_service: SimulatedService) -> None:
    meeting_id = unlimited_service.meeting()
    bob = unlimited_service.attendee(meeting_id)
    unlimited_service.control("POST", f"meetings/{meeting_id}/attendees/{bob}/join")
    unlimited_service.update(meeting_id, bob, MUTED)

    added, started, joined, updated = unlimited_service.events()
    assert set(added) == ATTENDEE_KEYS
    assert set(started) == MEETING_KEYS
    assert set(joined) == ATTENDEE_KEYS | {"networkType"}
    assert updated == {
        "version": "0",
        "eventType": "chime:AttendeeCapabilitiesUpdated",
        "timestamp": int(unlimited_service.clock.now * 1000),
        "meetingId": meeting_id,
        "externalMeetingId": "weekly",
        "mediaRegion": "us-east-1",
        "attendeeId": bob,
        "externalUserId": "bob",
        "success": "1",
        "attendeeCapabilities": {"audio": "Receive", "video": "SendReceive", "content": "SendReceive"},
    }


def test_a_batch_tells_of_those_it_has_written(unlimited_service: SimulatedService) -> None:
    meeting_id = unlimited_service.meeting()
    host, *others = (unlimited_service.attendee(meeting_id, name) for name in ("host", "ann", "bob"))

    unlimited_service.chime.batch_update_attendee_capabilities_except(
        MeetingId=meeting_id, ExcludedAttendeeIds=[{"AttendeeId": host}], Capabilities=MUTED
    )

    assert [event["attendeeId"] for event in unlimited_service.events("CapabilitiesUpdated")] == others


@pytest.mark.parametrize("event", [True, False])
def test_drift_may_come_with_or_without_an_event(unlimited_service: SimulatedService, event: bool) -> None:
    meeting_id = unlimited_service.meeting()
    bob = unlimited_service.attendee(meeting_id)

    order = {"capabilities": {"Audio": "None"}, "event": event}
    unlimited_service.control("POST", f"meetings/{meeting_id}/attendees/{bob}/capabilities", order)

    assert unlimited_service.capabilities(meeting_id) == {bob: {**EVERYTHING, "Audio": "None"}}
    assert len(unlimited_service.events("CapabilitiesUpdated")) == int(event)
    assert unlimited_service.calls(operation="UpdateAttendeeCapabilities") == []


def test_events_can_be_switched_off(unlimited_service: SimulatedService) -> None:
    unlimited_service.control("PUT", "settings", {"events": False})
    unlimited_service.attendee(unlimited_service.meeting())
    assert unlimited_service.events() == []


def test_meetings_end_by_themselves(unlimited_service: SimulatedService) -> None:
    unlimited_service.control("PUT", "settings", {"expiry": True})
    empty, busy = unlimited_service.meeting(), unlimited_service.meeting()
    bob = unlimited_service.attendee(busy)
    unlimited_service.control("POST", f"meetings/{busy}/attendees/{bob}/join")

    unlimited_service.clock.turn(5 * 60)
    assert unlimited_service.control("GET", "health")["meetings"] == 1
    assert [event["meetingId"] for event in unlimited_service.events("MeetingEnded")] == [empty]
    unlimited_service.clock.turn(24 * 3600)
    assert [event["meetingId"] for event in unlimited_service.events("MeetingEnded")] == [empty, busy]


@pytest.mark.parametrize("by_itself", [False, True])
def test_replicas_end_with_their_primary(unlimited_service: SimulatedService, by_itself: bool) -> None:
    primary, other = unlimited_service.meeting(), unlimited_service.meeting()
    order = {"MediaRegion": "us-east-1", "ExternalMeetingId": "copy", "PrimaryMeetingId": primary}
    replicas = [unlimited_service.chime.create_meeting(**order)["Meeting"]["MeetingId"] for _ in range(2)]
    for meeting_id in (other, *replicas):
        attendee = unlimited_service.attendee(meeting_id)
        unlimited_service.control("POST", f"meetings/{meeting_id}/attendees/{attendee}/join")
    if by_itself:
        unlimited_service.control("PUT", "settings", {"expiry": True})
        unlimited_service.clock.turn(5 * 60)
    else:
        unlimited_service.chime.delete_meeting(MeetingId=primary)
    assert unlimited_service.control("GET", "health")["meetings"] == 1
    assert [event["meetingId"] for event in unlimited_service.events("MeetingEnded")] == [primary, *replicas]


@pytest.fixture
def bus() -> Iterator[BusServer]:
    with BusServer() as bus:
        yield bus


@pytest.fixture
def wired(bus: BusServer) -> Iterator[SimulatedService]:
    clock = TurnedClock()
    simulator = ChimeSimulator(
        clock=clock, settings=Settings(quota=False), events_endpoint=bus.url, event_source="test.chime", event_bus="b"
    )
    with simulator:
        service = SimulatedService(simulator, clock)
        yield service
        service.close()


def test_events_reach_the_bus_in_calls_of_ten(wired: SimulatedService, bus: BusServer) -> None:
    bus.open.clear()
    users = [{"ExternalUserId": f"person-{number}"} for number in range(24)]
    meeting_id = wired.meeting()
    wired.chime.batch_create_attendee(MeetingId=meeting_id, Attendees=users)
    assert bus.entries == []  # the call did not wait for the bus
    bus.open.set()

    assert eventually(lambda: len(bus.entries) == 24)
    assert bus.largest_call <= 10
    first = bus.entries[0]
    assert first["Source"] == "test.chime"
    assert first["DetailType"] == "Chime Meeting State Change"
    assert first["EventBusName"] == "b"
    assert [json.loads(entry["Detail"])["externalUserId"] for entry in bus.entries] == [
        user["ExternalUserId"] for user in users
    ]


def test_lost_events_happen_but_never_arrive(wired: SimulatedService, bus: BusServer) -> None:
    meeting_id = wired.meeting()
    wired.control("PUT", "settings", {"eventLoss": True})
    lost = wired.attendee(meeting_id, "lost")
    wired.control("PUT", "settings", {"eventLoss": False})
    heard = wired.attendee(meeting_id, "heard")

    assert eventually(lambda: bool(bus.entries))
    assert [json.loads(entry["Detail"])["attendeeId"] for entry in bus.entries] == [heard]
    assert [event["attendeeId"] for event in wired.events("AttendeeAdded")] == [lost, heard]


def test_a_bus_that_is_away_disturbs_no_call(caplog: pytest.LogCaptureFixture) -> None:
    clock = TurnedClock()
    with ChimeSimulator(clock=clock, events_endpoint="http://127.0.0.1:9") as simulator:
        service = SimulatedService(simulator, clock)
        service.attendee(service.meeting())
        assert eventually(lambda: "1 events lost" in caplog.text)
        service.close()
