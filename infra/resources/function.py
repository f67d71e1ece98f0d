"""A Python function of Gavel, with a role that holds only the grants that are written out."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

from aws_cdk import Acknowledgment, Duration, RemovalPolicy, Validations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from ..config import Config
from .encryption import customer_key, key_grants

_RETENTIONS = {
    1: logs.RetentionDays.ONE_DAY,
    3: logs.RetentionDays.THREE_DAYS,
    7: logs.RetentionDays.ONE_WEEK,
    14: logs.RetentionDays.TWO_WEEKS,
    30: logs.RetentionDays.ONE_MONTH,
    60: logs.RetentionDays.TWO_MONTHS,
    90: logs.RetentionDays.THREE_MONTHS,
    180: logs.RetentionDays.SIX_MONTHS,
    365: logs.RetentionDays.ONE_YEAR,
}

_ARCHITECTURES = {"arm64": lambda_.Architecture.ARM_64, "x86_64": lambda_.Architecture.X86_64}
NAMES = {
    "host_api.handler.handler": "host-api",
    "event_commands.handler.handler": "event-commands",
    "chime_events.handler.handler": "chime-events",
    "event_publisher.handler.handler": "event-publisher",
    "reconciler.handler.handler": "reconciler",
    "live.websocket.handler": "live-connections",
    "live.broadcast.handler": "live-updates",
    "token_authorizer.handler.handler": "token-authorizer",
    "pool_tokens.handler.handler": "pool-tokens",
}
"""The handler → the end of the names of the function and its log group."""
VENDED_LOGS = "/aws/vendedlogs"
"""The prefix of log groups.

API Gateway adds each log group outside of it to one resource policy, which holds 5,120 characters for the whole account
and Region:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html
"""
FOR_TOKENS = ("token_authorizer", "jwt", "pyjwt-*", "cryptography*", "cffi*", "_cffi_backend*", "pycparser*")
"""A third of the bundle: only the token authorizer needs it, and few stacks have that function."""
WITH_TOKENS = ("moderation", "aws_lambda_powertools*", "jmespath*", "pydantic*", "annotated_types*", "typing_*")
"""The other parts of the bundle that the token authorizer needs: logs, metrics and settings, without AWS clients."""
ALONE = "pool_tokens"
"""The function that needs its own package only."""
LOG_LEVEL = "INFO"
"""The level of Powertools' Logger. An operator may change the variable of a deployed function: docs/operations.md."""
LIVE = "live"
"""The alias of the deployed version."""


class PythonFunction(Construct):
    """A Lambda function, its role and its log group."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        config: Config,
        *,
        handler: str,
        asset: Path,
        environment: Mapping[str, str],
        statements: Sequence[iam.PolicyStatement],
        timeout: Duration,
        memory: int,
    ) -> None:
        super().__init__(scope, name)
        called = NAMES[handler]
        self.log_group = log_group(self, "Logs", config, called)
        self.role = self._role([*statements, *key_grants(self)])
        self.lambda_function = lambda_.Function(
            self,
            "Function",
            function_name=f"{config.named('gavel')}-{called}",
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=_ARCHITECTURES[config.architecture],
            handler=handler,
            code=lambda_.Code.from_asset(str(asset), exclude=_left_out(handler)),
            environment={**environment, "POWERTOOLS_LOG_LEVEL": LOG_LEVEL},
            # Without this CDK would add grants of its own to the role.
            role=self.role.without_policy_updates(),
            log_group=self.log_group,
            tracing=lambda_.Tracing.ACTIVE,
            timeout=timeout,
            memory_size=memory,
        )
        Validations.of(self.lambda_function).acknowledge(
            Acknowledgment(
                id="AwsSolutions-L1",
                reason="Python 3.13 is supported until 2029-06-30; the bundled wheels are built for it.",
            )
        )

    @property
    def cfn_function(self) -> lambda_.CfnFunction:
        """The function as a resource of CloudFormation."""
        return cast("lambda_.CfnFunction", self.lambda_function.node.default_child)

    def with_snapshot(self) -> lambda_.Alias:
        """Turns on SnapStart and returns the alias to invoke.

        Lambda makes snapshots of published versions only. A deployment publishes a version, and waits some minutes for
        its snapshot.
        """
        self.cfn_function.snap_start = lambda_.CfnFunction.SnapStartProperty(apply_on="PublishedVersions")
        return lambda_.Alias(self, "Live", alias_name=LIVE, version=self.lambda_function.current_version)

    def _role(self, statements: Sequence[iam.PolicyStatement]) -> iam.Role:
        own = [
            iam.PolicyStatement(
                actions=["logs:CreateLogStream", "logs:PutLogEvents"],
                resources=[self.log_group.log_group_arn],  # ends in `:*`, the streams of this one group
            ),
            # X-Ray has no resources to name: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html
            iam.PolicyStatement(actions=["xray:PutTelemetryRecords", "xray:PutTraceSegments"], resources=["*"]),
        ]
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            inline_policies={"Grants": iam.PolicyDocument(statements=[*own, *statements], minimize=False)},
        )
        Validations.of(role).acknowledge(
            Acknowledgment(
                id="AwsSolutions-IAM5[Resource::*]",
                reason="X-Ray's two write actions accept no resource; nothing else is granted on `*`.",
            )
        )
        return role


def _left_out(handler: str) -> list[str]:
    """The parts of the bundle that the function does not ship, as patterns of paths."""
    if handler.startswith(ALONE):
        return ["*", f"!{ALONE}", f"!{ALONE}/**"]
    if handler.startswith(FOR_TOKENS[0]):
        return ["*", *(f"!{part}{below}" for part in (*FOR_TOKENS, *WITH_TOKENS) for below in ("", "/**"))]
    return list(FOR_TOKENS)


def log_group(scope: Construct, name: str, config: Config, called: str) -> logs.LogGroup:
    """A log group. Logs name users, so they are kept no longer than the ledger keeps its entries."""
    days = max(days for days in _RETENTIONS if days <= config.retention_days)
    return logs.LogGroup(
        scope,
        name,
        log_group_name=f"{VENDED_LOGS}/{config.named('gavel')}/{called}",
        encryption_key=customer_key(scope),
        retention=_RETENTIONS[days],
        removal_policy=RemovalPolicy.DESTROY,
    )
