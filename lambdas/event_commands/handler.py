"""The Lambda function `event_commands`: it processes the messages of the command queue.

A command that can never succeed is refused, and its message is done. A message that may succeed later, or cannot be
read, fails: SQS delivers it again and finally moves it to the dead-letter queue.

A command is processed once, however often its message arrives.
"""

from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from moderation.application.background.unexpected_errors import where
from moderation.bootstrap import clock, gavel, settings
from moderation.initialization import at_init
from moderation.ports import InfrastructureError
from moderation.telemetry import COMMANDS_REFUSED, DECISIONS, LATENCY, UNEXPECTED_ERRORS, logger, metrics, write

from .command_specs import name_of
from .message import Message, MessageDroppedError, UnreadableMessageError, read
from .processor import CommandProcessor, Result, user_named_in

SETUP_CODES = {"invalid-request", "meeting-not-found", "not-permitted", "bad-time"}
"""Refusals that show a wrong set-up of a sender or a trigger. The other refusals also happen to hosts."""

batch = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)


class NotProcessedError(Exception):
    """Reports the message to SQS as failed. The log has the reason already."""


@at_init
def commands() -> CommandProcessor:
    return CommandProcessor(gavel(), clock().now, settings().command_max_age)


@logger.inject_lambda_context
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(event, _process_record, batch, context)


def _process_record(record: SQSRecord) -> None:
    try:
        message = read(record.get("body"))
    except MessageDroppedError as dropped:
        write("WARNING", "message dropped", messageId=record.message_id, because=str(dropped))
    except UnreadableMessageError as unreadable:
        write("ERROR", "message unreadable", messageId=record.message_id, because=str(unreadable))
        if unreadable.message:
            _process(record, unreadable.message)
        raise NotProcessedError from unreadable
    else:
        _process(record, message)


def _process(record: SQSRecord, message: Message) -> None:
    fields = _fields(record, message)
    try:
        results = commands().process(message)
    except Exception as error:
        measures = {} if isinstance(error, InfrastructureError) else {UNEXPECTED_ERRORS: 1}
        write("ERROR", "failed", measures=measures, failure=where(error), **fields)
        raise
    for result in results:
        _log(result, fields)
    if any(result.retry for result in results):
        raise NotProcessedError


def _log(result: Result, fields: dict[str, Any]) -> None:
    is_refused = result.verdict == "refused"
    if result.retry:
        level, message = "ERROR", "command retried"
    elif is_refused:
        level, message = "WARNING", "command refused"
        fields = {**fields, "code": result.outcome, "cause": "setup" if result.outcome in SETUP_CODES else "state"}
    else:
        level, message = "INFO", "command processed"
    measures = {LATENCY: result.took}
    if not result.replayed:  # a command that was processed before decides nothing
        measures |= {DECISIONS: 1, COMMANDS_REFUSED: 1} if is_refused else {DECISIONS: 1}
    write(
        level,
        message,
        measures=measures,
        meetingId=result.meeting_id,
        changeId=result.change_id,
        verdict=result.verdict,
        outcome=result.outcome,
        replayed=result.replayed,
        durationMs=result.took,
        failure=result.failure,
        **fields,
    )


def _fields(record: SQSRecord, message: Message) -> dict[str, Any]:
    """The fields of the log line. Of the sender's text it has the name of the command only; the named user is under
    `personal`.
    """
    return {
        "messageId": record.message_id,
        "eventId": message.event_id,
        "source": message.actor.id,
        "command": name_of(message.detail),
        "personal": user_named_in(message),
    }
