"""The production outbox between the ledger's stream and a bus that does not always take what it is given."""

import json
import os
from collections.abc import Iterator, Sequence
from typing import Any
from unittest.mock import patch

from moderation.core.entry import Entry
from outbox import handler as outbox

from .choices import Choices
from .monitor import Violation

MOST_DELIVERIES = 200


class Bus:
    """Takes each event or not; may take all and not be heard."""

    def __init__(self, choices: Choices) -> None:
        self._choices = choices
        self.heard: list[str] = []

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - boto3's name
        answers: list[dict[str, str]] = []
        fails = not self._choices.is_exhaustive and self._choices.pick([4, 1])
        for event in Entries:
            taken = not fails or self._choices.pick([1, 1]) == 0
            if taken:
                self.heard.append(json.loads(event["Detail"])["entryId"])
            answers.append({} if taken else {"ErrorCode": "ThrottlingException"})
        if fails and self._choices.pick([3, 1]):
            raise ConnectionError("taken, perhaps, but not heard")
        return {"FailedEntryCount": sum(bool(a) for a in answers), "Entries": answers}


def publish(entries: Sequence[Entry], choices: Choices) -> Iterator[Violation]:
    """Everything that the stream shows, from the first failure on again, until the bus has it all."""
    bus = Bus(choices)
    records = [_record(number, entry) for number, entry in enumerate(entries)]
    with patch.object(outbox, "_events", lambda: bus), patch.dict(os.environ, GAVEL_BUS="gavel"):
        for _ in range(MOST_DELIVERIES):
            if not records:
                break
            records = records[_delivered(records) :]
    for entry in entries:
        if entry.id not in bus.heard:
            yield Violation("every entry is published", f"{entry.type} {entry.id}")


def _delivered(records: list[dict[str, Any]]) -> int:
    """How many the stream needs not show again."""
    try:
        with patch("sys.stdout"):
            failures = outbox.handler({"Records": records}, None)["batchItemFailures"]
    except ConnectionError:
        return 0
    numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
    return numbers.index(failures[0]["itemIdentifier"]) if failures else len(records)


def _record(number: int, entry: Entry) -> dict[str, Any]:
    image = {"detailType": {"S": entry.type}, "detail": {"S": json.dumps(entry.detail)}}
    return {"dynamodb": {"SequenceNumber": str(number), "NewImage": image}}
