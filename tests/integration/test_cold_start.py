"""A cold start of `host_api` as it ships: what is imported until its first answer, a mute, and what is not."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import first_answer
from benchmarks.stage import HOST, Stage, stage
from infra import bundle

NEVER = {
    "asyncio",
    "aws_lambda_powertools",
    "boto3",
    "botocore.docs._whole",
    "botocore.docs.method",
    "cedarpy._pst",
    "host_api.models",
    "host_api.openapi",
    "host_api.shapes",
    "importlib.metadata",
    "jmespath._whole",
    "moderation.models",
    "moderation.application.commands.event_support",
    "moderation.application.background.drift",
    "moderation.application.background.chime_events",
    "moderation.application.queries.meetings",
    "moderation.application.background.reconciler",
    "moderation.adapters.cedar.validation",
    "multiprocessing",
    "pydantic",
    "pydantic_core",
    "s3transfer",
    "typing_extensions",
    "urllib3.http2._whole",
}
PREPARATION = """
import json, sys
from host_api.handler import handler
for event in json.load(sys.stdin):
    assert handler(event, None)["statusCode"] == 200
"""


@pytest.fixture(scope="module")
def running() -> Iterator[Stage]:
    with stage() as found:
        yield found


def test_what_a_mute_imports(running: Stage, tmp_path: Path) -> None:
    asset = tmp_path / "asset"
    bundle.snapshot(bundle.LOCAL, asset)
    environment = running.environment(asset)
    meeting = running.meeting(1)
    [person] = meeting.people

    def ran(*program: str, said: object) -> str:
        command = [sys.executable, "-S", *program]
        return subprocess.run(
            command, input=json.dumps(said), env=environment, capture_output=True, text=True, check=True
        ).stdout

    ran("-c", PREPARATION, said=[meeting.registration(), meeting.binding(person)])
    environment["TELL_MODULES"] = "1"
    told = json.loads(ran(first_answer.__file__, "host_api.handler", said=meeting.deed(person)).splitlines()[-1])
    assert told["answer"]["statusCode"] == 200
    assert json.loads(told["answer"]["body"])["status"] == "applied"
    assert running.simulator.has(meeting.id, meeting.seats[person])["audio"] == "Receive"
    assert running.simulator.has(meeting.id, meeting.seats[HOST])["audio"] == "SendReceive"
    imported = set(told["modules"])
    assert {
        "host_api.handler",
        "botocore.client",
        "cedarpy",
        "moderation.application.enforcement.attendee_applier",
    } <= imported
    assert not imported & NEVER
