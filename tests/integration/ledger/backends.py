"""Clients of DynamoDB, and the server that emulates it."""

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from local.aws import ENVIRONMENT, REGION, server_environment
from local.child import Child
from local.ports import Ports

NOBODY_THERE = "http://127.0.0.1:9"
TOGETHER = 40
"""Connections, for as many threads."""


def dynamodb(endpoint_url: str | None = None) -> Any:
    """A client with dummy credentials and, as in production, one attempt a call."""
    return boto3.client(
        "dynamodb",
        endpoint_url=endpoint_url,
        region_name=REGION,
        aws_access_key_id=ENVIRONMENT["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=ENVIRONMENT["AWS_SECRET_ACCESS_KEY"],
        config=Config(proxies={}, retries={"total_max_attempts": 1, "mode": "standard"}, max_pool_connections=TOGETHER),
    )


@contextmanager
def ministack_client(directory: Path) -> Iterator[Any]:
    port = Ports.free().aws
    temporary = directory / "tmp"
    temporary.mkdir()
    environment = server_environment(
        BIND_HOST="127.0.0.1",
        GATEWAY_PORT=str(port),
        IOT_MTLS_ENABLED="0",
        S3_DATA_DIR=str(directory / "s3"),
        TMPDIR=str(temporary),
    )
    url = f"http://127.0.0.1:{port}"
    server = Child("emulator", [sys.executable, "-m", "ministack"], environment, directory / "emulator.log")
    try:
        server.wait_until_ready(f"{url}/_ministack/ready")
        with closing(dynamodb(url)) as client:
            yield client
    finally:
        server.stop()
