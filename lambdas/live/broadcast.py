"""The ledger's stream in, messages on open connections out.

A meeting whose listeners could not be told comes again, in its order, and keeps no other one waiting meanwhile. Whoever
was told already hears it twice, which does no harm.
"""

from typing import Any

from moderation.bootstrap import live_publisher, meeting_deltas, surroundings
from moderation.ports import InfrastructureError
from moderation.ports.live import MeetingDelta
from moderation.telemetry import LIVE_AGE, UNEXPECTED_ERRORS, write


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    records = event["Records"]
    untold: set[str] = set()
    for each in meeting_deltas(records):
        try:
            _show(each)
        except Exception as error:
            untold.add(each.meeting_id)
            measures = {} if isinstance(error, InfrastructureError) else {UNEXPECTED_ERRORS: 1}
            write("ERROR", "failed", measures=measures, meetingId=each.meeting_id, exception=type(error).__name__)
    return {"batchItemFailures": _from_the_first(records, untold)}


def _show(each: MeetingDelta) -> None:
    """One line where somebody was told something: most meetings have no listener most of the time."""
    began = surroundings().now()
    listeners = live_publisher().tell(each)
    if not listeners:
        return
    now = surroundings().now()
    oldest = min((entry.occurred_at for entry in each.entries), default=None)
    measures = {LIVE_AGE: max((now - oldest).total_seconds(), 0)} if oldest else {}
    took = (now - began).total_seconds() * 1000
    write("INFO", "shown", measures=measures, meetingId=each.meeting_id, listeners=listeners, durationMs=took)


def _from_the_first(records: list[dict[str, Any]], untold: set[str]) -> list[dict[str, str]]:
    for record in records:
        if record["dynamodb"]["Keys"]["pk"]["S"].partition("#")[2] in untold:
            return [{"itemIdentifier": record["dynamodb"]["SequenceNumber"]}]
    return []
