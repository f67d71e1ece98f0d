"""Queues and streams feed functions as in Lambda: a function that sends itself messages is stopped after 16 runs, and
records of a stream that a function reports as failed come again.
"""

import io
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.packaging.bundle import ROOT
from local.aws import ACCOUNT, REGION, client, server_environment
from local.child import Child
from local.ports import Ports
from tests.e2e.deadline import until

MOST_RUNS = 16
SECONDS = 20
DROPPED = "RecursiveInvocationException"
LOOP = """
import os
import boto3

sqs = boto3.client("sqs", endpoint_url=os.environ["ENDPOINT"], region_name="us-east-1")

def handler(event, context):
    for record in event["Records"]:
        sqs.send_message(QueueUrl=os.environ["RUNS"], MessageBody="ran")
        sqs.send_message(QueueUrl=os.environ["LOOP"], MessageBody="again")
"""
FAILS_ONCE = """
import os
import boto3

sqs = boto3.client("sqs", endpoint_url=os.environ["ENDPOINT"], region_name="us-east-1")
runs = 0

def handler(event, context):
    global runs
    runs += 1
    numbers = [record["dynamodb"]["SequenceNumber"] for record in event["Records"]]
    if runs == 1:
        return {"batchItemFailures": [{"itemIdentifier": numbers[0]}]}
    sqs.send_message(QueueUrl=os.environ["RUNS"], MessageBody=str(runs))
    return {"batchItemFailures": []}
"""


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[tuple[str, Child]]:
    port = Ports.free().aws
    environment = server_environment(
        BIND_HOST="127.0.0.1", GATEWAY_PORT=str(port), IOT_MTLS_ENABLED="0", PYTHONPATH=str(ROOT), TMPDIR=str(tmp_path)
    )
    child = Child("emulator", [sys.executable, "-m", "local.emulator"], environment, tmp_path / "emulator.log")
    try:
        child.wait_until_ready(f"http://127.0.0.1:{port}/_ministack/ready", seconds=120)
        yield f"http://127.0.0.1:{port}", child
    finally:
        child.stop()


def test_a_loop_is_stopped_unless_it_is_allowed(emulator: tuple[str, Child]) -> None:
    endpoint, child = emulator
    sqs, functions = client("sqs", endpoint), client("lambda", endpoint)
    loop = sqs.create_queue(QueueName="loop", Attributes={"VisibilityTimeout": str(SECONDS)})["QueueUrl"]
    runs = sqs.create_queue(QueueName="runs")["QueueUrl"]
    make(functions, "loop", LOOP, {"ENDPOINT": endpoint, "LOOP": loop, "RUNS": runs})
    source = f"arn:aws:sqs:{REGION}:{ACCOUNT}:loop"
    functions.create_event_source_mapping(FunctionName="loop", EventSourceArn=source, BatchSize=1)
    sqs.send_message(QueueUrl=loop, MessageBody="first")

    until(lambda: DROPPED in child.tail(200), 240, "the loop is stopped")
    assert count(sqs, runs) == MOST_RUNS
    functions.put_function_recursion_config(FunctionName="loop", RecursiveLoop="Allow")
    until(lambda: count(sqs, runs) > MOST_RUNS + 4, 240, "the loop goes on")


def test_what_fails_in_a_stream_comes_again(emulator: tuple[str, Child]) -> None:
    endpoint, _ = emulator
    sqs, functions, tables = client("sqs", endpoint), client("lambda", endpoint), client("dynamodb", endpoint)
    runs = sqs.create_queue(QueueName="runs")["QueueUrl"]
    make(functions, "stream", FAILS_ONCE, {"ENDPOINT": endpoint, "RUNS": runs})
    table = tables.create_table(
        TableName="entries",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )["TableDescription"]
    functions.create_event_source_mapping(
        FunctionName="stream",
        EventSourceArn=table["LatestStreamArn"],
        StartingPosition="TRIM_HORIZON",
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )
    tables.put_item(TableName="entries", Item={"id": {"S": "only"}})

    until(lambda: count(sqs, runs) > 0, 60, "the record comes again")


def make(functions: Any, name: str, code: str, environment: dict[str, str]) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("function.py", code)
    functions.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="function.handler",
        Role=f"arn:aws:iam::{ACCOUNT}:role/{name}",
        Code={"ZipFile": buffer.getvalue()},
        Environment={"Variables": environment},
        Timeout=SECONDS,
    )


def count(sqs: Any, queue: str) -> int:
    attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]
    return int(attributes["ApproximateNumberOfMessages"])
