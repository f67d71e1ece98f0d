"""The stack's configuration: CDK context, read once, every mistake in it told at once.

Values come from `cdk.json` as JSON and from `cdk deploy -c key=value` as text; both are understood.
"""

import difflib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from infra.event_sources import EventSource, event_sources_of
from infra.triggers import Trigger, triggers_of

# Amazon Chime SDK meetings are made and moderated in these Regions only. botocore builds a host name for any other.
# https://docs.aws.amazon.com/chime-sdk/latest/dg/sdk-available-regions.html
CONTROL_REGIONS = (
    "us-east-1", "us-west-2", "af-south-1", "ap-south-1", "ap-northeast-1", "ap-northeast-2", "ap-southeast-1",
    "ap-southeast-2", "ca-central-1", "eu-central-1", "eu-west-2", "il-central-1", "us-gov-east-1", "us-gov-west-1",
)  # fmt: skip
DEFAULT_STAGE = "prod"
LOCAL_STAGE = "local"

_Default = TypeVar("_Default")
_STAGE = re.compile(r"[a-z][a-z0-9-]{0,19}")
_CLAIM = re.compile(r"[A-Za-z0-9_.:/-]{1,128}")
_ORIGIN = re.compile(r"\*|https?://[A-Za-z0-9.*-]+(:\d{1,5})?")
_ISSUER = re.compile(r"https://[^\s/?#]+[^\s?#]*")
_LOCAL_ISSUER = re.compile(r"http://127\.0\.0\.1:\d+")
_LIVE_URL = re.compile(r"wss://[^\s?#]+")
_LOCAL_LIVE_URL = re.compile(r"ws://127\.0\.0\.1:\d+/[^\s?#]+")
_SOURCE = re.compile(r"[A-Za-z0-9._/-]{1,256}")
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,63}")


class ConfigurationError(Exception):
    """The context can't be deployed; the text names every key that is wrong, one a line."""


@dataclass(frozen=True)
class Configuration:
    """What a customer may decide about his stack. Each field is a context key, in camelCase there."""

    stage: str
    region: str | None
    jwt_issuer: str | None
    jwt_audience: tuple[str, ...]
    identity_claim: str
    live_url: str | None
    console: bool
    event_schemas: bool
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
    reader = _Reader(context)
    stage = reader.text("stage", DEFAULT_STAGE, _STAGE, "lower-case letters, digits and dashes, 20 at most")
    issuer = _ISSUER if stage != LOCAL_STAGE else _LOCAL_ISSUER
    configuration = Configuration(
        stage=stage or DEFAULT_STAGE,
        region=reader.text("region", None),
        jwt_issuer=reader.text("jwtIssuer", None, issuer, "an https URL"),
        jwt_audience=reader.texts("jwtAudience"),
        identity_claim=reader.text("identityClaim", "sub", _CLAIM, "the name of a claim") or "sub",
        live_url=reader.text(
            "liveUrl", None, _LIVE_URL if stage != LOCAL_STAGE else _LOCAL_LIVE_URL, "a wss URL of your own"
        ),
        console=reader.flag("console"),
        event_schemas=reader.flag("eventSchemas", stage != LOCAL_STAGE),
        cors_origins=reader.texts("corsOrigins", _ORIGIN, "origins like https://meet.example.com"),
        retention_days=reader.number("retentionDays", 30, range(1, 3651)),
        command_max_age=reader.number("commandMaxAge", 300, range(1, 86401)),
        snap_start=reader.flag("snapStart"),
        policy_directory=reader.directory("policyDirectory"),
        triggers=triggers_of(reader.entries("triggers"), reader.problems),
        event_sources=event_sources_of(reader.entries("eventSources"), reader.problems),
        meeting_event_sources=reader.texts("meetingEventSources", _SOURCE, "sources of events beside `aws.chime`"),
        alarm_email=reader.text("alarmEmail", None, _EMAIL, "one address, like ops@example.com"),
        function_environment=reader.mapping("functionEnvironment"),
        asset_directory=Path(reader.text("assetDirectory", ".build/lambda") or ".build/lambda"),
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
    region = configuration.region or current_region
    if region and region not in CONTROL_REGIONS:
        problems.append(
            f"`region`: Amazon Chime SDK meetings have no control plane in `{region}`; "
            f"choose one of {', '.join(CONTROL_REGIONS)}"
        )
    if configuration.snap_start and region and region.startswith("us-gov-"):
        problems.append(f"`snapStart`: Lambda has no SnapStart in `{region}`")
    if configuration.console and region and region.startswith("us-gov-"):
        problems.append("`console`: CloudFront is not in AWS GovCloud; serve the files of `console/` yourself")


class _Reader:
    """Takes typed values out of the context and collects what is wrong, rather than stopping at the first mistake."""

    def __init__(self, context: Mapping[str, Any]) -> None:
        self.problems: list[str] = []
        self._context = context
        self._known: set[str] = set()

    def text(
        self, key: str, default: str | None, pattern: re.Pattern[str] | None = None, meaning: str = ""
    ) -> str | None:
        value = self._value(key)
        if value is None:
            return default
        if not isinstance(value, str) or not value.strip() or (pattern and not pattern.fullmatch(value)):
            return self._refuse(key, value, meaning or "a text", default)
        return value

    def texts(self, key: str, pattern: re.Pattern[str] | None = None, meaning: str = "") -> tuple[str, ...]:
        value = self._json(key)
        values = [item.strip() for item in value.split(",")] if isinstance(value, str) else value
        if values is None:
            return ()
        if not _are_texts(values, lambda item: not pattern or bool(pattern.fullmatch(item))):
            return self._refuse(key, value, meaning or "a list of texts", ())
        return tuple(values)

    def number(self, key: str, default: int, allowed: range) -> int:
        value = self._json(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or value not in allowed:
            return self._refuse(key, value, f"a whole number from {allowed[0]} to {allowed[-1]}", default)
        return value

    def flag(self, key: str, default: bool = False) -> bool:
        value = self._json(key)
        if value is None or isinstance(value, bool):
            return default if value is None else value
        return self._refuse(key, value, "true or false", default)

    def mapping(self, key: str) -> Mapping[str, str]:
        value = self._json(key)
        if value is None:
            return {}
        if not isinstance(value, dict) or not _are_texts([*value, *value.values()]):
            return self._refuse(key, value, "an object of texts", {})
        return value

    def entries(self, key: str) -> list[Any]:
        """What is in them is read by whoever knows."""
        value = self._json(key)
        if value is None:
            return []
        return value if isinstance(value, list) else self._refuse(key, value, "a list", [])

    def directory(self, key: str) -> Path | None:
        value = self.text(key, None)
        if value and not Path(value).is_dir():
            return self._refuse(key, value, "a directory that exists", None)
        return Path(value) if value else None

    def refuse_misspelled(self) -> None:
        """A key much like one of ours is a slip that would deploy a default in silence. Other keys aren't ours."""
        for key in sorted(set(self._context) - self._known):
            if close := difflib.get_close_matches(key, self._known, n=1, cutoff=0.8):
                self.problems.append(f"`{key}`: unknown; did you mean `{close[0]}`?")

    def _value(self, key: str) -> Any:
        self._known.add(key)
        return self._context.get(key)

    def _json(self, key: str) -> Any:
        value = self._value(key)
        try:
            return json.loads(value) if isinstance(value, str) else value
        except ValueError:
            return value

    def _refuse(self, key: str, value: object, meaning: str, default: _Default) -> _Default:
        self.problems.append(f"`{key}`: expected {meaning}, got `{value}`")
        return default


def _are_texts(values: object, fits: Callable[[str], bool] = bool) -> bool:
    return isinstance(values, Iterable) and all(isinstance(item, str) and item and fits(item) for item in values)
