"""An inbox: rules put events into a queue, and a function works them off.

Rules feed the queue and not the function: a message that fails comes again, and what never succeeds is kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.configuration import Configuration
from infra.function import PythonFunction
from infra.moderation import explain_any_meeting
from infra.queues import dead_letter_queue

TIMEOUT = Duration.seconds(60)
BATCH = 4  # each may take 15 s, and all of them must fit into the time-out
RECEIVES = 5


@dataclass(frozen=True)
class Feed:
    """A rule that feeds an inbox. `bus` None: the account's default bus; `transformer` None: the event as it is."""

    name: str
    description: str
    pattern: Mapping[str, Any]
    bus: str | None = None
    transformer: events.CfnRule.InputTransformerProperty | None = None


class Inbox(Construct):
    """The queue, its dead-letter queue, the rules that feed it and the function that it feeds."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        configuration: Configuration,
        *,
        handler: str,
        asset: Path,
        environment: Mapping[str, str],
        statements: Sequence[iam.PolicyStatement],
        at_once: int,
    ) -> None:
        super().__init__(scope, name)
        self.undeliverable = dead_letter_queue(self, configuration)
        self.queue = self._queue(configuration)
        self.door = PythonFunction(
            self,
            "Door",
            configuration,
            handler=handler,
            asset=asset,
            environment=environment,
            statements=[*statements, self._may_receive()],
            timeout=TIMEOUT,
            memory=512,
        )
        explain_any_meeting(self.door.role)
        self._feed(at_once)

    def fed_by(self, scope: Construct, *feeds: Feed) -> None:
        """Makes the rules. They, and of EventBridge nothing else, may send to the queue."""
        self.queue.add_to_resource_policy(
            iam.PolicyStatement(
                actions=["sqs:SendMessage"],
                principals=[iam.ServicePrincipal("events.amazonaws.com")],
                resources=[self.queue.queue_arn],
                conditions={"ArnEquals": {"aws:SourceArn": [self._rule(scope, feed).attr_arn for feed in feeds]}},
            )
        )

    def _rule(self, scope: Construct, feed: Feed) -> events.CfnRule:
        target = events.CfnRule.TargetProperty(id="Inbox", arn=self.queue.queue_arn, input_transformer=feed.transformer)
        return events.CfnRule(
            scope,
            feed.name,
            description=feed.description,
            event_bus_name=feed.bus,
            event_pattern=dict(feed.pattern),
            targets=[target],
        )

    def _queue(self, configuration: Configuration) -> sqs.Queue:
        return sqs.Queue(
            self,
            "Queue",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=not configuration.is_local,
            retention_period=Duration.days(1),  # no meeting lives longer
            # What failed comes again after this. Six times the time-out, as is usual, would be longer than a command
            # that widens is good for; the usual protects from throttling, from which `maximum_concurrency` does here.
            visibility_timeout=Duration.seconds(TIMEOUT.to_seconds() + 5),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.undeliverable, max_receive_count=RECEIVES),
        )

    def _may_receive(self) -> iam.PolicyStatement:
        return iam.PolicyStatement(
            actions=["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"],
            resources=[self.queue.queue_arn],
        )

    def _feed(self, at_once: int) -> None:
        lambda_.CfnEventSourceMapping(
            self,
            "Feed",
            function_name=self.door.function.function_name,
            event_source_arn=self.queue.queue_arn,
            batch_size=BATCH,
            function_response_types=["ReportBatchItemFailures"],
            # Chime takes 10 calls a second of the whole account; hosts' calls shall find room.
            scaling_config=lambda_.CfnEventSourceMapping.ScalingConfigProperty(maximum_concurrency=at_once),
        )
