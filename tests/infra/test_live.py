"""The WebSocket API, and what feeds those who listen."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from infra.config import ConfigError
from infra.context import read
from tests.infra.resources import as_list, function, of_type, role_of, statements

Template = dict[str, Any]
TOLD = "live.broadcast.handler"
OWN_URL = "wss://live.example.com"


def api(template: Template) -> str:
    """The logical id of the WebSocket API."""
    names: list[str] = [
        name
        for name, each in template["Resources"].items()
        if each["Type"] == "AWS::ApiGatewayV2::Api" and each["Properties"]["ProtocolType"] == "WEBSOCKET"
    ]
    [found] = names
    return found


def test_messages_are_told_apart_by_their_action(default: Template) -> None:
    properties = default["Resources"][api(default)]["Properties"]
    assert properties["RouteSelectionExpression"] == "$request.body.action"
    assert properties["Name"] == "gavel-live"


def test_where_it_is_reached(default: Template) -> None:
    host = {"Ref": api(default)}, ".execute-api.", {"Ref": "AWS::Region"}, ".", {"Ref": "AWS::URLSuffix"}, "/live"
    assert _variable(default, "host_api.handler.handler", "GAVEL_LIVE_URL") == _joined("wss://", *host)
    assert _variable(default, TOLD, "GAVEL_LIVE_ENDPOINT") == _joined("https://", *host)


def test_a_name_of_ones_own_is_for_front_ends_alone(synthesize: Callable[..., Template]) -> None:
    own = synthesize(liveUrl=OWN_URL)
    assert _variable(own, "host_api.handler.handler", "GAVEL_LIVE_URL") == OWN_URL
    assert _variable(own, TOLD, "GAVEL_LIVE_ENDPOINT")["Fn::Join"][1][0] == "https://"


@pytest.mark.parametrize("url", ["http://x", "ws://live.example.com", "wss://x?y=z", "live.example.com"])
def test_what_is_no_url_for_listening(url: str) -> None:
    with pytest.raises(ConfigError, match="liveUrl"):
        read({"liveUrl": url})


def test_it_is_fed_with_what_changes(default: Template) -> None:
    feed = _feed(default)
    patterns = [json.loads(each["Pattern"]) for each in feed["FilterCriteria"]["Filters"]]
    assert all("REMOVE" not in pattern["eventName"] for pattern in patterns)
    keys = [key for pattern in patterns for key in pattern["dynamodb"]["Keys"]["sk"]["S"]]
    assert keys == [{"prefix": "ENTRY#"}, {"prefix": "USER#"}, {"prefix": "HAND#"}, {"prefix": "LIVE#"}, "MEETING"]
    assert "MaximumBatchingWindowInSeconds" not in feed, "nobody waits for others"
    assert feed["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert feed["BisectBatchOnFunctionError"] is True
    assert 0 < feed["MaximumRecordAgeInSeconds"] <= 60


def test_the_stream_has_two_readers(default: Template) -> None:
    """More would slow each other down."""
    feeds = of_type(default, "AWS::Lambda::EventSourceMapping")
    streams = [feed for feed in feeds if feed["EventSourceArn"]["Fn::GetAtt"][1] == "StreamArn"]
    assert len(streams) == 2


def test_who_posts_may_do_so_on_this_stage_alone(default: Template) -> None:
    [grant] = [each for each in statements(role_of(default, TOLD)) if "execute-api" in json.dumps(each["Action"])]
    for resource, method in zip(as_list(grant["Resource"]), ("POST", "DELETE"), strict=True):
        parts = resource["Fn::Join"][1]
        assert parts[-2:] == [{"Ref": api(default)}, f"/live/{method}/@connections/*"]


def test_asking_again_and_again_keeps_nobody_from_coming(default: Template) -> None:
    [stage] = [each for each in of_type(default, "AWS::ApiGatewayV2::Stage") if each["StageName"] == "live"]
    assert stage["DefaultRouteSettings"]["ThrottlingRateLimit"] == 100
    assert stage["RouteSettings"]["listen"] == {"ThrottlingRateLimit": 100, "ThrottlingBurstLimit": 200}


def test_a_heartbeat_is_answered_and_calls_no_function(default: Template) -> None:
    [route] = [each for each in of_type(default, "AWS::ApiGatewayV2::Route") if each["RouteKey"] == "ping"]
    name = route["Target"]["Fn::Join"][1][1]["Ref"]
    assert default["Resources"][name]["Properties"]["IntegrationType"] == "MOCK"
    [answer] = of_type(default, "AWS::ApiGatewayV2::IntegrationResponse")
    assert answer["IntegrationId"] == {"Ref": name}
    assert json.loads(answer["ResponseTemplates"]["$default"]) == {"type": "pong"}
    assert route["RouteResponseSelectionExpression"] == "$default"
    assert len(of_type(default, "AWS::ApiGatewayV2::RouteResponse")) == 1


def _feed(template: Template) -> dict[str, Any]:
    resources = template["Resources"]
    [found] = [
        feed
        for feed in of_type(template, "AWS::Lambda::EventSourceMapping")
        if resources[feed["FunctionName"]["Ref"]]["Properties"]["Handler"] == TOLD
    ]
    return found


def _variable(template: Template, handler: str, name: str) -> Any:
    return function(template, handler)["Environment"]["Variables"][name]


def _joined(*parts: object) -> dict[str, object]:
    return {"Fn::Join": ["", list(parts)]}
