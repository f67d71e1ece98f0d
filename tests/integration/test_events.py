"""`python -m local.events`: what it shows, and that it takes nothing away from anybody."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from local.events import follow, matching, peek, subscription


@pytest.fixture
def sqs() -> Iterator[Any]:
    with mock_aws():
        yield boto3.client("sqs", region_name="us-east-1")


def event(number: int, type_: str = "Moderation Decided", meeting: str = "m") -> dict[str, Any]:
    return {"detail-type": type_, "source": "gavel", "detail": {"entryId": f"{number:02d}", "meetingId": meeting}}


def test_what_is_shown_stays(sqs: Any) -> None:
    url = sqs.create_queue(QueueName="tap")["QueueUrl"]
    for number in range(25):
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps(event(number)))
    for _ in range(2):
        assert [each["detail"]["entryId"] for each in peek(sqs, url, 0)] == [f"{number:02d}" for number in range(25)]
    names = ["ApproximateNumberOfMessages"]
    left = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    assert left == {"ApproximateNumberOfMessages": "25"}


def test_who_follows_has_a_queue_of_their_own_and_leaves_nothing(sqs: Any) -> None:
    events = boto3.client("events", region_name="us-east-1")
    events.create_event_bus(Name="gavel")
    with subscription(sqs, events, "gavel") as url:
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps(event(1)))
        assert next(follow(sqs, url)) == event(1)
        assert len(events.list_rules(EventBusName="gavel")["Rules"]) == 1
    assert events.list_rules(EventBusName="gavel")["Rules"] == []
    assert "QueueUrls" not in sqs.list_queues()


@pytest.mark.parametrize(
    ("type_", "meeting", "shown"),
    [(None, None, 3), ("Moderation Decided", None, 2), (None, "n", 1), ("Meeting Ended", "m", 1), ("x", "m", 0)],
)
def test_what_is_asked_for(type_: str | None, meeting: str | None, shown: int) -> None:
    wanted = matching(type_, meeting)
    events = [event(1), event(2, meeting="n"), event(3, "Meeting Ended")]
    assert len([each for each in events if wanted(each)]) == shown
