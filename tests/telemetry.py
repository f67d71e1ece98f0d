"""What a function writes: lines of its log, and documents of metrics. And the context that Lambda calls it with."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pytest

Json = dict[str, Any]
Captured = pytest.CaptureFixture[str]
REQUEST_ID = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"


@dataclass
class _Context:
    function_name: str = "gavel-test"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:eu-central-1:123456789012:function:gavel-test"
    aws_request_id: str = REQUEST_ID


CONTEXT: Any = _Context()
BY_POWERTOOLS = {
    "cold_start",
    "correlation_id",
    "function_arn",
    "function_memory_size",
    "function_name",
    "function_request_id",
    "service",
    "timestamp",
    "xray_trace_id",
}
"""Keys that every line may have."""


def lines(text: str) -> list[Json]:
    return [each for each in _documents(text) if "_aws" not in each]


def metric_documents(text: str) -> list[Json]:
    return [each for each in _documents(text) if "_aws" in each]


def measured(documents: Iterable[Json]) -> dict[str, float]:
    """Metric → the sum of its values."""
    found: dict[str, float] = {}
    for document in documents:
        for directive in document["_aws"]["CloudWatchMetrics"]:
            for definition in directive["Metrics"]:
                name = definition["Name"]
                found[name] = found.get(name, 0) + sum(document[name])
    return found


def own_keys(line: Json) -> Json:
    """The line without the keys that Powertools adds to each."""
    return {key: value for key, value in line.items() if key not in BY_POWERTOOLS}


def _documents(text: str) -> list[Json]:
    return [json.loads(line) for line in text.splitlines()]


def written(captured: Captured) -> tuple[Json, dict[str, float]]:
    """The one line that was written, and the metrics beside it."""
    text = captured.readouterr().out
    [found] = lines(text)
    return found, measured(metric_documents(text))


def line(captured: Captured) -> Json:
    return written(captured)[0]
