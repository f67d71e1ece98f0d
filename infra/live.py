"""Live: a WebSocket API for those who listen, and the function that tells them what the ledger's stream brings."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from aws_cdk import Acknowledgment, Aws, CfnElement, Duration, Stack, Validations
from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.configuration import Configuration
from infra.function import PythonFunction, log_group
from infra.ledger import Ledger
from infra.stream import explain_streams, stream_grants

STAGE = "live"
# No query string: it holds the ticket.
ACCESS_LOG = {
    "requestId": "$context.requestId",
    "time": "$context.requestTime",
    "connectionId": "$context.connectionId",
    "event": "$context.eventType",
    "route": "$context.routeKey",
    "status": "$context.status",
    "error": "$context.error.message",
    "integrationError": "$context.integrationErrorMessage",
}
# What changes in a meeting, and who asks to be told of it. Nothing that is removed is news.
CHANGES = [
    {"eventName": ["INSERT"], "dynamodb": {"Keys": {"sk": {"S": [{"prefix": "ENTRY#"}]}}}},
    {
        "eventName": ["INSERT", "MODIFY"],
        "dynamodb": {"Keys": {"sk": {"S": [{"prefix": "USER#"}, {"prefix": "HAND#"}, {"prefix": "LIVE#"}, "MEETING"]}}},
    },
]


class Live(Construct):
    """Two functions: one lets listeners in and may post nothing, the other posts and lets nobody in."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        configuration: Configuration,
        *,
        ledger: Ledger,
        asset: Path,
        environment: Mapping[str, str],
    ) -> None:
        super().__init__(scope, name)
        self._configuration = configuration
        self._ledger = ledger
        self.connections = PythonFunction(
            self,
            "Connections",
            configuration,
            handler="live.websocket.handler",
            asset=asset,
            environment=environment,
            statements=[
                iam.PolicyStatement(
                    actions=["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem"],
                    resources=[ledger.table.table_arn],
                )
            ],
            timeout=Duration.seconds(10),
            memory=512,
        )
        self.api = self._api()
        self._stage()
        self.told = PythonFunction(
            self,
            "Told",
            configuration,
            handler="live.broadcast.handler",
            asset=asset,
            environment={**environment, "GAVEL_LIVE_ENDPOINT": self._endpoint},
            statements=self._grants(),
            timeout=Duration.seconds(30),
            memory=1769,  # one whole CPU: a change for a hundred pages of a large meeting is a second of writing JSON
        )
        explain_streams(self.told.role, ledger)
        self._explain_any_connection()
        self._feed()

    @property
    def url(self) -> str:
        """Where front ends open their connections."""
        if self._configuration.live_url:
            return self._configuration.live_url.replace("{api}", self.api.api_id)
        return f"wss://{self._host}/{STAGE}"

    @property
    def _endpoint(self) -> str:
        """Where messages are posted: never a name of the customer's own, which may lead elsewhere."""
        return self.url.replace("ws://", "http://") if self._configuration.is_local else f"https://{self._host}/{STAGE}"

    @property
    def _host(self) -> str:
        return f"{self.api.api_id}.execute-api.{Aws.REGION}.{Aws.URL_SUFFIX}"

    def _api(self) -> apigatewayv2.WebSocketApi:
        door = self.connections.function
        api = apigatewayv2.WebSocketApi(
            self,
            "Api",
            api_name=self._configuration.named("gavel-live"),
            route_selection_expression="$request.body.action",
        )
        for route, name in (("$connect", "Connect"), ("$disconnect", "Disconnect"), ("listen", "Listen")):
            added = api.add_route(route, integration=integrations.WebSocketLambdaIntegration(name, door))
            Validations.of(added).acknowledge(
                Acknowledgment(
                    id="AwsSolutions-APIG4",
                    reason="The function opens a connection for a single-use ticket alone, which the REST API gives to "
                    "whoever has a token and may listen; the other routes need an open connection.",
                )
            )
        return api

    def _stage(self) -> None:
        """Whoever asks over and over slows down others who ask, and nobody who comes or goes."""
        throttled = {"ThrottlingRateLimit": 100, "ThrottlingBurstLimit": 200}
        stage = apigatewayv2.CfnStage(
            self,
            "Stage",
            api_id=self.api.api_id,
            stage_name=STAGE,
            auto_deploy=True,
            default_route_settings=apigatewayv2.CfnStage.RouteSettingsProperty(
                throttling_rate_limit=100, throttling_burst_limit=200
            ),
            route_settings={"listen": throttled},
            access_log_settings=self._access_log(),
        )
        for route in self.api.node.children:
            stage.node.add_dependency(route)
        if not self._configuration.live_access_logs:
            Validations.of(stage).acknowledge(
                Acknowledgment(
                    id="AwsSolutions-APIG1",
                    reason="Access logs of WebSocket APIs need a role in the account's own API Gateway settings, which "
                    "are not this stack's to change (`liveAccessLogs`); the function logs every connection.",
                )
            )

    def _access_log(self) -> apigatewayv2.CfnStage.AccessLogSettingsProperty | None:
        if not self._configuration.live_access_logs:
            return None
        group = log_group(self, "AccessLog", self._configuration, "live-access")
        return apigatewayv2.CfnStage.AccessLogSettingsProperty(
            destination_arn=group.log_group_arn, format=json.dumps(ACCESS_LOG)
        )

    def _grants(self) -> list[iam.PolicyStatement]:
        return [
            *stream_grants(self._ledger),
            iam.PolicyStatement(
                actions=["dynamodb:BatchGetItem", "dynamodb:DeleteItem", "dynamodb:Query"],
                resources=[self._ledger.table.table_arn],
            ),
            iam.PolicyStatement(
                actions=["execute-api:ManageConnections"],
                resources=[f"{self._connections_arn(method)}/@connections/*" for method in ("POST", "DELETE")],
            ),
        ]

    def _connections_arn(self, method: str) -> str:
        stage = f"{self.api.api_id}/{STAGE}"
        return f"arn:{Aws.PARTITION}:execute-api:{Aws.REGION}:{Aws.ACCOUNT_ID}:{stage}/{method}"

    def _explain_any_connection(self) -> None:
        api = Stack.of(self).get_logical_id(cast("CfnElement", self.api.node.default_child))
        Validations.of(self.told.role).acknowledge(
            *(
                Acknowledgment(
                    id=f"AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:"
                    f"<{api}>/{STAGE}/{method}/@connections/*]",
                    reason="Any connection of this one stage: they come and go while it runs.",
                )
                for method in ("POST", "DELETE")
            )
        )

    def _feed(self) -> None:
        """In the order of each meeting, ten meetings of a shard at a time.

        What can't be told within a minute is given up: whoever listens asks for everything again every few minutes.
        """
        lambda_.CfnEventSourceMapping(
            self,
            "Feed",
            function_name=self.told.function.function_name,
            event_source_arn=self._ledger.stream_arn,
            starting_position="LATEST",
            batch_size=500,
            parallelization_factor=10,
            filter_criteria={"filters": [{"pattern": json.dumps(pattern)} for pattern in CHANGES]},
            function_response_types=["ReportBatchItemFailures"],
            bisect_batch_on_function_error=True,
            maximum_retry_attempts=5,
            maximum_record_age_in_seconds=60,
        )
