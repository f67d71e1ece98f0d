"""The reconciler: finishes every minute, and when it is reminded, what was decided and not yet carried out."""

from collections.abc import Mapping
from pathlib import Path

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.configuration import Configuration
from infra.function import PythonFunction
from infra.ledger import Ledger
from infra.moderation import explain_any_meeting, moderator_grants
from infra.queues import WakeupQueue

TIMEOUT = Duration.seconds(60)  # a run ends itself after 50


class Reconciler(Construct):
    """The function, the clock's tick, and the wakeups."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        configuration: Configuration,
        *,
        ledger: Ledger,
        wakeups: WakeupQueue,
        asset: Path,
        environment: Mapping[str, str],
    ) -> None:
        super().__init__(scope, name)
        self._wakeups = wakeups
        self.door = PythonFunction(
            self,
            "Door",
            configuration,
            handler="reconciler.handler.handler",
            asset=asset,
            environment=environment,
            statements=[*moderator_grants(ledger, wakeups), *self._grants(ledger)],
            timeout=TIMEOUT,
            memory=512,
        )
        explain_any_meeting(self.door.role)
        # A wake-up that is too far away for SQS is sent on, 96 times for a mute of 24 hours; Lambda stops a function
        # after about 16 of them as a loop unless this says that it is meant: docs/adr/0026-wake-ups-are-no-loop.md
        self.door.resource.recursive_loop = "Allow"
        self.door.resource.reserved_concurrent_executions = configuration.reconciler_concurrency
        self._feed()
        # A tick that is lost is made good by the next one.
        events.Rule(
            self,
            "EveryMinute",
            schedule=events.Schedule.rate(Duration.minutes(1)),
            targets=[targets.LambdaFunction(self.door.function, retry_attempts=0)],
        )

    def _grants(self, ledger: Ledger) -> list[iam.PolicyStatement]:
        return [
            iam.PolicyStatement(actions=["dynamodb:Query"], resources=[ledger.index_arn("due")]),
            iam.PolicyStatement(
                actions=["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"],
                resources=[self._wakeups.queue.queue_arn],
            ),
        ]

    def _feed(self) -> None:
        lambda_.CfnEventSourceMapping(
            self,
            "Feed",
            function_name=self.door.function.function_name,
            event_source_arn=self._wakeups.queue.queue_arn,
            batch_size=5,  # each may take 8 s, and all of them must fit into the time-out
            function_response_types=["ReportBatchItemFailures"],
            # Chime takes 10 calls a second of the whole account; hosts' calls shall find room.
            scaling_config=lambda_.CfnEventSourceMapping.ScalingConfigProperty(maximum_concurrency=2),
        )
