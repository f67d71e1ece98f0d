"""Stands in for the event publisher: puts the key of whatever the stream brings on the bus."""

import json
import os
from typing import Any

import boto3


def handler(event: dict[str, Any], _: object) -> dict[str, Any]:
    entries = [
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
