"""The Lambda function `reconciler`: a rule invokes it every minute, and a queue with wake-ups.

Both may invoke it twice, late or never. A change is taken over only when it is due, by one process at a time.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from moderation.application.background.reconciler import Reconciler, Report
from moderation.application.background.unexpected_errors import UnexpectedError
from moderation.application.enforcement.change_in_progress import ChangeInProgress
from moderation.bootstrap import clock, gavel
from moderation.initialization import at_init
from moderation.ports import Wakeup
from moderation.telemetry import (
    NARROWINGS_REJECTED,
    OLDEST_COMPARISON_AGE,
    OLDEST_PENDING_AGE,
    RECONCILER_RUNS,
    UNEXPECTED_ERRORS,
    Metric,
    logger,
    metrics,
    write,
)

RUN = timedelta(seconds=50)
"""The duration of a run: below a minute, so that runs do not overlap, and below the function's time-out."""
RECONCILE = "reconcile"

batch = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)


@at_init
def reconciler() -> Reconciler:
    return gavel().reconciler


@logger.inject_lambda_context
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> Mapping[str, Any]:
    if "Records" in event:
        return process_partial_response(event, _process_wakeup, batch, context)
    _log(reconciler().run(clock().now() + RUN), is_run=True)
    return {}


def _process_wakeup(record: SQSRecord) -> None:
    try:
        content = record.json_body
        wakeup = Wakeup(content["meetingId"], content.get("changeId"), content.get("userId"))
        _log(reconciler().on_wakeup(wakeup))
    except Exception as error:
        measures = {UNEXPECTED_ERRORS: 1}
        exception = type(error).__name__
        write("ERROR", "failed", command=RECONCILE, measures=measures, messageId=record.message_id, exception=exception)
        raise


def _log(report: Report, *, is_run: bool = False) -> None:
    """Writes one line for the report, and one for each change and each fault."""
    write(
        "INFO",
        "reconciled",
        command=RECONCILE,
        measures=_measures(report, is_run=is_run),
        taken=report.taken,
        finished=report.finished,
        left=report.left,
        takenByOthers=report.taken_by_others,
        failed=report.failed,
        compared=report.comparison.compared,
        notCompared=report.comparison.left,
        statuses=report.statuses,
    )
    now = clock().now()
    for change in report.changes:
        _log_change(change, now)
    for fault in report.faults:
        _log_fault(fault)


def _measures(report: Report, *, is_run: bool) -> dict[Metric, float]:
    """The metrics of a run or a wake-up. A wake-up knows its own change only, so only a run can measure that nothing is
    pending.
    """
    if is_run:
        oldest = {OLDEST_PENDING_AGE: report.oldest_pending, OLDEST_COMPARISON_AGE: report.comparison.oldest}
        return {RECONCILER_RUNS: 1, **oldest}
    return {OLDEST_PENDING_AGE: report.oldest_pending} if report.oldest_pending else {}


def _log_change(in_progress: ChangeInProgress, now: datetime) -> None:
    change = in_progress.change
    write(
        "ERROR" if in_progress.refused else "INFO",
        "change applied",
        command=change.command,
        measures={NARROWINGS_REJECTED: 1} if in_progress.refused else {},
        changeId=change.id,
        meetingId=change.meeting_id,
        outcome=change.status,
        rejectedByChime=in_progress.refused,
        ageSeconds=round((now - change.committed_at).total_seconds(), 3),
    )


def _log_fault(fault: UnexpectedError) -> None:
    """Writes the line of a due item that failed for an unforeseen reason. It was postponed, so that no other item waits
    for it.
    """
    write(
        "ERROR",
        "failed",
        command=RECONCILE,
        measures={UNEXPECTED_ERRORS: 1},
        meetingId=fault.meeting_id,
        changeId=fault.change_id,
        failure=fault.where,
        personal={"externalUserId": fault.user_id} if fault.user_id else {},
    )
