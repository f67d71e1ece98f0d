"""Tells the Chime simulator which function calls it with which role, for the emulator's IAM doesn't know Chime."""

from hashlib import sha256

import httpx

from local.aws import client


def announce_functions(aws_endpoint_url: str, chime_url: str) -> None:
    """Every function of the account."""
    functions = client("lambda", aws_endpoint_url).get_paginator("list_functions").paginate()
    roles = {
        _access_key(function["FunctionArn"], function["Role"]): function["Role"]
        for page in functions
        for function in page["Functions"]
    }
    httpx.put(f"{chime_url}/_simulator/principals", json=roles, timeout=10, trust_env=False).raise_for_status()


def _access_key(function_arn: str, role_arn: str) -> str:
    """The key that the emulator gives the function: `execution_credentials` in its `core/lambda_runtime.py`."""
    return f"ASIA{sha256(f'{function_arn}:{role_arn}'.encode()).hexdigest()[:16].upper()}"
