"""The production event publisher between the ledger's stream and a bus that does not always take what it is given: it
takes some, refuses one for good, or none for so long that the stream drops them. An operator's redrive does the rest.
"""

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from botocore.exceptions import EndpointConnectionError
from event_publisher import handler as event_publisher
from moderation.domain.entry import Entry

from infra.redrive import Redrive

from .choices import Choices
from .monitor import Violation

MOST_DELIVERIES = 200
OUTAGE = [8.0, 1.0]
"""How likely it is that the stream drops what it shows, against that it does not."""
REFUSED = [60.0, 1.0]
"""How likely it is that an entry is refused for good, until somebody has found out why."""
STREAM_LOST, SET_ASIDE = "a part of the stream is lost", "an event is refused for good"
STREAM_KEEPS = 5
"""Deliveries of a run's stream before an outage has outlived what it keeps."""


class Bus:
    """Takes each event or not; may take all and not be heard."""

    def __init__(self, choices: Choices) -> None:
        self._choices = choices
        self._is_exhaustive = choices.is_exhaustive
        self.heard: list[str] = []
        self.refused: set[str] = set()
        self.is_out = False

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - boto3's name
        if self.is_out:
            raise EndpointConnectionError(endpoint_url="bus")
        answers: list[dict[str, str]] = []
        fails = not self._is_exhaustive and self._choices.pick([4, 1])
        for event in Entries:
            entry_id = json.loads(event["Detail"])["entryId"]
            if entry_id in self.refused:
                answers.append({"ErrorCode": "InvalidArgument"})
                continue
            taken = not fails or self._choices.pick([1, 1]) == 0
            if taken:
                self.heard.append(entry_id)
            answers.append({} if taken else {"ErrorCode": "ThrottlingException"})
        if fails and self._choices.pick([3, 1]):
            raise EndpointConnectionError(endpoint_url="bus")  # taken, perhaps, but not heard
        return {"FailedEntryCount": sum(bool(a) for a in answers), "Entries": answers}


@dataclass
class Queue:
    """The publisher's dead-letter queue: message → its text."""

    messages: dict[str, str] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)

    def send_message(self, QueueUrl: str, MessageBody: str) -> None:  # noqa: N803 - boto3's names
        self.messages[f"m{len(self.messages)}"] = MessageBody

    def receive_message(self, **how: Any) -> dict[str, Any]:
        found = [key for key in self.messages if key not in self.hidden][: how["MaxNumberOfMessages"]]
        self.hidden.update(found)
        return {"Messages": [{"MessageId": k, "ReceiptHandle": k, "Body": self.messages[k]} for k in found]}

    def delete_message(self, QueueUrl: str, ReceiptHandle: str) -> None:  # noqa: N803 - boto3's names
        del self.messages[ReceiptHandle]


class Table:
    """The ledger's entries as DynamoDB shows them to a redrive."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._items = {(item["pk"]["S"], item["sk"]["S"]): item for item in map(_item, entries)}

    def get_item(self, TableName: str, Key: Any, ConsistentRead: bool) -> dict[str, Any]:  # noqa: N803
        return {"Item": self._items[Key["pk"]["S"], Key["sk"]["S"]]}

    def get_paginator(self, _operation: str) -> Any:
        return SimpleNamespace(paginate=self._scan)

    def _scan(self, ExpressionAttributeValues: Any, **_how: Any) -> list[dict[str, Any]]:  # noqa: N803
        first, last = (ExpressionAttributeValues[name]["S"] for name in (":first", ":last"))
        return [{"Items": [item for (_, sk), item in self._items.items() if first <= sk <= last]}]


def publish(
    entries: Sequence[Entry], arrivals: Mapping[str, datetime], choices: Choices, happened: Counter[str]
) -> Iterator[Violation]:
    """Everything that the stream shows, from the first failure on again, until the bus has it all or has refused it,
    or the stream keeps it no longer; then an operator redrives what was given up. `arrivals`: entry → when the stream
    has got it.
    """
    bus, queue = Bus(choices), Queue()
    arrived = [(entry, arrivals.get(entry.id, entry.occurred_at)) for entry in entries]
    records = [_record(number, entry) for number, entry in enumerate(entries)]
    if not choices.is_exhaustive:
        bus.is_out = choices.pick(OUTAGE) == 1
        bus.refused = {entry.id for entry in entries if choices.pick(REFUSED) == 1}
        happened.update({STREAM_LOST: bus.is_out, SET_ASIDE: len(bus.refused)})
    environment = {"GAVEL_BUS": "gavel", "GAVEL_UNDELIVERABLE_QUEUE_URL": "queue"}
    with (
        patch.object(event_publisher, "_events", lambda: bus),
        patch.object(event_publisher, "_sqs", lambda: queue),
        patch.dict(os.environ, environment),
    ):
        for delivery in range(MOST_DELIVERIES):
            if not records:
                break
            if bus.is_out and delivery == STREAM_KEEPS:
                _drop(arrived[len(entries) - len(records) :], queue)
                break
            records = records[_delivered(records) :]
    for _ in range(MOST_DELIVERIES):
        if not queue.messages:
            break
        _redrive(bus, queue, entries)
    for entry in entries:
        if entry.id not in bus.heard:
            yield Violation("every entry is published", f"{entry.type} {entry.id}")


def _drop(arrived: Sequence[tuple[Entry, datetime]], queue: Queue) -> None:
    """As Lambda tells of a batch that is older than its event source mapping allows."""
    moments = sorted(at.astimezone(UTC).isoformat() for _, at in arrived)
    batch = {"approximateArrivalOfFirstRecord": moments[0], "approximateArrivalOfLastRecord": moments[-1]}
    queue.send_message("queue", json.dumps({"DDBStreamBatchInfo": batch}))


def _redrive(bus: Bus, queue: Queue, entries: Sequence[Entry]) -> None:
    """By then somebody has found out why the bus refused."""
    bus.is_out, bus.refused = False, set()
    queue.hidden.clear()
    pauses: list[float] = []
    for _ in Redrive(Table(entries), bus, queue, "table", "gavel", "queue", pause=pauses.append).run():
        pass


def _delivered(records: list[dict[str, Any]]) -> int:
    """How many the stream needs not show again."""
    try:
        with patch("sys.stdout"):
            failures = event_publisher.handler({"Records": records}, None)["batchItemFailures"]
    except EndpointConnectionError:
        return 0
    numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
    return numbers.index(failures[0]["itemIdentifier"]) if failures else len(records)


def _record(number: int, entry: Entry) -> dict[str, Any]:
    item = _item(entry)
    keys = {name: item[name] for name in ("pk", "sk")}
    return {"dynamodb": {"SequenceNumber": str(number), "Keys": keys, "NewImage": item}}


def _item(entry: Entry) -> dict[str, Any]:
    return {
        "pk": {"S": f"MEETING#{entry.meeting_id}"},
        "sk": {"S": f"ENTRY#{entry.id}"},
        "detailType": {"S": entry.type},
        "detail": {"S": json.dumps(entry.detail)},
    }
