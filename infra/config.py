"""The settings that a customer chooses: properties of the construct `Gavel`, and the CDK context of the app.

`make contracts` writes the table of docs/configuration.md from the fields.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator
from pydantic.alias_generators import to_camel

from .settings import types
from .settings.event_sources import CommandSources, EventSources
from .settings.mistakes import MistakesError
from .settings.regions import CONTROL_REGIONS, WITHOUT_SCHEMAS, is_govcloud
from .settings.triggers import Triggers

ARM = "arm64"
JWT, LAMBDA = "jwt", "lambda"
DEFAULT_STAGE = "prod"
LOCAL_STAGE = "local"


class ConfigError(Exception):
    """Gavel can't be deployed as it is configured; the text names every setting that is wrong, one a line."""


class Config(BaseModel):
    """Each field is a property of the construct `Gavel`, and a key of the CDK context, in camelCase there."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, validate_by_name=True)

    stage: types.Stage = Field(
        default=DEFAULT_STAGE,
        description="names the stack: `gavel`, or `gavel-<stage>`. Stages exist side by side. `local` is the local "
        "stack's stage",
    )
    region: types.Text | None = Field(
        default=None,
        description="one of the 14 Regions with a Chime control plane. Any other Region is an error",
        json_schema_extra={"shown": "the CLI's"},
    )
    jwt_issuer: types.Text | None = Field(
        default=None,
        description="the issuer of your tokens. Give it together with `jwtAudience`, or neither. Without them the "
        "stack creates a Cognito user pool with the scope `gavel/admin`",
    )
    jwt_audience: types.Texts = Field(default=(), description="the audience that your issuer writes into tokens")
    authorizer: Annotated[Literal["jwt", "lambda"], types.expected("`jwt` or `lambda`")] = Field(
        default="jwt",
        description="`jwt`: API Gateway checks the tokens, and accepts RSA keys only. `lambda`: a function of the "
        "stack checks them, and accepts ES256, ES384 and ES512 too "
        "([how](deploying.md#an-issuer-that-signs-with-es256))",
    )
    identity_claim: types.Claim = Field(
        default="sub", description="the claim that holds the ExternalUserId. Users must not be able to change it"
    )
    display_name_claim: types.OptionalClaim = Field(
        default="name",
        description="the claim that holds the [display name](security.md#display-names), for users without one "
        "from your back end. An empty text: no claim does",
    )
    display_names_in_events: types.Flag = Field(
        default=False,
        description="writes [display names](events.md#display-names) into events, for every subscriber to the bus",
    )
    policy_claims: types.Claims = Field(
        default=(), description="claims of tokens that [policies](policies.md#claims-of-the-token) may ask for"
    )
    domain_name: types.Domain | None = Field(
        default=None,
        description="a domain of your own for the REST API; give `certificateArn` too "
        "([how](deploying.md#a-domain-of-your-own))",
    )
    certificate_arn: types.Certificate | None = Field(default=None, description="the certificate of that domain")
    mapping_key: types.MappingKey | None = Field(
        default=None,
        description="the path under which the REST API stands on the domain. Give it alone if you create the domain "
        "elsewhere",
    )
    live_url: types.Text | None = Field(
        default=None,
        description="the URL at which front ends open the WebSocket, if it has a name of your own (`wss://…`)",
        json_schema_extra={"shown": "API Gateway's URL"},
    )
    cors_origins: types.Origins = Field(
        default=(), description="the origins of your pages: exact origins, `*`, `https://*` or `http://*`"
    )
    console: types.Flag = Field(
        default=False,
        description="deploys the console at CloudFront, and its sign-in. Not in AWS GovCloud "
        "([console.md](console.md))",
    )
    retention_days: Annotated[types.Count, Field(ge=1, le=3650), types.whole_number(1, 3650)] = Field(
        default=30,
        description="how many days, beyond the first 24 hours, Gavel keeps history and rules. Logs are kept for as "
        "long at most",
    )
    policy_directory: types.Directory | None = Field(
        default=None,
        description="a directory with your `*.cedar` files and one `*.cedarschema` ([policies.md](policies.md))",
        json_schema_extra={"shown": "the shipped policies"},
    )
    triggers: Triggers = Field(
        default=(), description="event patterns that become commands ([triggers.md](triggers.md))"
    )
    command_sources: CommandSources = Field(
        default=(),
        description="sources whose commands on the bus are permitted what a trigger is permitted "
        "([triggers.md](triggers.md))",
    )
    event_sources: EventSources = Field(
        default=(), description="which other accounts and roles may put events of which source on the bus"
    )
    command_max_age: Annotated[types.Count, Field(ge=1, le=86400), types.whole_number(1, 86400)] = Field(
        default=300,
        description="seconds. Gavel refuses an older command by event if it would widen capabilities, end the "
        "meeting, remove or ban",
    )
    event_schemas: types.Flag | None = Field(
        default=None,
        description="keeps the schemas of events and commands in an EventBridge schema registry. il-central-1 has no "
        "registry",
        json_schema_extra={"shown": "on where EventBridge has a registry"},
    )
    customer_managed_key: types.Flag = Field(
        default=False,
        description="encrypts the table, queues, logs and the alarm topic with one KMS key of your account, instead "
        "of AWS's own keys",
    )
    architecture: Annotated[Literal["arm64", "x86_64"], types.expected("`arm64` or `x86_64`")] = Field(
        default="arm64", description="`arm64` or `x86_64`"
    )
    reconciler_concurrency: Annotated[types.Count, Field(ge=3, le=1000), types.whole_number(3, 1000)] | None = Field(
        default=None,
        description="reserves this many executions (3 or more) for the reconciler, so that no other function of the "
        "account takes them",
    )
    live_access_logs: types.Flag = Field(
        default=False,
        description="writes access logs of the WebSocket API. The account needs "
        "[API Gateway's role for CloudWatch](deploying.md#access-logs-of-the-websocket-api)",
    )
    snap_start: types.Flag = Field(
        default=False,
        description="starts `host_api` from a snapshot of a published version. Not in AWS GovCloud "
        "([ADR 0033](adr/0033-standard-parts.md))",
    )
    alarm_email: types.Email | None = Field(
        default=None,
        description="the address that receives alarms by mail. Its owner must confirm it once "
        "([operations.md](operations.md))",
    )
    runbook_url: types.Url | None = Field(
        default=None,
        description="where your team reads [operations.md](operations.md), for instance on the site of `make docs`. "
        "The mail of an alarm links to its section there",
        json_schema_extra={"shown": "the path in the repository"},
    )
    meeting_event_sources: types.Sources = Field(
        default=(), description="sources of meeting events beside `aws.chime`, such as the local stack's simulator"
    )
    function_environment: types.Variables = Field(
        default={},
        description="more environment variables for every function, for tests",
        json_schema_extra={"hidden": True},
    )
    asset_directory: Path | None = Field(
        default=None, description="the functions' code, for tests", json_schema_extra={"hidden": True}
    )

    def named(self, name: str) -> str:
        """The name of a resource that must be unique in the account, so that stages live side by side."""
        return name if self.stage in (DEFAULT_STAGE, LOCAL_STAGE) else f"{name}-{self.stage}"

    @field_validator("jwt_issuer", "live_url")
    @classmethod
    def _is_url(cls, value: str | None, info: ValidationInfo) -> str | None:
        return types.checked_url(str(info.field_name), value, is_local=info.data.get("stage") == LOCAL_STAGE)

    @model_validator(mode="after")
    def _fits_together(self, info: ValidationInfo) -> "Config":
        current_region = info.context.get("region") if info.context else None
        if found := [*self._mistakes_in_pairs(), *self.mistakes_of_region(self.region or current_region)]:
            raise MistakesError(found)
        return self

    def _mistakes_in_pairs(self) -> Iterator[str]:
        if bool(self.jwt_issuer) != bool(self.jwt_audience):
            yield "`jwtIssuer` and `jwtAudience` come together: give both, or neither for a Cognito user pool"
        if self.authorizer == LAMBDA and not self.jwt_issuer:
            yield "`authorizer`: `lambda` is for an issuer of your own: give `jwtIssuer` and `jwtAudience`"
        if bool(self.domain_name) != bool(self.certificate_arn):
            yield "`domainName` and `certificateArn` come together"

    def mistakes_of_region(self, region: str | None) -> Iterator[str]:
        """`region` is where the stack would be deployed, if that is known."""
        if region and region not in CONTROL_REGIONS:
            yield types.no_control_plane(region)
        if self.event_schemas and region in WITHOUT_SCHEMAS:
            yield f"`eventSchemas`: EventBridge has no schema registry in `{region}`"
        if self.snap_start and is_govcloud(region):
            yield f"`snapStart`: Lambda has no SnapStart in `{region}`"
        if self.console and is_govcloud(region):
            yield "`console`: CloudFront is not in AWS GovCloud; serve the files of `console/` yourself"
