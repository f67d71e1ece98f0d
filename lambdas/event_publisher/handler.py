"""The Lambda function `event_publisher`: it publishes entries from the table's stream as events, at least once.

The filter of the event source mapping passes inserted entries only. If EventBridge rejects an entry for now, the
function reports the first such record as failed, and the stream delivers it and all later ones again in order. An entry
that EventBridge rejects for good is set aside, so that it blocks no other.

`BatchProcessor` of Powertools is not used, because it handles records one by one; PutEvents takes ten of them in order.
"""

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from moderation.adapters import clients
from moderation.adapters.settings import settings
from moderation.initialization import at_init
from moderation.telemetry import EVENTS_REJECTED, logger, metrics, write

from .display_names import NamesUnavailableError, display_names, with_display_names
from .published_log import log_published

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

SOURCE = "gavel"
BATCH = 10
MOST_BYTES = 200_000
"""The most bytes of one PutEvents call with its names. EventBridge takes ten entries and 256 KB."""
REJECTED_FOR_GOOD = {"InvalidArgument", "MalformedDetail", "ValidationException"}
"""Error codes of PutEvents that mean that the entry itself is at fault."""
UNREADABLE = "Unreadable"

Record = dict[str, Any]
events = at_init(clients.events)
sqs = clients.sqs


@logger.inject_lambda_context
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:  # noqa: ARG001 - the decorators' own
    try:
        published = _as_published(event["Records"])
    except NamesUnavailableError:
        write("WARNING", "display names unavailable")
        return {"batchItemFailures": [{"itemIdentifier": event["Records"][0]["dynamodb"]["SequenceNumber"]}]}
    for records in _batches(published):
        failed = _publish(records)
        if failed is not None:
            return {"batchItemFailures": [{"itemIdentifier": records[failed]["dynamodb"]["SequenceNumber"]}]}
    return {"batchItemFailures": []}


def _as_published(records: Sequence[Record]) -> Sequence[Record]:
    """The records, with display names if the customer turns them on. Raises `NamesUnavailableError`."""
    if not settings().display_names_in_events:
        return records
    return with_display_names(records, display_names, MOST_BYTES)


def _batches(records: Sequence[Record]) -> Iterator[list[Record]]:
    batch: list[Record] = []
    size = 0
    for record in records:
        length = _size(record)
        if batch and (len(batch) == BATCH or size + length > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(record)
        size += length
    if batch:
        yield batch


def _publish(records: Sequence[Record]) -> int | None:
    """Publishes the records. Returns the index of the first that was rejected for now; `None` if there is none."""
    readable = [index for index, record in enumerate(records) if _size(record)]
    codes = dict.fromkeys(range(len(records)), UNREADABLE) | dict(
        zip(readable, _put([records[index] for index in readable]), strict=True)
    )
    failed = next((index for index, code in codes.items() if code and not _is_final(code)), None)
    for index, record in enumerate(records[:failed]):
        if codes[index]:
            _set_aside(record, codes[index])
        else:
            log_published(record["dynamodb"]["NewImage"])
    return failed


def _put(records: Sequence[Record]) -> list[str]:
    """Calls PutEvents. Returns an error code for each record, empty if EventBridge accepted it."""
    if not records:
        return []
    try:
        answer = events().put_events(Entries=[_event(record) for record in records])
    except ClientError as error:
        if error.response["Error"]["Code"] not in REJECTED_FOR_GOOD:
            raise
        return [code for record in records for code in _put([record])] if len(records) > 1 else [_code_of(error)]
    codes = [entry.get("ErrorCode", "") for entry in answer["Entries"]]
    if refused := [code for code in codes if code]:
        write("WARNING", "events rejected", measures={EVENTS_REJECTED: len(refused)}, codes=refused)
    return codes


def _set_aside(record: Record, code: str) -> None:
    """Puts a pointer into the dead-letter queue. The entry itself is in the ledger, and `make redrive` publishes it."""
    keys = {name: value["S"] for name, value in record["dynamodb"]["Keys"].items()}
    body = json.dumps({**keys, "because": code})
    sqs().send_message(QueueUrl=settings().undeliverable_queue_url, MessageBody=body)
    write("ERROR", "event set aside", entryId=keys["sk"].partition("#")[2], because=code)


def _event(record: Record) -> "PutEventsRequestEntryTypeDef":
    image = record["dynamodb"]["NewImage"]
    return {
        "EventBusName": settings().bus,
        "Source": SOURCE,
        "DetailType": image["detailType"]["S"],
        "Detail": image["detail"]["S"],
    }


def _size(record: Record) -> int:
    """The size of the detail in bytes; 0 if the record is no entry."""
    try:
        image = record["dynamodb"]["NewImage"]
        return len(image["detail"]["S"].encode()) if image["detailType"]["S"] else 0
    except (LookupError, TypeError, AttributeError, UnicodeEncodeError):
        return 0


def _is_final(code: str) -> bool:
    return code == UNREADABLE or code in REJECTED_FOR_GOOD


def _code_of(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])
