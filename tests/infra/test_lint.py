"""cfn-lint: the template is what CloudFormation takes, by AWS's own schemas, in every way it can be configured."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from cfnlint.api import ManualArgs, lint

from local.examples import EXAM_TRIGGERS

Template = dict[str, Any]
CONTEXTS: dict[str, dict[str, Any]] = {
    "default": {},
    "another stage, everything set": {
        "stage": "dev",
        "region": "eu-central-1",
        "jwtIssuer": "https://login.example.com/",
        "jwtAudience": ["meetings"],
        "corsOrigins": ["https://meet.example.com"],
        "retentionDays": 10,
        "alarmEmail": "ops@example.com",
        "triggers": EXAM_TRIGGERS,
        "eventSources": [{"account": "123456789012", "sources": ["school"]}],
        "console": True,
    },
    "the console, with the stack's own pool": {"console": True},
    "GovCloud": {"region": "us-gov-west-1"},
    "the local stack's": {"stage": "local", "jwtIssuer": "http://127.0.0.1:4572", "jwtAudience": ["gavel"]},
}
NOT_OURS = {
    # CDK writes a function's role into `DependsOn` as well as into `Role`; the one says what the other implies.
    "W3005",
}


@pytest.mark.parametrize("name", CONTEXTS)
def test_nothing_is_found(synthesize: Callable[..., Template], name: str) -> None:
    context = CONTEXTS[name]
    assert findings(synthesize(**context), context.get("region", "us-east-1")) == []


def test_a_mistake_is_found(default: Template) -> None:
    """The others mean something only if the rules are run."""
    table = {"Type": "AWS::DynamoDB::Table", "Properties": {"KeySchema": "pk", "BillingMode": "FREE"}}
    wrong = {**default, "Resources": {**default["Resources"], "Wrong": table}}
    assert {rule[0] for rule in findings(wrong, "us-east-1")} == {"E"}


def findings(template: Template, region: str) -> list[str]:
    found = lint(json.dumps(template), config=ManualArgs(regions=[region]))
    return [f"{match.rule.id}: {match.message}" for match in found if match.rule.id not in NOT_OURS]
