"""The reconciler's door: a rule's tick, or reminders from the queue.

Both may come twice, late or never: a change is taken over only when it is due, by one process at a time.
"""

import json
from datetime import datetime, timedelta
from typing import Any

from moderation.application.background.reconciler import Report
from moderation.application.background.unexpected_errors import UnexpectedError
from moderation.application.enforcement.change_in_progress import ChangeInProgress
from moderation.bootstrap import gavel, surroundings
from moderation.ports import Wakeup
from moderation.telemetry import (
    NARROWINGS_REFUSED,
    OLDEST_COMPARISON_AGE,
    OLDEST_PENDING_AGE,
    RECONCILER_RUNS,
    UNEXPECTED_ERRORS,
    write,
)

RUN = timedelta(seconds=50)
"""Below a minute, so that runs don't pile up, and below the function's time-out."""
RECONCILE = "reconcile"


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    if "Records" not in event:
        _tell(gavel().reconciler.run(surroundings().now() + RUN), is_run=True)
        return {}
    failures = []
    for record in event["Records"]:
        try:
            said = json.loads(record["body"])
            reminder = Wakeup(said["meetingId"], said.get("changeId"), said.get("userId"))
            _tell(gavel().reconciler.on_wakeup(reminder))
        except Exception as error:
            write(
                "ERROR",
                "failed",
                command=RECONCILE,
                measures={UNEXPECTED_ERRORS: 1},
                messageId=record["messageId"],
                exception=type(error).__name__,
            )
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def _tell(report: Report, *, is_run: bool = False) -> None:
    """One line for what the whole came to, with the calls that it took, and one for each change. A reminder knows of
    its own change alone, so that nothing is pending is for a run to say.
    """
    measures = {OLDEST_PENDING_AGE: report.oldest_pending} if is_run or report.oldest_pending else {}
    if is_run:
        measures |= {RECONCILER_RUNS: 1, OLDEST_COMPARISON_AGE: report.comparison.oldest}
    write(
        "INFO",
        "reconciled",
        command=RECONCILE,
        measures=measures,
        taken=report.taken,
        finished=report.finished,
        left=report.left,
        takenByOthers=report.taken_by_others,
        failed=report.failed,
        compared=report.comparison.compared,
        notCompared=report.comparison.left,
        statuses=report.statuses,
    )
    now = surroundings().now()
    for carried in report.carried:
        _tell_of(carried, now)
    for fault in report.faults:
        _tell_fault(fault)


def _tell_of(carried: ChangeInProgress, now: datetime) -> None:
    change = carried.change
    write(
        "ERROR" if carried.refused else "INFO",
        "carried",
        command=change.command,
        measures={NARROWINGS_REFUSED: 1} if carried.refused else {},
        changeId=change.id,
        meetingId=change.meeting_id,
        outcome=change.status,
        refusedByChime=carried.refused,
        ageSeconds=round((now - change.committed_at).total_seconds(), 3),
    )


def _tell_fault(fault: UnexpectedError) -> None:
    """What failed for no foreseen reason is postponed, so it keeps nothing else waiting."""
    write(
        "ERROR",
        "failed",
        command=RECONCILE,
        measures={UNEXPECTED_ERRORS: 1},
        meetingId=fault.meeting_id,
        changeId=fault.change_id,
        failure=fault.where,
        person={"externalUserId": fault.user_id} if fault.user_id else {},
    )
