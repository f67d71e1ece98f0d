"""The hosts' REST API: the token is looked at before, one function does the rest."""

import json
from collections.abc import Mapping
from pathlib import Path

from aws_cdk import Acknowledgment, Duration, Validations
from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_apigatewayv2_integrations as integrations
from constructs import Construct

from infra.api_domain import domain_url
from infra.configuration import Configuration
from infra.function import PythonFunction, log_group
from infra.ledger import Ledger
from infra.moderation import explain_any_meeting, moderator_grants
from infra.queues import WakeupQueue

OPEN_PATHS = ("/health", "/openapi.json")
# Neither path nor query: both hold ExternalUserIds. The request id leads to the function's own log line.
ACCESS_LOG = {
    "requestId": "$context.requestId",
    "time": "$context.requestTime",
    "method": "$context.httpMethod",
    "route": "$context.routeKey",
    "status": "$context.status",
    "latencyMs": "$context.responseLatency",
    "functionLatencyMs": "$context.integrationLatency",
    "bytes": "$context.responseLength",
    "authorizerError": "$context.authorizer.error",
    "integrationError": "$context.integrationErrorMessage",
}
_METHOD = apigatewayv2.HttpMethod
_CORS_METHOD = apigatewayv2.CorsHttpMethod


class HostApi(Construct):
    """HTTP API, whose tokens the authorizer looks at, and the function `host_api`."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        configuration: Configuration,
        *,
        ledger: Ledger,
        wakeups: WakeupQueue,
        authorizer: apigatewayv2.IHttpRouteAuthorizer,
        live_url: str,
        asset: Path,
        environment: Mapping[str, str],
    ) -> None:
        super().__init__(scope, name)
        self._configuration = configuration
        self.door = PythonFunction(
            self,
            "Door",
            configuration,
            handler="host_api.handler.handler",
            asset=asset,
            environment={**environment, "GAVEL_LIVE_URL": live_url, **self._mapping()},
            statements=moderator_grants(ledger, wakeups, meetings=True),
            timeout=Duration.seconds(29),  # API Gateway waits for 30
            memory=1024,
        )
        explain_any_meeting(self.door.role)
        self.api = self._api(authorizer)
        self._routes()
        stage = self._stage()
        own = domain_url(self, configuration.domain, self.api, stage) if configuration.domain else None
        self.url = own or self.api.api_endpoint
        """Where callers reach it."""

    def _mapping(self) -> dict[str, str]:
        """The key stands in front of every path that comes by the domain."""
        domain = self._configuration.domain
        return {"GAVEL_MAPPING_KEY": domain.mapping_key} if domain and domain.mapping_key else {}

    def _api(self, authorizer: apigatewayv2.IHttpRouteAuthorizer) -> apigatewayv2.HttpApi:
        return apigatewayv2.HttpApi(
            self,
            "Api",
            api_name=self._configuration.named("gavel"),
            create_default_stage=False,
            default_authorizer=authorizer,
            cors_preflight=self._cors(),
        )

    def _cors(self) -> apigatewayv2.CorsPreflightOptions | None:
        if not self._configuration.cors_origins:
            return None
        return apigatewayv2.CorsPreflightOptions(
            allow_origins=list(self._configuration.cors_origins),
            allow_methods=[
                _CORS_METHOD.GET,
                _CORS_METHOD.POST,
                _CORS_METHOD.PUT,
                _CORS_METHOD.PATCH,
                _CORS_METHOD.DELETE,
            ],
            allow_headers=["authorization", "content-type", "gavel-on-behalf-of", "idempotency-key", "if-match"],
            expose_headers=["etag", "idempotency-replayed", "location", "retry-after"],
            max_age=Duration.hours(1),
        )

    def _routes(self) -> None:
        door = integrations.HttpLambdaIntegration(
            "Door", self.door.with_snapshot() if self._configuration.snap_start else self.door.function
        )
        self.api.add_routes(path="/{proxy+}", methods=[_METHOD.ANY], integration=door)
        nobody = apigatewayv2.HttpNoneAuthorizer()
        open_routes = []
        for path in OPEN_PATHS:
            open_routes += self.api.add_routes(
                path=path, methods=[_METHOD.GET, _METHOD.HEAD], integration=door, authorizer=nobody
            )
        if self._configuration.cors_origins:
            # A preflight carries no token, and `ANY` would ask for one. With CORS set the gateway answers it by itself.
            preflight = self.api.add_routes(
                path="/{proxy+}", methods=[_METHOD.OPTIONS], integration=door, authorizer=nobody
            )
            open_routes += preflight
        for route in open_routes:
            Validations.of(route).acknowledge(
                Acknowledgment(
                    id="AwsSolutions-APIG4",
                    reason="Health, the API's description and CORS preflights hold nothing of any meeting.",
                )
            )

    def _stage(self) -> apigatewayv2.CfnStage:
        access_log = log_group(self, "AccessLog", self._configuration, "api-access")
        return apigatewayv2.CfnStage(
            self,
            "Stage",
            api_id=self.api.api_id,
            stage_name="$default",
            auto_deploy=True,
            default_route_settings=apigatewayv2.CfnStage.RouteSettingsProperty(
                throttling_rate_limit=100, throttling_burst_limit=200
            ),
            access_log_settings=apigatewayv2.CfnStage.AccessLogSettingsProperty(
                destination_arn=access_log.log_group_arn, format=json.dumps(ACCESS_LOG)
            ),
        )
