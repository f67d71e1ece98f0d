"""An event queue: rules put events into it, and a function processes them.

Rules target the queue and not the function: a message that fails is delivered again, and one that never succeeds is
kept.
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

from ..config import Config
from .encryption import queue_encryption
from .function import PythonFunction
from .queues import dead_letter_queue

TIMEOUT = Duration.seconds(30)
BATCH = 2  # each may take 15 s, and all of them must fit into the time-out
RECEIVES = 5


@dataclass(frozen=True)
class EventRule:
    """A rule that targets an event queue.

    `name` is unique among the stack's rules. `bus` None is the account's default bus, `transformer` None passes the
    event unchanged.
    """

    name: str
    description: str
    pattern: Mapping[str, Any]
    bus: str | None = None
    transformer: events.CfnRule.InputTransformerProperty | None = None


class EventQueue(Construct):
    """Rules, the queue that they target, and its dead-letter queue."""

    def __init__(self, scope: Construct, name: str, config: Config, rules: Sequence[EventRule]) -> None:
        super().__init__(scope, name)
        self._prefix = f"{config.named('gavel')}."
        self.dead_letters = dead_letter_queue(self, config)
        self.queue = self._queue()
        for rule in rules:
            self._rule(rule)
        self.queue.add_to_resource_policy(
            iam.PolicyStatement(
                actions=["sqs:SendMessage"],
                principals=[iam.ServicePrincipal("events.amazonaws.com")],
                resources=[self.queue.queue_arn],
                conditions={"ArnLike": {"aws:SourceArn": self._arns_of_rules()}},
            )
        )

    def _arns_of_rules(self) -> list[str]:
        """Patterns that match the ARNs of all of the stack's rules, on the default bus and on others.

        SQS takes 20 statements in a policy and 10 conditions, and does not say how it counts them. So fifty rules are
        named by the prefix of their names.
        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html
        """
        rules = f"arn:{Aws.PARTITION}:events:{Aws.REGION}:{Aws.ACCOUNT_ID}:rule"
        return [f"{rules}/{self._prefix}*", f"{rules}/*/{self._prefix}*"]

    def consume_grants(self) -> iam.PolicyStatement:
        """The grants of the function that processes the queue."""
        return iam.PolicyStatement(
            actions=["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"],
            resources=[self.queue.queue_arn],
        )

    def add_consumer(self, function: lambda_.Function, max_concurrency: int) -> None:
        """Connects the queue to the function. `max_concurrency` is low to leave room for hosts' calls: Chime takes 10
        calls a second from the account.
        """
        lambda_.CfnEventSourceMapping(
            self,
            "EventSource",
            function_name=function.function_name,
            event_source_arn=self.queue.queue_arn,
            batch_size=BATCH,
            function_response_types=["ReportBatchItemFailures"],
            scaling_config=lambda_.CfnEventSourceMapping.ScalingConfigProperty(maximum_concurrency=max_concurrency),
        )

    def _queue(self) -> sqs.Queue:
        return sqs.Queue(
            self,
            "Queue",
            **queue_encryption(self),
            enforce_ssl=True,
            retention_period=Duration.days(1),  # no meeting lives longer
            # A failed message is delivered again after this. The usual six times the time-out protects from throttling,
            # as `maximum_concurrency` does here, but it would be longer than a command that widens stays valid.
            visibility_timeout=Duration.seconds(TIMEOUT.to_seconds() + 5),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=RECEIVES),
        )

    def _rule(self, rule: EventRule) -> None:
        target = events.CfnRule.TargetProperty(id="Inbox", arn=self.queue.queue_arn, input_transformer=rule.transformer)
        events.CfnRule(
            self,
            rule.name,
            name=f"{self._prefix}{rule.name}",
            description=rule.description,
            event_bus_name=rule.bus,
            event_pattern=dict(rule.pattern),
            targets=[target],
        )


def queue_function(
    scope: Construct,
    config: Config,
    *,
    handler: str,
    asset: Path,
    environment: Mapping[str, str],
    statements: Sequence[iam.PolicyStatement],
    queues: Mapping[EventQueue, int],
) -> PythonFunction:
    """The function that processes these queues, each with its own concurrency."""
    function = PythonFunction(
        scope,
        "Function",
        config,
        handler=handler,
        asset=asset,
        environment=environment,
        statements=[*statements, *(queue.consume_grants() for queue in queues)],
        timeout=TIMEOUT,
        memory=512,
    )
    for queue, max_concurrency in queues.items():
        queue.add_consumer(function.lambda_function, max_concurrency)
    return function
