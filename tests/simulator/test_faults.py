import time

import pytest
from botocore.exceptions import ClientError, HTTPClientError, ReadTimeoutError

from tests.simulator.bench import EVERYTHING, MUTED, NOTHING, Bench, boto_client, eventually, refused

UPDATE = "UpdateAttendeeCapabilities"
CAMERA_OFF = {"Audio": "SendReceive", "Video": "Receive", "Content": "SendReceive"}


@pytest.fixture
def seat(free_bench: Bench) -> tuple[str, str]:
    meeting_id = free_bench.meeting()
    return meeting_id, free_bench.attendee(meeting_id)


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
    free_bench: Bench, seat: tuple[str, str], status: int, code: str
) -> None:
    free_bench.fault(UPDATE, count=2, status=status)

    for _ in range(2):
        with refused(status, code):
            free_bench.update(*seat, MUTED)
    assert free_bench.capabilities(seat[0]) == {seat[1]: EVERYTHING}
    free_bench.update(*seat, MUTED)
    assert free_bench.capabilities(seat[0]) == {seat[1]: MUTED}


def test_an_error_may_hide_a_deed_that_was_done(free_bench: Bench, seat: tuple[str, str]) -> None:
    free_bench.fault(UPDATE, status=500, effect="done")

    with refused(500, "ServiceFailureException"):
        free_bench.update(*seat, MUTED)
    assert free_bench.capabilities(seat[0]) == {seat[1]: MUTED}


@pytest.mark.parametrize(("moment", "expected"), [("before", EVERYTHING), ("after", MUTED)])
def test_a_dropped_connection_leaves_the_caller_in_doubt(
    free_bench: Bench, seat: tuple[str, str], moment: str, expected: dict[str, str]
) -> None:
    free_bench.fault(UPDATE, dropConnection=moment)

    with pytest.raises(HTTPClientError):
        free_bench.update(*seat, MUTED)
    assert free_bench.capabilities(seat[0]) == {seat[1]: expected}
    [call] = free_bench.calls(operation=UPDATE)
    assert call["status"] is None
    assert call["fault"] == {"operation": UPDATE, "dropConnection": moment}


def test_a_late_effect_overwrites_what_is_there_by_then(free_bench: Bench, seat: tuple[str, str]) -> None:
    free_bench.fault(UPDATE, dropConnection="after", effectAfterMs=2000)

    with pytest.raises(HTTPClientError):
        free_bench.update(*seat, NOTHING)
    assert free_bench.capabilities(seat[0]) == {seat[1]: EVERYTHING}
    free_bench.update(*seat, MUTED)
    assert free_bench.capabilities(seat[0]) == {seat[1]: MUTED}

    assert eventually(lambda: free_bench.capabilities(seat[0]) == {seat[1]: NOTHING})
    assert [event["attendeeCapabilities"]["audio"] for event in free_bench.events("CapabilitiesUpdated")] == [
        "Receive",
        "None",
    ]


def test_a_reset_calls_late_effects_off(free_bench: Bench, seat: tuple[str, str]) -> None:
    free_bench.fault(UPDATE, status=503, effectAfterMs=50)
    with refused(503, "ServiceUnavailableException"):
        free_bench.update(*seat, NOTHING)

    free_bench.control("POST", "reset")

    started = time.monotonic()
    assert eventually(lambda: time.monotonic() - started > 0.15)
    assert free_bench.events() == []


def test_a_delay_comes_after_the_deed(free_bench: Bench, seat: tuple[str, str]) -> None:
    free_bench.fault(UPDATE, delayMs=2000)
    impatient = boto_client(free_bench.url, read_timeout=0.1)

    with pytest.raises(ReadTimeoutError):
        impatient.update_attendee_capabilities(MeetingId=seat[0], AttendeeId=seat[1], Capabilities=MUTED)
    impatient.close()
    assert eventually(lambda: free_bench.capabilities(seat[0]) == {seat[1]: MUTED})
    assert eventually(lambda: [call["status"] for call in free_bench.calls(operation=UPDATE)] == [200])


def test_a_delay_holds_an_error_back(free_bench: Bench, seat: tuple[str, str]) -> None:
    free_bench.fault(UPDATE, delayMs=60, status=409)

    started = time.monotonic()
    with refused(409, "ConflictException"):
        free_bench.update(*seat, MUTED)
    assert time.monotonic() - started >= 0.06


def test_a_lie_says_done_and_does_nothing(free_bench: Bench, seat: tuple[str, str]) -> None:
    free_bench.fault(UPDATE, status=200, effect="none")

    answer = free_bench.update(*seat, MUTED)

    assert answer["Attendee"]["Capabilities"] == MUTED
    assert free_bench.capabilities(seat[0]) == {seat[1]: EVERYTHING}
    assert free_bench.events("CapabilitiesUpdated") == []


def test_an_answer_can_differ_from_the_order(free_bench: Bench, seat: tuple[str, str]) -> None:
    free_bench.fault(UPDATE, answerCapabilities=CAMERA_OFF)

    assert free_bench.update(*seat, MUTED)["Attendee"]["Capabilities"] == CAMERA_OFF
    assert free_bench.capabilities(seat[0]) == {seat[1]: MUTED}


def test_faults_hit_only_the_calls_they_name(free_bench: Bench, seat: tuple[str, str]) -> None:
    other = free_bench.attendee(seat[0], "cem")
    free_bench.fault(UPDATE, status=500, attendeeId=seat[1], meetingId=seat[0])

    free_bench.update(seat[0], other, MUTED)
    free_bench.chime.get_attendee(MeetingId=seat[0], AttendeeId=seat[1])
    with refused(500, "ServiceFailureException"):
        free_bench.update(*seat, MUTED)


def test_a_star_hits_every_operation(free_bench: Bench, seat: tuple[str, str]) -> None:
    free_bench.fault("*", count=2, status=503)

    with refused(503, "ServiceUnavailableException"):
        free_bench.chime.get_meeting(MeetingId=seat[0])
    with pytest.raises(ClientError):
        free_bench.attendee(seat[0])
    free_bench.chime.get_meeting(MeetingId=seat[0])


def test_a_count_of_zero_clears(free_bench: Bench, seat: tuple[str, str]) -> None:
    free_bench.fault(UPDATE, count=9, status=503)
    free_bench.fault("GetMeeting", count=9, status=503)
    free_bench.fault(UPDATE, count=0)

    free_bench.update(*seat, MUTED)
    assert free_bench.control("GET", "faults")["faults"] == [{"operation": "GetMeeting", "count": 9, "status": 503}]
    free_bench.fault("*", count=0)
    assert free_bench.control("GET", "faults") == {"faults": []}


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
def test_senseless_orders_are_refused(bench: Bench, order: dict[str, object], problem: str) -> None:
    assert bench.http("POST", "/_simulator/faults", order) == (400, {"error": problem})
    assert bench.control("GET", "faults") == {"faults": []}


@pytest.mark.parametrize("batch", [False, True])
def test_the_media_servers_may_not_take_it(free_bench: Bench, seat: tuple[str, str], batch: bool) -> None:
    """The answer is as ever; the event says `success` 0, and everybody keeps what they had."""
    meeting_id, attendee_id = seat
    other = free_bench.attendee(meeting_id, "cem")
    free_bench.fault("*", success=0)
    if batch:
        free_bench.chime.batch_update_attendee_capabilities_except(
            MeetingId=meeting_id, ExcludedAttendeeIds=[{"AttendeeId": other}], Capabilities=MUTED
        )
    else:
        assert free_bench.update(meeting_id, attendee_id, MUTED)["Attendee"]["Capabilities"] == MUTED
    [event] = free_bench.events("AttendeeCapabilitiesUpdated")
    assert (event["attendeeId"], event["success"]) == (attendee_id, "0")
    assert event["attendeeCapabilities"]["audio"] == "Receive"
    assert free_bench.capabilities(meeting_id)[attendee_id] == EVERYTHING
    free_bench.update(meeting_id, attendee_id, MUTED)
    assert free_bench.capabilities(meeting_id)[attendee_id] == MUTED
    assert free_bench.events("AttendeeCapabilitiesUpdated")[-1]["success"] == "1"
