"""An inbox: rules put events into a queue, and a function works them off.

Rules feed the queue and not the function: a message that fails comes again, and what never succeeds is kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aws_cdk import Aws, Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.configuration import Configuration
from infra.encryption import queue_encryption
from infra.function import PythonFunction
from infra.moderation import explain_any_meeting
from infra.queues import dead_letter_queue

TIMEOUT = Duration.seconds(30)
BATCH = 2  # each may take 15 s, and all of them must fit into the time-out
RECEIVES = 5


@dataclass(frozen=True)
class EventRule:
    """A rule that feeds an inbox. `name` is its own among all of the stack's rules. `bus` None: the account's default
    bus; `transformer` None: the event as it is.
    """

    name: str
    description: str
    pattern: Mapping[str, Any]
    bus: str | None = None
    transformer: events.CfnRule.InputTransformerProperty | None = None


class EventQueue(Construct):
    """Rules, the queue that they feed, and its dead-letter queue."""

    def __init__(self, scope: Construct, name: str, configuration: Configuration, feeds: Sequence[EventRule]) -> None:
        super().__init__(scope, name)
        self._prefix = f"{configuration.named('gavel')}."
        self.undeliverable = dead_letter_queue(self, configuration)
        self.queue = self._queue(configuration)
        for feed in feeds:
            self._rule(feed)
        self.queue.add_to_resource_policy(
            iam.PolicyStatement(
                actions=["sqs:SendMessage"],
                principals=[iam.ServicePrincipal("events.amazonaws.com")],
                resources=[self.queue.queue_arn],
                conditions={"ArnLike": {"aws:SourceArn": self._arns_of_rules()}},
            )
        )

    def _arns_of_rules(self) -> list[str]:
        """Of all of the stack's rules, on the default bus and on others. SQS takes 20 statements in a policy and says
        "10 conditions" without saying what one is, so fifty rules are named by what their names begin with.
        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html
        """
        rules = f"arn:{Aws.PARTITION}:events:{Aws.REGION}:{Aws.ACCOUNT_ID}:rule"
        return [f"{rules}/{self._prefix}*", f"{rules}/*/{self._prefix}*"]

    def grants(self) -> iam.PolicyStatement:
        """What the function that works it off needs."""
        return iam.PolicyStatement(
            actions=["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"],
            resources=[self.queue.queue_arn],
        )

    def worked_off_by(self, function: lambda_.Function, at_once: int) -> None:
        """`at_once` is low: Chime takes 10 calls a second of the whole account, and hosts' calls shall find room."""
        lambda_.CfnEventSourceMapping(
            self,
            "Feed",
            function_name=function.function_name,
            event_source_arn=self.queue.queue_arn,
            batch_size=BATCH,
            function_response_types=["ReportBatchItemFailures"],
            scaling_config=lambda_.CfnEventSourceMapping.ScalingConfigProperty(maximum_concurrency=at_once),
        )

    def _queue(self, configuration: Configuration) -> sqs.Queue:
        return sqs.Queue(
            self,
            "Queue",
            **queue_encryption(self, configuration),
            enforce_ssl=not configuration.is_local,
            retention_period=Duration.days(1),  # no meeting lives longer
            # What failed comes again after this. Six times the time-out, as is usual, would be longer than a command
            # that widens is good for; the usual protects from throttling, from which `maximum_concurrency` does here.
            visibility_timeout=Duration.seconds(TIMEOUT.to_seconds() + 5),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.undeliverable, max_receive_count=RECEIVES),
        )

    def _rule(self, feed: EventRule) -> None:
        target = events.CfnRule.TargetProperty(id="Inbox", arn=self.queue.queue_arn, input_transformer=feed.transformer)
        events.CfnRule(
            self,
            feed.name,
            name=f"{self._prefix}{feed.name}",
            description=feed.description,
            event_bus_name=feed.bus,
            event_pattern=dict(feed.pattern),
            targets=[target],
        )


def queue_function(
    scope: Construct,
    configuration: Configuration,
    *,
    handler: str,
    asset: Path,
    environment: Mapping[str, str],
    statements: Sequence[iam.PolicyStatement],
    intakes: Mapping[EventQueue, int],
) -> PythonFunction:
    """The function that works off these queues, so many messages of each at once."""
    door = PythonFunction(
        scope,
        "Door",
        configuration,
        handler=handler,
        asset=asset,
        environment=environment,
        statements=[*statements, *(intake.grants() for intake in intakes)],
        timeout=TIMEOUT,
        memory=512,
    )
    explain_any_meeting(door.role)
    for intake, at_once in intakes.items():
        intake.worked_off_by(door.function, at_once)
    return door
