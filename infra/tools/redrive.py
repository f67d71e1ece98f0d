"""`make redrive STAGE=dev REGION=eu-central-1`: publishes the events that the event publisher gave up.

The messages of its dead-letter queue are pointers to entries in the ledger: the keys of one entry, or the span of time
in which Lambda gave up a part of the stream. For a span, every entry of that time is published. Subscribers drop
duplicates by `entryId`. A message is deleted after its entries are on the bus. The program uses the operator's
credentials.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra.config import DEFAULT_STAGE, LOCAL_STAGE

QUEUE = "GavelEventPublisherDeadLetters"
"""The logical id of the queue without CDK's hash."""
SOURCE = "gavel"
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's alphabet, in which ULIDs are written: https://github.com/ulid/spec"""
TIME_LETTERS = 10
MARGIN = 120
"""Seconds by which the id of an entry and its arrival in the stream may differ."""
HIDDEN_FOR = 900
"""Seconds for which a message that is being processed is hidden from other readers."""
AT_ONCE = 10
PAUSES = (0.2, 1.0, 3.0, 10.0)
"""Seconds before each further attempt at an entry that EventBridge did not take."""

Json = dict[str, Any]


class NotPublishedError(Exception):
    """An entry was not published. The text gives the reason and quotes nothing of the entry."""


@dataclass(frozen=True)
class Redrive:
    """`dynamodb`, `events` and `sqs` are boto3 clients."""

    dynamodb: Any
    events: Any
    sqs: Any
    table: str
    bus: str
    queue_url: str
    pause: Callable[[float], None] = time.sleep

    def run(self) -> Iterator[str]:
        """Processes the messages. Yields one line for each."""
        seen: set[str] = set()
        while messages := self._receive():
            for message in messages:
                if message["MessageId"] in seen:
                    return
                seen.add(message["MessageId"])
                yield self._processed(message)

    def _processed(self, message: Json) -> str:
        try:
            pointer = json.loads(message["Body"])
            published = sum(self._publish(entry) for entry in self._entries(pointer))
        except NotPublishedError as error:
            return f"kept: {message['MessageId']}: {error}"
        except (BotoCoreError, ClientError) as error:
            return f"kept: {message['MessageId']}: {type(error).__name__}: {error}"
        except (ValueError, LookupError, TypeError):
            return f"kept: {message['MessageId']}: this is no pointer to entries"
        self.sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"])
        return f"done: {message['MessageId']}: {published} published"

    def _receive(self) -> list[Json]:
        answer = self.sqs.receive_message(
            QueueUrl=self.queue_url, MaxNumberOfMessages=AT_ONCE, WaitTimeSeconds=1, VisibilityTimeout=HIDDEN_FOR
        )
        return list(answer.get("Messages", []))

    def _entries(self, pointer: Json) -> Iterator[Json]:
        """The entries of a pointer that are still in the ledger."""
        if "DDBStreamBatchInfo" in pointer:
            batch = pointer["DDBStreamBatchInfo"]
            yield from self._between(batch["approximateArrivalOfFirstRecord"], batch["approximateArrivalOfLastRecord"])
            return
        key = {name: {"S": _text(pointer[name])} for name in ("pk", "sk")}
        answer = self.dynamodb.get_item(TableName=self.table, Key=key, ConsistentRead=True)
        if "Item" in answer:
            yield answer["Item"]

    def _between(self, first: str, last: str) -> Iterator[Json]:
        """The entries of a span of time, by a scan of the table: the span does not tell the meetings."""
        bounds = {":first": f"ENTRY#{_ulid_at(first, -MARGIN)}", ":last": f"ENTRY#{_ulid_at(last, MARGIN)}~"}
        pages = self.dynamodb.get_paginator("scan").paginate(
            TableName=self.table,
            FilterExpression="sk BETWEEN :first AND :last",
            ExpressionAttributeValues={name: {"S": value} for name, value in bounds.items()},
            ConsistentRead=True,
        )
        found = [item for page in pages for item in page["Items"]]
        yield from sorted(found, key=lambda item: str(item["sk"]["S"]))

    def _publish(self, entry: Json) -> int:
        event = {
            "EventBusName": self.bus,
            "Source": SOURCE,
            "DetailType": entry["detailType"]["S"],
            "Detail": entry["detail"]["S"],
        }
        for pause in (*PAUSES, None):
            [taken] = self.events.put_events(Entries=[event])["Entries"]
            if "ErrorCode" not in taken:
                return 1
            if pause is not None:
                self.pause(pause)
        raise NotPublishedError(f"EventBridge answers `{taken['ErrorCode']}` for {entry['sk']['S']}")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _ulid_at(moment: str, offset: int) -> str:
    """The first characters of ULIDs of that time."""
    milliseconds = round((datetime.fromisoformat(moment).timestamp() + offset) * 1000)
    return "".join(ALPHABET[milliseconds >> 5 * place & 31] for place in reversed(range(TIME_LETTERS)))


def _outputs(cloudformation: Any, stack: str) -> Mapping[str, str]:
    [found] = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}


def _queue_url(cloudformation: Any, stack: str) -> str:
    """The URL of the queue. CDK adds a hash of eight letters to each logical id."""
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
    resources = (resource for page in pages for resource in page["StackResourceSummaries"])
    return next(str(each["PhysicalResourceId"]) for each in resources if each["LogicalResourceId"][:-8] == QUEUE)


def main(arguments: list[str] | None = None) -> int:
    """The command line. Returns 0 if the queue is empty afterwards."""
    parser = argparse.ArgumentParser(prog="make redrive", description=__doc__)
    parser.add_argument("--stage", default="", help="which of the stages in this account")
    parser.add_argument("--region", default="", help="where (default: where the credentials point)")
    asked = parser.parse_args(arguments)
    stack = "gavel" if asked.stage in ("", DEFAULT_STAGE, LOCAL_STAGE) else f"gavel-{asked.stage}"
    try:
        return _run(boto3.Session(region_name=asked.region or None), stack)
    except (BotoCoreError, ClientError) as error:
        print(f"`{stack}` can't be asked, with these credentials, in this Region: {error}", file=sys.stderr)
        return 1


def _run(session: Any, stack: str) -> int:
    cloudformation = session.client("cloudformation")
    outputs = _outputs(cloudformation, stack)
    redrive = Redrive(
        dynamodb=session.client("dynamodb"),
        events=session.client("events"),
        sqs=session.client("sqs"),
        table=outputs["TableName"],
        bus=outputs["BusName"],
        queue_url=_queue_url(cloudformation, stack),
    )
    kept = 0
    for line in redrive.run():
        print(line, flush=True)
        kept += line.startswith("kept")
    return 1 if kept else 0


if __name__ == "__main__":
    sys.exit(main())
