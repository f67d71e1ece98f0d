"""Reading the ledger's stream. DynamoDB lets two readers at once do so without getting into each other's way: the
outbox and live.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
"""

from typing import cast

from aws_cdk import Acknowledgment, CfnElement, Stack, Validations
from aws_cdk import aws_iam as iam
from constructs import IConstruct

from infra.ledger import Ledger


def stream_grants(ledger: Ledger) -> list[iam.PolicyStatement]:
    return [
        iam.PolicyStatement(
            actions=["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"],
            resources=[ledger.stream_arn],
        ),
        # Lambda lists the table's streams to find the one it reads.
        # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.Lambda.Tutorial.html
        iam.PolicyStatement(actions=["dynamodb:ListStreams"], resources=[f"{ledger.table.table_arn}/stream/*"]),
    ]


def explain_streams(role: IConstruct, ledger: Ledger) -> None:
    table = Stack.of(role).get_logical_id(cast("CfnElement", ledger.table.node.default_child))
    Validations.of(role).acknowledge(
        Acknowledgment(
            id=f"AwsSolutions-IAM5[Resource::<{table}.Arn>/stream/*]",
            reason="ListStreams is asked of all streams of this one table.",
        )
    )
