"""Triggers and event sources: what they become, what EventBridge makes of it, and what is wrong with them."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from event_commands.message import Message
from event_commands.message import read as read_message

from infra.config import ConfigError
from infra.context import read
from infra.files import SCHEMAS
from infra.settings.triggers import MEETING_COMMANDS, MOST_TRIGGERS, USER_COMMANDS, Trigger
from local.examples import EXAM_TRIGGERS
from tests.infra.conftest import ROOT
from tests.infra.resources import of_type

Template = dict[str, Any]
GOOD: dict[str, Any] = {
    "name": "quiet",
    "pattern": {"source": ["school"]},
    "command": {"command": "mute-all", "externalMeetingId": "$.detail.room"},
}


MUTE: dict[str, Any] = {"command": "mute-all", "externalMeetingId": "$.detail.room"}


def documented() -> list[dict[str, Any]]:
    blocks = re.findall(r"```json\n(.*?)```", (ROOT / "docs" / "triggers.md").read_text(), re.DOTALL)
    found: list[dict[str, Any]] = []
    for block in map(json.loads, blocks):
        found += block.get("triggers", []) if isinstance(block, dict) else []
    return found


def received(trigger: Trigger, event: dict[str, Any]) -> Message:
    """What the command inbox makes of what EventBridge sends, whose variable is the event as JSON, unescaped."""
    assert re.findall(r"<([^<>]*)>", trigger.template) == ["aws.events.event.json"]
    return read_message(trigger.template.replace("<aws.events.event.json>", json.dumps(event)))


def only(**changes: Any) -> Trigger:
    (trigger,) = read({"triggers": [GOOD | changes]}).triggers
    return trigger


def test_a_trigger_is_a_rule_with_a_template(synthesize: Callable[..., Template]) -> None:
    rules = triggers(
        synthesize(triggers=[*EXAM_TRIGGERS, GOOD | {"bus": "school"}, GOOD | {"name": "x", "bus": "gavel"}])
    )
    assert [rule.get("EventBusName") for rule in rules] == [None, None, "school", {"Ref": "GavelBus5BD6A9DB"}]
    started = rules[0]
    assert started["EventPattern"] == {"source": ["school"], "detail-type": ["ExamStarted"]}
    (target,) = started["Targets"]
    assert target["InputTransformer"] == {
        "InputTemplate": '{"trigger": "exam-started", "template": {"command": "mute-all", '
        '"externalMeetingId": "$.detail.room", "media": ["audio", "content"], "reason": "exam started"}, '
        '"event": <aws.events.event.json>}'
    }


def test_nothing_of_an_event_is_interpolated(synthesize: Callable[..., Template]) -> None:
    """EventBridge escapes nothing, so a value of the event beside the command's keys could add some."""
    for rule in triggers(synthesize(triggers=documented())):
        (target,) = rule["Targets"]
        said, _, event = target["InputTransformer"]["InputTemplate"].partition(', "event": ')
        assert event == "<aws.events.event.json>}"
        assert not {"<", ">"} & set(said)
        assert json.loads(said + "}").keys() == {"trigger", "template"}
        assert "InputPathsMap" not in target["InputTransformer"]


def test_what_the_command_inbox_receives() -> None:
    command = {
        "command": "mute",
        "meetingId": "$.detail.meeting-id",
        "externalUserId": "$.detail.who",
        "media": "$.detail.media",
        "durationSeconds": "$.detail.seconds",
        "liftableBy": "$.detail.list[0]",
        "reason": 'they said "quiet", \\ and meant it – 5 $',
    }
    detail = {"meeting-id": "m-1", "who": 'bob"', "media": ["audio"], "seconds": 30, "list": ["x"]}
    event = {"id": "e-1", "time": "2026-03-01T10:00:00Z", "detail": detail}
    message = received(only(command=command), event)
    assert (message.actor.id, message.event_id, message.at) == (
        "trigger/quiet",
        "e-1",
        datetime(2026, 3, 1, 10, tzinfo=UTC),
    )
    assert message.detail == {
        "command": "mute",
        "meetingId": "m-1",
        "externalUserId": 'bob"',
        "media": ["audio"],
        "durationSeconds": 30,
        "liftableBy": "x",
        "reason": 'they said "quiet", \\ and meant it – 5 $',
    }


def test_the_documented_examples_are_triggers() -> None:
    examples = documented()
    names = {trigger.name for trigger in read({"triggers": examples}).triggers}
    assert names == {"exam-started", "exam-ended", "guests-come-muted", "dial-in-hand"}
    assert [each for each in examples if each["name"].startswith("exam-")] == EXAM_TRIGGERS


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"name": "Exam"}, "`name`: expected lower-case letters"),
        ({"name": "e" * 37}, "`name`: expected lower-case letters"),
        ({"name": None}, "`triggers[0]`: `name`: expected lower-case letters"),
        ({"when": {}}, "`triggers`: `quiet`: unknown key `when`"),
        ({"bus": "my bus"}, "`bus`: expected the name of an event bus"),
        ({"pattern": None}, "`pattern`: expected an event pattern"),
        ({"pattern": {}}, "`pattern`: expected an event pattern"),
        ({"pattern": {"source": "school"}}, '`pattern.source`: expected a list of what matches, like ["school"]'),
        ({"pattern": {"detail": {"a": 1}}}, "`pattern.detail.a`: expected a list"),
        ({"pattern": {"source": []}}, "`pattern.source`: expected a list"),
        ({"command": None}, "`command`: expected an object"),
        ({"command": {"command": "silence", "meetingId": "m"}}, "there is no `silence`; choose one of ban, "),
        ({"command": {"command": "$.detail.action", "meetingId": "m"}}, "there is no `$.detail.action`"),
        ({"command": {"command": "end"}}, "`externalMeetingId` in the command, got neither"),
        ({"command": {"command": "end", "meetingId": "a", "externalMeetingId": "b"}}, "got both"),
        ({"command": {"command": "end", "meetingId": 7}}, "`meetingId`: expected a text or a path"),
        ({"command": {"command": "mute", "meetingId": "m"}}, "expected one of `attendeeId` and `externalUserId`"),
        ({"command": {"command": "end", "meetingId": "m", "attendeeId": "a"}}, "it takes no `attendeeId`"),
        ({"command": {"command": "end", "meetingId": "$detail.m"}}, "`$detail.m` is no path"),
        ({"command": {"command": "end", "meetingId": "$.detail['m']"}}, "`$.detail['m']` is no path"),
        ({"command": {"command": "end", "meetingId": "m", "reason": "<now>"}}, "what is between < and >"),
        ({"command": MUTE | {"except": {"externalUserIds": ["x" * 60] * 150}}}, "EventBridge takes 8192"),
        ({"command": MUTE | {"medium": ["audio"]}}, "('medium' was unexpected)"),
        ({"command": MUTE | {"durationSeconds": "60"}}, "`command/durationSeconds`: '60' is not of type 'integer'"),
        ({"command": MUTE | {"durationSeconds": 0}}, "`command/durationSeconds`: 0 is less than the minimum of 1"),
        ({"command": MUTE | {"media": "audio"}}, "`command/media`: 'audio' is not of type 'array'"),
        ({"command": MUTE | {"media": ["$.detail.medium", "sound"]}}, "`command/media/1`: 'sound' is not one of"),
        ({"command": MUTE | {"media": ["audio", "audio"]}}, "`command/media`: ['audio', 'audio'] has non-unique"),
        ({"command": MUTE | {"except": {"rolls": ["host"]}}}, "`command/except`: Additional properties"),
        ({"command": MUTE | {"meetingId": "m"}}, "`command/meetingId`: 'm' does not match"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_trigger_is_told(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ConfigError) as error:
        read({"triggers": [GOOD | changes]})
    assert complaint in str(error.value)


def test_all_mistakes_in_a_command_are_told_at_once() -> None:
    with pytest.raises(ConfigError) as error:
        read({"triggers": [GOOD | {"command": MUTE | {"medium": ["audio"], "durationSeconds": "60", "reason": 7}}]})
    assert len(str(error.value).splitlines()) == 3


@pytest.mark.parametrize(
    "adds",
    [
        {"media": "$.detail.media", "durationSeconds": "$.detail.seconds", "reason": "$.detail.why"},
        {"media": ["audio", "$.detail.more", "$.detail.more"], "liftableBy": "$.detail.who"},
        {"except": {"externalUserIds": ["$.detail.teacher", "bob"], "roles": "$.detail.roles"}},
        {"except": "$.detail.spared", "durationSeconds": None},
    ],
)
def test_a_path_is_right_wherever_it_stands(adds: dict[str, Any]) -> None:
    assert only(command=MUTE | adds).command == MUTE | adds


def test_every_command_has_a_schema_that_triggers_are_held_against() -> None:
    assert {path.stem for path in (SCHEMAS / "commands").glob("*.json")} == USER_COMMANDS | MEETING_COMMANDS


@pytest.mark.parametrize(
    ("triggers", "complaint"),
    [
        ([GOOD, GOOD], "`triggers`: `quiet`: the name is taken twice"),
        ([7], "`triggers[0]`: expected"),
        ({"name": "x"}, "`triggers`: expected a list"),
        ([GOOD | {"name": f"t{n}"} for n in range(MOST_TRIGGERS + 1)], "`triggers`: 51 of them; there may be 50"),
    ],
    ids=["twice", "no object", "no list", "too many"],
)
def test_a_mistake_in_the_list_is_told(triggers: Any, complaint: str) -> None:
    with pytest.raises(ConfigError) as error:
        read({"triggers": triggers})
    assert complaint in str(error.value)


def test_triggers_from_the_command_line_are_text() -> None:
    assert read({"triggers": json.dumps([GOOD])}).triggers[0].name == "quiet"


def test_who_may_put_which_source(synthesize: Callable[..., Template]) -> None:
    role = "arn:aws:iam::210987654321:role/exams/app"
    template = synthesize(
        eventSources=[
            {"account": "123456789012", "sources": ["school", "exam.app"]},
            {"principal": role, "sources": ["exam.app"]},
        ]
    )
    policies = of_type(template, "AWS::Events::EventBusPolicy")
    statements = [policy["Statement"] for policy in policies]
    assert [policy["EventBusName"] for policy in policies] == [{"Ref": "GavelBus5BD6A9DB"}] * 2
    assert {statement["Action"] for statement in statements} == {"events:PutEvents"}
    assert statements[0]["Principal"]["AWS"]["Fn::Join"][1][-1] == ":iam::123456789012:root"
    assert statements[1]["Principal"] == {"AWS": role}
    assert [statement["Condition"] for statement in statements] == [
        {"ForAllValues:StringEquals": {"events:source": sources}, "Null": {"events:source": "false"}}
        for sources in (["school", "exam.app"], ["exam.app"])
    ]


def test_nobody_is_let_in_by_default(default: Template) -> None:
    assert not of_type(default, "AWS::Events::EventBusPolicy")


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ({"account": "123456789012", "sources": ["gavel"]}, "`gavel` is this stack's own"),
        ({"account": "123456789012", "sources": ["aws.chime"]}, "`aws.chime` is Amazon's"),
        ({"account": "123456789012", "sources": ["trigger/exam"]}, "`trigger/exam` is the name of a trigger"),
        ({"account": "123456789012", "sources": ["exam.*"]}, "`exam.*` is no source"),
        ({"account": "123456789012", "sources": []}, "`sources`: expected a list"),
        ({"account": "123456789012"}, "`sources`: expected a list"),
        ({"account": 123456789012, "sources": ["a"]}, "`account`: expected the 12 digits"),
        ({"principal": "*", "sources": ["a"]}, "`principal`: expected the ARN"),
        ({"sources": ["a"]}, "expected one of `account` and `principal`"),
        ({"account": "123456789012", "sources": ["a"], "detailTypes": []}, "unknown key `detailTypes`"),
        ("school", "`eventSources[0]`: expected"),
    ],
)
def test_a_mistake_in_an_event_source_is_told(entry: Any, complaint: str) -> None:
    with pytest.raises(ConfigError) as error:
        read({"eventSources": [entry]})
    assert complaint in str(error.value)


def triggers(template: Template) -> list[dict[str, Any]]:
    rules = of_type(template, "AWS::Events::Rule")
    return [rule for rule in rules if rule.get("Description", "").startswith("Trigger ")]
