"""The REST API: the authorizer checks the token, one function handles all routes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aws_cdk import Acknowledgment, Duration, Validations
from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_iam as iam
from constructs import Construct

from ..config import Config
from ..resources.function import PythonFunction, log_group
from .api_domain import ApiDomain
from .grants import explain_any_meeting, moderation_grants
from .ledger import USERS, Ledger
from .wakeups import WakeupQueue

OPEN_PATHS = ("/health", "/openapi.json")
CLOSED_PATHS = ("/meetings", "/meetings/{proxy+}")
"""The routes that need a token, on an API that has other routes too."""
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


@dataclass(frozen=True)
class ExistingApi:
    """What the customer already has: an API that receives Gavel's routes, or a domain for an API that Gavel makes."""

    api: apigatewayv2.IHttpApi | None = None
    domain: apigatewayv2.IDomainName | None = None


class HostApi(Construct):
    """The function `host_api` behind an HTTP API, whose authorizer checks tokens."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        config: Config,
        *,
        ledger: Ledger,
        wakeups: WakeupQueue,
        authorizer: apigatewayv2.IHttpRouteAuthorizer | None,
        existing: ExistingApi,
        asset: Path,
        environment: Mapping[str, str],
    ) -> None:
        super().__init__(scope, name)
        self._config = config
        self.function = PythonFunction(
            self,
            "Function",
            config,
            handler="host_api.handler.handler",
            asset=asset,
            environment={**environment, **self._mapping()},
            statements=[
                *moderation_grants(ledger, wakeups, meetings=True),
                iam.PolicyStatement(actions=["dynamodb:Query"], resources=[ledger.index_arn(USERS)]),
            ],
            timeout=Duration.seconds(29),  # API Gateway waits for 30
            memory=1024,
        )
        explain_any_meeting(self.function.role)
        self._integration = integrations.HttpLambdaIntegration(
            "Function", self.function.with_snapshot() if config.snap_start else self.function.lambda_function
        )
        self._authorizer = authorizer
        self.api = existing.api or self._api()
        self.direct_url = self.api.api_endpoint
        """The URL without a domain."""
        if existing.api:
            self.direct_url = self.url = self._add_to(existing.api)
        else:
            self.url = self._own(existing.domain)
        """The URL that callers use."""

    def _own(self, domain: apigatewayv2.IDomainName | None) -> str:
        """Adds routes and a stage to an API that has no others, behind a domain if there is one."""
        self._closed("/{proxy+}")
        self._open("")
        if self._config.cors_origins:
            # A preflight carries no token, and `ANY` would ask for one. With CORS set the gateway answers it by itself.
            self._explained(self._route("/{proxy+}", _METHOD.OPTIONS, apigatewayv2.HttpNoneAuthorizer()))
        stage = self._stage()
        if domain is None and self._config.domain_name is None:
            return self.api.api_endpoint
        return ApiDomain(self, "Domain", self._config, api=self.api, stage=stage, existing=domain).url

    def _add_to(self, api: apigatewayv2.IHttpApi) -> str:
        """Adds the routes to the customer's API, below `mappingKey` if there is one. The API keeps its own stages, CORS
        and logs.
        """
        below = f"/{self._config.mapping_key}" if self._config.mapping_key else ""
        for path in CLOSED_PATHS:
            self._closed(f"{below}{path}")
        self._open(below)
        return f"{api.api_endpoint}{below}"

    def _mapping(self) -> dict[str, str]:
        """The variable with the mapping key, which stands in front of every path of a request to the domain."""
        key = self._config.mapping_key
        return {"GAVEL_MAPPING_KEY": key} if key else {}

    def _api(self) -> apigatewayv2.HttpApi:
        return apigatewayv2.HttpApi(
            self,
            "Api",
            api_name=self._config.named("gavel"),
            create_default_stage=False,
            cors_preflight=self._cors(),
        )

    def _cors(self) -> apigatewayv2.CorsPreflightOptions | None:
        if not self._config.cors_origins:
            return None
        return apigatewayv2.CorsPreflightOptions(
            allow_origins=list(self._config.cors_origins),
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

    def _closed(self, path: str) -> None:
        self._route(path, _METHOD.ANY, self._authorizer)

    def _open(self, below: str) -> None:
        for path in OPEN_PATHS:
            for method in (_METHOD.GET, _METHOD.HEAD):
                self._explained(self._route(f"{below}{path}", method, apigatewayv2.HttpNoneAuthorizer()))

    def _route(
        self, path: str, method: apigatewayv2.HttpMethod, authorizer: apigatewayv2.IHttpRouteAuthorizer | None
    ) -> apigatewayv2.HttpRoute:
        return apigatewayv2.HttpRoute(
            self,
            f"{method.value} {path}",
            http_api=self.api,
            route_key=apigatewayv2.HttpRouteKey.with_(path, method),
            integration=self._integration,
            authorizer=authorizer,
        )

    def _explained(self, route: apigatewayv2.HttpRoute) -> None:
        Validations.of(route).acknowledge(
            Acknowledgment(
                id="AwsSolutions-APIG4",
                reason="Health, the API's description and CORS preflights hold nothing of any meeting.",
            )
        )

    def _stage(self) -> apigatewayv2.CfnStage:
        access_log = log_group(self, "AccessLog", self._config, "api-access")
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
