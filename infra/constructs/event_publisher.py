"""The event publisher: publishes every entry of the ledger on the bus, at least once."""

import json
from collections.abc import Mapping
from pathlib import Path

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from ..config import Config
from ..resources.function import PythonFunction
from ..resources.queues import dead_letter_queue
from .ledger import Ledger

SOURCE = "gavel"
"""The source of every event that Gavel publishes."""
LONGEST_WAIT = Duration.hours(23)  # the stream keeps a record for 24 hours, and what it drops leaves no pointer
# An entry is published when it is inserted, and not when its time to live deletes it.
ENTRIES = {"eventName": ["INSERT"], "dynamodb": {"Keys": {"sk": {"S": [{"prefix": "ENTRY#"}]}}}}


class EventPublisher(Construct):
    """The function that reads the table's stream, and the queue for what it cannot publish."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        config: Config,
        *,
        ledger: Ledger,
        bus: events.IEventBus,
        asset: Path,
        environment: Mapping[str, str],
    ) -> None:
        super().__init__(scope, name)
        self._ledger = ledger
        self._with_names = config.display_names_in_events
        self.dead_letters = dead_letter_queue(self, config)
        self.function = PythonFunction(
            self,
            "Function",
            config,
            handler="event_publisher.handler.handler",
            asset=asset,
            environment={
                **environment,
                "GAVEL_UNDELIVERABLE_QUEUE_URL": self.dead_letters.queue_url,
                "GAVEL_DISPLAY_NAMES_IN_EVENTS": json.dumps(self._with_names),
            },
            statements=self._grants(bus),
            timeout=Duration.seconds(30),
            memory=256,
        )
        ledger.explain_streams(self.function.role)
        self._add_event_source()

    def _grants(self, bus: events.IEventBus) -> list[iam.PolicyStatement]:
        return [
            *self._ledger.stream_grants(),
            iam.PolicyStatement(actions=["events:PutEvents"], resources=[bus.event_bus_arn]),
            iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[self.dead_letters.queue_arn]),
            *self._name_grants(),
        ]

    def _name_grants(self) -> list[iam.PolicyStatement]:
        """The grant to read the users whose display names go into events."""
        table = self._ledger.table.table_arn
        return [iam.PolicyStatement(actions=["dynamodb:BatchGetItem"], resources=[table])] if self._with_names else []

    def _add_event_source(self) -> None:
        """Connects the stream to the function.

        Lambda keeps the order of a meeting's entries and retries a batch for 23 hours, longer than an outage of
        EventBridge lasts. The function itself sets aside an entry that EventBridge never takes. Halving the batch finds
        a record at which the function fails.

        The queue receives a pointer only; the entry itself is in the ledger.
        """
        lambda_.CfnEventSourceMapping(
            self,
            "EventSource",
            function_name=self.function.lambda_function.function_name,
            event_source_arn=self._ledger.stream_arn,
            # From the start of the stream, or entries written while the stack deploys would be skipped.
            starting_position="TRIM_HORIZON",
            batch_size=100,
            filter_criteria={"filters": [{"pattern": json.dumps(ENTRIES)}]},
            function_response_types=["ReportBatchItemFailures"],
            bisect_batch_on_function_error=True,
            maximum_retry_attempts=-1,  # as many as the record's age allows
            maximum_record_age_in_seconds=LONGEST_WAIT.to_seconds(),
            destination_config={"onFailure": {"destination": self.dead_letters.queue_arn}},
        )
