"""The environment of both sides: an emulator with table, queue and bus, the Chime simulator, and a full meeting.

Nothing is deployed on it, so that no function of ours takes processor time from what is measured.
"""

import json
import os
import sys
import tempfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.aws import client, server_environment
from local.child import Child
from local.ports import Ports
from tests.e2e.simulator import Simulator
from tests.integration.ledger.table import table_definition

TABLE, BUS, WAKEUPS = "ledger", "gavel", "wakeups"
HOST = "alice"


@dataclass(frozen=True)
class BenchmarkStack:
    aws_url: str
    chime_url: str
    queue_url: str
    simulator: Simulator

    def environment(self, *paths: Path) -> dict[str, str]:
        """The environment that Lambda gives a function whose code is in `paths`."""
        return server_environment(
            AWS_ENDPOINT_URL=self.aws_url,
            AWS_ENDPOINT_URL_CHIME_SDK_MEETINGS=self.chime_url,
            AWS_LAMBDA_INITIALIZATION_TYPE="on-demand",
            BUS=BUS,
            GAVEL_BUS=BUS,
            GAVEL_COMMAND_MAX_AGE_SECONDS="300",
            GAVEL_IDENTITY_CLAIM="sub",
            GAVEL_WAKEUPS_QUEUE_URL=self.queue_url,
            GAVEL_RETENTION_DAYS="30",
            GAVEL_STAGE="local",
            GAVEL_TABLE=TABLE,
            NO_PROXY="127.0.0.1,localhost",
            PYTHONNOUSERSITE="1",
            PYTHONPATH=os.pathsep.join(map(str, paths)),
        )

    def meeting(self, users: int) -> "Meeting":
        """With a host and so many others, none of them known to Gavel yet."""
        meeting_id = self.simulator.create_meeting()
        names = [HOST, *(f"person-{number:03d}" for number in range(users))]
        return Meeting(meeting_id, self.simulator.join_together(meeting_id, names))


@dataclass(frozen=True)
class Meeting:
    """`attendees`: ExternalUserId → AttendeeId."""

    id: str
    attendees: Mapping[str, str] = field(repr=False)

    @property
    def users(self) -> Sequence[str]:
        """Everybody but the host."""
        return [user for user in self.attendees if user != HOST]

    def registration(self, **settings: str) -> dict[str, Any]:
        claims = {"sub": "back-end", "scope": "gavel/admin"}
        return http_event("PUT", f"/meetings/{self.id}", {"roles": {HOST: "host"}, **settings}, claims)

    def binding(self, user: str) -> dict[str, Any]:
        """Chime's news of somebody who joins do the same."""
        claims = {"sub": "back-end", "scope": "gavel/admin"}
        return http_event("PUT", f"/meetings/{self.id}/attendees/{self.attendees[user]}", {}, claims)

    def command(self, user: str, command: str = "mute") -> dict[str, Any]:
        path = f"/meetings/{self.id}/attendees/{self.attendees[user]}/{command}"
        event = http_event("POST", path, {"reason": "noise"}, {"sub": HOST})
        return event | {"pathParameters": {"meetingId": self.id, "attendeeId": self.attendees[user]}}

    def consent(self, user: str, change_id: str) -> dict[str, Any]:
        path = f"/meetings/{self.id}/attendees/{self.attendees[user]}/consent"
        event = http_event("PUT", path, {"changeId": change_id, "accept": True}, {"sub": user})
        return event | {"pathParameters": {"meetingId": self.id, "attendeeId": self.attendees[user]}}


def http_event(method: str, path: str, body: object, claims: Mapping[str, str]) -> dict[str, Any]:
    """What an HTTP API with a JWT authorizer hands to its function (payload format 2.0)."""
    text = json.dumps(body)
    return {
        "version": "2.0",
        "routeKey": "ANY /{proxy+}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {
            "accept": "*/*",
            "authorization": "Bearer …",
            "content-length": str(len(text)),
            "content-type": "application/json",
            "host": "example.execute-api.us-east-1.amazonaws.com",
            "user-agent": "bench",
        },
        "requestContext": {
            "authorizer": {"jwt": {"claims": dict(claims), "scopes": None}},
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"},
            "requestId": str(uuid.uuid4()),
            "stage": "$default",
        },
        "body": text,
        "isBase64Encoded": False,
    }


@contextmanager
def benchmark_stack() -> Iterator[BenchmarkStack]:
    ports = Ports.free()
    aws_url, chime_url = f"http://127.0.0.1:{ports.aws}", f"http://127.0.0.1:{ports.chime}"
    with ExitStack() as open_ones:
        directory = Path(open_ones.enter_context(tempfile.TemporaryDirectory(prefix="gavel-bench-")))
        aws = _emulator(ports.aws, directory)
        open_ones.callback(aws.stop)
        chime = Child(
            "Chime simulator",
            [sys.executable, "-m", "chime_simulator", "--port", str(ports.chime)],
            server_environment(PYTHONPATH=str(Path(__file__).parent.parent)),
            directory / "chime.log",
        )
        open_ones.callback(chime.stop)
        aws.wait_until_ready(f"{aws_url}/_ministack/ready")
        chime.wait_until_ready(f"{chime_url}/_simulator/health")
        simulator = open_ones.enter_context(closing(Simulator(chime_url)))
        with simulator.without("quota", "events"):
            yield BenchmarkStack(aws_url, chime_url, _furnished(aws_url), simulator)


def _emulator(port: int, directory: Path) -> Child:
    (directory / "tmp").mkdir()
    environment = server_environment(
        BIND_HOST="127.0.0.1",
        GATEWAY_PORT=str(port),
        IOT_MTLS_ENABLED="0",
        S3_DATA_DIR=str(directory / "s3"),
        TMPDIR=str(directory / "tmp"),
    )
    return Child("emulator", [sys.executable, "-m", "ministack"], environment, directory / "emulator.log")


def _furnished(aws_url: str) -> str:
    """Makes table and bus, and the queue, whose URL it answers."""
    with closing(client("dynamodb", aws_url)) as dynamodb:
        dynamodb.create_table(**table_definition(TABLE))
    with closing(client("events", aws_url)) as events:
        events.create_event_bus(Name=BUS)
    with closing(client("sqs", aws_url)) as sqs:
        url: str = sqs.create_queue(QueueName=WAKEUPS)["QueueUrl"]
        return url
