"""The Lambda function `chime_events`: it handles Chime's meeting state changes from two queues.

It binds attendees who join, compares those whose capabilities changed, lowers the hand of a user who has left on all
their devices, notes attendees who were deleted, and closes meetings that ended.

Chime's events may be late, repeated, out of order or missing. So each event is a hint that is verified with Chime
before it counts, except that an attendee was deleted, which is final. A message that can't be read is dropped. One that
can't be handled fails, and SQS delivers it again. The reconciler finds what is missed altogether.
"""

import random
import time
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from moderation.application.background.chime_events import ChimeEventHandler, NotSettledError
from moderation.bootstrap import gavel
from moderation.initialization import at_init
from moderation.ports import InfrastructureError
from moderation.telemetry import LATENCY, UNEXPECTED_ERRORS, UPDATES_NOT_APPLIED, count, logger, metrics, write

from .chime_event import CONNECTED, DELETED, ENDED, JOINED, LEFT, UPDATED, ChimeEvent, UnreadableEventError, read

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 1.5
GIVE_UP_AFTER = 7.0
"""Seconds. An attendee who joins can be heard until they are bound, and the queue would take half a minute to deliver
the message again. Changed capabilities, and attendees who left, can wait that long: retries at once would take the
calls that others need.
"""
RETRIED_AT_ONCE = {*JOINED, DELETED, ENDED}
COMMANDS = {**dict.fromkeys(JOINED, "bind"), LEFT: "lower-hand", DELETED: "note-gone", UPDATED: "compare", ENDED: "end"}
"""The `command` of the log line, by the type of the event."""

batch = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)


@at_init
def chime_events() -> ChimeEventHandler:
    return gavel().chime_events


@logger.inject_lambda_context
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(event, _process_record, batch, context)


def _process_record(record: SQSRecord) -> None:
    try:
        event = read(record.get("body"))
    except UnreadableEventError as unreadable:
        write("WARNING", "message dropped", messageId=record.message_id, lacks=str(unreadable))
        return
    if event.is_relevant:
        _process(event)


def _process(event: ChimeEvent) -> None:
    started, command = time.monotonic(), COMMANDS[event.type]
    if not event.is_applied:
        count(UPDATES_NOT_APPLIED)
    try:
        _handle_with_retry(event)
    except Exception as error:
        is_foreseen = isinstance(error, (InfrastructureError, NotSettledError))
        unforeseen = {} if is_foreseen else {UNEXPECTED_ERRORS: 1}
        fields = event.log_fields | {"exception": type(error).__name__}
        write("ERROR", "failed", command=command, measures=unforeseen, **fields)
        raise
    took = round((time.monotonic() - started) * 1000, 1)
    measures = {LATENCY: took}
    write("INFO", "chime event processed", command=command, measures=measures, durationMs=took, **event.log_fields)


def _handle_with_retry(event: ChimeEvent) -> None:
    until = time.monotonic() + (GIVE_UP_AFTER if event.type in RETRIED_AT_ONCE else 0)
    pause = FIRST_PAUSE
    while True:
        try:
            return _handle(chime_events(), event)
        except (InfrastructureError, NotSettledError):
            if time.monotonic() + pause > until:
                raise
        time.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - jitter
        pause = min(pause * 2, LONGEST_PAUSE)


def _handle(handlers: ChimeEventHandler, event: ChimeEvent) -> None:
    meeting_id, attendee_id = event.meeting_id, event.attendee_id
    if event.type == ENDED:
        handlers.on_ended(meeting_id)
    elif event.type == UPDATED:
        handlers.on_capabilities_updated(meeting_id, attendee_id, event.capabilities, is_taken=event.is_applied)
    elif event.type == DELETED:
        handlers.on_deleted(meeting_id, attendee_id, event.at)
    elif event.type == LEFT:
        handlers.on_left(meeting_id, attendee_id, event.at)
    else:
        handlers.on_joined(meeting_id, attendee_id, event.at if event.type in CONNECTED else None)
