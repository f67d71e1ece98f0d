"""The reconciler: every minute and on wake-ups, it finishes changes that are not applied yet."""

from collections.abc import Mapping
from pathlib import Path

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from ..config import Config
from ..resources.function import PythonFunction
from .grants import explain_any_meeting, moderation_grants
from .ledger import DUE, Ledger
from .wakeups import WakeupQueue

TIMEOUT = Duration.seconds(60)  # a run ends itself after 50


class Reconciler(Construct):
    """The function, the rule that starts it every minute, and the queue of wake-ups."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        config: Config,
        *,
        ledger: Ledger,
        wakeups: WakeupQueue,
        asset: Path,
        environment: Mapping[str, str],
    ) -> None:
        super().__init__(scope, name)
        self._wakeups = wakeups
        self.function = PythonFunction(
            self,
            "Function",
            config,
            handler="reconciler.handler.handler",
            asset=asset,
            environment=environment,
            statements=[*moderation_grants(ledger, wakeups), *self._grants(ledger)],
            timeout=TIMEOUT,
            memory=512,
        )
        explain_any_meeting(self.function.role)
        # A wake-up that is too far away for SQS is sent again, 96 times for a mute of 24 hours. Lambda stops a function
        # after about 16 such messages unless recursion is allowed: docs/adr/0026-wake-ups-are-no-loop.md
        self.function.cfn_function.recursive_loop = "Allow"
        self.function.cfn_function.reserved_concurrent_executions = config.reconciler_concurrency
        self._add_event_source()
        # If a run is lost, the next one does its work.
        events.Rule(
            self,
            "EveryMinute",
            schedule=events.Schedule.rate(Duration.minutes(1)),
            targets=[targets.LambdaFunction(self.function.lambda_function, retry_attempts=0)],
        )

    def _grants(self, ledger: Ledger) -> list[iam.PolicyStatement]:
        return [
            iam.PolicyStatement(actions=["dynamodb:Query"], resources=[ledger.index_arn(DUE)]),
            iam.PolicyStatement(
                actions=["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"],
                resources=[self._wakeups.queue.queue_arn],
            ),
        ]

    def _add_event_source(self) -> None:
        lambda_.CfnEventSourceMapping(
            self,
            "EventSource",
            function_name=self.function.lambda_function.function_name,
            event_source_arn=self._wakeups.queue.queue_arn,
            batch_size=5,  # each may take 8 s, and all of them must fit into the time-out
            function_response_types=["ReportBatchItemFailures"],
            # Chime takes 10 calls a second from the whole account; the limit leaves room for hosts' calls.
            scaling_config=lambda_.CfnEventSourceMapping.ScalingConfigProperty(maximum_concurrency=2),
        )
