"""The ledger: the table with meetings, users, changes and entries."""

from typing import cast

from aws_cdk import Acknowledgment, CfnElement, RemovalPolicy, Stack, Validations
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from constructs import Construct, IConstruct

from ..resources.encryption import customer_key

DUE = "due"
"""The index of records that are due."""
USERS = "users"
"""The index of users. It lists the meetings in which a user is known."""


class Ledger(Construct):
    """The table, its two sparse indexes and the stream that the event publisher reads."""

    def __init__(self, scope: Construct, name: str) -> None:
        super().__init__(scope, name)
        key = customer_key(self)
        self.table = dynamodb.Table(
            self,
            "Table",
            partition_key=_text("pk"),
            sort_key=_text("sk"),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED if key else dynamodb.TableEncryption.AWS_MANAGED,
            encryption_key=key,
            stream=dynamodb.StreamViewType.NEW_IMAGE,
            time_to_live_attribute="expiresAt",
            # The audit trail outlives a stack that is deleted by mistake.
            removal_policy=RemovalPolicy.RETAIN,
        )
        # Leases and restrictions that end, and calls of unknown outcome to check. Keys alone, so that a page of
        # 1 MB holds thousands of them, whatever the size of the items.
        self.table.add_global_secondary_index(
            index_name=DUE,
            partition_key=_text("dueShard"),
            sort_key=_text("dueAt"),
            projection_type=dynamodb.ProjectionType.KEYS_ONLY,
        )
        self.table.add_global_secondary_index(
            index_name=USERS,
            partition_key=_text("userListed"),
            sort_key=_text("listedAt"),
            projection_type=dynamodb.ProjectionType.KEYS_ONLY,
        )

    @property
    def stream_arn(self) -> str:
        arn = self.table.table_stream_arn
        if arn is None:
            raise ValueError("the ledger's table has no stream")
        return arn

    def stream_grants(self) -> list[iam.PolicyStatement]:
        """The grants to read the stream.

        DynamoDB lets two functions read one stream without throttling each other:
        https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
        """
        return [
            iam.PolicyStatement(
                actions=["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"],
                resources=[self.stream_arn],
            ),
            # Lambda lists the table's streams to find the one it reads.
            # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.Lambda.Tutorial.html
            iam.PolicyStatement(actions=["dynamodb:ListStreams"], resources=[f"{self.table.table_arn}/stream/*"]),
        ]

    def explain_streams(self, role: IConstruct) -> None:
        """Acknowledges the wildcard of `stream_grants`."""
        table = Stack.of(role).get_logical_id(cast("CfnElement", self.table.node.default_child))
        Validations.of(role).acknowledge(
            Acknowledgment(
                id=f"AwsSolutions-IAM5[Resource::<{table}.Arn>/stream/*]",
                reason="ListStreams is asked of all streams of this one table.",
            )
        )

    def index_arn(self, index: str) -> str:
        """The ARN that grants a query of this index and of no other."""
        return f"{self.table.table_arn}/index/{index}"


def _text(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
