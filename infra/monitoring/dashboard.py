"""The dashboard: the API, Chime, pending changes, events, live connections, functions and dead letters."""

from collections.abc import Mapping, Sequence

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from ..resources.function import PythonFunction
from ..version import version
from .alarms import MonitoredResources
from .metrics import Metrics, cold_starts, depth, of_api, of_function, table_throttles

WIDTH = 24
HALF = 12
THIRD = 8


def dashboard(
    scope: Construct,
    name: str,
    *,
    metrics: Metrics,
    monitored: MonitoredResources,
    functions: Mapping[str, PythonFunction],
    alarms: Sequence[cloudwatch.Alarm],
) -> cloudwatch.Dashboard:
    return cloudwatch.Dashboard(
        scope,
        "Dashboard",
        dashboard_name=name,
        widgets=[
            [cloudwatch.TextWidget(markdown=f"Gavel {version()}", width=WIDTH, height=1)],
            [cloudwatch.AlarmStatusWidget(title="Alarms", alarms=list(alarms), width=WIDTH, height=4)],
            _of_hosts(metrics, monitored),
            _of_chime(metrics),
            _under_way(metrics),
            _refused(metrics),
            _of_events(metrics, monitored),
            _of_live(monitored, functions["live.websocket"]),
            _of_functions(functions, monitored),
            [_failures(functions)],
        ],
    )


def _of_hosts(metrics: Metrics, monitored: MonitoredResources) -> list[cloudwatch.IWidget]:
    return [
        _graph("Decisions by command and verdict", [metrics.by("Decisions", "Sum", "command", "verdict")], THIRD),
        _graph(
            "API: requests and errors",
            [of_api(monitored.api, name, "Sum") for name in ("Count", "4xx", "5xx")],
            THIRD,
        ),
        _graph(
            "API: latency (ms)",
            [of_api(monitored.api, "Latency", statistic) for statistic in ("p50", "p95", "p99")],
            THIRD,
        ),
    ]


def _of_chime(metrics: Metrics) -> list[cloudwatch.IWidget]:
    calls = [metrics.own(name, "Sum") for name in ("ChimeCalls", "ChimeThrottles", "ChimeUnknownOutcomes")]
    return [
        _graph("Chime: calls, throttles, unknown outcomes", calls, THIRD),
        _graph("Decisions: p99 of their latency by command (ms)", [metrics.by("Latency", "p99", "command")], THIRD),
        _graph(
            "Attendees that drifted, updates that the media servers did not apply",
            [metrics.own("DriftFound", "Sum"), metrics.own("CapabilityUpdatesNotApplied", "Sum")],
            THIRD,
        ),
    ]


def _under_way(metrics: Metrics) -> list[cloudwatch.IWidget]:
    names = ("ChangesDelayed", "ChangesAbandoned", "NarrowingsRejected", "UnexpectedErrors", "ReconcilerRuns")
    return [
        _graph(
            "Oldest pending change, oldest comparison with Chime (s)",
            [metrics.own(name, "Maximum") for name in ("OldestPendingAge", "OldestComparisonAge")],
            THIRD,
        ),
        _graph(
            "Changes delayed, abandoned, rejected; unexpected errors; runs of the reconciler",
            [metrics.own(name, "Sum") for name in names],
            THIRD,
        ),
        _graph(
            "Delay of events and of live updates (s)",
            [metrics.own(name, "Maximum") for name in ("PublishingDelay", "LiveDelay")],
            THIRD,
        ),
    ]


def _refused(metrics: Metrics) -> list[cloudwatch.IWidget]:
    return [
        _graph(
            "Refused commands of the API and by event, by command",
            [metrics.by("Decisions", "Sum", "command", "verdict", verdict="refused")],
            HALF,
        ),
        _graph(
            "Refused commands by event, by code",
            [metrics.own("CommandsRefused", "Sum"), metrics.by("CommandsRefused", "Sum", "code")],
            HALF,
        ),
    ]


def _of_events(metrics: Metrics, monitored: MonitoredResources) -> list[cloudwatch.IWidget]:
    return [
        _graph(
            "Event publisher: age of the stream's oldest record (ms)",
            [of_function(monitored.event_publisher, "IteratorAge", "Maximum")],
            HALF,
        ),
        _graph(
            "Events that EventBridge rejected; dead letters",
            [metrics.own("EventsRejected", "Sum"), *(depth(queue) for queue in monitored.dead_letters.values())],
            HALF,
        ),
    ]


def _of_live(monitored: MonitoredResources, connections: PythonFunction) -> list[cloudwatch.IWidget]:
    """API Gateway counts no open connections. Each client sends `listen` when it connects and every five minutes, so
    the log has them all. The query costs what it reads, and nothing while the dashboard is closed.
    """
    return [
        cloudwatch.LogQueryWidget(
            title="Live: open connections (clients that sent `listen` within five minutes)",
            log_group_names=[connections.log_group.log_group_name],
            view=cloudwatch.LogQueryVisualizationType.LINE,
            query_lines=[
                'filter message = "connection" and route = "listen" and status = 200',
                "stats count_distinct(connectionId) as connections by bin(5m)",
            ],
            width=HALF,
            height=6,
        ),
        _graph(
            "Live: connections opened, messages, errors",
            [
                of_api(monitored.live_api, name, "Sum")
                for name in ("ConnectCount", "MessageCount", "ClientError", "IntegrationError", "ExecutionError")
            ],
            HALF,
        ),
    ]


def _of_functions(functions: Mapping[str, PythonFunction], monitored: MonitoredResources) -> list[cloudwatch.IWidget]:
    of_name = {name: function.lambda_function for name, function in functions.items()}
    return [
        _graph(
            "Functions: errors, throttles and cold starts",
            [
                of_function(function, metric, "Sum").with_(label=f"{name} {metric.lower()}")
                for name, function in of_name.items()
                for metric in ("Errors", "Throttles")
            ]
            + [cold_starts(function).with_(label=f"{name} cold starts") for name, function in of_name.items()],
            THIRD,
        ),
        _graph(
            "Functions: p99 of their duration (ms)",
            [of_function(function, "Duration", "p99").with_(label=name) for name, function in of_name.items()],
            THIRD,
        ),
        _graph(
            "Table and indexes: throttled reads and writes",
            table_throttles(monitored.table, monitored.indexes),
            THIRD,
        ),
    ]


def _failures(functions: Mapping[str, PythonFunction]) -> cloudwatch.IWidget:
    """The last log lines with an error. They are shown without `personal`: a dashboard names no users."""
    return cloudwatch.LogQueryWidget(
        title="The last failures",
        log_group_names=[function.log_group.log_group_name for function in functions.values()],
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
