"""The inboxes: which events reach them, who may send to their queues, and what becomes of what fails."""

import json
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

import pytest
from chime_events.chime_event import ENDED, GOING, JOINED, UPDATED

from infra.constructs.chime_events import ATTENDEES, CAPABILITY_EVENTS
from infra.settings.triggers import MOST_TRIGGERS
from local.examples import EXAM_TRIGGERS
from tests.infra.resources import as_list, function, of_type

COMMANDS = "event_commands.handler.handler"
NEWS = "chime_events.handler.handler"
Template = dict[str, Any]
LONGEST_NAME = 36
"""Of a trigger."""
OF_TWO_BUSES = {
    "stage": "dev",
    "region": "eu-central-1",
    "triggers": [*EXAM_TRIGGERS, EXAM_TRIGGERS[0] | {"name": "school", "bus": "school/events"}],
}
RULES = "arn:aws:events:eu-central-1:123456789012:rule"
STRANGERS = (
    "gavel.exam",
    "gavel-dev2.exam",
    "gavel-dev-exam",
    "school/events/gavel.exam",
    "gavel/gavel-dev-x",
    "x-gavel-dev.exam",
)


def test_commands_come_from_our_bus_by_any_source_that_is_nobody_elses(default: Template) -> None:
    (queue,) = queues_of(default, COMMANDS)
    (rule,) = rules_to(default, queue)
    assert rule["EventBusName"] == {"Ref": "GavelBus5BD6A9DB"}
    assert rule["EventPattern"] == {
        "detail-type": ["Moderation Command"],
        "source": [{"anything-but": {"wildcard": ["gavel", "aws.*", "trigger/*"]}}],
    }
    assert "InputTransformer" not in rule["Targets"][0]


def test_news_come_from_chime_and_are_those_that_the_door_reads(default: Template) -> None:
    """Who joins doesn't wait behind what a mute-all of 250 tells."""
    rules = [rule for queue in queues_of(default, NEWS) for rule in rules_to(default, queue)]
    assert not [rule for rule in rules if "EventBusName" in rule]
    assert [rule["EventPattern"] for rule in rules] == [
        {
            "detail-type": ["Chime Meeting State Change"],
            "source": ["aws.chime"],
            "detail": {"eventType": list(event_types)},
        }
        for event_types in (ATTENDEES, CAPABILITY_EVENTS)
    ]
    assert set(ATTENDEES) == JOINED | GOING | {ENDED}
    assert set(CAPABILITY_EVENTS) == {UPDATED}


def test_another_source_may_tell_of_meetings(synthesize: Callable[..., Template]) -> None:
    template = synthesize(meetingEventSources=["gavel.simulator"])
    rules = [rule for queue in queues_of(template, NEWS) for rule in rules_to(template, queue)]
    assert [rule["EventPattern"]["source"] for rule in rules] == [["aws.chime", "gavel.simulator"]] * 2


@pytest.mark.parametrize("handler", [COMMANDS, NEWS])
def test_what_fails_comes_again_and_what_never_succeeds_is_kept(default: Template, handler: str) -> None:
    timeout = function(default, handler)["Timeout"]
    for feed in feeds_of(default, handler):
        queue = default["Resources"][feed["EventSourceArn"]["Fn::GetAtt"][0]]["Properties"]
        assert queue["SqsManagedSseEnabled"] is True
        assert queue["VisibilityTimeout"] >= timeout
        assert queue["RedrivePolicy"]["maxReceiveCount"] == 5
        last, _ = queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"]
        kept = default["Resources"][last]["Properties"]
        assert kept["SqsManagedSseEnabled"] is True
        assert kept["MessageRetentionPeriod"] == 14 * 24 * 3600
        assert feed["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert 2 <= feed["ScalingConfig"]["MaximumConcurrency"] <= 5
        assert feed["BatchSize"] * 15 <= timeout


@pytest.mark.parametrize("handler", [COMMANDS, NEWS])
def test_only_our_own_rules_may_send(synthesize: Callable[..., Template], handler: str) -> None:
    template = synthesize(**OF_TWO_BUSES)
    for queue in queues_of(template, handler):
        refusal, permission = policy_of(template, queue)["Statement"]
        assert (refusal["Effect"], refusal["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
        assert permission["Effect"] == "Allow"
        assert permission["Principal"] == {"Service": "events.amazonaws.com"}
        assert permission["Action"] == "sqs:SendMessage"
        patterns = source_arns(template, queue)
        assert all(admits(patterns, arn_of(rule)) for rule in rules_to(template, queue))
        assert not [name for name in STRANGERS if admits(patterns, f"{RULES}/{name}")]
        assert not admits(patterns, "arn:aws:events:eu-central-1:210987654321:rule/gavel-dev.Commands")


def test_policies_of_queues_are_within_the_limits_of_sqs(synthesize: Callable[..., Template]) -> None:
    """AWS doesn't say what one of its "10 conditions" is: under each reading fifty triggers are let in."""
    name = "t" * LONGEST_NAME
    triggers = [EXAM_TRIGGERS[0] | {"name": f"{name[:-2]}{n:02}", "bus": "b"} for n in range(MOST_TRIGGERS)]
    template = synthesize(stage="s" * 20, triggers=triggers)
    rules = [rule for rule in of_type(template, "AWS::Events::Rule") if "Name" in rule]
    assert len({rule["Name"] for rule in rules}) == len(rules) == MOST_TRIGGERS + 3
    assert max(len(rule["Name"]) for rule in rules) <= 64
    for policy in of_type(template, "AWS::SQS::QueuePolicy"):
        document = policy["PolicyDocument"]
        assert len(json.dumps(document)) < 4096, "and 8192 with names in the places of references"
        assert len(document["Statement"]) <= 20
        conditions = [values for each in document["Statement"] for values in each["Condition"].values()]
        assert sum(len(as_list(value)) for values in conditions for value in values.values()) <= 10


def feeds_of(template: Template, handler: str) -> list[dict[str, Any]]:
    resources = template["Resources"]
    return [
        feed
        for feed in of_type(template, "AWS::Lambda::EventSourceMapping")
        if resources[feed["FunctionName"]["Ref"]]["Properties"]["Handler"] == handler
    ]


def queues_of(template: Template, handler: str) -> list[str]:
    return [feed["EventSourceArn"]["Fn::GetAtt"][0] for feed in feeds_of(template, handler)]


def policy_of(template: Template, queue: str) -> dict[str, Any]:
    policies = of_type(template, "AWS::SQS::QueuePolicy")
    [document] = [each["PolicyDocument"] for each in policies if each["Queues"] == [{"Ref": queue}]]
    return dict(document)


def source_arns(template: Template, queue: str) -> list[str]:
    """What `aws:SourceArn` has to be like, written out for one account."""
    [like] = [each["Condition"] for each in policy_of(template, queue)["Statement"] if each["Effect"] == "Allow"]
    known = {"AWS::Partition": "aws", "AWS::Region": "eu-central-1", "AWS::AccountId": "123456789012"}
    return [
        "".join(part if isinstance(part, str) else known[part["Ref"]] for part in value["Fn::Join"][1])
        for value in like["ArnLike"]["aws:SourceArn"]
    ]


def arn_of(rule: dict[str, Any]) -> str:
    """https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html"""
    bus = rule.get("EventBusName")
    return "/".join([RULES, *([] if bus is None else [bus if isinstance(bus, str) else "gavel-dev"]), rule["Name"]])


def admits(patterns: list[str], arn: str) -> bool:
    """`ArnLike`: each part between colons is held against its own.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
    """
    return any(all(map(fnmatchcase, arn.split(":"), pattern.split(":"))) for pattern in patterns)


def rules_to(template: Template, queue: str) -> list[dict[str, Any]]:
    arn = {"Fn::GetAtt": [queue, "Arn"]}
    rules = of_type(template, "AWS::Events::Rule")
    return [rule for rule in rules if [target["Arn"] for target in rule["Targets"]] == [arn]]
