"""Logs and metrics of the functions, by Powertools for AWS Lambda.

Each decision leaves one line in the log. Metrics are documents of their own, in CloudWatch's embedded metric format.
Every combination of dimensions is billed as a metric, so no dimension names a meeting or a user.
"""

import json
import os
import warnings
from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import EphemeralMetrics

NAMESPACE = "Gavel"
SERVICE = "gavel"
NONE = "none"
"""The command of a line without a command, and the stage outside of a stack."""
BY_COMMAND = (("stage",), ("stage", "command"))
BY_VERDICT = (*BY_COMMAND, ("stage", "command", "verdict"))

Dimensions = tuple[tuple[str, ...], ...]


class Metric(NamedTuple):
    """A metric. `by`: the sets of dimensions under which CloudWatch keeps it. The first is always the stage alone."""

    name: str
    unit: str = "Count"
    by: Dimensions = BY_COMMAND


DECISIONS = Metric("Decisions", by=BY_VERDICT)
LATENCY = Metric("Latency", "Milliseconds")
"""The time from the function's start on a request or message until its answer."""

COMMANDS_REFUSED = Metric("CommandsRefused", by=(("stage",), ("stage", "code"), ("stage", "cause")))
"""Commands by event that can never succeed. Their senders get no answer, so operators have to see them."""

CHIME_CALLS = Metric("ChimeCalls")
CHIME_THROTTLES = Metric("ChimeThrottles")
CHIME_UNKNOWN_OUTCOMES = Metric("ChimeUnknownOutcomes")

RECONCILER_RUNS = Metric("ReconcilerRuns")
OLDEST_PENDING_AGE = Metric("OldestPendingAge", "Seconds")
"""The age of the oldest change that a run met and left pending, since its decision; 0 if it left none."""
OLDEST_COMPARISON_AGE = Metric("OldestComparisonAge", "Seconds")
"""The longest time since the last comparison with Chime, of the meetings that a run met."""
UNEXPECTED_ERRORS = Metric("UnexpectedErrors")
"""Due items, messages and records that failed for an unforeseen reason."""
NARROWINGS_REJECTED = Metric("NarrowingsRejected")
"""Chime rejected for good a change that withholds a capability: the attendee keeps it until an operator acts."""

UPDATES_NOT_APPLIED = Metric("CapabilityUpdatesNotApplied")
"""Chime's API accepted an update of capabilities, and its media servers did not apply it."""

PUBLISHING_DELAY = Metric("PublishingDelay", "Seconds")
"""The time from an entry's commit to its event."""
LIVE_DELAY = Metric("LiveDelay", "Seconds")
"""The time from an entry's commit to its subscribers' pages. The goal is two seconds at most."""
EVENTS_REJECTED = Metric("EventsRejected")
DRIFT_FOUND = Metric("DriftFound")
"""Attendees with drift."""
CHANGES_DELAYED = Metric("ChangesDelayed")
CHANGES_ABANDONED = Metric("ChangesAbandoned")

logger = Logger(
    service=SERVICE,
    utc=True,
    use_rfc3339=True,
    location=None,
    json_serializer=partial(json.dumps, separators=(",", ":"), default=str),  # ASCII: lone surrogates fail in UTF-8
)
"""The logger. Its level is `POWERTOOLS_LOG_LEVEL`. `location` is left out: it would be this module in every line."""
LOG = {"INFO": logger.info, "WARNING": logger.warning, "ERROR": logger.error}
metrics = Metrics(namespace=NAMESPACE)
"""The metric of cold starts. All other metrics are published with their line, under its dimensions."""
warnings.filterwarnings("ignore", "No application metrics to publish")

_counted: Counter[Metric] = Counter()


def count(metric: Metric) -> None:
    """Adds one to a metric, which is published with the next line. A function's process handles one invocation at a
    time.
    """
    _counted[metric] += 1


def write(
    level: str,
    message: str,
    *,
    command: str | None = None,
    measures: Mapping[Metric, float] | None = None,
    **fields: object,
) -> None:
    """Logs the line and publishes `measures`, with everything that was counted since the last line."""
    measured: dict[Metric, float] = {**_counted, **(measures or {})}
    _counted.clear()
    line = {
        "stage": os.environ.get("GAVEL_STAGE", NONE),
        "command": command or NONE,
        "correlation_id": _correlation_id(fields),
        **fields,
    }
    LOG[level](message, extra=line)
    _publish(measured, line)


def _correlation_id(fields: Mapping[str, object]) -> object:
    """The id of the change, else of the caller's request, else of the invocation."""
    invocation = logger.get_current_keys().get("function_request_id")
    return fields.get("changeId") or fields.get("requestId") or invocation


def _publish(measured: Mapping[Metric, float], line: Mapping[str, object]) -> None:
    """Publishes a document for each set of dimensions."""
    for by in dict.fromkeys(metric.by for metric in measured):
        document = EphemeralMetrics(namespace=NAMESPACE)
        document.set_default_dimensions(stage=line["stage"])
        for names in by[1:]:
            document.add_dimensions(**{name: str(line[name]) for name in names if name != "stage"})
        for metric, value in measured.items():
            if metric.by == by:
                document.add_metric(metric.name, metric.unit, value)
        document.add_metadata("correlation_id", line["correlation_id"])
        document.add_metadata("meetingId", line.get("meetingId"))
        document.flush_metrics()
