"""Metrics by the names their writers give them; `tests/infra` compares ours with what the functions write."""

from aws_cdk import Duration
from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

NAMESPACE = "Gavel"
MINUTE = Duration.minutes(1)


class Metrics:
    """Those of one stage."""

    def __init__(self, stage: str) -> None:
        self._stage = stage

    def own(self, name: str, statistic: str, period: Duration = MINUTE, **dimensions: str) -> cloudwatch.Metric:
        """Over all commands, or those of one value of further dimensions."""
        return cloudwatch.Metric(
            namespace=NAMESPACE,
            metric_name=name,
            dimensions_map={"stage": self._stage, **dimensions},
            statistic=statistic,
            period=period,
        )

    def by(self, name: str, statistic: str, *dimensions: str) -> cloudwatch.MathExpression:
        """One line for each value that has been seen of the dimensions beside the stage."""
        schema = ",".join((NAMESPACE, "stage", *dimensions))
        found = f'{{{schema}}} MetricName="{name}" stage="{self._stage}"'
        return cloudwatch.MathExpression(
            expression=f"SEARCH('{found}', '{statistic}', 60)", label="", using_metrics={}, period=MINUTE
        )


def of_api(api: apigatewayv2.HttpApi, name: str, statistic: str, period: Duration = MINUTE) -> cloudwatch.Metric:
    """Over all routes: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html"""
    return cloudwatch.Metric(
        namespace="AWS/ApiGateway",
        metric_name=name,
        dimensions_map={"ApiId": api.api_id},
        statistic=statistic,
        period=period,
    )


def of_function(function: lambda_.Function, name: str, statistic: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="AWS/Lambda",
        metric_name=name,
        dimensions_map={"FunctionName": function.function_name},
        statistic=statistic,
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
