"""The log of calls, the control routes, and details of HTTP that boto3 hides."""

import subprocess
import sys

import pytest
from botocore.validate import ParamValidator
from chime_simulator import ChimeSimulator
from chime_simulator.meetings import LEAK_MARK
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .service import EVERYTHING, MUTED, NO_SUCH_ID, NOTHING, SimulatedService, boto_client, eventually, refused

SCOPE = "AWS4-HMAC-SHA256 Credential=test/20260101/{}/{}/aws4_request, SignedHeaders=host, Signature=" + "0" * 64


def test_the_log_shows_every_call(service: SimulatedService) -> None:
    meeting_id = service.meeting()
    bob = service.attendee(meeting_id)
    service.update(meeting_id, bob, MUTED)
    with refused(404, "NotFoundException"):
        service.update(meeting_id, NO_SUCH_ID, MUTED)
    service.chime.batch_update_attendee_capabilities_except(
        MeetingId=meeting_id, ExcludedAttendeeIds=[{"AttendeeId": bob}], Capabilities=NOTHING
    )

    calls = service.calls(meetingId=meeting_id)
    assert [call["status"] for call in calls] == [200, 200, 200, 404, 200]
    assert calls[2] == {
        "operation": "UpdateAttendeeCapabilities",
        "meetingId": meeting_id,
        "attendeeId": bob,
        "capabilities": MUTED,
        "time": "2027-01-15T08:00:00.000000Z",
        "status": 200,
    }
    assert calls[4]["excludedAttendeeIds"] == [bob]
    assert service.calls(attendeeId=bob) == [calls[2]]


def test_join_tokens_are_in_answers_and_nowhere_else(unlimited_service: SimulatedService) -> None:
    meeting_id = unlimited_service.meeting()
    answer = unlimited_service.chime.create_attendee(MeetingId=meeting_id, ExternalUserId="bob")["Attendee"]
    unlimited_service.update(meeting_id, answer["AttendeeId"], MUTED)

    assert answer["JoinToken"].startswith(LEAK_MARK)
    for place in ("calls", "events", f"meetings/{meeting_id}", "faults"):
        assert LEAK_MARK not in str(unlimited_service.control("GET", place))


def test_the_log_can_be_forgotten_alone(service: SimulatedService) -> None:
    meeting_id = service.meeting()
    service.control("DELETE", "calls")
    assert service.calls() == []
    service.chime.get_meeting(MeetingId=meeting_id)


def test_a_pipeline_joins_and_is_hit_by_a_batch(unlimited_service: SimulatedService) -> None:
    meeting_id = unlimited_service.meeting()
    bob = unlimited_service.attendee(meeting_id)
    order = {"externalUserId": "aws:MediaPipeline-1"}
    pipeline = unlimited_service.control("POST", f"meetings/{meeting_id}/attendees", order)["attendee"]["AttendeeId"]

    unlimited_service.chime.batch_update_attendee_capabilities_except(
        MeetingId=meeting_id, ExcludedAttendeeIds=[{"AttendeeId": NO_SUCH_ID}], Capabilities=MUTED
    )

    assert unlimited_service.capabilities(meeting_id) == {bob: MUTED, pipeline: MUTED}


def test_those_who_left_still_count(unlimited_service: SimulatedService) -> None:
    meeting_id = unlimited_service.meeting({"Attendee": {"MaxCount": 1}})
    bob = unlimited_service.attendee(meeting_id)
    unlimited_service.control("POST", f"meetings/{meeting_id}/attendees/{bob}/leave")

    with refused(400, "LimitExceededException"):
        unlimited_service.attendee(meeting_id, "cem")
    unlimited_service.chime.delete_attendee(MeetingId=meeting_id, AttendeeId=bob)
    unlimited_service.attendee(meeting_id, "cem")


def test_a_meeting_holds_250(unlimited_service: SimulatedService) -> None:
    meeting_id = unlimited_service.meeting()
    for hundred in range(3):
        users = [{"ExternalUserId": f"person-{hundred}-{number}"} for number in range(100)]
        answer = unlimited_service.chime.batch_create_attendee(MeetingId=meeting_id, Attendees=users)
    assert (len(answer["Attendees"]), len(answer["Errors"])) == (50, 50)
    assert {error["ErrorCode"] for error in answer["Errors"]} == {"LimitExceeded"}


def test_a_primary_meeting_has_four_replicas(service: SimulatedService) -> None:
    order = {"MediaRegion": "us-east-1", "ExternalMeetingId": "copy", "PrimaryMeetingId": service.meeting()}
    for _ in range(4):
        assert service.chime.create_meeting(**order)["Meeting"]["PrimaryMeetingId"] == order["PrimaryMeetingId"]
    with refused(400, "LimitExceededException"):
        service.chime.create_meeting(**order)


def test_a_meeting_comes_with_its_first_attendees(unlimited_service: SimulatedService) -> None:
    order = {"MediaRegion": "us-east-1", "ExternalMeetingId": "weekly", "ClientRequestToken": "token"}
    users = [{"ExternalUserId": "bob"}, {"ExternalUserId": "aws:no"}]
    first = unlimited_service.chime.create_meeting_with_attendees(**order, Attendees=users)
    again = unlimited_service.chime.create_meeting_with_attendees(**order, Attendees=users)

    assert [attendee["ExternalUserId"] for attendee in first["Attendees"]] == ["bob"]
    assert [error["ExternalUserId"] for error in first["Errors"]] == ["aws:no"]
    assert all(first[member] == again[member] for member in ("Meeting", "Attendees", "Errors"))


def test_answers_conform_to_the_service_model(unlimited_service: SimulatedService) -> None:
    meeting_id = unlimited_service.meeting({"Video": {"MaxResolution": "FHD"}})
    unlimited_service.attendee(meeting_id)
    for operation, method in (("GetMeeting", "get_meeting"), ("ListAttendees", "list_attendees")):
        answer = getattr(unlimited_service.chime, method)(MeetingId=meeting_id)
        answer.pop("ResponseMetadata")
        shape = unlimited_service.chime.meta.service_model.operation_model(operation).output_shape
        assert ParamValidator().validate(answer, shape).generate_report() == ""


def test_transcription_is_not_there(unlimited_service: SimulatedService) -> None:
    with refused(501, "NotImplementedException"):
        unlimited_service.chime.stop_meeting_transcription(MeetingId=unlimited_service.meeting())


@pytest.mark.parametrize(
    "authorization", ["", "Bearer x", SCOPE.format("us-east-1", "s3"), SCOPE.format("eu-west-2", "chime")]
)
def test_a_call_must_be_signed_for_this_service_and_region(service: SimulatedService, authorization: str) -> None:
    status, body = service.http("GET", f"/meetings/{NO_SUCH_ID}", headers={"Authorization": authorization})
    assert status == 403
    assert set(body) == {"Code", "Message", "RequestId"}
    assert body["Code"] == "Forbidden"


def test_errors_carry_the_long_name_in_the_header_and_the_short_one_in_the_body(service: SimulatedService) -> None:
    with pytest.raises(service.chime.exceptions.NotFoundException) as caught:
        service.chime.get_meeting(MeetingId=NO_SUCH_ID)
    answer = caught.value.response
    assert answer["ResponseMetadata"]["HTTPHeaders"]["x-amzn-errortype"] == "NotFoundException"
    assert answer["Code"] == "NotFound"
    assert answer["RequestId"] == answer["ResponseMetadata"]["RequestId"]


def test_unknown_routes_and_broken_bodies_are_refused(service: SimulatedService) -> None:
    signed = {"Authorization": SCOPE.format("us-east-1", "chime")}
    assert service.http("PATCH", "/meetings", headers=signed)[0] == 404
    assert service.http("POST", "/meetings?operation=other", {}, signed)[0] == 404
    assert service.http("GET", "/_simulator/nothing")[0] == 404
    assert service.http("PUT", "/_simulator/settings", {"quota": "no"})[0] == 400
    assert service.http("PUT", "/_simulator/settings", {"videoNoneReading": "creative"})[0] == 400
    assert service.http("PUT", "/_simulator/settings", {"meetingsAtOnce": "no"})[0] == 400
    assert service.http("PUT", "/_simulator/settings", {"meetingsAtOnce": True})[0] == 400
    assert service.http("POST", f"/_simulator/meetings/{NO_SUCH_ID}/attendees", {"externalUserId": "bob"})[0] == 404
    assert service.control("GET", "settings")["quota"] is True


def test_regions_without_the_api_have_no_simulator() -> None:
    with pytest.raises(ValueError, match="eu-west-1"):
        ChimeSimulator(region="eu-west-1")


def test_arns_are_those_of_the_partition() -> None:
    with ChimeSimulator(region="us-gov-west-1") as simulator:
        client = boto_client(simulator.url, "us-gov-west-1")
        created = client.create_meeting(MediaRegion="us-gov-east-1", ExternalMeetingId="weekly")["Meeting"]
        client.close()
    assert created["MeetingArn"].startswith("arn:aws-us-gov:chime:us-gov-west-1:")


def test_a_stopped_simulator_ends_open_connections() -> None:
    simulator = ChimeSimulator().start()
    client = boto_client(simulator.url)
    client.create_meeting(MediaRegion="us-east-1", ExternalMeetingId="weekly")
    simulator.stop()
    client.close()
    with pytest.raises(RuntimeError):
        assert simulator.url


def test_a_port_that_is_taken_is_an_error_that_says_so(service: SimulatedService) -> None:
    port = service.url.rpartition(":")[2]
    command = [sys.executable, "-m", "chime_simulator", "--port", port]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"can't serve on 127.0.0.1:{port}: ")


def test_the_command_serves_until_it_is_told_to_stop() -> None:
    command = [sys.executable, "-m", "chime_simulator", "--port", "0", "--no-quota", "--video-none-reading", "strict"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline().startswith("Amazon Chime simulator at http://127.0.0.1:")
        process.terminate()
        assert eventually(lambda: process.poll() is not None)
        assert process.returncode == 0


VALID = st.sampled_from([EVERYTHING, MUTED, NOTHING, {"Audio": "Send", "Video": "Receive", "Content": "Send"}])


@given(st.lists(st.tuples(VALID, st.sets(st.integers(0, 3)), st.booleans()), max_size=6))
@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_sequence_of_orders_leaves_what_they_say(
    unlimited_service: SimulatedService, orders: list[tuple[dict[str, str], set[int], bool]]
) -> None:
    meeting_id = unlimited_service.meeting()
    users = [unlimited_service.attendee(meeting_id, f"person-{number}") for number in range(4)]
    expected = dict.fromkeys(users, EVERYTHING)

    for capabilities, chosen, batch in orders:
        named = {users[number] for number in chosen}
        if batch:
            excluded = [{"AttendeeId": one} for one in named or {NO_SUCH_ID}]
            unlimited_service.chime.batch_update_attendee_capabilities_except(
                MeetingId=meeting_id, ExcludedAttendeeIds=excluded, Capabilities=capabilities
            )
            expected |= {one: capabilities for one in users if one not in named}
        else:
            for one in named:
                unlimited_service.update(meeting_id, one, capabilities)
            expected |= dict.fromkeys(named, capabilities)

    assert unlimited_service.capabilities(meeting_id) == expected
