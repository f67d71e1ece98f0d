"""Stands in for the hosts' API where the stack around it is tested: shows what it was given, and tries its role."""

import json
import os
from typing import Any

import boto3
from botocore.exceptions import ClientError


def handler(event: dict[str, Any], _: object) -> dict[str, Any]:
    operation = OPERATIONS.get(event["rawPath"], lambda: None)
    try:
        outcome = operation()
    except ClientError as error:
        outcome = error.response["Error"]["Code"]
    shown = {"outcome": outcome, "context": event["requestContext"], "environment": dict(os.environ)}
    return {"statusCode": 200, "body": json.dumps(shown)}


def put() -> None:
    """An entry and something that is none, in one transaction with a check, as the ledger does it."""
    names = {"entry": "ENTRY#1", "meeting": "MEETING"}
    puts: list[Any] = [{"Put": {"TableName": _table(), "Item": _key(sk)}} for sk in names.values()]
    check: Any = {
        "ConditionCheck": {
            "TableName": _table(),
            "Key": _key("NONE"),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
    }
    boto3.client("dynamodb").transact_write_items(TransactItems=[*puts, check])


def read() -> int:
    """What is in the partition, by both ways in which the ledger reads."""
    dynamodb = boto3.client("dynamodb")
    dynamodb.batch_get_item(RequestItems={_table(): {"Keys": [_key("MEETING")]}})
    found = dynamodb.query(
        TableName=_table(), KeyConditionExpression="pk = :pk", ExpressionAttributeValues={":pk": {"S": "MEETING#1"}}
    )
    return int(found["Count"])


def scan() -> None:
    """What the role doesn't grant."""
    boto3.client("dynamodb").scan(TableName=_table())


def publish() -> None:
    """What only the outbox may do."""
    entry: Any = {"Source": "gavel", "DetailType": "x", "Detail": "{}", "EventBusName": os.environ["GAVEL_BUS"]}
    boto3.client("events").put_events(Entries=[entry])


def meeting() -> str:
    """A call that reaches the Chime simulator."""
    unknown = "00000000-0000-0000-0000-000000000000"
    return str(boto3.client("chime-sdk-meetings").get_meeting(MeetingId=unknown))


def remind() -> None:
    """What wakes the reconciler."""
    boto3.client("sqs").send_message(
        QueueUrl=os.environ["GAVEL_WAKEUPS_QUEUE_URL"], MessageBody="wake up", DelaySeconds=1
    )


OPERATIONS = {"/remind": remind, "/put": put, "/read": read, "/scan": scan, "/publish": publish, "/meeting": meeting}


def _table() -> str:
    return os.environ["GAVEL_TABLE"]


def _key(sk: str) -> dict[str, Any]:
    return {"pk": {"S": "MEETING#1"}, "sk": {"S": sk}}
