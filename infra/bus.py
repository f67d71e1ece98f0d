"""The bus `gavel`: events go out on it, commands come in."""

from aws_cdk import Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.configuration import Configuration
from infra.event_sources import EventSource


def moderation_bus(scope: Construct, configuration: Configuration) -> events.EventBus:
    """The bus, and who may put which source on it."""
    bus = events.EventBus(scope, "Bus", event_bus_name=configuration.named("gavel"))
    if not configuration.is_local:  # the emulator has no policies of buses
        for index, source in enumerate(configuration.event_sources):
            events.CfnEventBusPolicy(
                scope,
                f"EventSource{index}",
                event_bus_name=bus.event_bus_name,
                statement_id=f"EventSource{index}",
                statement=_admits(source, bus, Stack.of(scope)).to_statement_json(),
            )
    return bus


def _admits(source: EventSource, bus: events.EventBus, stack: Stack) -> iam.PolicyStatement:
    who = source.who if source.who.startswith("arn:") else f"arn:{stack.partition}:iam::{source.who}:root"
    return iam.PolicyStatement(
        sid=None,
        actions=["events:PutEvents"],
        principals=[iam.ArnPrincipal(who)],
        resources=[bus.event_bus_arn],
        # All sources of a request must be among these, and where there is none, "all" alone would be true.
        conditions={
            "ForAllValues:StringEquals": {"events:source": list(source.sources)},
            "Null": {"events:source": "false"},
        },
    )
