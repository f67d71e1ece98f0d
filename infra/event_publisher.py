"""The outbox: every entry that is put into the ledger goes out on the bus, at least once."""

import json
from collections.abc import Mapping
from pathlib import Path

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.configuration import Configuration
from infra.function import PythonFunction
from infra.ledger import Ledger
from infra.queues import dead_letter_queue
from infra.stream import explain_streams, stream_grants

LONGEST_WAIT = Duration.hours(23)  # the stream keeps a record for 24 hours, and what it drops leaves no pointer
# The same item is audit line and message: only the insert of an entry is news, never its end by TTL.
ENTRIES = {"eventName": ["INSERT"], "dynamodb": {"Keys": {"sk": {"S": [{"prefix": "ENTRY#"}]}}}}


class EventPublisher(Construct):
    """The function that the table's stream feeds, and the queue for what it can't deliver."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        configuration: Configuration,
        *,
        ledger: Ledger,
        bus: events.EventBus,
        asset: Path,
        environment: Mapping[str, str],
    ) -> None:
        super().__init__(scope, name)
        self._ledger = ledger
        self.undeliverable = dead_letter_queue(self, configuration)
        self.door = PythonFunction(
            self,
            "Door",
            configuration,
            handler="event_publisher.handler.handler",
            asset=asset,
            environment={**environment, "GAVEL_UNDELIVERABLE_QUEUE_URL": self.undeliverable.queue_url},
            statements=self._grants(bus),
            timeout=Duration.seconds(30),
            memory=256,
        )
        explain_streams(self.door.role, ledger)
        self._feed()

    def _grants(self, bus: events.EventBus) -> list[iam.PolicyStatement]:
        return [
            *stream_grants(self._ledger),
            iam.PolicyStatement(actions=["events:PutEvents"], resources=[bus.event_bus_arn]),
            iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[self.undeliverable.queue_arn]),
        ]

    def _feed(self) -> None:
        """Keeps the order of a meeting's entries, and tries for nearly as long as the stream keeps them: whatever stops
        EventBridge is over by then. An entry that it never takes is set aside by the function; a record that ends the
        function itself is found by halving the batch.

        What ends in the queue is a pointer; the entry itself is safe in the ledger.
        """
        lambda_.CfnEventSourceMapping(
            self,
            "Feed",
            function_name=self.door.function.function_name,
            event_source_arn=self._ledger.stream_arn,
            # From the start of the stream, or entries written while the stack deploys would be skipped.
            starting_position="TRIM_HORIZON",
            batch_size=100,
            filter_criteria={"filters": [{"pattern": json.dumps(ENTRIES)}]},
            function_response_types=["ReportBatchItemFailures"],
            bisect_batch_on_function_error=True,
            maximum_retry_attempts=-1,  # as many as the record's age allows
            maximum_record_age_in_seconds=LONGEST_WAIT.to_seconds(),
            destination_config={"onFailure": {"destination": self.undeliverable.queue_arn}},
        )
