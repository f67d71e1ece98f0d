"""The two inboxes: commands that come as events, and what Chime tells of its meetings."""

from collections.abc import Mapping
from pathlib import Path

from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.configuration import Configuration
from infra.event_sources import RESERVED
from infra.inbox import Feed, Inbox
from infra.ledger import Ledger
from infra.moderation import moderator_grants
from infra.queues import Reminders
from infra.triggers import Trigger

COMMAND = "Moderation Command"
STATE_CHANGE = "Chime Meeting State Change"
CHIME = "aws.chime"
# What the door acts on. The others, ten for every person and meeting, would be calls of the function for nothing.
HEARD = (
    "chime:AttendeeAdded",
    "chime:AttendeeAuthorized",
    "chime:AttendeeCapabilitiesUpdated",
    "chime:AttendeeJoined",
    "chime:MeetingEnded",
)


class CommandInbox(Construct):
    """Takes commands from Gavel's bus, and from wherever a trigger finds them."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        configuration: Configuration,
        *,
        bus: events.EventBus,
        ledger: Ledger,
        reminders: Reminders,
        asset: Path,
        environment: Mapping[str, str],
    ) -> None:
        super().__init__(scope, name)
        meetings_by_name = iam.PolicyStatement(actions=["dynamodb:Query"], resources=[ledger.index_arn("external")])
        self.inbox = Inbox(
            self,
            "Inbox",
            configuration,
            handler="command_inbox.handler.handler",
            asset=asset,
            environment=environment,
            statements=[*moderator_grants(ledger, reminders), meetings_by_name],
            at_once=5,
        )
        own = configuration.named("gavel")
        triggers = [_feed(each, bus.event_bus_name if each.bus == own else each.bus) for each in configuration.triggers]
        self.inbox.fed_by(self, _commands(bus), *triggers)


class MeetingInbox(Construct):
    """Takes what Chime tells of the meetings in this account and Region."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        configuration: Configuration,
        *,
        ledger: Ledger,
        reminders: Reminders,
        asset: Path,
        environment: Mapping[str, str],
    ) -> None:
        super().__init__(scope, name)
        self.inbox = Inbox(
            self,
            "Inbox",
            configuration,
            handler="meeting_inbox.handler.handler",
            asset=asset,
            environment=environment,
            # One seat at a time is all that this door orders.
            statements=moderator_grants(ledger, reminders, everybody=False),
            at_once=2,
        )
        news = Feed(
            "News",
            "State changes of meetings that may be moderated.",
            {
                "detail-type": [STATE_CHANGE],
                "source": [CHIME, *configuration.meeting_event_sources],
                "detail": {"eventType": list(HEARD)},
            },
        )
        self.inbox.fed_by(self, news)


def _commands(bus: events.EventBus) -> Feed:
    """A source that names a trigger would command in its name."""
    others = {"anything-but": {"wildcard": list(RESERVED)}}
    return Feed(
        "Commands",
        "Commands by event: the source is who commands.",
        {"detail-type": [COMMAND], "source": [others]},
        bus.event_bus_name,
    )


def _feed(trigger: Trigger, bus: str | None) -> Feed:
    transformer = events.CfnRule.InputTransformerProperty(
        input_template=trigger.template, input_paths_map=trigger.input_paths
    )
    description = f"Trigger {trigger.name}: {trigger.command['command']}"
    return Feed(f"Trigger-{trigger.name}", description, trigger.pattern, bus, transformer)
