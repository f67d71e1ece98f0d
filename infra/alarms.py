"""What an operator is woken for. Each has a section of its name in the runbook, docs/operations.md."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from infra.metrics import Metrics, depth, of_api, of_function

RUNBOOK = "docs/operations.md"
FIVE_MINUTES = Duration.minutes(5)
_Missing = cloudwatch.TreatMissingData
_AT_LEAST = cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
_BELOW = cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD


@dataclass(frozen=True)
class MonitoredResources:
    """What the alarms look at. `dead_letters`: what a queue is for → the queue."""

    api: apigatewayv2.HttpApi
    event_publisher: lambda_.Function
    dead_letters: Mapping[str, sqs.Queue]


@dataclass(frozen=True)
class AlarmSpec:
    """It rings when `metric` is at least `threshold` in `datapoints` of the last `periods`."""

    name: str
    says: str
    metric: cloudwatch.IMetric
    threshold: float
    datapoints: int = 1
    periods: int = 1
    comparison: cloudwatch.ComparisonOperator = _AT_LEAST
    missing: cloudwatch.TreatMissingData = _Missing.NOT_BREACHING

    @property
    def description(self) -> str:
        return f"{self.says} What to do: {RUNBOOK}#{self.name}"

    @property
    def is_percentile(self) -> bool:
        return isinstance(self.metric, cloudwatch.Metric) and self.metric.statistic.startswith("p")


def alarm_specs(metrics: Metrics, watched: MonitoredResources) -> Iterator[AlarmSpec]:
    yield from _of_decisions(metrics)
    yield from _of_events(metrics)
    yield from _of_chime(metrics)
    yield from _of_the_api(watched)
    yield AlarmSpec(
        "event-publisher-late",
        "Events are late: the oldest entry has been waiting for the bus for more than a minute.",
        of_function(watched.event_publisher, "IteratorAge", "Maximum"),
        60_000,
        datapoints=2,
        periods=3,
    )
    for purpose, queue in watched.dead_letters.items():
        yield AlarmSpec(
            f"dead-letters-{purpose}",
            f"Something could not be worked off and lies in the dead-letter queue ({purpose.replace('-', ' ')}).",
            depth(queue),
            1,
        )


def _of_decisions(metrics: Metrics) -> Iterator[AlarmSpec]:
    yield AlarmSpec(
        "oldest-pending-change",
        "A decision has not been carried out for more than two minutes.",
        metrics.own("OldestPendingAge", "Maximum"),
        120,
        datapoints=2,
        periods=3,
    )
    yield AlarmSpec(
        "comparison-late",
        "A meeting has not been compared with Chime for ten minutes: what was lost or has drifted there is unseen.",
        metrics.own("OldestComparisonAge", "Maximum"),
        600,
        datapoints=3,
        periods=5,
    )
    yield AlarmSpec(
        "unexpected-errors",
        "Something that was due, or was brought by a queue or a stream, failed for no foreseen reason.",
        metrics.own("UnexpectedErrors", "Sum", FIVE_MINUTES),
        1,
    )
    yield AlarmSpec(
        "narrowing-refused",
        "Chime refuses for good to take something from somebody, who keeps what was to be taken.",
        metrics.own("PendingNarrowingRefused", "Sum", FIVE_MINUTES),
        1,
    )
    # A run a minute; silence is what it looks like when there is none.
    yield AlarmSpec(
        "reconciler-not-running",
        "The reconciler has not finished a run for five minutes: nothing that is pending is pursued.",
        metrics.own("ReconcilerRuns", "Sum"),
        1,
        datapoints=5,
        periods=5,
        comparison=_BELOW,
        missing=_Missing.BREACHING,
    )
    yield AlarmSpec(
        "drift",
        "Within an hour Chime was found to differ from the rules on twenty seats or more.",
        metrics.own("DriftFound", "Sum", Duration.hours(1)),
        20,
    )


def _of_events(metrics: Metrics) -> Iterator[AlarmSpec]:
    yield AlarmSpec(
        "commands-refused",
        "Commands by event can never work: a trigger or a sender is set up wrongly.",
        metrics.own("CommandsRefused", "Sum", FIVE_MINUTES, cause="setup"),
        1,
    )


def _of_chime(metrics: Metrics) -> Iterator[AlarmSpec]:
    yield AlarmSpec(
        "chime-throttled",
        "Chime has refused ten calls or more within a minute because there were too many.",
        metrics.own("ChimeThrottles", "Sum"),
        10,
        datapoints=3,
        periods=5,
    )

    yield AlarmSpec(
        "capabilities-not-taken",
        "Chime's media servers did not take updates of capabilities that its API took, five times in five minutes.",
        metrics.own("CapabilitiesNotTaken", "Sum", FIVE_MINUTES),
        5,
    )


def _of_the_api(watched: MonitoredResources) -> Iterator[AlarmSpec]:
    yield AlarmSpec(
        "api-5xx",
        "The API has answered five requests or more with a 5xx within five minutes.",
        of_api(watched.api, "5xx", "Sum", FIVE_MINUTES),
        5,
    )
    yield AlarmSpec(
        "api-slow",
        "Of the API's answers one in a hundred takes longer than three seconds.",
        of_api(watched.api, "Latency", "p99", FIVE_MINUTES),
        3000,
        datapoints=3,
        periods=3,
    )
