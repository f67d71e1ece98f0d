"""`make costs`: writes the costs of Gavel into docs/scale.md, from prices, the template and the benchmarks'
measurements.

Prices are those of us-east-1 without free tiers, and stand in this file only. The tables mark estimates with ~.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "scale.md"
MEASURED = ROOT / "benchmarks" / "results" / "cost.md"
MINUTES = 43_800
"""Minutes in a month."""
MILLION = 1_000_000
POLLS = 5 * 3
"""Requests a minute with which Lambda's pollers read each queue. Each waits for 20 s."""
TRACES = 5
"""Invocations for one mute: host_api, the event publisher twice, Chime's event, a live update."""
IDLE_METRICS = 6
"""Metrics that the reconciler writes every minute: ReconcilerRuns, OldestPendingAge and OldestComparisonAge, each by
stage, and by stage and command.
"""


class Price(NamedTuple):
    dollars: float
    per: float
    unit: str


PRICES = {
    "HTTP API": Price(1.00, MILLION, "million requests"),
    "WebSocket messages": Price(1.00, MILLION, "million of 32 KB"),
    "WebSocket connections": Price(0.25, MILLION, "million minutes"),
    "Lambda, arm64": Price(0.0000133334, 1, "GB-second"),
    "Lambda requests": Price(0.20, MILLION, "million"),
    "DynamoDB writes": Price(0.625, MILLION, "million units"),
    "DynamoDB reads": Price(0.125, MILLION, "million units"),
    "DynamoDB storage, with point-in-time recovery": Price(0.45, 1_000_000, "GB-month"),
    "EventBridge": Price(1.00, MILLION, "million events of 64 KB"),
    "SQS": Price(0.40, MILLION, "million requests"),
    "CloudWatch Logs": Price(0.50, 1_000_000, "GB"),
    "CloudWatch alarms": Price(0.10, 1, "metric of an alarm, and month"),
    "CloudWatch dashboards": Price(3.00, 1, "dashboard and month, three are free"),
    "CloudWatch custom metrics": Price(0.30, 1, "metric and month"),
    "X-Ray": Price(5.00, MILLION, "million traces"),
    "Cognito, client for client credentials": Price(6.00, 1, "client and month"),
    "Cognito, tokens for client credentials": Price(2.25, 1000, "thousand tokens"),
    "KMS customer managed keys": Price(1.00, 1, "key and month"),
    "KMS requests": Price(0.03, 10_000, "10,000 requests"),
}
"""Prices. Amounts of storage and logs are in KB."""


class Row(NamedTuple):
    item: str
    reckoned: str
    dollars: float


def cost(price: str, amount: float) -> float:
    return PRICES[price].dollars * amount / PRICES[price].per


def of_a_mute(template: Mapping[str, Any], writes: int) -> list[Row]:
    """The costs of a million mutes of one attendee, by a warm function, applied at once. `writes`: as the benchmark
    measured.
    """
    host, publisher, events = (_memory(template, name) for name in ("host_api", "event_publisher", "chime_events"))
    million = {
        "HTTP API": ("1 request", cost("HTTP API", MILLION)),
        "`host_api`": (f"~0.1 s of {host} MB", _runs(MILLION, 0.1, host)),
        "DynamoDB, writes": (f"{writes} units", cost("DynamoDB writes", writes * MILLION)),
        "event publisher": (f"~2 calls of 50 ms, {publisher} MB", _runs(2 * MILLION, 0.05, publisher)),
        "EventBridge": ("2 events", cost("EventBridge", 2 * MILLION)),
        "Chime's event about it": (
            f"~3 requests to SQS, 50 ms of {events} MB, 2 read units",
            cost("SQS", 3 * MILLION) + _runs(MILLION, 0.05, events) + cost("DynamoDB reads", 2 * MILLION),
        ),
        "CloudWatch Logs": ("~2.5 KB", cost("CloudWatch Logs", 2.5 * MILLION)),
        "X-Ray, in a busy stack": (f"5 % of {TRACES} traces", cost("X-Ray", 0.05 * TRACES * MILLION)),
        "storage": ("3 KB for a month", cost("DynamoDB storage, with point-in-time recovery", 3 * MILLION)),
    }
    return [Row(item, reckoned, dollars) for item, (reckoned, dollars) in million.items()]


def of_a_quiet_mutes_traces() -> float:
    """The costs of traces if less than one request arrives in a second: X-Ray takes the first request of each
    second.
    """
    return cost("X-Ray", TRACES * MILLION)


def of_an_idle_month(template: Mapping[str, Any]) -> list[Row]:
    queues, alarms, tokens = _queues(template), _alarm_metrics(template), MINUTES // 60
    memory, clients = _memory(template, "reconciler"), _machine_clients(template)
    tick = _runs(MINUTES, 0.03, memory) + cost("DynamoDB reads", 2 * MINUTES) + cost("CloudWatch Logs", 0.8 * MINUTES)
    own_pool = [
        Row("Cognito, client of the back end", f"{clients}, if you have no issuer of your own", _clients(clients)),
        Row("Cognito, its tokens", f"~{tokens}, one an hour", cost("Cognito, tokens for client credentials", tokens)),
    ]
    polls = POLLS * MINUTES * queues
    return [
        Row("Lambda's polling", f"{queues} queues × {POLLS} a minute", cost("SQS", polls)),
        Row("the reconciler's tick", f"{MINUTES:,} × ~30 ms of {memory} MB, 2 read units, ~0.8 KB of log", tick),
        Row("X-Ray", f"{MINUTES:,} ticks, each the first request of its second", cost("X-Ray", MINUTES)),
        Row("custom metrics", f"{IDLE_METRICS}", cost("CloudWatch custom metrics", IDLE_METRICS)),
        Row("metrics that alarms look at", f"{alarms}", cost("CloudWatch alarms", alarms)),
        Row("KMS", "AWS's own key of the table: ~1 request in 5 minutes", cost("KMS requests", MINUTES / 5)),
        *(own_pool if clients else []),
    ]


def _alarm_metrics(template: Mapping[str, Any]) -> int:
    """The number of metrics that alarms watch. An alarm on a sum is billed for each metric in it."""
    alarms = [each["Properties"] for each in template["Resources"].values() if each["Type"] == "AWS::CloudWatch::Alarm"]
    return sum(sum("MetricStat" in each for each in alarm.get("Metrics", [{"MetricStat": 1}])) for alarm in alarms)


def tables(template: Mapping[str, Any]) -> dict[str, str]:
    """The name of each block of the page → its table."""
    prices = [[name, f"${price.dollars:g}", price.unit] for name, price in PRICES.items()]
    change, idle = of_a_mute(template, _measured_writes()), of_an_idle_month(template)
    quiet = f"{sum(row.dollars for row in change) - change[-2].dollars + of_a_quiet_mutes_traces():.0f}"
    together = f"in a quiet stack ${quiet}, because X-Ray takes every trace"
    rows = [*_rows(change), ["**together**", together, _total(change)]]
    month = [*_rows(idle), ["**together**", "and $3.00 for the dashboard if it is your fourth", _total(idle)]]
    return {
        "prices": _table(["price of", "$", "for a"], prices),
        "change": _table(["item", "calculation", "$ for a million"], rows),
        "idle": _table(["a month", "calculation", "$"], month),
    }


def written(page: str, blocks: Mapping[str, str]) -> str:
    """The page with each block between its marks."""
    for name, block in blocks.items():
        begin, end = f"<!-- costs: {name} -->\n", f"<!-- end of {name} -->"
        before, _, rest = page.partition(begin)
        if end not in rest:
            raise ValueError(f"the page has no place for `{name}`")
        page = f"{before}{begin}{block}{end}{rest.partition(end)[2]}"
    return page


def synthesized() -> Any:
    """The template that the app makes by default."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory, "asset").mkdir()
        context = json.dumps({"assetDirectory": f"{directory}/asset"})
        environment = os.environ | {"CDK_OUTDIR": f"{directory}/out", "CDK_CONTEXT_JSON": context}
        subprocess.run([sys.executable, str(ROOT / "app.py")], check=True, cwd=ROOT, env=environment)  # noqa: S603
        return json.loads(Path(directory, "out", "gavel.template.json").read_text())


def _runs(times: float, seconds: float, megabytes: int) -> float:
    return cost("Lambda, arm64", times * seconds * megabytes / 1024) + cost("Lambda requests", times)


def _clients(count: int) -> float:
    return cost("Cognito, client for client credentials", count)


def _memory(template: Mapping[str, Any], function: str) -> int:
    (found,) = [each for each in _of(template, "AWS::Lambda::Function") if each["Handler"].startswith(f"{function}.")]
    return int(found["MemorySize"])


def _queues(template: Mapping[str, Any]) -> int:
    return sum("ScalingConfig" in each for each in _of(template, "AWS::Lambda::EventSourceMapping"))


def _machine_clients(template: Mapping[str, Any]) -> int:
    clients = _of(template, "AWS::Cognito::UserPoolClient")
    return sum("client_credentials" in each.get("AllowedOAuthFlows", []) for each in clients)


def _of(template: Mapping[str, Any], kind: str) -> Iterator[dict[str, Any]]:
    yield from (each["Properties"] for each in template["Resources"].values() if each["Type"] == kind)


def _measured_writes() -> int:
    found = re.search(r"^\| mute, warm +\| +\d+ \| +(\d+) \|", MEASURED.read_text(), re.MULTILINE)
    if found is None:
        raise ValueError(f"{MEASURED} says nothing of a warm mute")
    return int(found[1])


def _rows(rows: Sequence[Row]) -> list[list[str]]:
    return [[row.item, row.reckoned, f"{row.dollars:.2f}"] for row in rows]


def _total(rows: Sequence[Row]) -> str:
    return f"**~{sum(row.dollars for row in rows):.0f}**"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(), tables(synthesized())))
