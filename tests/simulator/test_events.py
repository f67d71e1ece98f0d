import json
from collections.abc import Iterator

import pytest

from local.chime import ChimeSimulator, Settings
from tests.simulator.bench import EVERYTHING, MUTED, Bench, TurnedClock, eventually
from tests.simulator.bus import BusServer

MEETING_KEYS = {"version", "eventType", "timestamp", "meetingId", "externalMeetingId", "mediaRegion"}
ATTENDEE_KEYS = MEETING_KEYS | {"attendeeId", "externalUserId"}


def kinds(bench: Bench) -> list[str]:
    return [event["eventType"].removeprefix("chime:") for event in bench.events()]


def test_a_meeting_from_first_to_last(free_bench: Bench) -> None:
    meeting_id = free_bench.meeting()
    bob = free_bench.attendee(meeting_id)
    place = f"meetings/{meeting_id}/attendees/{bob}"
    for action in ("join", "video-start", "content-join", "drop", "join", "join", "leave"):
        free_bench.control("POST", f"{place}/{action}")
    free_bench.update(meeting_id, bob, MUTED)
    free_bench.chime.delete_attendee(MeetingId=meeting_id, AttendeeId=bob)
    free_bench.chime.delete_meeting(MeetingId=meeting_id)

    assert kinds(free_bench) == [
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


def test_the_details_have_the_documented_shape(free_bench: Bench) -> None:
    meeting_id = free_bench.meeting()
    bob = free_bench.attendee(meeting_id)
    free_bench.control("POST", f"meetings/{meeting_id}/attendees/{bob}/join")
    free_bench.update(meeting_id, bob, MUTED)

    added, started, joined, updated = free_bench.events()
    assert set(added) == ATTENDEE_KEYS
    assert set(started) == MEETING_KEYS
    assert set(joined) == ATTENDEE_KEYS | {"networkType"}
    assert updated == {
        "version": "0",
        "eventType": "chime:AttendeeCapabilitiesUpdated",
        "timestamp": int(free_bench.clock.now * 1000),
        "meetingId": meeting_id,
        "externalMeetingId": "weekly",
        "mediaRegion": "us-east-1",
        "attendeeId": bob,
        "externalUserId": "bob",
        "success": "1",
        "attendeeCapabilities": {"audio": "Receive", "video": "SendReceive", "content": "SendReceive"},
    }


def test_a_batch_tells_of_those_it_has_written(free_bench: Bench) -> None:
    meeting_id = free_bench.meeting()
    host, *others = (free_bench.attendee(meeting_id, name) for name in ("host", "ann", "bob"))

    free_bench.chime.batch_update_attendee_capabilities_except(
        MeetingId=meeting_id, ExcludedAttendeeIds=[{"AttendeeId": host}], Capabilities=MUTED
    )

    assert [event["attendeeId"] for event in free_bench.events("CapabilitiesUpdated")] == others


@pytest.mark.parametrize("event", [True, False])
def test_drift_may_come_with_or_without_an_event(free_bench: Bench, event: bool) -> None:
    meeting_id = free_bench.meeting()
    bob = free_bench.attendee(meeting_id)

    order = {"capabilities": {"Audio": "None"}, "event": event}
    free_bench.control("POST", f"meetings/{meeting_id}/attendees/{bob}/capabilities", order)

    assert free_bench.capabilities(meeting_id) == {bob: {**EVERYTHING, "Audio": "None"}}
    assert len(free_bench.events("CapabilitiesUpdated")) == int(event)
    assert free_bench.calls(operation="UpdateAttendeeCapabilities") == []


def test_events_can_be_switched_off(free_bench: Bench) -> None:
    free_bench.control("PUT", "settings", {"events": False})
    free_bench.attendee(free_bench.meeting())
    assert free_bench.events() == []


def test_meetings_end_by_themselves(free_bench: Bench) -> None:
    free_bench.control("PUT", "settings", {"expiry": True})
    empty, busy = free_bench.meeting(), free_bench.meeting()
    bob = free_bench.attendee(busy)
    free_bench.control("POST", f"meetings/{busy}/attendees/{bob}/join")

    free_bench.clock.turn(5 * 60)
    assert free_bench.control("GET", "health")["meetings"] == 1
    assert [event["meetingId"] for event in free_bench.events("MeetingEnded")] == [empty]
    free_bench.clock.turn(24 * 3600)
    assert [event["meetingId"] for event in free_bench.events("MeetingEnded")] == [empty, busy]


@pytest.mark.parametrize("by_itself", [False, True])
def test_replicas_end_with_their_primary(free_bench: Bench, by_itself: bool) -> None:
    primary, other = free_bench.meeting(), free_bench.meeting()
    order = {"MediaRegion": "us-east-1", "ExternalMeetingId": "copy", "PrimaryMeetingId": primary}
    replicas = [free_bench.chime.create_meeting(**order)["Meeting"]["MeetingId"] for _ in range(2)]
    for meeting_id in (other, *replicas):
        seat = free_bench.attendee(meeting_id)
        free_bench.control("POST", f"meetings/{meeting_id}/attendees/{seat}/join")
    if by_itself:
        free_bench.control("PUT", "settings", {"expiry": True})
        free_bench.clock.turn(5 * 60)
    else:
        free_bench.chime.delete_meeting(MeetingId=primary)
    assert free_bench.control("GET", "health")["meetings"] == 1
    assert [event["meetingId"] for event in free_bench.events("MeetingEnded")] == [primary, *replicas]


@pytest.fixture
def bus() -> Iterator[BusServer]:
    with BusServer() as bus:
        yield bus


@pytest.fixture
def wired(bus: BusServer) -> Iterator[Bench]:
    clock = TurnedClock()
    simulator = ChimeSimulator(
        clock=clock, settings=Settings(quota=False), events_endpoint=bus.url, event_source="test.chime", event_bus="b"
    )
    with simulator:
        bench = Bench(simulator, clock)
        yield bench
        bench.close()


def test_events_reach_the_bus_in_calls_of_ten(wired: Bench, bus: BusServer) -> None:
    bus.open.clear()
    people = [{"ExternalUserId": f"person-{number}"} for number in range(24)]
    meeting_id = wired.meeting()
    wired.chime.batch_create_attendee(MeetingId=meeting_id, Attendees=people)
    assert bus.entries == []  # the call did not wait for the bus
    bus.open.set()

    assert eventually(lambda: len(bus.entries) == 24)
    assert bus.largest_call <= 10
    first = bus.entries[0]
    assert first["Source"] == "test.chime"
    assert first["DetailType"] == "Chime Meeting State Change"
    assert first["EventBusName"] == "b"
    assert [json.loads(entry["Detail"])["externalUserId"] for entry in bus.entries] == [
        person["ExternalUserId"] for person in people
    ]


def test_lost_events_happen_but_never_arrive(wired: Bench, bus: BusServer) -> None:
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
        bench = Bench(simulator, clock)
        bench.attendee(bench.meeting())
        assert eventually(lambda: "1 events lost" in caplog.text)
        bench.close()
