"""Gavel as one construct, for the stack of this repository and for any other CDK app."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypedDict

from aws_cdk import Aws, CfnRule, CfnRuleAssertion, Fn, Stack, Token
from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from .code import function_code
from .config import Config, ConfigError
from .constructs.authorizer import Authorizer
from .constructs.bus import ModerationBus
from .constructs.chime_events import ChimeEvents
from .constructs.console import Console
from .constructs.event_commands import COMMAND, EventCommands
from .constructs.event_publisher import SOURCE, EventPublisher
from .constructs.host_api import ExistingApi, HostApi
from .constructs.ledger import DUE, USERS, Ledger
from .constructs.live import Live
from .constructs.reconciler import TIMEOUT, Reconciler
from .constructs.schemas import Schemas, has_registry
from .constructs.user_pool import identity
from .constructs.wakeups import WakeupQueue
from .monitoring.alarms import MonitoredResources
from .monitoring.monitoring import Monitoring
from .resources.encryption import use_key
from .resources.function import PythonFunction
from .resources.outputs import Output, dashboard_url
from .settings.event_sources import reserved
from .settings.regions import CONTROL_REGIONS
from .version import version

CHANGES = ("Attendee Capabilities Changed", "Attendee Removed", "Meeting Moderation Changed", "Meeting Ended")
"""The detail types of events that report a change in a meeting."""


class _Shipped(TypedDict):
    """The arguments that every function is built with."""

    asset: Path
    environment: Mapping[str, str]


class Gavel(Construct):
    """Moderation of the Amazon Chime SDK meetings of the stack's account and Region.

    `http_api` gets Gavel's routes; without it Gavel makes an HTTP API, and maps it to `domain` if that is given.
    `authorizer` checks the tokens of callers; without it Gavel does, as `config` says. `bus` takes commands and gets
    events, `key` encrypts everything at rest, `permissions_boundary` limits every role.
    Raises `ConfigError` if the stack's Region is not one of Chime's.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        config: Config | None = None,
        *,
        http_api: apigatewayv2.IHttpApi | None = None,
        domain: apigatewayv2.IDomainName | None = None,
        authorizer: apigatewayv2.IHttpRouteAuthorizer | None = None,
        bus: events.IEventBus | None = None,
        key: kms.IKey | None = None,
        permissions_boundary: iam.IManagedPolicy | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        config = config or Config()
        use_key(self, config, key)
        config = self._in_region(config)
        if permissions_boundary:
            iam.PermissionsBoundary.of(self).apply(permissions_boundary)
        self.console = Console(self, "Console", config) if config.console else None
        if self.console:
            config = config.model_copy(update={"cors_origins": (*config.cors_origins, self.console.origin)})
        self.config = config
        self.ledger = Ledger(self, "Ledger")
        self.bus = ModerationBus(self, "Bus", config, bus).bus
        self.wakeups = WakeupQueue(self, "Wakeups", config, handled_within=TIMEOUT)
        shipped: _Shipped = {"asset": function_code(config), "environment": self._environment()}
        self._add_api(shipped, ExistingApi(http_api, domain), authorizer)
        self._add_background(shipped)
        if has_registry(config):
            Schemas(self, "Schemas", config)
        self.monitoring = Monitoring(
            self, "Monitoring", config, monitored=self._monitored(), functions=self._functions()
        )

    def _add_api(
        self, shipped: _Shipped, existing: ExistingApi, authorizer: apigatewayv2.IHttpRouteAuthorizer | None
    ) -> None:
        """Adds what callers reach: the REST API with its authorizer, the WebSocket API, and the console."""
        config = self.config
        origin = self.console.origin if self.console else None
        self.identity = None if authorizer else identity(self, config, shipped["asset"], origin)
        self.authorizer = self.identity and Authorizer(
            self, "Authorizer", config, identity=self.identity, asset=shipped["asset"]
        )
        self.live = Live(self, "Live", config, ledger=self.ledger, **shipped)
        self.host_api = HostApi(
            self,
            "HostApi",
            config,
            authorizer=self.authorizer.route_authorizer if self.authorizer else authorizer,
            existing=existing,
            ledger=self.ledger,
            wakeups=self.wakeups,
            asset=shipped["asset"],
            environment={
                **shipped["environment"],
                "GAVEL_LIVE_URL": self.live.url,
                "GAVEL_DISPLAY_NAME_CLAIM": config.display_name_claim,
                "GAVEL_POLICY_CLAIMS": json.dumps(config.policy_claims),
            },
        )
        if self.console:
            signing_in = self.identity.hosted_sign_in if self.identity else None
            self.console.publish(self.host_api.direct_url, self.live.url, signing_in)

    def _add_background(self, shipped: _Shipped) -> None:
        """Adds the functions that no caller waits for: event publisher, reconciler, commands by event, Chime's
        events.
        """
        config, ledger, wakeups = self.config, self.ledger, self.wakeups
        self.event_publisher = EventPublisher(self, "EventPublisher", config, ledger=ledger, bus=self.bus, **shipped)
        self.reconciler = Reconciler(self, "Reconciler", config, ledger=ledger, wakeups=wakeups, **shipped)
        self.event_commands = EventCommands(
            self, "EventCommands", config, bus=self.bus, ledger=ledger, wakeups=wakeups, **shipped
        )
        self.chime_events = ChimeEvents(self, "ChimeEvents", config, ledger=ledger, wakeups=wakeups, **shipped)

    @property
    def api_url(self) -> str:
        """The URL of the REST API."""
        return self.host_api.url

    @property
    def live_url(self) -> str:
        """The URL at which front ends open WebSocket connections."""
        return self.live.url

    @property
    def table(self) -> dynamodb.ITable:
        """The table with all rules and decisions."""
        return self.ledger.table

    def grant_command(self, principal: iam.IGrantable, sources: Sequence[str]) -> iam.Grant:
        """Lets the principal put commands with these sources on the bus, and lets the sources moderate as
        `commandSources` do. Raises `ConfigError` for a source that can't be given to anyone.
        """
        if problems := [f"`{source}` {reason}" for source in sources if (reason := reserved(source))]:
            raise ConfigError("\n".join(problems))
        self.event_commands.permit(sources)
        return iam.Grant.add_to_principal(
            grantee=principal,
            actions=["events:PutEvents"],
            resource_arns=[self.bus.event_bus_arn],
            conditions={
                "ForAllValues:StringEquals": {"events:source": list(sources), "events:detail-type": COMMAND},
                "Null": {"events:source": "false"},
            },
        )

    def on_change(
        self,
        target: events.IRuleTarget,
        *,
        rule_id: str = "OnChange",
        detail_types: Sequence[str] = CHANGES,
    ) -> events.Rule:
        """A rule that sends events to the target. A second one needs a `rule_id` of its own."""
        pattern = events.EventPattern(source=[SOURCE], detail_type=list(detail_types))
        return events.Rule(self, rule_id, event_bus=self.bus, event_pattern=pattern, targets=[target])

    def outputs(self) -> list[Output]:
        """The outputs of the stack, for operators and other stacks."""
        return [*self._outputs(), *(self.identity.outputs if self.identity else ())]

    def _in_region(self, config: Config) -> Config:
        """The configuration with the stack's Region, if that is known before the deployment."""
        region = Stack.of(self).region
        if Token.is_unresolved(region):
            self._refuse_other_regions(config)
            return config
        if problems := list(config.mistakes_of_region(region)):
            raise ConfigError("\n".join(problems))
        return config.model_copy(update={"region": region})

    def _refuse_other_regions(self, config: Config) -> None:
        """In a template for any Region: a rule that stops the deployment in a Region without Chime meetings."""
        CfnRule(
            self,
            "ChimeRegion",
            assertions=[
                CfnRuleAssertion(
                    assert_=Fn.condition_contains(list(CONTROL_REGIONS), Aws.REGION),
                    assert_description="Amazon Chime SDK meetings have no control plane in this Region.",
                ),
                *_refusing_govcloud(config),
            ],
        )

    def _environment(self) -> Mapping[str, str]:
        return {
            "GAVEL_STAGE": self.config.stage,
            "GAVEL_TABLE": self.ledger.table.table_name,
            "GAVEL_BUS": self.bus.event_bus_name,
            "GAVEL_WAKEUPS_QUEUE_URL": self.wakeups.queue.queue_url,
            "GAVEL_IDENTITY_CLAIM": self.config.identity_claim,
            "GAVEL_RETENTION_DAYS": str(self.config.retention_days),
            "GAVEL_COMMAND_MAX_AGE_SECONDS": str(self.config.command_max_age),
            **self.config.function_environment,
        }

    def _functions(self) -> dict[str, PythonFunction]:
        """The handler's module → the function."""
        authorizer = self.authorizer.function if self.authorizer else None
        names = self.identity.names if self.identity else None
        return {
            "host_api": self.host_api.function,
            "event_commands": self.event_commands.function,
            "chime_events": self.chime_events.function,
            "event_publisher": self.event_publisher.function,
            "reconciler": self.reconciler.function,
            "live.websocket": self.live.connections,
            "live.broadcast": self.live.broadcast,
            **({"token_authorizer": authorizer} if authorizer else {}),
            **({"pool_tokens": names} if names else {}),
        }

    def _monitored(self) -> MonitoredResources:
        return MonitoredResources(
            api=self.host_api.api,
            live_api=self.live.api,
            event_publisher=self.event_publisher.function.lambda_function,
            functions=[function.lambda_function for function in self._functions().values()],
            table=self.ledger.table,
            indexes=(DUE, USERS),
            dead_letters={
                "event-publisher": self.event_publisher.dead_letters,
                "wakeups": self.wakeups.dead_letters,
                "commands": self.event_commands.inbox.dead_letters,
                "attendees": self.chime_events.attendees.dead_letters,
                "capability-events": self.chime_events.capability_events.dead_letters,
            },
        )

    def _outputs(self) -> Iterator[Output]:
        yield Output("ApiUrl", self.api_url, "Where callers reach the REST API")
        yield Output("ApiId", self.host_api.api.api_id, "The HTTP API behind it")
        yield Output("LiveUrl", self.live_url, "Where front ends open WebSocket connections")
        yield Output("TableName", self.table.table_name, "The table with every rule and decision")
        yield Output("BusName", self.bus.event_bus_name, "The event bus: events come out of it, commands go in")
        yield Output("BusArn", self.bus.event_bus_arn, "The same bus, for rules of other accounts")
        yield Output("AlarmTopicArn", self.monitoring.topic.topic_arn, "Subscribe to be notified of alarms")
        dashboard = dashboard_url(self, self.monitoring.dashboard_name)
        yield Output("DashboardUrl", dashboard, "The CloudWatch dashboard")
        yield Output("Version", version(), "The version of Gavel that is deployed")
        if self.console:
            yield Output("ConsoleUrl", f"{self.console.origin}/", "The hosts' page")


def _refusing_govcloud(config: Config) -> Iterator[CfnRuleAssertion]:
    for setting, chosen, lacks in (
        ("console", config.console, "CloudFront"),
        ("snapStart", config.snap_start, "SnapStart"),
    ):
        if chosen:
            yield CfnRuleAssertion(
                assert_=Fn.condition_equals(Aws.PARTITION, "aws"),
                assert_description=f"`{setting}`: AWS GovCloud has no {lacks}.",
            )
