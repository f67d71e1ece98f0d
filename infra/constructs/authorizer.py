"""The authorizer of the API: API Gateway's own, or a function that also accepts keys of elliptic curves."""

import json
from pathlib import Path

from aws_cdk import Duration
from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from constructs import Construct

from ..config import LAMBDA, Config
from ..resources.function import PythonFunction
from .user_pool import Identity

HEADER = "$request.header.Authorization"
KEPT_FOR = Duration.minutes(5)
"""How long API Gateway keeps the function's answer for a token. `host_api` checks at each request whether the token has
expired meanwhile.
"""


class Authorizer(Construct):
    """Checks the tokens of callers. `function` is `None` if API Gateway checks them without one."""

    def __init__(self, scope: Construct, name: str, config: Config, *, identity: Identity, asset: Path) -> None:
        super().__init__(scope, name)
        self.function: PythonFunction | None = None
        self.route_authorizer: apigatewayv2.IHttpRouteAuthorizer = authorizers.HttpJwtAuthorizer(
            "Tokens", identity.issuer, jwt_audience=list(identity.audience)
        )
        if config.authorizer == LAMBDA:
            self.function = self._function(config, identity, asset)
            self.route_authorizer = authorizers.HttpLambdaAuthorizer(
                "TokenAuthorizer",
                self.function.lambda_function,
                identity_source=[HEADER],
                response_types=[authorizers.HttpLambdaResponseType.SIMPLE],
                results_cache_ttl=KEPT_FOR,
            )

    def _function(self, config: Config, identity: Identity, asset: Path) -> PythonFunction:
        """The function that checks tokens. Its role grants no access to the account: the issuer's keys are public."""
        return PythonFunction(
            self,
            "Function",
            config,
            handler="token_authorizer.handler.handler",
            asset=asset,
            environment={
                "GAVEL_STAGE": config.stage,
                "GAVEL_ISSUER": identity.issuer,
                "GAVEL_AUDIENCE": json.dumps(identity.audience),
            },
            statements=[],
            timeout=Duration.seconds(10),  # API Gateway waits no longer for an authorizer
            memory=512,
        )
