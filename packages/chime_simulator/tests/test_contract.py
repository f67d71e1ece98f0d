"""The promises of the service. The same tests run against Amazon Chime with `CHIME_CONTRACT=aws`.

So they use the API only, and check nothing that the documentation leaves open.
"""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from chime_simulator import ChimeSimulator, Settings

from .service import EVERYTHING, MUTED, NO_SUCH_ID, boto_client, refused

CreateMeeting = Callable[..., dict[str, Any]]
ID = re.compile("[a-fA-F0-9]{8}(?:-[a-fA-F0-9]{4}){3}-[a-fA-F0-9]{12}")
CAMERA_OFF = {"Audio": "SendReceive", "Video": "Receive", "Content": "SendReceive"}


@pytest.fixture(scope="module")
def chime() -> Iterator[Any]:
    """A client that does not check parameters: the service has to refuse them."""
    if os.environ.get("CHIME_CONTRACT") == "aws":
        config = Config(retries={"mode": "standard", "max_attempts": 5}, parameter_validation=False)
        client = boto3.client("chime-sdk-meetings", region_name="us-east-1", config=config)
        yield client
        client.close()
        return
    with ChimeSimulator(settings=Settings(quota=False)) as simulator:
        client = boto_client(simulator.url, parameter_validation=False)
        yield client
        client.close()


@pytest.fixture
def create_meeting(chime: Any) -> Iterator[CreateMeeting]:
    created: set[str] = set()

    def create(**parameters: Any) -> dict[str, Any]:
        order = {"MediaRegion": "us-east-1", "ExternalMeetingId": "contract", **parameters}
        meeting: dict[str, Any] = chime.create_meeting(**order)["Meeting"]
        created.add(meeting["MeetingId"])
        return meeting

    yield create
    for meeting_id in created:
        with suppress(chime.exceptions.NotFoundException):
            chime.delete_meeting(MeetingId=meeting_id)


@pytest.fixture
def meeting_id(create_meeting: CreateMeeting) -> str:
    return str(create_meeting()["MeetingId"])


@pytest.fixture
def attendee_id(chime: Any, meeting_id: str) -> str:
    return str(chime.create_attendee(MeetingId=meeting_id, ExternalUserId="bob")["Attendee"]["AttendeeId"])


def everybody(chime: Any, meeting_id: str) -> dict[str, dict[str, str]]:
    attendees = chime.list_attendees(MeetingId=meeting_id)["Attendees"]
    return {attendee["ExternalUserId"]: attendee["Capabilities"] for attendee in attendees}


def test_a_meeting_is_created_read_and_deleted(chime: Any, create_meeting: CreateMeeting) -> None:
    meeting = create_meeting(ExternalMeetingId="town hall", MeetingFeatures={"Attendee": {"MaxCount": 7}})

    assert ID.fullmatch(meeting["MeetingId"])
    assert meeting["MeetingArn"].endswith(f":meeting/{meeting['MeetingId']}")
    assert meeting["ExternalMeetingId"] == "town hall"
    assert meeting["MeetingFeatures"]["Attendee"]["MaxCount"] == 7
    assert meeting["MediaPlacement"]["AudioHostUrl"]
    assert chime.get_meeting(MeetingId=meeting["MeetingId"])["Meeting"]["MeetingId"] == meeting["MeetingId"]

    deleted = chime.delete_meeting(MeetingId=meeting["MeetingId"])
    assert deleted["ResponseMetadata"]["HTTPStatusCode"] == 204
    with refused(404, "NotFoundException"):
        chime.get_meeting(MeetingId=meeting["MeetingId"])


def test_the_same_request_token_gives_the_same_meeting(create_meeting: CreateMeeting) -> None:
    first, again, other = (create_meeting(ClientRequestToken=f"contract-{os.getpid()}-{n}") for n in (1, 1, 2))

    assert first["MeetingId"] == again["MeetingId"]
    assert first["MeetingId"] != other["MeetingId"]


def test_an_attendee_gets_a_token_and_everything(chime: Any, meeting_id: str) -> None:
    attendee = chime.create_attendee(MeetingId=meeting_id, ExternalUserId="bob")["Attendee"]

    assert ID.fullmatch(attendee["AttendeeId"])
    assert attendee["ExternalUserId"] == "bob"
    assert attendee["Capabilities"] == EVERYTHING
    assert len(attendee["JoinToken"]) > 2
    read = chime.get_attendee(MeetingId=meeting_id, AttendeeId=attendee["AttendeeId"])["Attendee"]
    assert read["Capabilities"] == EVERYTHING


def test_an_attendee_can_be_created_with_less(chime: Any, meeting_id: str) -> None:
    chime.create_attendee(MeetingId=meeting_id, ExternalUserId="bob", Capabilities=MUTED)

    assert everybody(chime, meeting_id) == {"bob": MUTED}


def test_a_deleted_attendee_is_gone(chime: Any, meeting_id: str, attendee_id: str) -> None:
    answer = chime.delete_attendee(MeetingId=meeting_id, AttendeeId=attendee_id)

    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    with refused(404, "NotFoundException"):
        chime.get_attendee(MeetingId=meeting_id, AttendeeId=attendee_id)


def test_a_batch_reports_the_items_that_failed(chime: Any, create_meeting: CreateMeeting) -> None:
    meeting_id = create_meeting(MeetingFeatures={"Attendee": {"MaxCount": 2}})["MeetingId"]

    users = [{"ExternalUserId": name} for name in ("ann", "bob", "cem")]
    answer = chime.batch_create_attendee(MeetingId=meeting_id, Attendees=users)

    assert len(answer["Attendees"]) == 2
    assert len(answer["Errors"]) == 1
    assert answer["Errors"][0]["ErrorCode"]


def test_attendees_come_in_pages(chime: Any, meeting_id: str) -> None:
    names = {f"person-{number}" for number in range(7)}
    chime.batch_create_attendee(MeetingId=meeting_id, Attendees=[{"ExternalUserId": name} for name in names])

    found: list[str] = []
    more: dict[str, str] = {}
    while True:
        page = chime.list_attendees(MeetingId=meeting_id, MaxResults=3, **more)
        assert len(page["Attendees"]) <= 3
        found += [attendee["ExternalUserId"] for attendee in page["Attendees"]]
        if not page.get("NextToken"):
            break
        more = {"NextToken": page["NextToken"]}
    assert sorted(found) == sorted(names)


def test_capabilities_are_replaced_as_a_whole(chime: Any, meeting_id: str, attendee_id: str) -> None:
    answer = chime.update_attendee_capabilities(MeetingId=meeting_id, AttendeeId=attendee_id, Capabilities=CAMERA_OFF)

    assert answer["Attendee"]["Capabilities"] == CAMERA_OFF
    assert answer["Attendee"]["JoinToken"]
    assert everybody(chime, meeting_id) == {"bob": CAMERA_OFF}


def test_batch_except_overwrites_everybody_else(chime: Any, meeting_id: str, attendee_id: str) -> None:
    restricted = {"Audio": "None", "Video": "Receive", "Content": "None"}
    chime.create_attendee(MeetingId=meeting_id, ExternalUserId="cem", Capabilities=restricted)

    answer = chime.batch_update_attendee_capabilities_except(
        MeetingId=meeting_id, ExcludedAttendeeIds=[{"AttendeeId": attendee_id}], Capabilities=MUTED
    )

    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert everybody(chime, meeting_id) == {"bob": EVERYTHING, "cem": MUTED}


@pytest.mark.parametrize("missing", ["Audio", "Video", "Content"])
def test_there_is_no_partial_update(chime: Any, meeting_id: str, attendee_id: str, missing: str) -> None:
    partial = {medium: word for medium, word in MUTED.items() if medium != missing}

    with refused(400, "ValidationException"):
        chime.update_attendee_capabilities(MeetingId=meeting_id, AttendeeId=attendee_id, Capabilities=partial)
    assert everybody(chime, meeting_id) == {"bob": EVERYTHING}


def test_unknown_words_are_refused(chime: Any, meeting_id: str, attendee_id: str) -> None:
    with refused(400, "ValidationException"):
        chime.update_attendee_capabilities(
            MeetingId=meeting_id, AttendeeId=attendee_id, Capabilities={**MUTED, "Audio": "Whisper"}
        )


@pytest.mark.parametrize("malformed", ["bob", f"{NO_SUCH_ID}0", NO_SUCH_ID.replace("-", "")])
def test_malformed_ids_are_refused(chime: Any, meeting_id: str, malformed: str) -> None:
    with refused(400, "ValidationException"):
        chime.get_meeting(MeetingId=malformed)
    with refused(400, "ValidationException"):
        chime.get_attendee(MeetingId=meeting_id, AttendeeId=malformed)


@pytest.mark.parametrize("count", [0, 251])
def test_batch_except_takes_1_to_250_exclusions(chime: Any, meeting_id: str, count: int) -> None:
    excluded = [{"AttendeeId": f"00000000-0000-0000-0000-{number:012}"} for number in range(count)]

    with refused(400, "ValidationException"):
        chime.batch_update_attendee_capabilities_except(
            MeetingId=meeting_id, ExcludedAttendeeIds=excluded, Capabilities=MUTED
        )


def test_unknown_meetings_and_attendees_are_not_found(chime: Any, meeting_id: str) -> None:
    with refused(404, "NotFoundException"):
        chime.create_attendee(MeetingId=NO_SUCH_ID, ExternalUserId="bob")
    with refused(404, "NotFoundException"):
        chime.update_attendee_capabilities(MeetingId=meeting_id, AttendeeId=NO_SUCH_ID, Capabilities=MUTED)


def test_content_needs_video_that_receives(chime: Any, meeting_id: str, attendee_id: str) -> None:
    with pytest.raises(ClientError) as caught:
        chime.update_attendee_capabilities(
            MeetingId=meeting_id, AttendeeId=attendee_id, Capabilities={**EVERYTHING, "Video": "None"}
        )
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_without_content_nobody_may_share(chime: Any, create_meeting: CreateMeeting) -> None:
    meeting_id = create_meeting(MeetingFeatures={"Content": {"MaxResolution": "None"}})["MeetingId"]

    with pytest.raises(ClientError) as caught:
        chime.create_attendee(MeetingId=meeting_id, ExternalUserId="bob", Capabilities=EVERYTHING)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_without_video_users_still_receive_the_share(chime: Any, create_meeting: CreateMeeting) -> None:
    meeting_id = create_meeting(MeetingFeatures={"Video": {"MaxResolution": "None"}})["MeetingId"]

    attendee = chime.create_attendee(MeetingId=meeting_id, ExternalUserId="bob")["Attendee"]

    assert attendee["Capabilities"] == CAMERA_OFF


@pytest.mark.parametrize("reserved", ["aws:MediaPipeline-1", "AWS:someone"])
def test_ids_of_aws_are_reserved(chime: Any, meeting_id: str, reserved: str) -> None:
    with pytest.raises(ClientError) as caught:
        chime.create_attendee(MeetingId=meeting_id, ExternalUserId=reserved)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_tags_are_read_beside_the_meeting(chime: Any, create_meeting: CreateMeeting) -> None:
    meeting = create_meeting(Tags=[{"Key": "purpose", "Value": "contract"}])
    arn = meeting["MeetingArn"]

    chime.tag_resource(ResourceARN=arn, Tags=[{"Key": "room", "Value": "blue"}])
    chime.untag_resource(ResourceARN=arn, TagKeys=["purpose"])

    assert chime.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "room", "Value": "blue"}]
    assert "Tags" not in meeting
