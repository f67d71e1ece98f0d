"""The whole of Gavel as one CloudFormation stack."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypedDict

from aws_cdk import Aws, CfnRule, CfnRuleAssertion, Environment, Fn, Stack
from constructs import Construct

from infra.alarms import MonitoredResources
from infra.asset import function_asset
from infra.authorizer import Authorizer
from infra.bus import moderation_bus
from infra.configuration import Configuration
from infra.console import Console
from infra.event_functions import ChimeEvents, EventCommands
from infra.event_publisher import EventPublisher
from infra.host_api import HostApi
from infra.identity import identity
from infra.ledger import Ledger
from infra.live import Live
from infra.outputs import Output, dashboard_url, write_outputs
from infra.queues import WakeupQueue
from infra.reconciler import TIMEOUT, Reconciler
from infra.regions import CONTROL_REGIONS
from infra.schemas import Schemas, has_registry
from infra.version import version
from infra.watch import Watch


class _Shipped(TypedDict):
    """What every function is given."""

    asset: Path
    environment: Mapping[str, str]


class _Moderated(TypedDict):
    """What every door to the moderator is given."""

    ledger: Ledger
    wakeups: WakeupQueue


class GavelStack(Stack):
    """One stage of Gavel in one account and Region."""

    def __init__(self, scope: Construct, configuration: Configuration) -> None:
        super().__init__(
            scope,
            configuration.named("gavel"),
            description="Gavel: the moderator's gavel for Amazon Chime SDK meetings",
            env=Environment(region=configuration.region) if configuration.region else None,
            analytics_reporting=False,
        )
        asset = function_asset(configuration)
        self.ledger = Ledger(self, "Ledger", configuration)
        self.bus = moderation_bus(self, configuration)
        self.wakeups = WakeupQueue(self, "Wakeups", configuration, handled_within=TIMEOUT)
        shipped: _Shipped = {"asset": asset, "environment": self._environment(configuration)}
        moderated: _Moderated = {"ledger": self.ledger, "wakeups": self.wakeups}
        self.console = (
            Console(self, "Console", configuration) if configuration.console and not configuration.is_local else None
        )
        if self.console:
            configuration = replace(configuration, cors_origins=(*configuration.cors_origins, self.console.origin))
        user_pool = identity(self, configuration, self.console.origin if self.console else None)
        self.authorizer = Authorizer(self, "Authorizer", configuration, identity=user_pool, asset=asset)
        self.live = Live(self, "Live", configuration, ledger=self.ledger, **shipped)
        self.host_api = HostApi(
            self,
            "HostApi",
            configuration,
            authorizer=self.authorizer.of_routes,
            live_url=self.live.url,
            **moderated,
            **shipped,
        )
        if self.console:
            self.console.publish(self.host_api.api.api_endpoint, self.live.url, user_pool.hosted_sign_in)
        self.event_publisher = EventPublisher(
            self, "EventPublisher", configuration, ledger=self.ledger, bus=self.bus, **shipped
        )
        self.reconciler = Reconciler(self, "Reconciler", configuration, **moderated, **shipped)
        self.event_commands = EventCommands(self, "EventCommands", configuration, bus=self.bus, **moderated, **shipped)
        self.chime_events = ChimeEvents(self, "ChimeEvents", configuration, **moderated, **shipped)
        if has_registry(configuration):
            Schemas(self, "Schemas", configuration)
        self.watch = self._watch(configuration)
        if configuration.region is None:
            self._refuse_other_regions(configuration)
        write_outputs(self, configuration, [*self._outputs(), *user_pool.outputs])

    def _environment(self, configuration: Configuration) -> Mapping[str, str]:
        return {
            "GAVEL_STAGE": configuration.stage,
            "GAVEL_TABLE": self.ledger.table.table_name,
            "GAVEL_BUS": self.bus.event_bus_name,
            "GAVEL_WAKEUPS_QUEUE_URL": self.wakeups.queue.queue_url,
            "GAVEL_IDENTITY_CLAIM": configuration.identity_claim,
            "GAVEL_RETENTION_DAYS": str(configuration.retention_days),
            "GAVEL_COMMAND_MAX_AGE": str(configuration.command_max_age),
            **configuration.function_environment,
        }

    def _watch(self, configuration: Configuration) -> Watch:
        watched = MonitoredResources(
            api=self.host_api.api,
            event_publisher=self.event_publisher.door.function,
            dead_letters={
                "event-publisher": self.event_publisher.undeliverable,
                "wakeups": self.wakeups.undeliverable,
                "commands": self.event_commands.intake.undeliverable,
                "attendees": self.chime_events.attendees.undeliverable,
                "capability-events": self.chime_events.capability_events.undeliverable,
            },
        )
        doors = {
            "host_api": self.host_api.door,
            "event_commands": self.event_commands.door,
            "chime_events": self.chime_events.door,
            "event_publisher": self.event_publisher.door,
            "reconciler": self.reconciler.door,
            "live.websocket": self.live.connections,
            "live.broadcast": self.live.told,
            **({"token_authorizer": self.authorizer.door} if self.authorizer.door else {}),
        }
        return Watch(self, "Watch", configuration, watched=watched, doors=doors)

    def _refuse_other_regions(self, configuration: Configuration) -> None:
        """A template for any Region is checked where it lands, before anything is made there."""
        CfnRule(
            self,
            "ChimeRegion",
            assertions=[
                CfnRuleAssertion(
                    assert_=Fn.condition_contains(list(CONTROL_REGIONS), Aws.REGION),
                    assert_description="Amazon Chime SDK meetings have no control plane in this Region.",
                ),
                *(
                    CfnRuleAssertion(
                        assert_=Fn.condition_equals(Aws.PARTITION, "aws"),
                        assert_description=f"`{setting}`: AWS GovCloud has no {lacks}.",
                    )
                    for setting, chosen, lacks in (
                        ("console", configuration.console, "CloudFront"),
                        ("snapStart", configuration.snap_start, "SnapStart"),
                    )
                    if chosen
                ),
            ],
        )

    def _outputs(self) -> list[Output]:
        outputs = [
            Output("ApiUrl", self.host_api.url, "Where callers reach the REST API"),
            Output("ApiId", self.host_api.api.api_id, "The HTTP API behind it"),
            Output("LiveUrl", self.live.url, "Where front ends open WebSocket connections"),
            Output("TableName", self.ledger.table.table_name, "The table with every rule and decision"),
            Output("BusName", self.bus.event_bus_name, "The event bus: events come out of it, commands go in"),
            Output("BusArn", self.bus.event_bus_arn, "The same bus, for rules of other accounts"),
            Output("AlarmTopicArn", self.watch.topic.topic_arn, "Subscribe to be notified of alarms"),
            Output("DashboardUrl", dashboard_url(self, self.watch.dashboard_name), "The CloudWatch dashboard"),
            Output("Version", version(), "The version of Gavel that is deployed"),
        ]
        if self.console:
            outputs.append(Output("ConsoleUrl", f"{self.console.origin}/", "The hosts' page"))
        return outputs
