"""Clients of AWS services, each made once for the process.

All but one make one attempt a call: the adapters retry calls that may be repeated, within the caller's lease and
deadline (docs/adr/0022-what-is-repeated.md).
"""

from functools import cache
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_apigatewaymanagementapi import ApiGatewayManagementApiClient
    from mypy_boto3_chime_sdk_meetings import ChimeSDKMeetingsClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_sqs import SQSClient

CONNECT_TIMEOUT = 1.0
READ_TIMEOUT = 2.5
"""Seconds. Together with the connect timeout it stays below `CALL_TIMEOUT`, on which leases rely."""
ONE_ATTEMPT = Config(
    connect_timeout=CONNECT_TIMEOUT,
    read_timeout=READ_TIMEOUT,
    retries={"total_max_attempts": 1, "mode": "standard"},
    tcp_keepalive=True,
)
RETRIED = ONE_ATTEMPT.merge(Config(retries={"total_max_attempts": 3, "mode": "standard"}))
"""The configuration for PutEvents: a retried event may arrive twice, which subscribers expect."""
UNVALIDATED = ONE_ATTEMPT.merge(Config(parameter_validation=False))
"""The configuration for the ledger, which makes every parameter itself.

botocore's validation of hundreds of attribute values took an eighth of the processor time of a warm mute. DynamoDB
validates them anyway.
"""


@cache
def dynamodb() -> "DynamoDBClient":
    return boto3.client("dynamodb", config=UNVALIDATED)


@cache
def chime() -> "ChimeSDKMeetingsClient":
    return boto3.client("chime-sdk-meetings", config=ONE_ATTEMPT)


@cache
def sqs() -> "SQSClient":
    return boto3.client("sqs", config=ONE_ATTEMPT)


@cache
def events() -> "EventBridgeClient":
    return boto3.client("events", config=RETRIED)


@cache
def connections(endpoint_url: str) -> "ApiGatewayManagementApiClient":
    return boto3.client("apigatewaymanagementapi", endpoint_url=endpoint_url, config=ONE_ATTEMPT)


def reconnect() -> None:
    """Closes the connections of the clients that host_api uses; their next calls open new ones."""
    for client in (dynamodb, chime, sqs):
        client().close()
