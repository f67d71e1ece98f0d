"""Least privilege: every role holds what is written in `tests/grants.py` and nothing else."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from local.examples import EXAM_TRIGGERS
from tests.grants import CHOSEN, GRANTS, WILDCARDS, Grant, function_of, grants
from tests.infra.conftest import Synthesis, Template
from tests.infra.resources import as_list, of_type, role_of, statements

CONTEXTS: dict[str, dict[str, Any]] = {
    "default": {},
    "customized": {
        "stage": "dev",
        "region": "eu-central-1",
        "triggers": EXAM_TRIGGERS,
        "eventSources": [{"account": "123456789012", "sources": ["school"]}],
        "corsOrigins": ["https://meet.example.com"],
    },
    "with an authorizer of its own": {
        "authorizer": "lambda",
        "jwtIssuer": "https://login.example.com",
        "jwtAudience": ["meetings"],
    },
}
HASH = re.compile(r"^Gavel(?=[A-Z])|[0-9A-F]{8}$")
OUTRIGHT = re.compile(r"(?<=:)[a-z]{2}(-[a-z]+)+-\d(?=:)")
"""The Region in an ARN, where the stack is for one."""
PARTS = {"AWS::Partition": "<partition>", "AWS::Region": "<region>", "AWS::AccountId": "<account>"}


@pytest.fixture(params=CONTEXTS)
def template(synthesis: Synthesis, request: pytest.FixtureRequest) -> Template:
    return synthesis.template(CONTEXTS[request.param])


def test_every_function_has_its_line(synthesis: Synthesis) -> None:
    deployed = [functions(synthesis.template(context)) for context in CONTEXTS.values()]
    assert set().union(*deployed) == set(GRANTS)
    assert set.intersection(*deployed) == set(GRANTS) - CHOSEN


def test_the_role_holds_these_grants_and_no_others(template: Template) -> None:
    for function in functions(template):
        assert sorted(granted(template, function)) == grants(function), function


def test_no_grant_comes_by_another_way(template: Template) -> None:
    """Roles hold their own policies alone, and each role is a function's own."""
    assert not of_type(template, "AWS::IAM::Policy")
    assert not of_type(template, "AWS::IAM::ManagedPolicy")
    roles = of_type(template, "AWS::IAM::Role")
    assert len(roles) == len(functions(template))
    for role in roles:
        assert role.keys() <= {"AssumeRolePolicyDocument", "Policies", "Tags"}
        trusted = role["AssumeRolePolicyDocument"]["Statement"]
        assert [each["Principal"] for each in trusted] == [{"Service": "lambda.amazonaws.com"}]


def test_no_action_is_a_pattern(template: Template) -> None:
    for statement in every_statement(template):
        assert statement["Effect"] in ("Allow", "Deny")
        assert "NotAction" not in statement
        assert "NotResource" not in statement
        if statement["Effect"] == "Allow":
            assert [action for action in as_list(statement["Action"]) if "*" in action or "?" in action] == []


def test_every_resource_that_is_a_pattern_has_its_reason(template: Template) -> None:
    """Log groups' ARNs end in `:*` by themselves: the streams of that one group."""
    allowed = [each for each in every_statement(template) if each["Effect"] == "Allow"]
    texts = {said(resource, template) for each in allowed for resource in as_list(each.get("Resource", []))}
    assert {text for text in texts if "*" in text or "?" in text} == set(WILDCARDS)
    assert all(len(reason.split()) > 3 for reason in WILDCARDS.values())


def functions(template: Template) -> set[str]:
    return {function_of(each["Handler"]) for each in of_type(template, "AWS::Lambda::Function")}


def granted(template: Template, function: str) -> Iterator[Grant]:
    handlers = {function_of(each["Handler"]): each["Handler"] for each in of_type(template, "AWS::Lambda::Function")}
    for statement in statements(role_of(template, handlers[function])):
        assert statement.keys() == {"Effect", "Action", "Resource"}
        assert statement["Effect"] == "Allow"
        for action in as_list(statement["Action"]):
            for resource in as_list(statement["Resource"]):
                yield Grant(action, said(resource, template))


def every_statement(template: Template) -> Iterator[dict[str, Any]]:
    """Of roles, queues, buses and whatever else has a policy."""

    def within(value: Any) -> Iterator[dict[str, Any]]:
        if isinstance(value, dict):
            if "Effect" in value:
                yield value
            for inner in value.values():
                yield from within(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from within(inner)

    return within(template["Resources"])


def said(resource: Any, template: Template) -> str:
    """The resource of a statement in words: constructs' names without CDK's hash, the account's own under names."""
    match resource:
        case str():
            return resource
        case {"Ref": str(name)}:
            region = "<region>" if name == "AWS::Region" else name
            return PARTS.get(region, HASH.sub("", region))
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            assert name in template["Resources"]
            return f"{HASH.sub('', name)}.{attribute}"
        case {"Fn::Join": ["", [*parts]]}:
            return OUTRIGHT.sub("<region>", "".join(said(part, template) for part in parts))
    raise AssertionError(f"an unknown form of a resource: {json.dumps(resource)}")
