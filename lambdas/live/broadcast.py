"""The Lambda function of live updates: it sends the changes in the ledger's stream to open connections.

If the subscribers of a meeting cannot be reached, its records are delivered again in order. No other meeting waits
meanwhile. A subscriber who gets an update twice is not harmed.

`BatchProcessor` of Powertools is not used, because it retries single records; here the records of a meeting are one
update.
"""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from moderation.adapters import clients
from moderation.adapters.cedar import CedarPolicies
from moderation.adapters.chime import ChimeGateway
from moderation.adapters.dynamodb.connections import DynamoConnections
from moderation.adapters.dynamodb.ledger import DynamoLedger
from moderation.adapters.dynamodb.stream import meeting_deltas
from moderation.adapters.settings import settings
from moderation.adapters.system import SystemClock
from moderation.adapters.websocket import ApiGatewayConnections
from moderation.application.live.publisher import LivePublisher
from moderation.application.queries.access import ReadAccess
from moderation.application.queries.meetings import MeetingQueries
from moderation.initialization import at_init
from moderation.ports import InfrastructureError
from moderation.ports.live import MeetingDelta
from moderation.telemetry import LIVE_DELAY, UNEXPECTED_ERRORS, logger, metrics, write

clock = at_init(SystemClock)


@at_init
def publisher() -> LivePublisher:
    stack, at, dynamodb = settings(), clock(), clients.dynamodb()
    ledger = DynamoLedger(dynamodb, stack.table, stack.retention, at.now)
    policies = CedarPolicies(claims=stack.policy_claims, command_sources=stack.command_sources)
    queries = MeetingQueries(ledger, ChimeGateway(clients.chime()), policies, at, ReadAccess(ledger, policies))
    connections = DynamoConnections(dynamodb, stack.table, at.now)
    gateway = ApiGatewayConnections(clients.connections(stack.live_endpoint))
    return LivePublisher(ledger, policies, at, queries, connections, gateway)


@logger.inject_lambda_context
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001 - the decorators' own
    records = event["Records"]
    failed: set[str] = set()
    for delta in meeting_deltas(records):
        try:
            _broadcast(delta)
        except Exception as error:
            failed.add(delta.meeting_id)
            measures = {} if isinstance(error, InfrastructureError) else {UNEXPECTED_ERRORS: 1}
            write("ERROR", "failed", measures=measures, meetingId=delta.meeting_id, exception=type(error).__name__)
    return {"batchItemFailures": _first_record_of(failed, records)}


def _broadcast(delta: MeetingDelta) -> None:
    """Sends the update, and writes one line if the meeting has subscribers. Most meetings have none most of the
    time.
    """
    began = clock().now()
    subscribers = publisher().publish(delta)
    if not subscribers:
        return
    now = clock().now()
    oldest = min((entry.occurred_at for entry in delta.entries), default=None)
    write(
        "INFO",
        "live update sent",
        measures={LIVE_DELAY: max((now - oldest).total_seconds(), 0)} if oldest else {},
        meetingId=delta.meeting_id,
        subscribers=subscribers,
        durationMs=(now - began).total_seconds() * 1000,
    )


def _first_record_of(meetings: set[str], records: list[dict[str, Any]]) -> list[dict[str, str]]:
    for record in records:
        if record["dynamodb"]["Keys"]["pk"]["S"].partition("#")[2] in meetings:
            return [{"itemIdentifier": record["dynamodb"]["SequenceNumber"]}]
    return []
