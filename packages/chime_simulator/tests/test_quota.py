import pytest
from chime_simulator.quota import Quota, QuotaReading

from .service import EVERYTHING, MUTED, NO_SUCH_ID, SimulatedService, TurnedClock, refused


@pytest.fixture
def attendee(service: SimulatedService) -> tuple[str, str]:
    meeting_id = service.meeting()
    return meeting_id, service.attendee(meeting_id)


def everybody_else(service: SimulatedService, attendee: tuple[str, str]) -> None:
    service.chime.batch_update_attendee_capabilities_except(
        MeetingId=attendee[0], ExcludedAttendeeIds=[{"AttendeeId": NO_SUCH_ID}], Capabilities=EVERYTHING
    )


def test_twenty_at_once_then_ten_a_second(service: SimulatedService, attendee: tuple[str, str]) -> None:
    for _ in range(20):
        service.update(*attendee, MUTED)
    with refused(429, "ThrottlingException"):
        service.update(*attendee, EVERYTHING)
    assert service.capabilities(attendee[0]) == {attendee[1]: MUTED}

    service.clock.turn(0.5)
    for _ in range(5):
        service.update(*attendee, EVERYTHING)
    with refused(429, "ThrottlingException"):
        service.update(*attendee, MUTED)
    assert [call["status"] for call in service.calls(operation="UpdateAttendeeCapabilities")].count(429) == 2


def test_a_long_rest_fills_the_bucket_and_no_more(service: SimulatedService, attendee: tuple[str, str]) -> None:
    service.update(*attendee, MUTED)
    service.clock.turn(3600)

    for _ in range(20):
        service.update(*attendee, MUTED)
    with refused(429, "ThrottlingException"):
        service.update(*attendee, MUTED)


def test_strictly_read_both_capability_calls_share_a_bucket(
    service: SimulatedService, attendee: tuple[str, str]
) -> None:
    for _ in range(10):
        service.update(*attendee, MUTED)
        everybody_else(service, attendee)

    with refused(429, "ThrottlingException"):
        service.update(*attendee, MUTED)
    with refused(429, "ThrottlingException"):
        everybody_else(service, attendee)
    service.chime.get_meeting(MeetingId=attendee[0])


def test_read_per_operation_each_has_its_own(service: SimulatedService, attendee: tuple[str, str]) -> None:
    service.control("PUT", "settings", {"quotaReading": "per-operation"})
    for _ in range(20):
        service.update(*attendee, MUTED)

    with refused(429, "ThrottlingException"):
        service.update(*attendee, MUTED)
    everybody_else(service, attendee)


def test_read_as_one_bucket_every_call_counts(service: SimulatedService) -> None:
    service.control("PUT", "settings", {"quotaReading": "one-bucket"})
    meeting_id = service.meeting()
    for _ in range(19):
        service.chime.get_meeting(MeetingId=meeting_id)

    with refused(429, "ThrottlingException"):
        service.chime.list_attendees(MeetingId=meeting_id)


def test_quotas_can_be_switched_off(service: SimulatedService, attendee: tuple[str, str]) -> None:
    service.control("PUT", "settings", {"quota": False})

    for _ in range(25):
        service.update(*attendee, MUTED)


def test_how_many_meetings_there_may_be_at_once_is_a_setting(service: SimulatedService) -> None:
    service.control("PUT", "settings", {"meetingsAtOnce": 2})
    service.meeting()
    meeting_id = service.meeting()

    with refused(400, "LimitExceededException"):
        service.meeting()
    service.chime.delete_meeting(MeetingId=meeting_id)
    service.meeting()


def test_a_clock_that_goes_back_takes_nothing_away() -> None:
    clock = TurnedClock()
    quota = Quota(clock)
    for _ in range(19):
        quota.take("GetMeeting", QuotaReading.STRICT)
    clock.turn(-60)

    quota.take("GetMeeting", QuotaReading.STRICT)
