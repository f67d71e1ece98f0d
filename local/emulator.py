"""The emulator of AWS: ministack, with what Lambda does about loops and failed batches, and the limits of WebSockets.

`python -m local.emulator` runs it. Lambda counts the invocations of a function in one chain of requests, and stops it
at about 16 unless its `RecursiveLoop` is `Allow`:
https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html

ministack counts for `Invoke` only. Here its functions send the depth of the chain with every call of the AWS SDK, as
the SDK sends the lineage to AWS. The queue stores it with the message, and the next invocation continues from there.

ministack reads what a function logs for a few milliseconds after its answer, and takes the rest for the log of the next
invocation. Here the log of an invocation ends with a mark, up to which it is read.

Lambda delivers a batch again that found no free execution, and the records of a stream from the first one on that the
function reports as failed. ministack drops both; here the whole batch is delivered again:
https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
"""

import json
import logging
import os
import queue
import time
from pathlib import Path
from typing import Any

from ministack import app
from ministack.core import iam_evaluator, lambda_runtime
from ministack.services import apigateway, lambda_svc, sqs

from local import provisioners
from local.kept_tables import KeptTables
from local.servers import TABLES
from local.websockets import LimitedConnection, Limits, Receive, Send, is_too_large, too_large

DROPPED = "RecursiveInvocationException"
_SENDS = {"SendMessage", "SendMessageBatch"}
_DEPTH_HEADER = lambda_svc.INVOKE_DEPTH_HEADER.lower()
_depths: dict[str, int] = {}
"""Message id → the number of invocations in its chain."""
_handle_request = sqs.handle_request
_run_sqs_batch = lambda_svc._run_sqs_batch
_execute_function = lambda_svc._execute_function
_handle_websocket = apigateway.handle_websocket
_handle_connections_api = apigateway.handle_connections_api
_limits = Limits.of()
SECONDS_TO_END = 0.1
"""The time for the worker of a function whose code has changed. It ignores SIGTERM, and the emulator waits for one
worker after the other.
"""
_drain_stderr_bounded = lambda_runtime.Worker._drain_stderr_bounded
_ANSWER = "        _real_stdout.flush()\n\nrun()\n"
"""The end of an invocation in ministack's program that runs Python functions."""
END_OF_LOG = "end of the log of an invocation"
"""The last line that the program logs in each invocation. Nobody else sees it."""
LOG_SECONDS = 10
"""The time in which that line arrives."""
_logger = logging.getLogger("local.emulator")


async def handle_request(method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]) -> Any:
    """Handles a request to SQS, and stores the depth at which a message was sent."""
    answer = await _handle_request(method, path, headers, body, query)
    depth = headers.get(_DEPTH_HEADER, "")
    if depth.isdigit() and headers.get("x-amz-target", "").rpartition(".")[2] in _SENDS:
        _depths.update(dict.fromkeys(_message_ids(answer[2]), int(depth)))
    return answer


def run_sqs_batch(mapping: Any, function: Any, event: Any, batch: Any, queue_url: str, queue_name: str) -> None:
    """Invokes the function with a batch, at the depth of its deepest message. A stopped batch stays in the queue until
    it is dead-lettered.
    """
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


def execute_function(function: Any, event: Any) -> Any:
    result = _execute_function(function, event)
    source = _source(event)
    if source == "aws:dynamodb" and (failed := _failures(result)):
        return {**result, "error": True, "body": {"errorType": "BatchItemFailures", "errorMessage": json.dumps(failed)}}
    if source in ("aws:dynamodb", "aws:sqs") and result.get("throttle"):
        return {**result, "error": True}
    return result


def _source(event: Any) -> str | None:
    records = event.get("Records") if isinstance(event, dict) else None
    return records[0].get("eventSource") if records else None


def _failures(result: Any) -> list[Any]:
    answer = result.get("body")
    return answer.get("batchItemFailures", []) if isinstance(answer, dict) else []


async def handle_websocket(scope: Any, receive: Receive, send: Send, *which: Any, **where: Any) -> None:
    limited = LimitedConnection(receive, send, _limits)
    await _handle_websocket(scope, limited.receive, limited.send, *which, **where)


async def handle_connections_api(method: str, api: str, stage: str, connection: str, body: bytes, headers: Any) -> Any:
    if is_too_large(method, body):
        return too_large()
    return await _handle_connections_api(method, api, stage, connection, body, headers)


def mark_end_of_log(program: str) -> str:
    """Returns the program with a line that marks where the log of an invocation ends. Raises `ValueError` if it is not
    ministack's program that runs Python functions.
    """
    if not program.endswith(_ANSWER):
        raise ValueError("ministack runs Python functions in another way")
    return program.removesuffix(_ANSWER) + f"        print({END_OF_LOG!r}, file=sys.stderr, flush=True)\n" + _ANSWER


def read_log(worker: Any, **waits: float) -> str:
    """Returns what the function has logged in its last invocation. The log of a worker that died has no mark, and is
    read to its end.
    """
    if not worker.config.get("Runtime", "python").startswith("python"):
        return str(_drain_stderr_bounded(worker, **waits))
    lines: list[str] = []
    deadline = time.monotonic() + LOG_SECONDS
    while time.monotonic() < deadline:
        is_alive = worker._stderr_thread.is_alive()
        try:
            line: str = worker._stderr_queue.get(timeout=0.05 if is_alive else 0)
        except queue.Empty:
            if not is_alive:
                break
            continue
        is_last = line.endswith(END_OF_LOG)
        if line != END_OF_LOG:
            lines.append(line.removesuffix(END_OF_LOG))
        if is_last:
            break
    return "\n".join(lines)


def pin_request_origin(source_ip: str, _secure_transport: bool) -> None:
    """Marks each call as one over TLS, which policies may require: 127.0.0.1 has no TLS."""
    iam_evaluator.pin_request_origin(source_ip, True)


def _message_ids(body: bytes | str) -> list[str]:
    said = json.loads(body)
    return [each["MessageId"] for each in [said, *said.get("Successful", [])] if "MessageId" in each]


if __name__ == "__main__":
    os.environ.pop("PYTHONPATH", None)  # of this process; the functions must find only what is in their bundle
    sqs.handle_request = handle_request
    lambda_svc._run_sqs_batch = run_sqs_batch
    lambda_svc._execute_function = execute_function
    apigateway.handle_websocket = handle_websocket
    apigateway.handle_connections_api = handle_connections_api
    lambda_runtime._REAP_GRACE = SECONDS_TO_END
    lambda_runtime._PYTHON_WORKER_SCRIPT = mark_end_of_log(lambda_runtime._PYTHON_WORKER_SCRIPT)
    lambda_runtime.Worker._drain_stderr_bounded = read_log
    app.pin_request_origin = pin_request_origin
    provisioners.install()
    if TABLES in os.environ:
        tables = KeptTables(Path(os.environ.pop(TABLES)))
        tables.install()
        provisioners.after_create("AWS::DynamoDB::Table", tables.restore)
    app.main()
