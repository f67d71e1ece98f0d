"""AWS clients for the emulator, and the environment of its servers. Real credentials are never used."""

import os
from typing import Any

import boto3
from botocore.config import Config

REGION = "us-east-1"
ACCOUNT = "000000000000"
# The credentials of the local stack's clients. The emulator accepts any key; this one cannot be taken for a real one.
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
}
_PASSED_ON = ("HOME", "LANG", "LC_ALL", "PATH", "TZ")


def client(service: Any, endpoint_url: str) -> Any:
    """A boto3 client that reads no profile and uses no proxy."""
    return boto3.client(
        service,
        endpoint_url=endpoint_url,
        region_name=REGION,
        aws_access_key_id=ENVIRONMENT["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=ENVIRONMENT["AWS_SECRET_ACCESS_KEY"],
        config=Config(proxies={}, retries={"total_max_attempts": 3, "mode": "standard"}),
    )


def server_environment(**additional: str) -> dict[str, str]:
    """The environment of the stack's servers: what any program needs, without profile, AWS endpoint or import path."""
    passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return {
        **passed_on,
        **ENVIRONMENT,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "PYTHONUNBUFFERED": "1",
        **additional,
    }
