"""The context that Lambda calls a handler with, as far as handlers look at it."""

from types import SimpleNamespace

CONTEXT = SimpleNamespace(
    function_name="benchmark",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:benchmark",
    aws_request_id="c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
)
