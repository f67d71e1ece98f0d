"""The inboxes: which events reach them, who may send to their queues, and what becomes of what fails."""

from collections.abc import Callable
from typing import Any

import pytest
from meeting_inbox.news import CAME, CHANGED, ENDED, GOING

from infra.inboxes import ECHOES, PEOPLE
from local.examples import EXAM_TRIGGERS
from tests.infra.resources import function, of_type

COMMANDS = "command_inbox.handler.handler"
NEWS = "meeting_inbox.handler.handler"
Template = dict[str, Any]


def test_commands_come_from_our_bus_by_any_source_that_is_nobody_elses(default: Template) -> None:
    (queue,) = queues_of(default, COMMANDS)
    (rule,) = rules_to(default, queue)
    assert rule["EventBusName"] == {"Ref": "BusEA82B648"}
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
        for event_types in (PEOPLE, ECHOES)
    ]
    assert set(PEOPLE) == CAME | GOING | {ENDED}
    assert set(ECHOES) == {CHANGED}


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


@pytest.mark.parametrize(("handler", "counts"), [(COMMANDS, [3]), (NEWS, [1, 1])])
def test_only_our_own_rules_may_send(synthesize: Callable[..., Template], handler: str, counts: list[int]) -> None:
    template = synthesize(triggers=EXAM_TRIGGERS)
    found = []
    for queue in queues_of(template, handler):
        (policy,) = [each for each in of_type(template, "AWS::SQS::QueuePolicy") if each["Queues"] == [{"Ref": queue}]]
        refusal, permission = policy["PolicyDocument"]["Statement"]
        assert (refusal["Effect"], refusal["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
        assert permission["Effect"] == "Allow"
        assert permission["Principal"] == {"Service": "events.amazonaws.com"}
        assert permission["Action"] == "sqs:SendMessage"
        names = [source["Fn::GetAtt"][0] for source in permission["Condition"]["ArnEquals"]["aws:SourceArn"]]
        assert [template["Resources"][name]["Properties"] for name in names] == rules_to(template, queue)
        found.append(len(names))
    assert found == counts


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
    assert effects == ["Allow"] * 3
    assert not of_type(local, "AWS::Events::EventBusPolicy")


def feeds_of(template: Template, handler: str) -> list[dict[str, Any]]:
    resources = template["Resources"]
    return [
        feed
        for feed in of_type(template, "AWS::Lambda::EventSourceMapping")
        if resources[feed["FunctionName"]["Ref"]]["Properties"]["Handler"] == handler
    ]


def queues_of(template: Template, handler: str) -> list[str]:
    return [feed["EventSourceArn"]["Fn::GetAtt"][0] for feed in feeds_of(template, handler)]


def rules_to(template: Template, queue: str) -> list[dict[str, Any]]:
    arn = {"Fn::GetAtt": [queue, "Arn"]}
    rules = of_type(template, "AWS::Events::Rule")
    return [rule for rule in rules if [target["Arn"] for target in rule["Targets"]] == [arn]]
