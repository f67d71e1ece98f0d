"""What every test of the simulator works with: a clock to turn, a boto3 client, and the control routes."""

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode, urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local.chime import ChimeSimulator

Json = dict[str, Any]

EVERYTHING = {"Audio": "SendReceive", "Video": "SendReceive", "Content": "SendReceive"}
MUTED = {"Audio": "Receive", "Video": "SendReceive", "Content": "SendReceive"}
NOTHING = {"Audio": "None", "Video": "None", "Content": "None"}
NO_SUCH_ID = "00000000-0000-0000-0000-000000000000"


START = 1_800_000_000.0


class TurnedClock:
    """Seconds since 1970 that pass only when a test says so."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now

    def turn(self, seconds: float) -> None:
        self.now += seconds


def boto_client(url: str, region: str = "us-east-1", **config: Any) -> Any:
    """One attempt a call: what the simulator does is what the test sees."""
    return boto3.client(
        "chime-sdk-meetings",
        region_name=region,
        endpoint_url=url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}, **config),
    )


class Bench:
    def __init__(self, simulator: ChimeSimulator, clock: TurnedClock) -> None:
        self.url = simulator.url
        self.clock = clock
        self.chime = boto_client(self.url)

    def close(self) -> None:
        self.chime.close()

    def http(
        self, method: str, path: str, body: Json | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Json]:
        address = urlsplit(self.url)
        connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=60)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers or {})
            response = connection.getresponse()
            return response.status, json.loads(response.read() or b"{}")
        finally:
            connection.close()

    def control(self, method: str, path: str, body: Json | None = None) -> Json:
        status, document = self.http(method, f"/_simulator/{path}", body)
        assert status == 200, document
        return document

    def fault(self, operation: str, **order: Any) -> None:
        self.control("POST", "faults", {"operation": operation, "count": 1, **order})

    def calls(self, **wanted: str) -> list[Json]:
        found: list[Json] = self.control("GET", f"calls?{urlencode(wanted)}")["calls"]
        return found

    def events(self, kind: str = "") -> list[Json]:
        """The details of the events that happened, oldest first."""
        details = [event["detail"] for event in self.control("GET", "events")["events"]]
        return [detail for detail in details if detail["eventType"].endswith(kind)]

    def capabilities(self, meeting_id: str) -> dict[str, Json]:
        """What everybody may do, by attendee; costs no quota and leaves no trace in the log."""
        attendees = self.control("GET", f"meetings/{meeting_id}")["attendees"]
        return {attendee["AttendeeId"]: attendee["Capabilities"] for attendee in attendees}

    def meeting(self, features: Json | None = None) -> str:
        more = {"MeetingFeatures": features} if features else {}
        answer = self.chime.create_meeting(MediaRegion="us-east-1", ExternalMeetingId="weekly", **more)
        return str(answer["Meeting"]["MeetingId"])

    def attendee(self, meeting_id: str, external_user_id: str = "bob") -> str:
        answer = self.chime.create_attendee(MeetingId=meeting_id, ExternalUserId=external_user_id)
        return str(answer["Attendee"]["AttendeeId"])

    def update(self, meeting_id: str, attendee_id: str, capabilities: Json) -> Json:
        answer: Json = self.chime.update_attendee_capabilities(
            MeetingId=meeting_id, AttendeeId=attendee_id, Capabilities=capabilities
        )
        return answer


@contextmanager
def refused(status: int, code: str) -> Iterator[None]:
    """The call inside is refused with this HTTP status and this long name."""
    with pytest.raises(ClientError) as caught:
        yield
    answer = caught.value.response
    assert (answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]) == (status, code)


def eventually(condition: Callable[[], bool], seconds: float = 30.0) -> bool:
    """Whether the condition comes true before the deadline."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        threading.Event().wait(0.005)
    return condition()
