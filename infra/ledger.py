"""The ledger: one table in which meetings, users, changes and entries are kept."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from infra.configuration import Configuration
from infra.encryption import customer_key


class Ledger(Construct):
    """The table, its two sparse indexes and the stream that the outbox reads."""

    def __init__(self, scope: Construct, name: str, configuration: Configuration) -> None:
        super().__init__(scope, name)
        key = customer_key(self, configuration)
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
            # The audit trail outlives a stack that somebody deletes by mistake.
            removal_policy=RemovalPolicy.DESTROY if configuration.is_local else RemovalPolicy.RETAIN,
        )
        # What falls due: leases, ends of restrictions, looks after calls of unknown end. Keys alone, so that a page of
        # 1 MB holds thousands, however wordy the items are.
        self.table.add_global_secondary_index(
            index_name="due",
            partition_key=_text("dueShard"),
            sort_key=_text("dueAt"),
            projection_type=dynamodb.ProjectionType.KEYS_ONLY,
        )

    @property
    def stream_arn(self) -> str:
        arn = self.table.table_stream_arn
        if arn is None:
            raise ValueError("the ledger's table has no stream")
        return arn

    def index_arn(self, index: str) -> str:
        """The ARN to grant a Query on this index and no other."""
        return f"{self.table.table_arn}/index/{index}"


def _text(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
