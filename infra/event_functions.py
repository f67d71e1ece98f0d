"""The two inboxes: commands that come as events, and what Chime tells of its meetings."""

from collections.abc import Mapping
from pathlib import Path

from aws_cdk import aws_events as events
from constructs import Construct

from infra.configuration import Configuration
from infra.event_queue import EventQueue, EventRule, queue_function
from infra.event_sources import RESERVED
from infra.ledger import Ledger
from infra.moderation import moderator_grants
from infra.queues import WakeupQueue
from infra.triggers import Trigger

COMMAND = "Moderation Command"
STATE_CHANGE = "Chime Meeting State Change"
CHIME = "aws.chime"
# What the door acts on. The others, ten for every person and meeting, would be calls of the function for nothing.
ATTENDEES = (
    "chime:AttendeeAdded",
    "chime:AttendeeAuthorized",
    "chime:AttendeeJoined",
    "chime:AttendeeLeft",
    "chime:AttendeeDeleted",
    "chime:MeetingEnded",
)
# Every change comes back as an event, a mute-all of 250 as 250 of them. Who joins then must not wait behind those.
CAPABILITY_EVENTS = ("chime:AttendeeCapabilitiesUpdated",)


class EventCommands(Construct):
    """Takes commands from Gavel's bus, and from wherever a trigger finds them."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        configuration: Configuration,
        *,
        bus: events.EventBus,
        ledger: Ledger,
        wakeups: WakeupQueue,
        asset: Path,
        environment: Mapping[str, str],
    ) -> None:
        super().__init__(scope, name)
        own = configuration.named("gavel")
        triggers = [_feed(each, bus.event_bus_name if each.bus == own else each.bus) for each in configuration.triggers]
        self.intake = EventQueue(self, "Intake", configuration, [_commands(bus), *triggers])
        self.door = queue_function(
            self,
            configuration,
            handler="event_commands.handler.handler",
            asset=asset,
            environment=environment,
            statements=moderator_grants(ledger, wakeups),
            intakes={self.intake: 5},
        )


class ChimeEvents(Construct):
    """Takes what Chime tells of the meetings in this account and Region."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        configuration: Configuration,
        *,
        ledger: Ledger,
        wakeups: WakeupQueue,
        asset: Path,
        environment: Mapping[str, str],
    ) -> None:
        super().__init__(scope, name)
        sources = [CHIME, *configuration.meeting_event_sources]
        self.attendees = EventQueue(
            self, "Attendees", configuration, [_news("Attendees", "Who comes and goes; what ends.", sources, ATTENDEES)]
        )
        self.capability_events = EventQueue(
            self,
            "CapabilityEvents",
            configuration,
            [_news("CapabilityEvents", "What Chime changed.", sources, CAPABILITY_EVENTS)],
        )
        self.door = queue_function(
            self,
            configuration,
            handler="chime_events.handler.handler",
            asset=asset,
            environment=environment,
            # One seat at a time is all that this door orders.
            statements=moderator_grants(ledger, wakeups, everybody=False, meetings=True),
            intakes={self.attendees: 2, self.capability_events: 2},
        )


def _commands(bus: events.EventBus) -> EventRule:
    """A source that names a trigger would command in its name."""
    others = {"anything-but": {"wildcard": list(RESERVED)}}
    return EventRule(
        "Commands",
        "Commands by event: the source is who commands.",
        {"detail-type": [COMMAND], "source": [others]},
        bus.event_bus_name,
    )


def _news(name: str, description: str, sources: list[str], event_types: tuple[str, ...]) -> EventRule:
    detail = {"eventType": list(event_types)}
    return EventRule(name, description, {"detail-type": [STATE_CHANGE], "source": sources, "detail": detail})


def _feed(trigger: Trigger, bus: str | None) -> EventRule:
    transformer = events.CfnRule.InputTransformerProperty(input_template=trigger.template)
    description = f"Trigger {trigger.name}: {trigger.command['command']}"
    return EventRule(trigger.name, description, trigger.pattern, bus, transformer)
