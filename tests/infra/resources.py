"""Reading a template."""

from collections.abc import Iterator
from typing import Any


def of_type(template: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [each["Properties"] for each in template["Resources"].values() if each["Type"] == kind]


def types_of(template: dict[str, Any]) -> set[str]:
    return {each["Type"] for each in template["Resources"].values()}


def function(template: dict[str, Any], handler: str) -> dict[str, Any]:
    (found,) = [each for each in of_type(template, "AWS::Lambda::Function") if each["Handler"] == handler]
    return found


def role_of(template: dict[str, Any], handler: str) -> dict[str, Any]:
    role, _ = function(template, handler)["Role"]["Fn::GetAtt"]
    properties: dict[str, Any] = template["Resources"][role]["Properties"]
    return properties


def statements(role: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for policy in role["Policies"]:
        yield from policy["PolicyDocument"]["Statement"]


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
