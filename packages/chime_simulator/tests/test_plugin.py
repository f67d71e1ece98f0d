"""The fixture `chime`, the client of the control routes, and what leads AWS clients to the simulator."""

import re
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from chime_simulator import SimulatorClient, SimulatorError, control
from chime_simulator.client import ENDPOINT

from .service import MUTED, NO_SUCH_ID

README = Path(__file__).parent.parent / "README.md"


@pytest.fixture(scope="session")
def chime_settings() -> dict[str, Any]:
    return {"quota": False}


@pytest.fixture
def api(chime: SimulatorClient) -> Any:
    """A client made as a program makes it: without endpoint, Region or credentials."""
    assert chime.url
    return boto3.client("chime-sdk-meetings")


@pytest.fixture
def attendee(api: Any) -> tuple[str, str]:
    meeting = api.create_meeting(MediaRegion="us-east-1", ExternalMeetingId="demo")["Meeting"]
    attendee = api.create_attendee(MeetingId=meeting["MeetingId"], ExternalUserId="bob")["Attendee"]
    return meeting["MeetingId"], attendee["AttendeeId"]


def test_clients_find_it_by_themselves(chime: SimulatorClient, api: Any, attendee: tuple[str, str]) -> None:
    assert api.meta.endpoint_url == chime.url
    assert [call["operation"] for call in chime.calls()] == ["CreateMeeting", "CreateAttendee"]


@pytest.mark.parametrize("_", range(2))
def test_each_test_has_an_empty_one(chime: SimulatorClient, attendee: tuple[str, str], _: int) -> None:
    """A test finds nothing of the test before it."""
    assert len(chime.calls("CreateMeeting")) == 1
    assert chime.settings() == {**chime.settings(), "quota": False, "expiry": False}
    chime.settings(expiry=True, video_none_reading="strict")
    chime.fault("GetMeeting", status=503)


def test_users_come_and_go(chime: SimulatorClient, attendee: tuple[str, str]) -> None:
    chime.join(*attendee)
    chime.act(*attendee, "video-start")
    chime.leave(*attendee)
    told = [event["eventType"].removeprefix("chime:Attendee") for event in chime.events()]
    assert told == ["Added", "chime:MeetingStarted", "Joined", "VideoStarted", "Left"]
    assert chime.events("AttendeeJoined")[0]["externalUserId"] == "bob"


def test_others_write_too(chime: SimulatorClient, api: Any, attendee: tuple[str, str]) -> None:
    meeting_id, bob = attendee
    chime.write_capabilities(meeting_id, bob, MUTED, event=False)
    pipeline = chime.add_attendee(meeting_id, "aws:MediaPipeline-1", MUTED)
    assert chime.capabilities(meeting_id) == {bob: MUTED, pipeline: MUTED}
    assert chime.events("AttendeeCapabilitiesUpdated") == []
    assert len(chime.attendees(meeting_id)) == 2


def test_faults_are_named_as_python_names_things(chime: SimulatorClient, api: Any, attendee: tuple[str, str]) -> None:
    chime.fault("GetAttendee", status=503, meeting_id=attendee[0])
    assert chime.faults() == [{"operation": "GetAttendee", "count": 1, "status": 503, "meetingId": attendee[0]}]
    chime.clear_faults()
    assert chime.faults() == []
    chime.fault("UpdateAttendeeCapabilities", count=9, status=400)
    with pytest.raises(ClientError):
        api.update_attendee_capabilities(MeetingId=attendee[0], AttendeeId=attendee[1], Capabilities=MUTED)
    chime.forget_calls()
    assert chime.calls() == []


def test_what_makes_no_sense_is_refused_with_the_reason(chime: SimulatorClient) -> None:
    with pytest.raises(SimulatorError, match="unknown operation `Mute`"):
        chime.fault("Mute")
    with pytest.raises(SimulatorError, match="not found"):
        chime.attendees(NO_SUCH_ID)
    with pytest.raises(SimulatorError, match="no route"):
        chime.act(NO_SUCH_ID, NO_SUCH_ID, "dance")


def test_credentials_that_are_set_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    simulator = SimulatorClient("http://127.0.0.1:4571/", "eu-central-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "mine")
    assert simulator.environment() == {
        ENDPOINT: "http://127.0.0.1:4571",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_REGION": "eu-central-1",
    }
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    assert "AWS_SECRET_ACCESS_KEY" in simulator.environment()


def test_the_readme_names_every_route_fault_and_setting(chime: SimulatorClient) -> None:
    text = README.read_text()
    routes = re.findall(r'\("(?:GET|PUT|POST|DELETE)", f?"(\w+)', Path(control.__file__).read_text())
    assert [name for name in {*routes} - {"health"} if f"/_simulator/{name}" not in text] == []
    names = (*chime.settings(), "status", "dropConnection", "delayMs", "effectAfterMs", "effect", "answerCapabilities")
    assert [name for name in (*names, "success") if f"`{name}`" not in text] == []
