import time

import pytest
from botocore.exceptions import ClientError, HTTPClientError, ReadTimeoutError

from .service import EVERYTHING, MUTED, NOTHING, SimulatedService, boto_client, eventually, refused

UPDATE = "UpdateAttendeeCapabilities"
CAMERA_OFF = {"Audio": "SendReceive", "Video": "Receive", "Content": "SendReceive"}


@pytest.fixture
def attendee(unlimited_service: SimulatedService) -> tuple[str, str]:
    meeting_id = unlimited_service.meeting()
    return meeting_id, unlimited_service.attendee(meeting_id)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "BadRequestException"),
        (401, "UnauthorizedException"),
        (403, "ForbiddenException"),
        (404, "NotFoundException"),
        (409, "ConflictException"),
        (429, "ThrottlingException"),
        (500, "ServiceFailureException"),
        (503, "ServiceUnavailableException"),
    ],
)
def test_a_status_fails_the_next_calls_and_changes_nothing(
    unlimited_service: SimulatedService, attendee: tuple[str, str], status: int, code: str
) -> None:
    unlimited_service.fault(UPDATE, count=2, status=status)

    for _ in range(2):
        with refused(status, code):
            unlimited_service.update(*attendee, MUTED)
    assert unlimited_service.capabilities(attendee[0]) == {attendee[1]: EVERYTHING}
    unlimited_service.update(*attendee, MUTED)
    assert unlimited_service.capabilities(attendee[0]) == {attendee[1]: MUTED}


def test_an_error_may_hide_a_call_that_was_done(unlimited_service: SimulatedService, attendee: tuple[str, str]) -> None:
    unlimited_service.fault(UPDATE, status=500, effect="done")

    with refused(500, "ServiceFailureException"):
        unlimited_service.update(*attendee, MUTED)
    assert unlimited_service.capabilities(attendee[0]) == {attendee[1]: MUTED}


@pytest.mark.parametrize(("moment", "expected"), [("before", EVERYTHING), ("after", MUTED)])
def test_a_dropped_connection_leaves_the_caller_in_doubt(
    unlimited_service: SimulatedService, attendee: tuple[str, str], moment: str, expected: dict[str, str]
) -> None:
    unlimited_service.fault(UPDATE, dropConnection=moment)

    with pytest.raises(HTTPClientError):
        unlimited_service.update(*attendee, MUTED)
    assert unlimited_service.capabilities(attendee[0]) == {attendee[1]: expected}
    [call] = unlimited_service.calls(operation=UPDATE)
    assert call["status"] is None
    assert call["fault"] == {"operation": UPDATE, "dropConnection": moment}


def test_a_late_effect_overwrites_what_is_there_by_then(
    unlimited_service: SimulatedService, attendee: tuple[str, str]
) -> None:
    unlimited_service.fault(UPDATE, dropConnection="after", effectAfterMs=2000)

    with pytest.raises(HTTPClientError):
        unlimited_service.update(*attendee, NOTHING)
    assert unlimited_service.capabilities(attendee[0]) == {attendee[1]: EVERYTHING}
    unlimited_service.update(*attendee, MUTED)
    assert unlimited_service.capabilities(attendee[0]) == {attendee[1]: MUTED}

    assert eventually(lambda: unlimited_service.capabilities(attendee[0]) == {attendee[1]: NOTHING})
    assert [event["attendeeCapabilities"]["audio"] for event in unlimited_service.events("CapabilitiesUpdated")] == [
        "Receive",
        "None",
    ]


def test_a_reset_calls_late_effects_off(unlimited_service: SimulatedService, attendee: tuple[str, str]) -> None:
    unlimited_service.fault(UPDATE, status=503, effectAfterMs=50)
    with refused(503, "ServiceUnavailableException"):
        unlimited_service.update(*attendee, NOTHING)

    unlimited_service.control("POST", "reset")

    started = time.monotonic()
    assert eventually(lambda: time.monotonic() - started > 0.15)
    assert unlimited_service.events() == []


def test_a_delay_comes_after_the_call(unlimited_service: SimulatedService, attendee: tuple[str, str]) -> None:
    unlimited_service.fault(UPDATE, delayMs=2000)
    impatient = boto_client(unlimited_service.url, read_timeout=0.1)

    with pytest.raises(ReadTimeoutError):
        impatient.update_attendee_capabilities(MeetingId=attendee[0], AttendeeId=attendee[1], Capabilities=MUTED)
    impatient.close()
    assert eventually(lambda: unlimited_service.capabilities(attendee[0]) == {attendee[1]: MUTED})
    assert eventually(lambda: [call["status"] for call in unlimited_service.calls(operation=UPDATE)] == [200])


def test_a_delay_holds_an_error_back(unlimited_service: SimulatedService, attendee: tuple[str, str]) -> None:
    unlimited_service.fault(UPDATE, delayMs=60, status=409)

    started = time.monotonic()
    with refused(409, "ConflictException"):
        unlimited_service.update(*attendee, MUTED)
    assert time.monotonic() - started >= 0.06


def test_a_lie_says_done_and_does_nothing(unlimited_service: SimulatedService, attendee: tuple[str, str]) -> None:
    unlimited_service.fault(UPDATE, status=200, effect="none")

    answer = unlimited_service.update(*attendee, MUTED)

    assert answer["Attendee"]["Capabilities"] == MUTED
    assert unlimited_service.capabilities(attendee[0]) == {attendee[1]: EVERYTHING}
    assert unlimited_service.events("CapabilitiesUpdated") == []


def test_an_answer_can_differ_from_the_order(unlimited_service: SimulatedService, attendee: tuple[str, str]) -> None:
    unlimited_service.fault(UPDATE, answerCapabilities=CAMERA_OFF)

    assert unlimited_service.update(*attendee, MUTED)["Attendee"]["Capabilities"] == CAMERA_OFF
    assert unlimited_service.capabilities(attendee[0]) == {attendee[1]: MUTED}


def test_faults_hit_only_the_calls_they_name(unlimited_service: SimulatedService, attendee: tuple[str, str]) -> None:
    other = unlimited_service.attendee(attendee[0], "cem")
    unlimited_service.fault(UPDATE, status=500, attendeeId=attendee[1], meetingId=attendee[0])

    unlimited_service.update(attendee[0], other, MUTED)
    unlimited_service.chime.get_attendee(MeetingId=attendee[0], AttendeeId=attendee[1])
    with refused(500, "ServiceFailureException"):
        unlimited_service.update(*attendee, MUTED)


def test_a_star_hits_every_operation(unlimited_service: SimulatedService, attendee: tuple[str, str]) -> None:
    unlimited_service.fault("*", count=2, status=503)

    with refused(503, "ServiceUnavailableException"):
        unlimited_service.chime.get_meeting(MeetingId=attendee[0])
    with pytest.raises(ClientError):
        unlimited_service.attendee(attendee[0])
    unlimited_service.chime.get_meeting(MeetingId=attendee[0])


def test_a_count_of_zero_clears(unlimited_service: SimulatedService, attendee: tuple[str, str]) -> None:
    unlimited_service.fault(UPDATE, count=9, status=503)
    unlimited_service.fault("GetMeeting", count=9, status=503)
    unlimited_service.fault(UPDATE, count=0)

    unlimited_service.update(*attendee, MUTED)
    assert unlimited_service.control("GET", "faults")["faults"] == [
        {"operation": "GetMeeting", "count": 9, "status": 503}
    ]
    unlimited_service.fault("*", count=0)
    assert unlimited_service.control("GET", "faults") == {"faults": []}


@pytest.mark.parametrize(
    ("order", "problem"),
    [
        ({"count": 1}, "`operation` is missing"),
        ({"operation": "Mute", "count": 1}, "unknown operation `Mute`"),
        ({"operation": UPDATE, "count": -1}, "`count` must not be negative"),
        ({"operation": UPDATE, "count": True}, "`count` must be of type int"),
        ({"operation": UPDATE, "count": 1, "dropConnection": "never"}, "`dropConnection` must be one of before, after"),
        ({"operation": UPDATE, "count": 1, "success": 1}, "`success` must be one of 0"),
        ({"operation": UPDATE, "count": 1, "delay": 5}, "unknown member `delay`"),
    ],
)
def test_senseless_orders_are_refused(service: SimulatedService, order: dict[str, object], problem: str) -> None:
    assert service.http("POST", "/_simulator/faults", order) == (400, {"error": problem})
    assert service.control("GET", "faults") == {"faults": []}


@pytest.mark.parametrize("batch", [False, True])
def test_the_media_servers_may_not_take_it(
    unlimited_service: SimulatedService, attendee: tuple[str, str], batch: bool
) -> None:
    """The answer is a normal one; the event says `success` 0, and all attendees keep their capabilities."""
    meeting_id, attendee_id = attendee
    other = unlimited_service.attendee(meeting_id, "cem")
    unlimited_service.fault("*", success=0)
    if batch:
        unlimited_service.chime.batch_update_attendee_capabilities_except(
            MeetingId=meeting_id, ExcludedAttendeeIds=[{"AttendeeId": other}], Capabilities=MUTED
        )
    else:
        assert unlimited_service.update(meeting_id, attendee_id, MUTED)["Attendee"]["Capabilities"] == MUTED
    [event] = unlimited_service.events("AttendeeCapabilitiesUpdated")
    assert (event["attendeeId"], event["success"]) == (attendee_id, "0")
    assert event["attendeeCapabilities"]["audio"] == "Receive"
    assert unlimited_service.capabilities(meeting_id)[attendee_id] == EVERYTHING
    unlimited_service.update(meeting_id, attendee_id, MUTED)
    assert unlimited_service.capabilities(meeting_id)[attendee_id] == MUTED
    assert unlimited_service.events("AttendeeCapabilitiesUpdated")[-1]["success"] == "1"
