"""Commands by event: commands on Gavel's bus, and commands that triggers make of other events."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from aws_cdk import aws_events as events
from constructs import Construct

from ..config import Config
from ..resources.event_queue import EventQueue, EventRule, queue_function
from ..settings.event_sources import RESERVED
from ..settings.triggers import Trigger
from .grants import explain_any_meeting, moderation_grants
from .ledger import Ledger
from .wakeups import WakeupQueue

COMMAND = "Moderation Command"


class EventCommands(Construct):
    """The rules that match commands and triggers, their queue, and the function that processes it."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        config: Config,
        *,
        bus: events.IEventBus,
        ledger: Ledger,
        wakeups: WakeupQueue,
        asset: Path,
        environment: Mapping[str, str],
    ) -> None:
        super().__init__(scope, name)
        own = config.named("gavel")
        triggers = [
            _trigger_rule(each, bus.event_bus_name if each.bus == own else each.bus) for each in config.triggers
        ]
        self.inbox = EventQueue(self, "Inbox", config, [_commands(bus), *triggers])
        self.function = queue_function(
            self,
            config,
            handler="event_commands.handler.handler",
            asset=asset,
            environment=environment,
            statements=moderation_grants(ledger, wakeups),
            queues={self.inbox: 5},
        )
        explain_any_meeting(self.function.role)
        self._sources: set[str] = set()
        self.permit(config.command_sources)

    def permit(self, sources: Sequence[str]) -> None:
        """Lets commands with these sources do what the policies permit to command sources."""
        self._sources.update(sources)
        self.function.lambda_function.add_environment("GAVEL_COMMAND_SOURCES", json.dumps(sorted(self._sources)))


def _commands(bus: events.IEventBus) -> EventRule:
    """The pattern of commands on the bus. It excludes sources that name a trigger, which would command in its name."""
    others = {"anything-but": {"wildcard": list(RESERVED)}}
    return EventRule(
        "Commands",
        "Commands by event: the source is who commands.",
        {"detail-type": [COMMAND], "source": [others]},
        bus.event_bus_name,
    )


def _trigger_rule(trigger: Trigger, bus: str | None) -> EventRule:
    transformer = events.CfnRule.InputTransformerProperty(input_template=trigger.template)
    description = f"Trigger {trigger.name}: {trigger.command['command']}"
    return EventRule(trigger.name, description, trigger.pattern, bus, transformer)
