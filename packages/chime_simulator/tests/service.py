"""The tools of the simulator's tests: a clock to turn, a boto3 client, and the control routes."""

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from chime_simulator import ChimeSimulator, SimulatorClient

Json = dict[str, Any]

EVERYTHING = {"Audio": "SendReceive", "Video": "SendReceive", "Content": "SendReceive"}
MUTED = {"Audio": "Receive", "Video": "SendReceive", "Content": "SendReceive"}
NOTHING = {"Audio": "None", "Video": "None", "Content": "None"}
NO_SUCH_ID = "00000000-0000-0000-0000-000000000000"


START = 1_800_000_000.0


class TurnedClock:
    """Seconds since 1970 that pass only when a test turns them."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now

    def turn(self, seconds: float) -> None:
        self.now += seconds


def boto_client(url: str, region: str = "us-east-1", **config: Any) -> Any:
    """A client that makes one attempt a call, so that the test sees every answer of the simulator."""
    return boto3.client(
        "chime-sdk-meetings",
        region_name=region,
        endpoint_url=url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}, **config),
    )


class SimulatedService(SimulatorClient):
    """The client of the control routes, a clock to turn, and a boto3 client."""

    def __init__(self, simulator: ChimeSimulator, clock: TurnedClock) -> None:
        super().__init__(simulator.url)
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
        """Calls a control route that the client does not offer."""
        return self._send(method, path, body)

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
    """Asserts that the call inside is refused with this HTTP status and this long name."""
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
