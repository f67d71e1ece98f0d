"""Who looks at the tokens of callers: API Gateway itself, or a function that knows keys of elliptic curves as well."""

import json
from pathlib import Path

from aws_cdk import Duration
from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from constructs import Construct

from infra.configuration import LAMBDA, Configuration
from infra.function import PythonFunction
from infra.identity import Identity

HEADER = "$request.header.Authorization"
KEPT_FOR = Duration.minutes(5)
"""The answer for a token. Whether the token has expired meanwhile, `host_api` looks at every time."""


class Authorizer(Construct):
    """`door` is the function; None if API Gateway needs none."""

    def __init__(
        self, scope: Construct, name: str, configuration: Configuration, *, identity: Identity, asset: Path
    ) -> None:
        super().__init__(scope, name)
        self.door: PythonFunction | None = None
        self.of_routes: apigatewayv2.IHttpRouteAuthorizer = authorizers.HttpJwtAuthorizer(
            "Tokens", identity.issuer, jwt_audience=list(identity.audience)
        )
        if configuration.authorizer == LAMBDA:
            self.door = self._function(configuration, identity, asset)
            self.of_routes = authorizers.HttpLambdaAuthorizer(
                "LookedAt",
                self.door.function,
                identity_source=[HEADER],
                response_types=[authorizers.HttpLambdaResponseType.SIMPLE],
                results_cache_ttl=KEPT_FOR,
            )

    def _function(self, configuration: Configuration, identity: Identity, asset: Path) -> PythonFunction:
        """It may do nothing in the account: the issuer's keys are public."""
        return PythonFunction(
            self,
            "Door",
            configuration,
            handler="token_authorizer.handler.handler",
            asset=asset,
            environment={
                "GAVEL_STAGE": configuration.stage,
                "GAVEL_ISSUER": identity.issuer,
                "GAVEL_AUDIENCE": json.dumps(identity.audience),
            },
            statements=[],
            timeout=Duration.seconds(10),  # API Gateway waits no longer for an authorizer
            memory=512,
        )
