"""The outbox: the table's stream in, events out, at least once.

Only inserted entries reach it (the event source mapping filters). An entry that EventBridge does not take now is
reported as the first failure: the stream gives that record and all after it again, in their order, for as long as it
keeps them. One that it never takes is set aside, so that it blocks no other.
"""

import json
import os
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from botocore.exceptions import ClientError
from moderation.telemetry import EVENTS_NOT_TAKEN, write

from .published_log import tell

SOURCE = "gavel"
TOGETHER = 10
MOST_BYTES = 200_000
"""PutEvents takes ten entries and 256 KB a call, names included."""
NEVER_TAKEN = {"InvalidArgument", "MalformedDetail", "ValidationException"}
"""Codes of PutEvents that say that the entry itself is at fault."""
UNREADABLE = "Unreadable"

Record = dict[str, Any]


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    for together in _batches(event["Records"]):
        failed = _publish(together)
        if failed is not None:
            return {"batchItemFailures": [{"itemIdentifier": together[failed]["dynamodb"]["SequenceNumber"]}]}
    return {"batchItemFailures": []}


def _batches(records: Sequence[Record]) -> Iterator[list[Record]]:
    batch: list[Record] = []
    size = 0
    for record in records:
        length = _size(record)
        if batch and (len(batch) == TOGETHER or size + length > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(record)
        size += length
    if batch:
        yield batch


def _publish(records: Sequence[Record]) -> int | None:
    """The index of the first record that was not taken and may be yet, None if there is none."""
    readable = [index for index, record in enumerate(records) if _size(record)]
    codes = dict.fromkeys(range(len(records)), UNREADABLE) | dict(
        zip(readable, _put([records[index] for index in readable]), strict=True)
    )
    failed = next((index for index, code in codes.items() if code and not _is_hopeless(code)), None)
    for index, record in enumerate(records[:failed]):
        if codes[index]:
            _set_aside(record, codes[index])
        else:
            tell(record["dynamodb"]["NewImage"])
    return failed


def _put(records: Sequence[Record]) -> list[str]:
    """The error code of each, empty where it was taken."""
    if not records:
        return []
    try:
        answer = _events().put_events(Entries=[_event(record) for record in records])
    except ClientError as error:
        if error.response["Error"]["Code"] not in NEVER_TAKEN:
            raise
        return [code for record in records for code in _put([record])] if len(records) > 1 else [_code_of(error)]
    codes = [entry.get("ErrorCode", "") for entry in answer["Entries"]]
    if refused := [code for code in codes if code]:
        write("WARNING", "events not taken", measures={EVENTS_NOT_TAKEN: len(refused)}, codes=refused)
    return codes


def _set_aside(record: Record, code: str) -> None:
    """A pointer in the dead-letter queue; the entry itself is in the ledger. `make redrive` publishes it."""
    keys = {name: value["S"] for name, value in record["dynamodb"]["Keys"].items()}
    _sqs().send_message(
        QueueUrl=os.environ["GAVEL_UNDELIVERABLE_QUEUE_URL"], MessageBody=json.dumps({**keys, "because": code})
    )
    write("ERROR", "event set aside", entryId=keys["sk"].partition("#")[2], because=code)


def _event(record: Record) -> dict[str, Any]:
    image = record["dynamodb"]["NewImage"]
    return {
        "EventBusName": os.environ["GAVEL_BUS"],
        "Source": SOURCE,
        "DetailType": image["detailType"]["S"],
        "Detail": image["detail"]["S"],
    }


def _size(record: Record) -> int:
    """Bytes of the detail; 0 if the record is no entry."""
    try:
        image = record["dynamodb"]["NewImage"]
        return len(image["detail"]["S"].encode()) if image["detailType"]["S"] else 0
    except (LookupError, TypeError, AttributeError, UnicodeEncodeError):
        return 0


def _is_hopeless(code: str) -> bool:
    return code == UNREADABLE or code in NEVER_TAKEN


def _code_of(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])


@cache
def _events() -> Any:
    return _client("events")


@cache
def _sqs() -> Any:
    return _client("sqs")


def _client(service: str) -> Any:
    from botocore.config import Config
    from botocore.session import Session

    retries = {"total_max_attempts": 3, "mode": "standard"}
    return Session().create_client(service, config=Config(connect_timeout=2, read_timeout=5, retries=retries))
