"""What operators see: one line of JSON for each decision, with its metrics in it.

Such a line is a document in CloudWatch's embedded metric format, so metrics cost neither a call nor a line more:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
Every combination of dimensions is a metric that is paid for: none of them names a meeting or a person.
"""

import json
import os
import sys
from collections import Counter
from collections.abc import Mapping
from time import time
from typing import NamedTuple

NAMESPACE = "Gavel"
NONE = "none"
"""What stands for the command where there is none, and for the stage where nobody said which."""
BY_COMMAND = (("stage",), ("stage", "command"))
BY_VERDICT = (*BY_COMMAND, ("stage", "command", "verdict"))

Dimensions = tuple[tuple[str, ...], ...]


class Metric(NamedTuple):
    """`by`: the sets of dimensions that it is kept under."""

    name: str
    unit: str = "Count"
    by: Dimensions = BY_COMMAND


DECISIONS = Metric("Decisions", by=BY_VERDICT)
LATENCY = Metric("Latency", "Milliseconds")
"""From the function's first look at a request or message to its answer."""

COMMANDS_REFUSED = Metric("CommandsRefused", by=(("stage",), ("stage", "code"), ("stage", "cause")))
"""Commands by event that can never work. No caller waits for their answer, so operators have to see them."""

CHIME_CALLS = Metric("ChimeCalls")
CHIME_THROTTLES = Metric("ChimeThrottles")
CHIME_UNKNOWN_ENDS = Metric("ChimeUnknownEnds")

RECONCILER_RUNS = Metric("ReconcilerRuns")
OLDEST_PENDING_AGE = Metric("OldestPendingAge", "Seconds")
"""Of the changes that a run came upon and left pending, how long the oldest has been decided; 0 if it left none."""
OLDEST_COMPARISON_AGE = Metric("OldestComparisonAge", "Seconds")
"""The longest that a meeting which a run came upon had not been compared with Chime, or still has not."""
UNEXPECTED_ERRORS = Metric("UnexpectedErrors")
"""Due items, messages and records that failed for no foreseen reason, each by itself."""
NARROWINGS_REFUSED = Metric("PendingNarrowingRefused")
"""Chime refused for good what withholds something from somebody: he keeps it until somebody helps."""

NOT_TAKEN_BY_MEDIA = Metric("CapabilitiesNotTaken")
"""Chime's API took an update of capabilities, and its media servers did not."""

OUTBOX_AGE = Metric("OutboxAge", "Seconds")
"""From an entry's commit to its event."""
LIVE_AGE = Metric("LiveAge", "Seconds")
"""From an entry's commit to the pages of those who listen: two at most is the promise."""
EVENTS_NOT_TAKEN = Metric("EventsNotTaken")
DRIFT_FOUND = Metric("DriftFound")
"""Seats."""
DELAYED = Metric("Delayed")
ABANDONED = Metric("Abandoned")

_counted: Counter[Metric] = Counter()


def count(metric: Metric) -> None:
    """One more, to be told with the next line. A function's process sees to one invocation at a time."""
    _counted[metric] += 1


def write(
    level: str,
    message: str,
    *,
    command: str | None = None,
    measures: Mapping[Metric, float] | None = None,
    **said: object,
) -> None:
    """The line, with `measures` and whatever was counted since the last one."""
    told: dict[Metric, float] = {**_counted, **(measures or {})}
    _counted.clear()
    line = {
        "level": level,
        "message": message,
        "stage": os.environ.get("GAVEL_STAGE", NONE),
        "command": command or NONE,
        **_trace(),
        **said,
        **{metric.name: value for metric, value in told.items()},
    }
    if told:
        line["_aws"] = {"Timestamp": round(time() * 1000), "CloudWatchMetrics": _directives(told)}
    sys.stdout.write(json.dumps(line, separators=(",", ":")) + "\n")


def _directives(metrics: Mapping[Metric, float]) -> list[dict[str, object]]:
    together: dict[Dimensions, list[dict[str, str]]] = {}
    for metric in metrics:
        together.setdefault(metric.by, []).append({"Name": metric.name, "Unit": metric.unit})
    return [
        {"Namespace": NAMESPACE, "Dimensions": [list(each) for each in by], "Metrics": named}
        for by, named in together.items()
    ]


def _trace() -> dict[str, str]:
    """The X-Ray trace of this invocation, as Lambda says it: `Root=1-…;Parent=…;Sampled=1`."""
    root = os.environ.get("_X_AMZN_TRACE_ID", "").partition(";")[0]
    return {"traceId": root.removeprefix("Root=")} if root.startswith("Root=") else {}
