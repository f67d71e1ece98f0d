"""The inboxes: which events reach them, who may send to their queues, and what becomes of what fails."""

from collections.abc import Callable
from typing import Any

import pytest
from meeting_inbox.news import CAME, CHANGED, ENDED

from infra.inboxes import HEARD
from local.examples import EXAM_TRIGGERS
from tests.infra.resources import function, of_type

COMMANDS = "command_inbox.handler.handler"
NEWS = "meeting_inbox.handler.handler"
Template = dict[str, Any]


def test_commands_come_from_our_bus_by_any_source_that_is_nobody_elses(default: Template) -> None:
    (rule,) = rules_to(default, queue_of(default, COMMANDS))
    assert rule["EventBusName"] == {"Ref": "BusEA82B648"}
    assert rule["EventPattern"] == {
        "detail-type": ["Moderation Command"],
        "source": [{"anything-but": {"wildcard": ["gavel", "aws.*", "trigger/*"]}}],
    }
    assert "InputTransformer" not in rule["Targets"][0]


def test_news_come_from_chime_and_are_those_that_the_door_reads(default: Template) -> None:
    (rule,) = rules_to(default, queue_of(default, NEWS))
    assert "EventBusName" not in rule
    assert rule["EventPattern"] == {
        "detail-type": ["Chime Meeting State Change"],
        "source": ["aws.chime"],
        "detail": {"eventType": list(HEARD)},
    }
    assert set(HEARD) == CAME | {CHANGED, ENDED}


def test_another_source_may_tell_of_meetings(synthesize: Callable[..., Template]) -> None:
    template = synthesize(meetingEventSources=["gavel.simulator"])
    (rule,) = rules_to(template, queue_of(template, NEWS))
    assert rule["EventPattern"]["source"] == ["aws.chime", "gavel.simulator"]


@pytest.mark.parametrize("handler", [COMMANDS, NEWS])
def test_what_fails_comes_again_and_what_never_succeeds_is_kept(default: Template, handler: str) -> None:
    queue = default["Resources"][queue_of(default, handler)]["Properties"]
    assert queue["SqsManagedSseEnabled"] is True
    assert queue["VisibilityTimeout"] >= function(default, handler)["Timeout"]
    assert queue["RedrivePolicy"]["maxReceiveCount"] == 5
    last, _ = queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"]
    kept = default["Resources"][last]["Properties"]
    assert kept["SqsManagedSseEnabled"] is True
    assert kept["MessageRetentionPeriod"] == 14 * 24 * 3600
    feed = feed_of(default, handler)
    assert feed["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert 2 <= feed["ScalingConfig"]["MaximumConcurrency"] <= 5
    assert feed["BatchSize"] * 15 <= function(default, handler)["Timeout"]


@pytest.mark.parametrize("handler", [COMMANDS, NEWS])
def test_only_our_own_rules_may_send(synthesize: Callable[..., Template], handler: str) -> None:
    template = synthesize(triggers=EXAM_TRIGGERS)
    queue = queue_of(template, handler)
    (policy,) = [each for each in of_type(template, "AWS::SQS::QueuePolicy") if each["Queues"] == [{"Ref": queue}]]
    refusal, permission = policy["PolicyDocument"]["Statement"]
    assert (refusal["Effect"], refusal["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    assert permission["Effect"] == "Allow"
    assert permission["Principal"] == {"Service": "events.amazonaws.com"}
    assert permission["Action"] == "sqs:SendMessage"
    sources = permission["Condition"]["ArnEquals"]["aws:SourceArn"]
    sources = sources if isinstance(sources, list) else [sources]
    names = [source["Fn::GetAtt"][0] for source in sources]
    assert [template["Resources"][name]["Properties"] for name in names] == rules_to(template, queue)
    assert len(names) == (3 if handler == COMMANDS else 1)


def test_the_local_stage_does_without_tls(synthesize: Callable[..., Template]) -> None:
    local = synthesize(
        stage="local",
        jwtIssuer="http://127.0.0.1:4572",
        jwtAudience=["gavel"],
        eventSources=[{"account": "123456789012", "sources": ["school"]}],
    )
    effects = [
        statement["Effect"]
        for policy in of_type(local, "AWS::SQS::QueuePolicy")
        for statement in policy["PolicyDocument"]["Statement"]
    ]
    assert effects == ["Allow", "Allow"]
    assert not of_type(local, "AWS::Events::EventBusPolicy")


def feed_of(template: Template, handler: str) -> dict[str, Any]:
    resources = template["Resources"]
    (found,) = [
        feed
        for feed in of_type(template, "AWS::Lambda::EventSourceMapping")
        if resources[feed["FunctionName"]["Ref"]]["Properties"]["Handler"] == handler
    ]
    return found


def queue_of(template: Template, handler: str) -> str:
    name: str = feed_of(template, handler)["EventSourceArn"]["Fn::GetAtt"][0]
    return name


def rules_to(template: Template, queue: str) -> list[dict[str, Any]]:
    arn = {"Fn::GetAtt": [queue, "Arn"]}
    rules = of_type(template, "AWS::Events::Rule")
    return [rule for rule in rules if [target["Arn"] for target in rule["Targets"]] == [arn]]
