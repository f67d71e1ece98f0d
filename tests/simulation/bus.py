"""The production event publisher between the ledger's stream and an unreliable bus. The bus accepts some entries,
rejects one for good, or rejects all until the stream has dropped them. Then an operator redrives them.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import StringIO
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from botocore.exceptions import EndpointConnectionError
from event_publisher import handler as event_publisher
from moderation.domain.entry import Entry

from infra.tools.redrive import Redrive
from tests.telemetry import CONTEXT

from .choices import Choices
from .monitor import Violation

MOST_DELIVERIES = 200
OUTAGE = [8.0, 1.0]
"""Weights of an outage in which the stream drops records, and of none."""
REFUSED = [60.0, 1.0]
"""Weights of an entry that is rejected until an operator has found the reason, and of none."""
STREAM_LOST, SET_ASIDE = "a part of the stream is lost", "an event is refused for good"
STREAM_KEEPS = 5
"""Deliveries after which the stream drops its records."""


class Bus:
    """Accepts each event or not. May accept all without an answer."""

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
    """Delivers the stream from the first failure on, until the bus has accepted or rejected all, or the stream has
    dropped them. Then an operator redrives what is left. `arrivals`: entry → time of its arrival in the stream.
    """
    bus, queue = Bus(choices), Queue()
    arrived = [(entry, arrivals.get(entry.id, entry.occurred_at)) for entry in entries]
    records = [_record(number, entry) for number, entry in enumerate(entries)]
    if not choices.is_exhaustive:
        bus.is_out = choices.pick(OUTAGE) == 1
        bus.refused = {entry.id for entry in entries if choices.pick(REFUSED) == 1}
        happened.update({STREAM_LOST: bus.is_out, SET_ASIDE: len(bus.refused)})
    settings = SimpleNamespace(bus="gavel", undeliverable_queue_url="queue", display_names_in_events=False)
    with (
        patch.object(event_publisher, "events", lambda: bus),
        patch.object(event_publisher, "sqs", lambda: queue),
        patch.object(event_publisher, "settings", lambda: settings),
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
    """Sends the pointer to a batch that is older than the event source mapping permits, as Lambda does."""
    moments = sorted(at.astimezone(UTC).isoformat() for _, at in arrived)
    batch = {"approximateArrivalOfFirstRecord": moments[0], "approximateArrivalOfLastRecord": moments[-1]}
    queue.send_message("queue", json.dumps({"DDBStreamBatchInfo": batch}))


def _redrive(bus: Bus, queue: Queue, entries: Sequence[Entry]) -> None:
    """Redrives after the reason of the rejection was removed."""
    bus.is_out, bus.refused = False, set()
    queue.hidden.clear()
    pauses: list[float] = []
    for _ in Redrive(Table(entries), bus, queue, "table", "gavel", "queue", pause=pauses.append).run():
        pass


def _delivered(records: list[dict[str, Any]]) -> int:
    """The number of records that the stream need not deliver again."""
    try:
        with redirect_stdout(StringIO()):
            failures = event_publisher.handler({"Records": records}, CONTEXT)["batchItemFailures"]
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
