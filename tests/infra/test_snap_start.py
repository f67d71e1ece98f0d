"""SnapStart: a snapshot of a published version, which is what the gateway invokes."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.infra.resources import function, of_type

Template = dict[str, Any]
HANDLER = "host_api.handler.handler"


@pytest.fixture(scope="module")
def with_snapshots(synthesize: Callable[..., Template]) -> Template:
    return synthesize(snapStart=True)


def test_only_where_it_is_asked_for(default: Template) -> None:
    assert "SnapStart" not in function(default, HANDLER)
    assert not of_type(default, "AWS::Lambda::Alias")
    assert not of_type(default, "AWS::Lambda::Version")


def test_the_door_where_a_person_waits_has_a_snapshot(with_snapshots: Template) -> None:
    functions = {each["Handler"]: each.get("SnapStart") for each in of_type(with_snapshots, "AWS::Lambda::Function")}
    assert {handler for handler, snapshot in functions.items() if snapshot} == {HANDLER}
    assert functions[HANDLER] == {"ApplyOn": "PublishedVersions"}
    [version] = of_type(with_snapshots, "AWS::Lambda::Version")
    [alias] = of_type(with_snapshots, "AWS::Lambda::Alias")
    assert alias["Name"] == "live"
    assert alias["FunctionName"] == version["FunctionName"]
    [name, attribute] = alias["FunctionVersion"]["Fn::GetAtt"]
    assert (with_snapshots["Resources"][name]["Type"], attribute) == ("AWS::Lambda::Version", "Version")


def test_the_gateway_invokes_the_alias_and_may_invoke_nothing_else_of_it(with_snapshots: Template) -> None:
    resources = with_snapshots["Resources"]
    [alias] = [name for name, each in resources.items() if each["Type"] == "AWS::Lambda::Alias"]
    [door] = [name for name, each in resources.items() if each.get("Properties", {}).get("Handler") == HANDLER]
    [of_rest] = [
        each
        for each in of_type(with_snapshots, "AWS::ApiGatewayV2::Integration")
        if each.get("PayloadFormatVersion") == "2.0"
    ]
    assert of_rest["IntegrationUri"] == {"Ref": alias}
    permitted = [each["FunctionName"] for each in of_type(with_snapshots, "AWS::Lambda::Permission")]
    assert {"Ref": alias} in permitted
    assert not [each for each in permitted if door in repr(each) and each != {"Ref": alias}]
