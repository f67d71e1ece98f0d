"""The alarms. The runbook, docs/operations.md, has a section with the name of each."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from .metrics import Metrics, depth, of_api, of_function, table_throttles, total

RUNBOOK = "docs/operations.md"
FIVE_MINUTES = Duration.minutes(5)
_Missing = cloudwatch.TreatMissingData
_AT_LEAST = cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
_BELOW = cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD


@dataclass(frozen=True)
class MonitoredResources:
    """The resources whose metrics the alarms watch. `dead_letters`: purpose → dead-letter queue. `indexes`: the
    table's.
    """

    api: apigatewayv2.IHttpApi
    live_api: apigatewayv2.IWebSocketApi
    event_publisher: lambda_.Function
    functions: Sequence[lambda_.Function]
    table: dynamodb.Table
    indexes: Sequence[str]
    dead_letters: Mapping[str, sqs.Queue]


@dataclass(frozen=True)
class AlarmSpec:
    """An alarm. It rings when `metric` is at least `threshold` in `datapoints` of the last `periods`."""

    name: str
    says: str
    metric: cloudwatch.IMetric
    threshold: float
    datapoints: int = 1
    periods: int = 1
    comparison: cloudwatch.ComparisonOperator = _AT_LEAST
    missing: cloudwatch.TreatMissingData = _Missing.NOT_BREACHING

    def description(self, runbook: str) -> str:
        """The text of the alarm's mail. `runbook` is the address of docs/operations.md."""
        return f"{self.says} What to do: {runbook}#{self.name}"

    @property
    def is_percentile(self) -> bool:
        return isinstance(self.metric, cloudwatch.Metric) and self.metric.statistic.startswith("p")


def alarm_specs(metrics: Metrics, monitored: MonitoredResources) -> Iterator[AlarmSpec]:
    yield from _of_decisions(metrics)
    yield from _of_events(metrics)
    yield from _of_chime(metrics)
    yield from _of_the_api(monitored)
    yield from _of_resources(monitored)
    yield AlarmSpec(
        "event-publisher-late",
        "Events are late: the oldest entry has waited for more than a minute to be published.",
        of_function(monitored.event_publisher, "IteratorAge", "Maximum"),
        60_000,
        datapoints=2,
        periods=3,
    )
    for purpose, queue in monitored.dead_letters.items():
        yield AlarmSpec(
            f"dead-letters-{purpose}",
            f"The dead-letter queue of {purpose.replace('-', ' ')} holds messages that could not be processed.",
            depth(queue),
            1,
        )


def _of_decisions(metrics: Metrics) -> Iterator[AlarmSpec]:
    yield AlarmSpec(
        "oldest-pending-change",
        "A decision has not been applied for more than two minutes.",
        metrics.own("OldestPendingAge", "Maximum"),
        120,
        datapoints=2,
        periods=3,
    )
    yield AlarmSpec(
        "comparison-late",
        "A meeting has not been compared with Chime for ten minutes: drift and lost events in it are not detected.",
        metrics.own("OldestComparisonAge", "Maximum"),
        600,
        datapoints=3,
        periods=5,
    )
    yield AlarmSpec(
        "unexpected-errors",
        "A due item, a message or a stream record failed for no foreseen reason.",
        metrics.own("UnexpectedErrors", "Sum", FIVE_MINUTES),
        1,
    )
    yield AlarmSpec(
        "narrowing-rejected",
        "Chime rejects for good a change that withholds a capability, so the attendee keeps it.",
        metrics.own("NarrowingsRejected", "Sum", FIVE_MINUTES),
        1,
    )
    # There is one run a minute; without runs there is no data.
    yield AlarmSpec(
        "reconciler-not-running",
        "The reconciler has not finished a run for five minutes: pending changes are not retried.",
        metrics.own("ReconcilerRuns", "Sum"),
        1,
        datapoints=5,
        periods=5,
        comparison=_BELOW,
        missing=_Missing.BREACHING,
    )
    yield AlarmSpec(
        "drift",
        "Within an hour the capabilities of twenty attendees or more differed from the rules.",
        metrics.own("DriftFound", "Sum", Duration.hours(1)),
        20,
    )


def _of_events(metrics: Metrics) -> Iterator[AlarmSpec]:
    yield AlarmSpec(
        "commands-refused",
        "Commands by event can never work: a trigger or a sender is configured wrongly.",
        metrics.own("CommandsRefused", "Sum", FIVE_MINUTES, cause="setup"),
        1,
    )


def _of_chime(metrics: Metrics) -> Iterator[AlarmSpec]:
    yield AlarmSpec(
        "chime-throttled",
        "Chime has throttled ten calls or more within a minute.",
        metrics.own("ChimeThrottles", "Sum"),
        10,
        datapoints=3,
        periods=5,
    )

    yield AlarmSpec(
        "updates-not-applied",
        "Five times in five minutes Chime's media servers did not apply an update that its API had accepted.",
        metrics.own("CapabilityUpdatesNotApplied", "Sum", FIVE_MINUTES),
        5,
    )


def _of_the_api(monitored: MonitoredResources) -> Iterator[AlarmSpec]:
    yield AlarmSpec(
        "api-5xx",
        "The API has answered five requests or more with a 5xx within five minutes.",
        of_api(monitored.api, "5xx", "Sum", FIVE_MINUTES),
        5,
    )
    yield AlarmSpec(
        "api-slow",
        "Of the API's answers one in a hundred takes longer than three seconds.",
        of_api(monitored.api, "Latency", "p99", FIVE_MINUTES),
        3000,
        datapoints=3,
        periods=3,
    )


def _of_resources(monitored: MonitoredResources) -> Iterator[AlarmSpec]:
    """The alarms that AWS recommends for its services.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Best_Practice_Recommended_Alarms_AWS_Services.html
    """
    yield AlarmSpec(
        "function-errors",
        "Runs of the functions ended in an error, a time-out or for want of memory, three within five minutes.",
        _of_all(monitored.functions, "Errors"),
        3,
    )
    yield AlarmSpec(
        "function-throttles",
        "Lambda has refused to run functions: the account's concurrency, or the one reserved, is used up.",
        _of_all(monitored.functions, "Throttles"),
        1,
        datapoints=2,
        periods=3,
    )
    yield AlarmSpec(
        "table-throttles",
        "DynamoDB has throttled reads or writes of the table or of an index, ten within five minutes.",
        total(table_throttles(monitored.table, monitored.indexes, FIVE_MINUTES), FIVE_MINUTES),
        10,
    )


def _of_all(functions: Sequence[lambda_.Function], name: str) -> cloudwatch.IMetric:
    return total([of_function(function, name, "Sum", FIVE_MINUTES) for function in functions], FIVE_MINUTES)
