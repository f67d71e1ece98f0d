"""The dashboard: what hosts get, what Chime does, what is under way, what is left behind."""

from collections.abc import Mapping, Sequence

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra.alarms import MonitoredResources
from infra.function import PythonFunction
from infra.metrics import Metrics, depth, of_api, of_function
from infra.version import version

WIDTH = 24
HALF = 12
THIRD = 8


def dashboard(
    scope: Construct,
    name: str,
    *,
    metrics: Metrics,
    watched: MonitoredResources,
    doors: Mapping[str, PythonFunction],
    alarms: Sequence[cloudwatch.Alarm],
) -> cloudwatch.Dashboard:
    return cloudwatch.Dashboard(
        scope,
        "Dashboard",
        dashboard_name=name,
        widgets=[
            [cloudwatch.TextWidget(markdown=f"Gavel {version()}", width=WIDTH, height=1)],
            [cloudwatch.AlarmStatusWidget(title="Alarms", alarms=list(alarms), width=WIDTH, height=4)],
            _of_hosts(metrics, watched),
            _of_chime(metrics),
            _under_way(metrics, watched),
            _left_behind(metrics, watched, doors),
            [_failures(doors)],
        ],
    )


def _of_hosts(metrics: Metrics, watched: MonitoredResources) -> list[cloudwatch.IWidget]:
    return [
        _graph("Decisions by command and verdict", [metrics.by("Decisions", "Sum", "command", "verdict")], THIRD),
        _graph(
            "API: requests and errors",
            [of_api(watched.api, name, "Sum") for name in ("Count", "4xx", "5xx")],
            THIRD,
        ),
        _graph(
            "API: latency (ms)",
            [of_api(watched.api, "Latency", statistic) for statistic in ("p50", "p95", "p99")],
            THIRD,
        ),
    ]


def _of_chime(metrics: Metrics) -> list[cloudwatch.IWidget]:
    calls = [metrics.own(name, "Sum") for name in ("ChimeCalls", "ChimeThrottles", "ChimeUnknownEnds")]
    return [
        _graph("Chime: calls, throttles, unknown ends", calls, THIRD),
        _graph("Decisions: p99 of their latency by command (ms)", [metrics.by("Latency", "p99", "command")], THIRD),
        _graph(
            "Drift: seats found to differ, updates that the media servers did not take",
            [metrics.own("DriftFound", "Sum"), metrics.own("CapabilitiesNotTaken", "Sum")],
            THIRD,
        ),
    ]


def _under_way(metrics: Metrics, watched: MonitoredResources) -> list[cloudwatch.IWidget]:
    unsettled = [metrics.own(name, "Sum") for name in ("Delayed", "Abandoned", "PendingNarrowingRefused")]
    return [
        _graph(
            "Oldest pending change, oldest comparison with Chime (s); unexpected errors",
            [
                metrics.own("OldestPendingAge", "Maximum"),
                metrics.own("OldestComparisonAge", "Maximum"),
                metrics.own("UnexpectedErrors", "Sum"),
            ],
            THIRD,
        ),
        _graph("Delayed, abandoned, refused", [*unsettled, metrics.own("ReconcilerRuns", "Sum")], THIRD),
        _graph(
            "Outbox: age of entries (s), of the stream (ms), events not taken; pages: age of entries (s)",
            [
                metrics.own("OutboxAge", "Maximum"),
                of_function(watched.event_publisher, "IteratorAge", "Maximum"),
                metrics.own("EventsNotTaken", "Sum"),
                metrics.own("LiveAge", "Maximum"),
            ],
            THIRD,
        ),
    ]


def _left_behind(
    metrics: Metrics, watched: MonitoredResources, doors: Mapping[str, PythonFunction]
) -> list[cloudwatch.IWidget]:
    functions = {name: door.function for name, door in doors.items()}
    return [
        _graph(
            "Dead letters; commands by event that were refused, by code",
            [
                *(depth(queue) for queue in watched.dead_letters.values()),
                metrics.own("CommandsRefused", "Sum"),
                metrics.by("CommandsRefused", "Sum", "code"),
            ],
            THIRD,
        ),
        _graph(
            "Functions: errors and throttles",
            [
                of_function(function, metric, "Sum").with_(label=f"{name} {metric.lower()}")
                for name, function in functions.items()
                for metric in ("Errors", "Throttles")
            ],
            THIRD,
        ),
        _graph(
            "Functions: p99 of their duration (ms)",
            [of_function(function, "Duration", "p99").with_(label=name) for name, function in functions.items()],
            THIRD,
        ),
    ]


def _failures(doors: Mapping[str, PythonFunction]) -> cloudwatch.IWidget:
    """Without `person`: whoever looks at a dashboard need not know whom it is about."""
    return cloudwatch.LogQueryWidget(
        title="The last failures",
        log_group_names=[door.log_group.log_group_name for door in doors.values()],
        query_lines=[
            "fields @timestamp, message, command, code, exception, failure, meetingId, changeId, requestId",
            'filter level = "ERROR"',
            "sort @timestamp desc",
            "limit 20",
        ],
        width=WIDTH,
        height=6,
    )


def _graph(title: str, shown: Sequence[cloudwatch.IMetric], width: int) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(shown), width=width, height=6)
