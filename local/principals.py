"""Tells the Chime simulator the role of each function: the emulator's IAM does not know Chime."""

from hashlib import sha256

from chime_simulator import SimulatorClient

from local.aws import client


def announce_functions(aws_endpoint_url: str, chime_url: str) -> None:
    """Announces the roles of all functions of the account."""
    functions = client("lambda", aws_endpoint_url).get_paginator("list_functions").paginate()
    roles = {
        _access_key(function["FunctionArn"], function["Role"]): function["Role"]
        for page in functions
        for function in page["Functions"]
    }
    SimulatorClient(chime_url).announce(roles)


def _access_key(function_arn: str, role_arn: str) -> str:
    """The access key that the emulator gives the function: `execution_credentials` in its `core/lambda_runtime.py`."""
    return f"ASIA{sha256(f'{function_arn}:{role_arn}'.encode()).hexdigest()[:16].upper()}"
