"""`examples/consumer`: each event once, each bad message alone."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from gavel_client import parse_event
from moto import mock_aws

from examples.consumer.notices import Notices, notices
from tests.client.server import ALL, MUTED
from tests.client.test_events import event

TABLE = "notices-seen"


@dataclass
class Context:
    """Of Lambda."""

    aws_request_id: str = "r"
    function_name: str = "notices"
    memory_limit_in_mb: int = 128
    invoked_function_arn: str = "arn:aws:lambda:eu-central-1:123456789012:function:notices"

    def get_remaining_time_in_millis(self) -> int:
        return 30_000


def record(body: str, number: int = 1) -> dict[str, Any]:
    times = {"SentTimestamp": "1", "ApproximateFirstReceiveTimestamp": "1"}
    return {
        "messageId": f"059f36b4-87a3-44ab-83d2-66197583000{number}",
        "receiptHandle": "r",
        "body": body,
        "attributes": {"ApproximateReceiveCount": "1", "SenderId": "s", **times},
        "messageAttributes": {},
        "md5OfBody": "m",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:q",
        "awsRegion": "eu-central-1",
    }


@pytest.fixture
def table() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client(
            "dynamodb",
            region_name="eu-central-1",
            aws_access_key_id="x",
            aws_secret_access_key="x",  # pragma: allowlist secret
        )
        client.create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield client
        client.close()


def test_an_event_that_comes_twice_is_told_once(table: Any) -> None:
    told: list[tuple[str, str]] = []
    consumer = Notices(lambda user, text: told.append((user, text)), TABLE, table)
    body = json.dumps(event())
    for _ in range(2):
        assert consumer({"Records": [record(body)]}, Context()) == {"batchItemFailures": []}  # type: ignore[arg-type]
    assert told == [("bob", "You may not speak now")]


def test_a_bad_message_fails_alone(table: Any) -> None:
    told: list[str] = []
    consumer = Notices(lambda user, _: told.append(user), TABLE, table)
    batch = {"Records": [record("{}", 1), record(json.dumps(event()), 2)]}
    answer = consumer(batch, Context())  # type: ignore[arg-type]
    assert [each["itemIdentifier"] for each in answer["batchItemFailures"]] == [record("", 1)["messageId"]]
    assert told == ["bob"]


def test_notices() -> None:
    opened: dict[str, Any] = {"attendeeId": None, "externalUserId": "bob", "before": MUTED, "after": ALL, "effects": []}
    assert list(notices(parse_event(event(attendees=[opened], reason="your turn")))) == [
        ("bob", "You may speak: your turn")
    ]
    removed = event("Attendee Removed", banned=True, attendees=[{"attendeeId": None, "externalUserId": "dave"}])
    assert list(notices(parse_event(removed))) == [("dave", "You were removed from the meeting")]
    assert list(notices(parse_event(event("Attendee Teleported")))) == []
