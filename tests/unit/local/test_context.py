"""What the local stack takes from `cdk.json`."""

from typing import Any

import pytest

from infra.context import read
from local import context
from local.examples import EXAM_TRIGGERS
from local.failure import LocalStackError

TRIGGER = {
    "name": "lesson-over",
    "pattern": {"source": ["school"], "detail-type": ["LessonOver"]},
    "command": {"command": "end", "externalMeetingId": "$.detail.room"},
}
OWN: dict[str, Any] = {
    "stage": "local",
    "region": "us-east-1",
    "corsOrigins": ["*"],
    "triggers": EXAM_TRIGGERS,
    "meetingEventSources": ["gavel.simulator"],
}


def test_the_projects_settings_count() -> None:
    project = {
        "triggers": [TRIGGER],
        "policyDirectory": "examples/policy",
        "commandSources": ["exam.app"],
        "meetingEventSources": ["my.simulator"],
        "retentionDays": 7,
    }
    config = read(context.merged(project, OWN))
    assert [trigger.name for trigger in config.triggers] == ["lesson-over"]
    assert str(config.policy_directory) == "examples/policy"
    assert config.retention_days == 7
    assert config.meeting_event_sources == ("gavel.simulator", "my.simulator")
    assert config.command_sources


def test_what_one_machine_has_not_is_left_out() -> None:
    project = {
        "stage": "prod",
        "corsOrigins": ["https://school.example"],
        "domainName": "gavel.school.example",
        "certificateArn": "arn:aws:acm:eu-central-1:123456789012:certificate/1",
        "console": True,
    }
    config = read(context.merged(project, OWN))
    assert (config.stage, config.cors_origins, config.domain_name, config.console) == ("local", ("*",), None, False)
    assert context.notes(project) == ["only AWS  certificateArn, console, corsOrigins, domainName"]


def test_without_triggers_there_are_those_of_the_docs() -> None:
    assert context.merged({"triggers": []}, OWN)["triggers"] == EXAM_TRIGGERS


def test_settings_of_the_command_line() -> None:
    own = context.of_words(["policyDirectory=examples/policy", 'triggers=[{"name": "x"}]', "retentionDays=7"])
    assert own == {"policyDirectory": "examples/policy", "triggers": [{"name": "x"}], "retentionDays": 7}
    assert context.notes(own) == ["settings  policyDirectory, retentionDays, triggers"]


@pytest.mark.parametrize("word", ["policyDirectory", "policies=x", "stage=dev", "domainName=x.example"])
def test_a_setting_that_cannot_be_chosen_is_refused(word: str) -> None:
    with pytest.raises(LocalStackError, match=f"`-c {word.partition('=')[0]}`"):
        context.of_words([word])


def test_defaults_in_cdk_json_are_no_choice() -> None:
    assert context.notes(context.of_project()) == []
