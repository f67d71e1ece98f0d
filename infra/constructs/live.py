"""Live updates: a WebSocket API for subscribers, and a function that sends them changes from the ledger's stream."""

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

from ..config import Config
from ..resources.function import PythonFunction, log_group
from .ledger import Ledger

STAGE = "live"
PONG = '{"type":"pong"}'
"""API Gateway's answer to a client's `{"action": "ping"}`."""
LITERAL_DEFAULT = "\\$default"
"""A route selection expression with the constant value `$default`."""
# The query string is left out: it holds the ticket.
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
# Changes of a meeting's records, and new subscriptions. Deletions of records are not sent.
CHANGES = [
    {"eventName": ["INSERT"], "dynamodb": {"Keys": {"sk": {"S": [{"prefix": "ENTRY#"}]}}}},
    {
        "eventName": ["INSERT", "MODIFY"],
        "dynamodb": {"Keys": {"sk": {"S": [{"prefix": "USER#"}, {"prefix": "HAND#"}, {"prefix": "LIVE#"}, "MEETING"]}}},
    },
]


class Live(Construct):
    """The WebSocket API and two functions: one opens connections and may not post to them, the other posts and may not
    open any.
    """

    def __init__(
        self,
        scope: Construct,
        name: str,
        config: Config,
        *,
        ledger: Ledger,
        asset: Path,
        environment: Mapping[str, str],
    ) -> None:
        super().__init__(scope, name)
        self._config = config
        self._ledger = ledger
        self.connections = PythonFunction(
            self,
            "Connections",
            config,
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
        self.broadcast = PythonFunction(
            self,
            "Broadcast",
            config,
            handler="live.broadcast.handler",
            asset=asset,
            environment={**environment, "GAVEL_LIVE_ENDPOINT": self._endpoint},
            statements=self._grants(),
            timeout=Duration.seconds(30),
            memory=1769,  # one whole CPU: the JSON of a change for a hundred pages of a large meeting takes a second
        )
        ledger.explain_streams(self.broadcast.role)
        self._explain_any_connection()
        self._add_event_source()

    @property
    def url(self) -> str:
        """The URL at which front ends open connections."""
        if self._config.live_url:
            return self._config.live_url.replace("{api}", self.api.api_id)
        return f"wss://{self._host}/{STAGE}"

    @property
    def _endpoint(self) -> str:
        """The URL to which messages are posted.

        It is never a name of the customer's own, which may lead to another API. An emulator has one URL without TLS for
        both.
        """
        return self.url.replace("ws://", "http://") if self.url.startswith("ws://") else f"https://{self._host}/{STAGE}"

    @property
    def _host(self) -> str:
        return f"{self.api.api_id}.execute-api.{Aws.REGION}.{Aws.URL_SUFFIX}"

    def _api(self) -> apigatewayv2.WebSocketApi:
        function = self.connections.lambda_function
        api = apigatewayv2.WebSocketApi(
            self,
            "Api",
            api_name=self._config.named("gavel-live"),
            route_selection_expression="$request.body.action",
        )
        for route, name in (("$connect", "Connect"), ("$disconnect", "Disconnect"), ("listen", "Listen")):
            added = api.add_route(route, integration=integrations.WebSocketLambdaIntegration(name, function))
            Validations.of(added).acknowledge(
                Acknowledgment(
                    id="AwsSolutions-APIG4",
                    reason="The function opens a connection for a single-use ticket alone, which the REST API gives to "
                    "callers who may listen; the other routes need an open connection.",
                )
            )
        self._ping(api)
        return api

    def _ping(self, api: apigatewayv2.WebSocketApi) -> None:
        """Answers a client's `ping` in API Gateway, so that a heartbeat invokes no function.

        https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-response.html
        """
        mock = integrations.WebSocketMockIntegration(
            "Ping", request_templates={"$default": '{"statusCode":200}'}, template_selection_expression=LITERAL_DEFAULT
        )
        route = api.add_route("ping", integration=mock, return_response=True)
        Validations.of(route).acknowledge(
            Acknowledgment(id="AwsSolutions-APIG4", reason="The route needs an open connection, and reads nothing.")
        )
        integration = cast("apigatewayv2.CfnIntegration", route.node.find_child("Ping").node.default_child)
        apigatewayv2.CfnIntegrationResponse(
            self,
            "Pong",
            api_id=api.api_id,
            integration_id=integration.ref,
            integration_response_key="$default",
            response_templates={"$default": PONG},
            template_selection_expression=LITERAL_DEFAULT,
        )

    def _stage(self) -> None:
        """The stage. Each route is throttled by itself: a client that repeats `listen` slows down neither connects nor
        disconnects.
        """
        throttled = {"ThrottlingRateLimit": 100, "ThrottlingBurstLimit": 200}
        heartbeats = {"ThrottlingRateLimit": 2000, "ThrottlingBurstLimit": 2000}
        stage = apigatewayv2.CfnStage(
            self,
            "Stage",
            api_id=self.api.api_id,
            stage_name=STAGE,
            auto_deploy=True,
            default_route_settings=apigatewayv2.CfnStage.RouteSettingsProperty(
                throttling_rate_limit=100, throttling_burst_limit=200
            ),
            route_settings={"listen": throttled, "ping": heartbeats},
            access_log_settings=self._access_log(),
        )
        for route in self.api.node.children:
            stage.node.add_dependency(route)
        if not self._config.live_access_logs:
            Validations.of(stage).acknowledge(
                Acknowledgment(
                    id="AwsSolutions-APIG1",
                    reason="Access logs of WebSocket APIs need a role in the account's own API Gateway settings, which "
                    "are not this stack's to change (`liveAccessLogs`); the function logs every connection.",
                )
            )

    def _access_log(self) -> apigatewayv2.CfnStage.AccessLogSettingsProperty | None:
        if not self._config.live_access_logs:
            return None
        group = log_group(self, "AccessLog", self._config, "live-access")
        return apigatewayv2.CfnStage.AccessLogSettingsProperty(
            destination_arn=group.log_group_arn, format=json.dumps(ACCESS_LOG)
        )

    def _grants(self) -> list[iam.PolicyStatement]:
        return [
            *self._ledger.stream_grants(),
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
        Validations.of(self.broadcast.role).acknowledge(
            *(
                Acknowledgment(
                    id=f"AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:"
                    f"<{api}>/{STAGE}/{method}/@connections/*]",
                    reason="Any connection of this one stage: they come and go while it runs.",
                )
                for method in ("POST", "DELETE")
            )
        )

    def _add_event_source(self) -> None:
        """Connects the stream to the function, which handles ten meetings of a shard at a time, each in order.

        A message that cannot be posted within a minute is dropped: clients fetch the whole state every few minutes.
        """
        lambda_.CfnEventSourceMapping(
            self,
            "EventSource",
            function_name=self.broadcast.lambda_function.function_name,
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
