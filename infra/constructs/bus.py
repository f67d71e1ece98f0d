"""The bus: Gavel publishes events on it and receives commands from it."""

from aws_cdk import Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from constructs import Construct

from ..config import Config
from ..settings.event_sources import EventSource


class ModerationBus(Construct):
    """The given bus, or a bus named after the stage. Its policy says which sender may put which source on it."""

    def __init__(self, scope: Construct, name: str, config: Config, existing: events.IEventBus | None = None) -> None:
        super().__init__(scope, name)
        self.bus = existing or events.EventBus(self, "Bus", event_bus_name=config.named("gavel"))
        for index, source in enumerate(config.event_sources):
            self._admit(f"EventSource{index}", source)

    def _admit(self, statement_id: str, source: EventSource) -> None:
        partition = Stack.of(self).partition
        principal = source.who if source.who.startswith("arn:") else f"arn:{partition}:iam::{source.who}:root"
        statement = iam.PolicyStatement(
            actions=["events:PutEvents"],
            principals=[iam.ArnPrincipal(principal)],
            resources=[self.bus.event_bus_arn],
            # All sources of a request must be among these, and where there is none, "all" alone would be true.
            conditions={
                "ForAllValues:StringEquals": {"events:source": list(source.sources)},
                "Null": {"events:source": "false"},
            },
        )
        events.CfnEventBusPolicy(
            self,
            statement_id,
            event_bus_name=self.bus.event_bus_name,
            statement_id=statement_id,
            statement=statement.to_statement_json(),
        )
