"""Metrics of CloudWatch. `tests/infra` compares Gavel's own with those that the functions write."""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

NAMESPACE = "Gavel"
MINUTE = Duration.minutes(1)


class Metrics:
    """Gavel's own metrics of one stage."""

    def __init__(self, stage: str) -> None:
        self._stage = stage

    def own(self, name: str, statistic: str, period: Duration = MINUTE, **dimensions: str) -> cloudwatch.Metric:
        """A metric over all commands, or for one value of each dimension that is given."""
        return cloudwatch.Metric(
            namespace=NAMESPACE,
            metric_name=name,
            dimensions_map={"stage": self._stage, **dimensions},
            statistic=statistic,
            period=period,
        )

    def by(self, name: str, statistic: str, *dimensions: str, **only: str) -> cloudwatch.MathExpression:
        """A search that shows one line for each value of the dimensions. `only`: dimensions with a fixed value."""
        schema = ",".join((NAMESPACE, "stage", *dimensions))
        chosen = "".join(f' {each}="{value}"' for each, value in {"stage": self._stage, **only}.items())
        found = f'{{{schema}}} MetricName="{name}"{chosen}'
        return cloudwatch.MathExpression(
            expression=f"SEARCH('{found}', '{statistic}', 60)", label="", using_metrics={}, period=MINUTE
        )


def of_api(api: apigatewayv2.IApi, name: str, statistic: str, period: Duration = MINUTE) -> cloudwatch.Metric:
    """A metric of an API over all its routes.

    HTTP API: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
    WebSocket API: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-logging.html
    """
    return cloudwatch.Metric(
        namespace="AWS/ApiGateway",
        metric_name=name,
        dimensions_map={"ApiId": api.api_id},
        statistic=statistic,
        period=period,
    )


def of_function(function: lambda_.Function, name: str, statistic: str, period: Duration = MINUTE) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="AWS/Lambda",
        metric_name=name,
        dimensions_map={"FunctionName": function.function_name},
        statistic=statistic,
        period=period,
    )


def table_throttles(
    table: dynamodb.Table, indexes: Sequence[str], period: Duration = MINUTE
) -> list[cloudwatch.Metric]:
    """The throttled reads and writes of the table and of its indexes, each of which has metrics of its own.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
    """
    return [
        cloudwatch.Metric(
            namespace="AWS/DynamoDB",
            metric_name=name,
            dimensions_map={"TableName": table.table_name, **place},
            statistic="Sum",
            period=period,
        )
        for name in ("ReadThrottleEvents", "WriteThrottleEvents")
        for place in ({}, *({"GlobalSecondaryIndexName": index} for index in indexes))
    ]


def total(metrics: Sequence[cloudwatch.Metric], period: Duration) -> cloudwatch.MathExpression:
    """The sum of the metrics. A metric without data counts as 0: AWS writes most of these only when something
    happens.
    """
    named = {f"m{number}": metric for number, metric in enumerate(metrics)}
    return cloudwatch.MathExpression(
        expression=" + ".join(f"FILL({name}, 0)" for name in named), using_metrics=named, period=period
    )


def cold_starts(function: lambda_.Function) -> cloudwatch.Metric:
    """The number of cold starts, which Powertools counts under its own name of the dimension."""
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name="ColdStart",
        dimensions_map={"function_name": function.function_name},
        statistic="Sum",
        period=MINUTE,
    )


def depth(queue: sqs.Queue) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="AWS/SQS",
        metric_name="ApproximateNumberOfMessagesVisible",
        dimensions_map={"QueueName": queue.queue_name},
        statistic="Maximum",
        period=MINUTE,
    )
