import pytest

from local.chime.quota import Quota, QuotaReading
from tests.simulator.bench import EVERYTHING, MUTED, NO_SUCH_ID, Bench, TurnedClock, refused


@pytest.fixture
def seat(bench: Bench) -> tuple[str, str]:
    meeting_id = bench.meeting()
    return meeting_id, bench.attendee(meeting_id)


def everybody_else(bench: Bench, seat: tuple[str, str]) -> None:
    bench.chime.batch_update_attendee_capabilities_except(
        MeetingId=seat[0], ExcludedAttendeeIds=[{"AttendeeId": NO_SUCH_ID}], Capabilities=EVERYTHING
    )


def test_twenty_at_once_then_ten_a_second(bench: Bench, seat: tuple[str, str]) -> None:
    for _ in range(20):
        bench.update(*seat, MUTED)
    with refused(429, "ThrottlingException"):
        bench.update(*seat, EVERYTHING)
    assert bench.capabilities(seat[0]) == {seat[1]: MUTED}

    bench.clock.turn(0.5)
    for _ in range(5):
        bench.update(*seat, EVERYTHING)
    with refused(429, "ThrottlingException"):
        bench.update(*seat, MUTED)
    assert [call["status"] for call in bench.calls(operation="UpdateAttendeeCapabilities")].count(429) == 2


def test_a_long_rest_fills_the_bucket_and_no_more(bench: Bench, seat: tuple[str, str]) -> None:
    bench.update(*seat, MUTED)
    bench.clock.turn(3600)

    for _ in range(20):
        bench.update(*seat, MUTED)
    with refused(429, "ThrottlingException"):
        bench.update(*seat, MUTED)


def test_strictly_read_both_capability_calls_share_a_bucket(bench: Bench, seat: tuple[str, str]) -> None:
    for _ in range(10):
        bench.update(*seat, MUTED)
        everybody_else(bench, seat)

    with refused(429, "ThrottlingException"):
        bench.update(*seat, MUTED)
    with refused(429, "ThrottlingException"):
        everybody_else(bench, seat)
    bench.chime.get_meeting(MeetingId=seat[0])


def test_read_per_operation_each_has_its_own(bench: Bench, seat: tuple[str, str]) -> None:
    bench.control("PUT", "settings", {"quotaReading": "per-operation"})
    for _ in range(20):
        bench.update(*seat, MUTED)

    with refused(429, "ThrottlingException"):
        bench.update(*seat, MUTED)
    everybody_else(bench, seat)


def test_read_as_one_bucket_every_call_counts(bench: Bench) -> None:
    bench.control("PUT", "settings", {"quotaReading": "one-bucket"})
    meeting_id = bench.meeting()
    for _ in range(19):
        bench.chime.get_meeting(MeetingId=meeting_id)

    with refused(429, "ThrottlingException"):
        bench.chime.list_attendees(MeetingId=meeting_id)


def test_quotas_can_be_switched_off(bench: Bench, seat: tuple[str, str]) -> None:
    bench.control("PUT", "settings", {"quota": False})

    for _ in range(25):
        bench.update(*seat, MUTED)


def test_a_clock_that_goes_back_takes_nothing_away() -> None:
    clock = TurnedClock()
    quota = Quota(clock)
    for _ in range(19):
        quota.take("GetMeeting", QuotaReading.STRICT)
    clock.turn(-60)

    quota.take("GetMeeting", QuotaReading.STRICT)
