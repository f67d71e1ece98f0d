"""What each function's role may do, written out: function → resource → actions.

Resources are named by their constructs: `LedgerTable.Arn` is the ARN of the ledger's table. `tests/infra` holds the
template against this, and `tests/e2e` proves of every grant that the function fails without it.
"""

from typing import NamedTuple

MEETINGS = "arn:<partition>:chime:*:<account>:meeting/*"
LEDGER = "LedgerTable.Arn"
DUE = "LedgerTable.Arn/index/due"
USERS = "LedgerTable.Arn/index/users"
STREAM = "LedgerTable.StreamArn"
WAKEUPS = "WakeupsQueue.Arn"
BUS = "Bus.Arn"
POSTS = "arn:<partition>:execute-api:<region>:<account>:LiveApi/live/POST/@connections/*"
CLOSES = "arn:<partition>:execute-api:<region>:<account>:LiveApi/live/DELETE/@connections/*"
ANYTHING = "*"


class Grant(NamedTuple):
    """One action on one resource."""

    action: str
    resource: str


GRANTS: dict[str, dict[str, set[str]]] = {
    "host_api": {
        "HostApiFunctionLogs.Arn": {"logs:CreateLogStream", "logs:PutLogEvents"},
        ANYTHING: {"xray:PutTelemetryRecords", "xray:PutTraceSegments"},
        LEDGER: {
            "dynamodb:BatchGetItem",
            "dynamodb:ConditionCheckItem",
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:Query",
            "dynamodb:UpdateItem",
        },
        USERS: {"dynamodb:Query"},
        MEETINGS: {
            "chime:BatchUpdateAttendeeCapabilitiesExcept",
            "chime:DeleteAttendee",
            "chime:DeleteMeeting",
            "chime:GetAttendee",
            "chime:GetMeeting",
            "chime:ListAttendees",
            "chime:UpdateAttendeeCapabilities",
        },
        WAKEUPS: {"sqs:SendMessage"},
    },
    "event_commands": {
        "EventCommandsFunctionLogs.Arn": {"logs:CreateLogStream", "logs:PutLogEvents"},
        ANYTHING: {"xray:PutTelemetryRecords", "xray:PutTraceSegments"},
        LEDGER: {
            "dynamodb:BatchGetItem",
            "dynamodb:ConditionCheckItem",
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:Query",
            "dynamodb:UpdateItem",
        },
        MEETINGS: {
            "chime:BatchUpdateAttendeeCapabilitiesExcept",
            "chime:DeleteAttendee",
            "chime:DeleteMeeting",
            "chime:GetAttendee",
            "chime:ListAttendees",
            "chime:UpdateAttendeeCapabilities",
        },
        WAKEUPS: {"sqs:SendMessage"},
        "EventCommandsInboxQueue.Arn": {"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"},
    },
    "chime_events": {
        "ChimeEventsFunctionLogs.Arn": {"logs:CreateLogStream", "logs:PutLogEvents"},
        ANYTHING: {"xray:PutTelemetryRecords", "xray:PutTraceSegments"},
        LEDGER: {
            "dynamodb:BatchGetItem",
            "dynamodb:ConditionCheckItem",
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
        },
        MEETINGS: {
            "chime:DeleteAttendee",
            "chime:GetAttendee",
            "chime:GetMeeting",
            "chime:UpdateAttendeeCapabilities",
        },
        WAKEUPS: {"sqs:SendMessage"},
        "ChimeEventsAttendeesQueue.Arn": {"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"},
        "ChimeEventsCapabilityEventsQueue.Arn": {"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"},
    },
    "event_publisher": {
        "EventPublisherFunctionLogs.Arn": {"logs:CreateLogStream", "logs:PutLogEvents"},
        ANYTHING: {"xray:PutTelemetryRecords", "xray:PutTraceSegments"},
        STREAM: {"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"},
        "LedgerTable.Arn/stream/*": {"dynamodb:ListStreams"},
        BUS: {"events:PutEvents"},
        "EventPublisherDeadLetters.Arn": {"sqs:SendMessage"},
    },
    "live.websocket": {
        "LiveConnectionsLogs.Arn": {"logs:CreateLogStream", "logs:PutLogEvents"},
        ANYTHING: {"xray:PutTelemetryRecords", "xray:PutTraceSegments"},
        LEDGER: {"dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem"},
    },
    "live.broadcast": {
        "LiveBroadcastLogs.Arn": {"logs:CreateLogStream", "logs:PutLogEvents"},
        ANYTHING: {"xray:PutTelemetryRecords", "xray:PutTraceSegments"},
        STREAM: {"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"},
        "LedgerTable.Arn/stream/*": {"dynamodb:ListStreams"},
        LEDGER: {"dynamodb:BatchGetItem", "dynamodb:DeleteItem", "dynamodb:Query"},
        POSTS: {"execute-api:ManageConnections"},
        CLOSES: {"execute-api:ManageConnections"},
    },
    "reconciler": {
        "ReconcilerFunctionLogs.Arn": {"logs:CreateLogStream", "logs:PutLogEvents"},
        ANYTHING: {"xray:PutTelemetryRecords", "xray:PutTraceSegments"},
        LEDGER: {
            "dynamodb:BatchGetItem",
            "dynamodb:ConditionCheckItem",
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:Query",
            "dynamodb:UpdateItem",
        },
        DUE: {"dynamodb:Query"},
        MEETINGS: {
            "chime:BatchUpdateAttendeeCapabilitiesExcept",
            "chime:DeleteAttendee",
            "chime:DeleteMeeting",
            "chime:GetAttendee",
            "chime:ListAttendees",
            "chime:UpdateAttendeeCapabilities",
        },
        WAKEUPS: {"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage", "sqs:SendMessage"},
    },
    "token_authorizer": {
        "AuthorizerFunctionLogs.Arn": {"logs:CreateLogStream", "logs:PutLogEvents"},
        ANYTHING: {"xray:PutTelemetryRecords", "xray:PutTraceSegments"},
    },
    "pool_tokens": {
        "UserPoolNamesLogs.Arn": {"logs:CreateLogStream", "logs:PutLogEvents"},
        ANYTHING: {"xray:PutTelemetryRecords", "xray:PutTraceSegments"},
    },
}
CHOSEN = {"token_authorizer", "pool_tokens"}
"""Functions that a stack has only if its configuration asks for them."""

WILDCARDS = {
    ANYTHING: "X-Ray's two actions accept no resource",
    MEETINGS: "which meetings of the account there are is known only while they run",
    "LedgerTable.Arn/stream/*": "ListStreams is asked of all streams of this one table",
    POSTS: "connections of this one stage come and go while it runs",
    CLOSES: "connections of this one stage come and go while it runs",
}
"""The resources with a wildcard, and why there is nothing narrower."""

BY_LAMBDA = (
    "Lambda itself does this with the role: it feeds the function, writes its logs and traces, and keeps what failed. "
    "The emulator does these things without asking the role."
)
UNPROVABLE = {
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ReceiveMessage",
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
}
"""`BY_LAMBDA`; what is missing among these is found by the comparison with the template alone."""
UNPROVABLE_ON = {Grant("sqs:SendMessage", "EventPublisherDeadLetters.Arn")}
"""The same, where the function does this elsewhere by itself."""


def function_of(handler: str) -> str:
    """`host_api` of `host_api.handler.handler`, `live.broadcast` of `live.broadcast.handler`."""
    return handler.removesuffix(".handler").removesuffix(".handler")


def grants(function: str) -> list[Grant]:
    """In an order of their own."""
    return sorted(Grant(action, resource) for resource, actions in GRANTS[function].items() for action in actions)


def provable(function: str) -> list[Grant]:
    """Those that the emulator and the Chime simulator ask the role for."""
    return [grant for grant in grants(function) if grant.action not in UNPROVABLE and grant not in UNPROVABLE_ON]
