"""The stack's configuration: CDK context, read once, every mistake in it reported at once."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.context import ContextReader
from infra.domain import Domain, domain_of
from infra.event_sources import EventSource, event_sources_of
from infra.regions import CONTROL_REGIONS, WITHOUT_SCHEMAS, is_govcloud
from infra.triggers import Trigger, triggers_of

ARM = "arm64"
JWT, LAMBDA = "jwt", "lambda"
_BUNDLES = {ARM: ".build/lambda", "x86_64": ".build/lambda-x86_64"}
DEFAULT_STAGE = "prod"
LOCAL_STAGE = "local"

_STAGE = re.compile(r"[a-z][a-z0-9-]{0,19}")
_CLAIM = re.compile(r"[A-Za-z0-9_.:/-]{1,128}")
# What an HTTP API takes: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
_ORIGIN = re.compile(r"\*|https?://(\*|[A-Za-z0-9.-]+(:\d{1,5})?)")
_ISSUER = re.compile(r"https://[^\s/?#]+[^\s?#]*")
_LOCAL_ISSUER = re.compile(r"http://127\.0\.0\.1:\d+")
_LIVE_URL = re.compile(r"wss://[^\s?#]+")
_LOCAL_LIVE_URL = re.compile(r"ws://127\.0\.0\.1:\d+/[^\s?#]+")
_AUTHORIZER = re.compile(f"{JWT}|{LAMBDA}")
_ARCHITECTURE = re.compile(r"arm64|x86_64")
_ORIGINS = (
    "`*`, `https://*`, `http://*` or exact origins like https://meet.example.com; API Gateway takes no other patterns"
)
_SOURCE = re.compile(r"[A-Za-z0-9._/-]{1,256}")
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,63}")


class ConfigurationError(Exception):
    """The context can't be deployed; the text names every key that is wrong, one a line."""


@dataclass(frozen=True)
class Configuration:
    """What a customer decides about their stack. Each field is a context key, in camelCase there."""

    stage: str
    region: str | None
    jwt_issuer: str | None
    jwt_audience: tuple[str, ...]
    authorizer: str
    """Who looks at tokens: `jwt` is API Gateway itself, `lambda` a function of the stack."""
    identity_claim: str
    live_url: str | None
    console: bool
    event_schemas: bool | None
    """None: wherever EventBridge has a schema registry."""
    domain: Domain | None
    architecture: str
    reconciler_concurrency: int | None
    customer_managed_key: bool
    live_access_logs: bool
    cors_origins: tuple[str, ...]
    retention_days: int
    command_max_age: int
    snap_start: bool
    policy_directory: Path | None
    triggers: tuple[Trigger, ...]
    event_sources: tuple[EventSource, ...]
    meeting_event_sources: tuple[str, ...]
    alarm_email: str | None
    function_environment: Mapping[str, str]
    asset_directory: Path

    @property
    def is_local(self) -> bool:
        """Whether the emulator takes this stack."""
        return self.stage == LOCAL_STAGE

    def named(self, name: str) -> str:
        """The name of a thing that must be unique in the account, so that stages live side by side."""
        return name if self.stage in (DEFAULT_STAGE, LOCAL_STAGE) else f"{name}-{self.stage}"


def read(context: Mapping[str, Any], current_region: str | None = None) -> Configuration:
    """Reads and checks the context; `current_region` is where the CDK CLI would deploy if `region` says nothing."""
    reader = ContextReader(context)
    stage = reader.text("stage", DEFAULT_STAGE, _STAGE, "lower-case letters, digits and dashes, 20 at most")
    issuer = _ISSUER if stage != LOCAL_STAGE else _LOCAL_ISSUER
    architecture = reader.text("architecture", ARM, _ARCHITECTURE, "`arm64` or `x86_64`") or ARM
    configuration = Configuration(
        stage=stage or DEFAULT_STAGE,
        region=reader.text("region", None),
        jwt_issuer=reader.text("jwtIssuer", None, issuer, "an https URL"),
        jwt_audience=reader.texts("jwtAudience"),
        authorizer=reader.text("authorizer", JWT, _AUTHORIZER, "`jwt` or `lambda`") or JWT,
        identity_claim=reader.text("identityClaim", "sub", _CLAIM, "the name of a claim") or "sub",
        live_url=reader.text(
            "liveUrl", None, _LIVE_URL if stage != LOCAL_STAGE else _LOCAL_LIVE_URL, "a wss URL of your own"
        ),
        console=reader.flag("console"),
        event_schemas=False if stage == LOCAL_STAGE else reader.optional_flag("eventSchemas"),
        domain=domain_of(reader),
        architecture=architecture,
        reconciler_concurrency=reader.optional_number("reconcilerConcurrency", range(3, 1001)),
        customer_managed_key=reader.flag("customerManagedKey"),
        live_access_logs=reader.flag("liveAccessLogs"),
        cors_origins=reader.texts("corsOrigins", _ORIGIN, _ORIGINS),
        retention_days=reader.number("retentionDays", 30, range(1, 3651)),
        command_max_age=reader.number("commandMaxAge", 300, range(1, 86401)),
        snap_start=reader.flag("snapStart"),
        policy_directory=reader.directory("policyDirectory"),
        triggers=triggers_of(reader.entries("triggers"), reader.problems),
        event_sources=event_sources_of(reader.entries("eventSources"), reader.problems),
        meeting_event_sources=reader.texts("meetingEventSources", _SOURCE, "sources of events beside `aws.chime`"),
        alarm_email=reader.text("alarmEmail", None, _EMAIL, "one address, like ops@example.com"),
        function_environment=reader.mapping("functionEnvironment"),
        asset_directory=Path(reader.text("assetDirectory", None) or _BUNDLES[architecture]),
    )
    reader.refuse_misspelled()
    _check_pairs(configuration, current_region, reader.problems)
    if reader.problems:
        raise ConfigurationError("\n".join(reader.problems))
    return configuration


def _check_pairs(configuration: Configuration, current_region: str | None, problems: list[str]) -> None:
    is_wrong = any(problem.startswith(("`jwtIssuer`", "`jwtAudience`")) for problem in problems)
    if bool(configuration.jwt_issuer) != bool(configuration.jwt_audience) and not is_wrong:
        problems.append("`jwtIssuer` and `jwtAudience` come together: give both, or neither for a Cognito user pool")
    if configuration.authorizer == LAMBDA and not configuration.jwt_issuer and not is_wrong:
        problems.append("`authorizer`: `lambda` is for an issuer of your own: give `jwtIssuer` and `jwtAudience`")
    region = configuration.region or current_region
    if region and region not in CONTROL_REGIONS:
        problems.append(
            f"`region`: Amazon Chime SDK meetings have no control plane in `{region}`; "
            f"choose one of {', '.join(CONTROL_REGIONS)}"
        )
    if configuration.event_schemas and region in WITHOUT_SCHEMAS:
        problems.append(f"`eventSchemas`: EventBridge has no schema registry in `{region}`")
    if configuration.snap_start and is_govcloud(region):
        problems.append(f"`snapStart`: Lambda has no SnapStart in `{region}`")
    if configuration.console and is_govcloud(region):
        problems.append("`console`: CloudFront is not in AWS GovCloud; serve the files of `console/` yourself")
