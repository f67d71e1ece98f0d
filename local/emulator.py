"""The emulator of AWS, with what Lambda does about loops through queues, and API Gateway to WebSocket connections:
`python -m local.emulator`.

Lambda counts how often a function is invoked in one chain of requests, and stops it at about 16 unless its
`RecursiveLoop` is `Allow`: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
ministack counts for `Invoke` alone. Its functions send their depth with every call of the AWS SDK, as the SDK sends the
lineage to AWS; here the queue keeps it with the message, and the next invocation goes on from there.
"""

import json
import logging
import os
from typing import Any

from ministack import app
from ministack.services import apigateway, lambda_svc, sqs

from local.websockets import LimitedConnection, Limits, Receive, Send, is_too_large, too_large

DROPPED = "RecursiveInvocationException"
_SENDS = {"SendMessage", "SendMessageBatch"}
_DEPTH_HEADER = lambda_svc.INVOKE_DEPTH_HEADER.lower()
_depths: dict[str, int] = {}
"""Message id → how many invocations the message has behind it."""
_handle_request = sqs.handle_request
_run_sqs_batch = lambda_svc._run_sqs_batch
_handle_websocket = apigateway.handle_websocket
_handle_connections_api = apigateway.handle_connections_api
_limits = Limits.of()
_logger = logging.getLogger("local.emulator")


async def handle_request(method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]) -> Any:
    """SQS, which remembers at which depth a message was sent."""
    answer = await _handle_request(method, path, headers, body, query)
    depth = headers.get(_DEPTH_HEADER, "")
    if depth.isdigit() and headers.get("x-amz-target", "").rpartition(".")[2] in _SENDS:
        _depths.update(dict.fromkeys(_message_ids(answer[2]), int(depth)))
    return answer


def run_sqs_batch(mapping: Any, function: Any, event: Any, batch: Any, queue_url: str, queue_name: str) -> None:
    """A batch is as deep as its deepest message. What is stopped stays in the queue until it is dead-lettered."""
    depth = 1 + max((_depths.get(record["messageId"], 0) for record in event["Records"]), default=0)
    name = mapping["FunctionName"]
    if lambda_svc._recursive_loop_drop(name, function, depth) is not None:
        _logger.warning("%s: %s was stopped at depth %d", DROPPED, name, depth)
        mapping["LastProcessingResult"] = DROPPED
        return
    token = lambda_svc._invoke_depth.set(depth)
    try:
        _run_sqs_batch(mapping, function, event, batch, queue_url, queue_name)
    finally:
        lambda_svc._invoke_depth.reset(token)


async def handle_websocket(scope: Any, receive: Receive, send: Send, *which: Any, **where: Any) -> None:
    limited = LimitedConnection(receive, send, _limits)
    await _handle_websocket(scope, limited.receive, limited.send, *which, **where)


async def handle_connections_api(method: str, api: str, stage: str, connection: str, body: bytes, headers: Any) -> Any:
    if is_too_large(method, body):
        return too_large()
    return await _handle_connections_api(method, api, stage, connection, body, headers)


def _message_ids(body: bytes | str) -> list[str]:
    said = json.loads(body)
    return [each["MessageId"] for each in [said, *said.get("Successful", [])] if "MessageId" in each]


if __name__ == "__main__":
    os.environ.pop("PYTHONPATH", None)  # ours; the functions must not find what is not in their bundle
    sqs.handle_request = handle_request
    lambda_svc._run_sqs_batch = run_sqs_batch
    apigateway.handle_websocket = handle_websocket
    apigateway.handle_connections_api = handle_connections_api
    app.main()
