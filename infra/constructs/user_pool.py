"""The issuer of tokens: the customer's own, or else a Cognito user pool."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aws_cdk import Acknowledgment, Duration, RemovalPolicy, Stack, Validations
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from ..config import Config
from ..resources.function import PythonFunction
from ..resources.outputs import Output, by_partition

CLAIM = "GAVEL_DISPLAY_NAME_CLAIM"
ATTRIBUTES = (
    "name", "given_name", "family_name", "middle_name", "nickname", "preferred_username", "email", "phone_number",
)  # fmt: skip
"""The attributes of users that may be display names. Access tokens have `username` and `sub` without further work."""


def has_attribute(claim: str) -> bool:
    """Whether users of the pool have an attribute with the claim's name."""
    return claim in ATTRIBUTES or claim.startswith("custom:")


@dataclass(frozen=True)
class Identity:
    """The issuer and audience that the authorizer expects in a token."""

    issuer: str
    audience: tuple[str, ...]
    hosted_sign_in: Mapping[str, str] | None = None
    """The domain and the client with which the console's users sign in, if the stack has a pool."""
    outputs: tuple[Output, ...] = ()
    """The outputs of the stack about the pool."""
    names: PythonFunction | None = None
    """The function that writes display names into the pool's access tokens."""


def identity(scope: Construct, config: Config, asset: Path, console: str | None = None) -> Identity:
    """The configured issuer, or a user pool. `console` is the origin of the page whose users sign in to the pool."""
    if config.jwt_issuer:
        return Identity(config.jwt_issuer, config.jwt_audience)
    return UserPool(scope, "UserPool", config, asset, console).identity


class UserPool(Construct):
    """A user pool in which `sub` cannot change, the scope `gavel/admin`, and a client for each kind of caller."""

    def __init__(self, scope: Construct, name: str, config: Config, asset: Path, console: str | None) -> None:
        super().__init__(scope, name)
        self._config = config
        self.pool = self._pool()
        names = self._names(asset) if has_attribute(config.display_name_claim) else None
        hosts = self.pool.add_client(
            "Hosts",
            auth_flows=cognito.AuthFlow(user_srp=True),
            disable_o_auth=True,
            prevent_user_existence_errors=True,
            access_token_validity=Duration.hours(1),
        )
        back_end = self._back_end()
        clients = [hosts, back_end]
        signing_in = None
        if console:
            clients.append(self._console(console))
            signing_in = {"domain": self.domain.base_url(), "clientId": clients[-1].user_pool_client_id}
        self.identity = Identity(
            self.pool.user_pool_provider_url,
            tuple(each.user_pool_client_id for each in clients),
            signing_in,
            (
                Output("UserPoolId", self.pool.user_pool_id, "The user pool of hosts and attendees"),
                Output("HostsClientId", hosts.user_pool_client_id, "The app client that front ends sign in with"),
                Output(
                    "BackEndClientId",
                    back_end.user_pool_client_id,
                    "The app client of your back end; its secret: aws cognito-idp describe-user-pool-client",
                ),
                Output("TokenUrl", self._token_url(), "Where the back end gets its token: POST, client credentials"),
            ),
            names,
        )

    def _token_url(self) -> str:
        """The token endpoint of the pool's domain. GovCloud has it at a FIPS endpoint only."""
        host = by_partition(self, "Auth", aws="auth", gov="auth-fips")
        return f"https://{self.domain.domain_name}.{host}.{Stack.of(self).region}.amazoncognito.com/oauth2/token"

    def _pool(self) -> cognito.UserPool:
        pool = cognito.UserPool(
            self,
            "Pool",
            self_sign_up_enabled=False,
            sign_in_aliases=cognito.SignInAliases(email=True),
            mfa=cognito.Mfa.OPTIONAL,
            mfa_second_factor=cognito.MfaSecondFactor(sms=False, otp=True),
            password_policy=cognito.PasswordPolicy(
                min_length=12, require_digits=True, require_lowercase=True, require_symbols=True, require_uppercase=True
            ),
            feature_plan=cognito.FeaturePlan.ESSENTIALS,  # claims of access tokens need it
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            removal_policy=RemovalPolicy.RETAIN,
        )
        Validations.of(pool).acknowledge(
            Acknowledgment(
                id="AwsSolutions-COG2",
                reason="Everyone in a meeting signs in, guests too: a second factor is offered, not demanded.",
            ),
            Acknowledgment(
                id="AwsSolutions-COG3",
                reason="Threat protection needs the Plus plan, billed per user; a default stack must not choose that.",
            ),
            Acknowledgment(
                id="AwsSolutions-COG8",
                reason="The Plus plan is billed per user; those who want it bring their own pool by `jwtIssuer`.",
            ),
        )
        return pool

    def _names(self, asset: Path) -> PythonFunction:
        """The function that writes display names into tokens. Its role grants no access to the account: Cognito sends
        it the user's attributes.
        """
        function = PythonFunction(
            self,
            "Names",
            self._config,
            handler="pool_tokens.handler.handler",
            asset=asset,
            environment={"GAVEL_STAGE": self._config.stage, CLAIM: self._config.display_name_claim},
            statements=[],
            timeout=Duration.seconds(5),  # Cognito waits no longer
            memory=256,
        )
        trigger = cognito.UserPoolOperation.PRE_TOKEN_GENERATION_CONFIG
        self.pool.add_trigger(trigger, function.lambda_function, cognito.LambdaVersion.V2_0)
        return function

    def _back_end(self) -> cognito.UserPoolClient:
        """The client of the customer's back end, for client credentials. They need the pool's domain, which is made
        here.
        """
        admin = cognito.ResourceServerScope(scope_name="admin", scope_description="everything but consent")
        server = self.pool.add_resource_server("Server", identifier="gavel", scopes=[admin])
        prefix = f"{self._config.named('gavel')}-{Stack.of(self).account}"
        self.domain = self.pool.add_domain("Domain", cognito_domain=cognito.CognitoDomainOptions(domain_prefix=prefix))
        return self.pool.add_client(
            "BackEnd",
            generate_secret=True,
            auth_flows=cognito.AuthFlow(),
            o_auth=cognito.OAuthSettings(
                flows=cognito.OAuthFlows(client_credentials=True),
                scopes=[cognito.OAuthScope.resource_server(server, admin)],
            ),
            access_token_validity=Duration.hours(1),
        )

    def _console(self, origin: str) -> cognito.UserPoolClient:
        """The client of the console: a page without a secret, so it uses the authorization code with PKCE."""
        return self.pool.add_client(
            "Console",
            auth_flows=cognito.AuthFlow(),
            o_auth=cognito.OAuthSettings(
                flows=cognito.OAuthFlows(authorization_code_grant=True),
                scopes=[cognito.OAuthScope.OPENID],
                callback_urls=[f"{origin}/", f"{origin}/attendee.html"],
            ),
            prevent_user_existence_errors=True,
            access_token_validity=Duration.hours(1),
        )
