"""The reconciler's door: a rule's tick, or reminders from the queue.

Both may come twice, late or never: a change is taken over only when it is due, by one process at a time.
"""

import json
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from moderation.ports import Reminder
from moderation.wiring import gavel, surroundings

RUN = timedelta(seconds=50)
"""Below a minute, so that runs don't pile up, and below the function's time-out."""


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    if "Records" not in event:
        _log(asdict(gavel().reconciler.run(surroundings().now() + RUN)))
        return {}
    failures = []
    for record in event["Records"]:
        try:
            said = json.loads(record["body"])
            reminder = Reminder(said["meetingId"], said.get("changeId"), said.get("userId"))
            _log(asdict(gavel().reconciler.remind(reminder)))
        except Exception as error:
            _log({"level": "ERROR", "error": type(error).__name__})
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def _log(said: dict[str, Any]) -> None:
    print(json.dumps({"message": "reconciled", **said}))
