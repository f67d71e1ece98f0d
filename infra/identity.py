"""Who issues the tokens: the customer's own issuer, or a Cognito user pool where there is none."""

from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import Acknowledgment, Duration, RemovalPolicy, Stack, Validations
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from infra.configuration import Configuration
from infra.outputs import Output, by_partition


@dataclass(frozen=True)
class Identity:
    """What the JWT authorizer asks of a token."""

    issuer: str
    audience: tuple[str, ...]
    hosted_sign_in: Mapping[str, str] | None = None
    """Where the console's users sign in, if the pool is ours: its domain, and the console's client."""
    outputs: tuple[Output, ...] = ()
    """What operators need to know of the pool."""


def identity(scope: Construct, configuration: Configuration, console: str | None = None) -> Identity:
    """The configured issuer, or the pool's; `console` is the origin of a page whose users sign in there."""
    if configuration.jwt_issuer:
        return Identity(configuration.jwt_issuer, configuration.jwt_audience)
    return UserPool(scope, "UserPool", configuration, console).identity


class UserPool(Construct):
    """A user pool whose `sub` nobody can change, the scope `gavel/admin`, and a client for each kind of caller."""

    def __init__(self, scope: Construct, name: str, configuration: Configuration, console: str | None) -> None:
        super().__init__(scope, name)
        self._configuration = configuration
        self.pool = self._pool()
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
        )

    def _token_url(self) -> str:
        """In GovCloud the pool's domain is reached by its FIPS endpoint alone."""
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

    def _back_end(self) -> cognito.UserPoolClient:
        """The customer's own back end. Client credentials are handed out by the pool's domain only."""
        admin = cognito.ResourceServerScope(scope_name="admin", scope_description="everything but consent")
        server = self.pool.add_resource_server("Server", identifier="gavel", scopes=[admin])
        prefix = f"{self._configuration.named('gavel')}-{Stack.of(self).account}"
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
        """A page without a secret: authorization code with PKCE, and back to where it came from."""
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
