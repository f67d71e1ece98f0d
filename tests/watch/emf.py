"""CloudWatch's embedded metric format, as the specification says it; whatever it doesn't allow is an error.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Json = dict[str, Any]
Name = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[\x20-\x7e]+$")]
MOST_VALUES = 100
Unit = Literal["Seconds", "Milliseconds", "Bytes", "Percent", "Count", "None"]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


class Definition(_Strict):
    Name: Name
    Unit: Unit


class Directive(_Strict):
    Namespace: Name
    Dimensions: list[Annotated[list[Name], Field(max_length=9)]] = Field(min_length=1)
    Metrics: list[Definition] = Field(min_length=1, max_length=100)


class Metadata(_Strict):
    Timestamp: int = Field(gt=1_500_000_000_000)
    CloudWatchMetrics: list[Directive] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Series:
    """One metric as CloudWatch keeps it; `dimensions` are names and values, `value` is the sum."""

    namespace: str
    name: str
    unit: str
    dimensions: frozenset[tuple[str, str]]
    value: float


def series(line: Json) -> list[Series]:
    """The metrics that CloudWatch extracts from a document; none from a line of the log."""
    if "_aws" not in line:
        return []
    return list(_series(line, Metadata.model_validate(line["_aws"])))


def _series(line: Json, metadata: Metadata) -> Iterator[Series]:
    for directive in metadata.CloudWatchMetrics:
        for definition in directive.Metrics:
            values = line[definition.Name]
            assert isinstance(values, list), definition
            assert 0 < len(values) <= MOST_VALUES, definition
            assert all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values), definition
            for names in directive.Dimensions:
                dimensions = frozenset((name, _dimension(line[name])) for name in names)
                yield Series(directive.Namespace, definition.Name, definition.Unit, dimensions, sum(values))


def _dimension(value: object) -> str:
    assert isinstance(value, str)
    assert 0 < len(value) <= 1024
    assert value.isascii()
    assert value.strip()
    return value
