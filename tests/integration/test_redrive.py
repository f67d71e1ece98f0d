"""`make redrive`: pointers in the event publisher's dead-letter queue become the events that they point at."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from moderation.adapters.system import SystemClock
from moto import mock_aws

from infra.tools.redrive import QUEUE, Redrive, main
from tests.integration.ledger.table import table_definition


class Bus:
    """Refuses the entries that are named, and any entry as often as `throttles` says. `is_out`: nobody answers."""

    def __init__(self) -> None:
        self.refused: set[str] = set()
        self.throttles = 0
        self.is_out = False
        self.heard: list[str] = []

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - boto3's name
        if self.is_out:
            raise EndpointConnectionError(endpoint_url="https://events")
        [entry] = Entries
        entry_id = json.loads(entry["Detail"])["entryId"]
        assert (entry["EventBusName"], entry["Source"], entry["DetailType"]) == ("gavel", "gavel", "Moderation Decided")
        if entry_id in self.refused:
            return {"Entries": [{"ErrorCode": "InternalFailure"}]}
        if self.throttles:
            self.throttles -= 1
            return {"Entries": [{"ErrorCode": "ThrottlingException"}]}
        self.heard.append(entry_id)
        return {"Entries": [{"EventId": "x"}]}


class Place:
    def __init__(self) -> None:
        self.dynamodb, self.sqs = boto3.client("dynamodb", "us-east-1"), boto3.client("sqs", "us-east-1")
        self.dynamodb.create_table(**table_definition("ledger"))
        self.queue = self.sqs.create_queue(QueueName="undeliverable")["QueueUrl"]
        self.bus = Bus()
        self.pauses: list[float] = []
        self.redrive = Redrive(
            self.dynamodb, self.bus, self.sqs, "ledger", "gavel", self.queue, pause=self.pauses.append
        )

    def entry(self, entry_id: str, meeting: str = "m") -> str:
        item = {
            "pk": f"MEETING#{meeting}",
            "sk": f"ENTRY#{entry_id}",
            "detailType": "Moderation Decided",
            "detail": json.dumps({"entryId": entry_id}),
        }
        self.dynamodb.put_item(TableName="ledger", Item={key: {"S": value} for key, value in item.items()})
        return entry_id

    def pointer(self, document: object) -> None:
        self.sqs.send_message(QueueUrl=self.queue, MessageBody=json.dumps(document))

    def left(self) -> int:
        found = self.sqs.get_queue_attributes(
            QueueUrl=self.queue,
            AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
        )["Attributes"]
        return sum(int(value) for value in found.values())


@pytest.fixture
def place() -> Iterator[Place]:
    with mock_aws():
        yield Place()


def test_an_entry_that_was_set_aside(place: Place) -> None:
    place.entry("01A")
    place.entry("01B")
    place.pointer({"pk": "MEETING#m", "sk": "ENTRY#01A", "because": "MalformedDetail"})
    [line] = place.redrive.run()
    assert line.startswith("done")
    assert line.endswith("1 published")
    assert (place.bus.heard, place.left()) == (["01A"], 0)


def test_a_part_of_the_stream_that_lambda_gave_up(place: Place) -> None:
    """All meetings of that time, in the order of their entries; nothing from before or after."""
    new_id = SystemClock().new_id
    now = datetime.now(UTC)
    ids = [place.entry(new_id(), meeting) for meeting in ("m", "n", "m")]
    others = [place.entry("0" * 26), place.entry("7" + "Z" * 25)]
    place.pointer(
        {
            "requestContext": {"condition": "RetryAttemptsExhausted"},
            "DDBStreamBatchInfo": {
                "approximateArrivalOfFirstRecord": (now - timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "approximateArrivalOfLastRecord": (now + timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "batchSize": 3,
            },
        }
    )
    [line] = place.redrive.run()
    assert line.endswith("3 published")
    assert place.bus.heard == ids
    assert not set(others) & set(place.bus.heard)
    assert place.left() == 0


def test_what_is_still_refused_stays(place: Place) -> None:
    for entry_id in ("01A", "01B"):
        place.entry(entry_id)
        place.pointer({"pk": "MEETING#m", "sk": f"ENTRY#{entry_id}", "because": "MalformedDetail"})
    place.bus.refused = {"01A"}
    lines = sorted(line.partition(":")[0] for line in place.redrive.run())
    assert lines == ["done", "kept"]
    assert (place.bus.heard, place.left()) == (["01B"], 1)


def test_a_throttled_entry_is_published_again(place: Place) -> None:
    place.pointer({"pk": "MEETING#m", "sk": f"ENTRY#{place.entry('01A')}", "because": "MalformedDetail"})
    place.bus.throttles = 3
    [line] = place.redrive.run()
    assert line.startswith("done")
    assert place.bus.heard == ["01A"]
    assert place.pauses == sorted(place.pauses)
    assert len(place.pauses) == 3


def test_a_bus_that_cannot_be_reached(place: Place) -> None:
    """The message stays, and the line says why."""
    place.pointer({"pk": "MEETING#m", "sk": f"ENTRY#{place.entry('01A')}", "because": "MalformedDetail"})
    place.bus.is_out = True
    [line] = place.redrive.run()
    assert line.startswith("kept")
    assert "EndpointConnectionError" in line
    assert place.left() == 1


@pytest.mark.parametrize("nonsense", [{}, [], {"pk": 1, "sk": 2}, {"DDBStreamBatchInfo": {}}, "text"])
def test_what_points_at_nothing_stays(place: Place, nonsense: object) -> None:
    place.pointer(nonsense)
    [line] = place.redrive.run()
    assert line.startswith("kept")
    assert place.left() == 1


def test_an_entry_that_the_ledger_forgot(place: Place) -> None:
    """Its time is over: there is nothing left to publish."""
    place.pointer({"pk": "MEETING#m", "sk": "ENTRY#01A", "because": "MalformedDetail"})
    [line] = place.redrive.run()
    assert line.endswith("0 published")
    assert place.left() == 0


def test_the_command_finds_the_stacks_own(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    queues = {f"{QUEUE}BD58BA82": {"Type": "AWS::SQS::Queue"}, "WakeupsQueue98A213A1": {"Type": "AWS::SQS::Queue"}}
    outputs = {"TableName": {"Value": "ledger"}, "BusName": {"Value": "gavel"}}
    formation = boto3.client("cloudformation", region_name="us-east-1")
    template = json.dumps({"Resources": queues, "Outputs": outputs})
    formation.create_stack(StackName="gavel-dev", TemplateBody=template)
    resources = formation.list_stack_resources(StackName="gavel-dev")["StackResourceSummaries"]
    place.queue = next(r["PhysicalResourceId"] for r in resources if r["LogicalResourceId"].startswith(QUEUE))
    place.entry("01A")
    place.pointer({"pk": "MEETING#m", "sk": "ENTRY#01A", "because": "MalformedDetail"})
    boto3.client("events", region_name="us-east-1").create_event_bus(Name="gavel")
    assert main(["--stage", "dev", "--region", "us-east-1"]) == 0
    assert capsys.readouterr().out.endswith("1 published\n")
    assert place.left() == 0


def test_a_stack_that_is_not_there_is_said_in_words(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--stage", "typo", "--region", "us-east-1"]) == 1
    assert "`gavel-typo` can't be asked" in capsys.readouterr().err
