"""The outbox: the table's stream in, events out, at least once.

Only inserted entries reach it (the event source mapping filters). An entry that EventBridge does not take is reported
as the first failure: the stream gives that record and all after it again, in their order.
"""

import os
from collections.abc import Iterator
from functools import cache
from typing import Any

from moderation.watch import EVENTS_NOT_TAKEN, write

from .told import tell

SOURCE = "gavel"
TOGETHER = 10
MOST_BYTES = 200_000
"""PutEvents takes ten entries and 256 KB a call, names included."""


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    for together in _batches([record["dynamodb"] for record in event["Records"]]):
        images = [record["NewImage"] for record in together]
        failed = _published(images)
        for image in images[:failed]:
            tell(image)
        if failed is not None:
            return {"batchItemFailures": [{"itemIdentifier": together[failed]["SequenceNumber"]}]}
    return {"batchItemFailures": []}


def _batches(records: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    size = 0
    for record in records:
        length = len(record["NewImage"]["detail"]["S"].encode())
        if batch and (len(batch) == TOGETHER or size + length > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(record)
        size += length
    if batch:
        yield batch


def _published(images: list[dict[str, Any]]) -> int | None:
    """The index of the first image that was not taken, None if all were."""
    bus = os.environ["GAVEL_BUS"]
    answer = _events().put_events(Entries=[_event(image, bus) for image in images])
    if not answer["FailedEntryCount"]:
        return None
    codes = [entry.get("ErrorCode") for entry in answer["Entries"]]
    refused = [code for code in codes if code]
    write("WARNING", "events not taken", measures={EVENTS_NOT_TAKEN: len(refused)}, codes=refused)
    return next(index for index, code in enumerate(codes) if code)


def _event(image: dict[str, Any], bus: str) -> dict[str, Any]:
    return {
        "EventBusName": bus,
        "Source": SOURCE,
        "DetailType": image["detailType"]["S"],
        "Detail": image["detail"]["S"],
    }


@cache
def _events() -> Any:
    from botocore.config import Config
    from botocore.session import Session

    return Session().create_client("events", config=Config(connect_timeout=2, read_timeout=5))
