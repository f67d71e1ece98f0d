"""Stands in for the event publisher: puts the keys that the stream brings on the bus."""

import json
import os
from typing import TYPE_CHECKING, Any

import boto3

if TYPE_CHECKING:
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef


def handler(event: dict[str, Any], _: object) -> dict[str, Any]:
    entries: list[PutEventsRequestEntryTypeDef] = [
        {
            "Source": "gavel",
            "DetailType": "Stand-in",
            "Detail": json.dumps({"sk": record["dynamodb"]["Keys"]["sk"]["S"]}),
            "EventBusName": os.environ["GAVEL_BUS"],
        }
        for record in event["Records"]
    ]
    boto3.client("events").put_events(Entries=entries)
    return {"batchItemFailures": []}
