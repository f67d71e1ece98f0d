"""The gateway: who is let in, from where, and what it writes down."""

import json
from typing import Any

from tests.infra.resources import of_type

Template = dict[str, Any]


def test_every_route_but_two_asks_for_a_token(default: Template) -> None:
    routes = {route["RouteKey"]: route["AuthorizationType"] for route in of_type(default, "AWS::ApiGatewayV2::Route")}
    live = {route: routes.pop(route) for route in ("$connect", "$disconnect", "listen", "ping")}
    assert set(live.values()) == {"NONE"}, "a ticket opens a connection, and nothing else can be asked without one"
    assert routes.pop("ANY /{proxy+}") == "JWT"
    open_to_all = {f"{method} {path}" for method in ("GET", "HEAD") for path in ("/health", "/openapi.json")}
    assert routes == dict.fromkeys(open_to_all, "NONE")


def test_preflights_carry_no_token(customized: Template) -> None:
    routes = {
        route["RouteKey"]: route["AuthorizationType"] for route in of_type(customized, "AWS::ApiGatewayV2::Route")
    }
    assert routes["OPTIONS /{proxy+}"] == "NONE"
    assert routes["ANY /{proxy+}"] == "JWT"


def test_without_an_issuer_there_is_a_user_pool(default: Template) -> None:
    (authorizer,) = of_type(default, "AWS::ApiGatewayV2::Authorizer")
    pool, attribute = authorizer["JwtConfiguration"]["Issuer"]["Fn::GetAtt"]
    assert (default["Resources"][pool]["Type"], attribute) == ("AWS::Cognito::UserPool", "ProviderURL")
    clients = {each["Ref"] for each in authorizer["JwtConfiguration"]["Audience"]}
    assert {default["Resources"][each]["Type"] for each in clients} == {"AWS::Cognito::UserPoolClient"}
    assert len(clients) == 2
    (server,) = of_type(default, "AWS::Cognito::UserPoolResourceServer")
    assert server["Identifier"] == "gavel"
    assert [scope["ScopeName"] for scope in server["Scopes"]] == ["admin"]


def test_only_the_back_end_may_have_the_scope(default: Template) -> None:
    clients = of_type(default, "AWS::Cognito::UserPoolClient")
    scoped = [client for client in clients if client.get("AllowedOAuthScopes")]
    (back_end,) = scoped
    assert back_end["AllowedOAuthFlows"] == ["client_credentials"]
    assert back_end["GenerateSecret"] is True


def test_a_configured_issuer_makes_no_user_pool(customized: Template) -> None:
    (authorizer,) = of_type(customized, "AWS::ApiGatewayV2::Authorizer")
    assert authorizer["JwtConfiguration"] == {"Issuer": "https://login.example.com/", "Audience": ["meetings"]}
    assert not [each for each in customized["Resources"].values() if each["Type"].startswith("AWS::Cognito")]


def test_cors(default: Template, customized: Template) -> None:
    api = _http(default)
    assert "CorsConfiguration" not in api
    api = _http(customized)
    cors = api["CorsConfiguration"]
    assert cors["AllowOrigins"] == ["https://meet.example.com"]
    assert set(cors["AllowMethods"]) == {"GET", "POST", "PUT", "PATCH", "DELETE"}
    assert {"authorization", "content-type", "if-match", "idempotency-key"} <= set(cors["AllowHeaders"])
    assert {"etag", "location", "retry-after"} <= set(cors["ExposeHeaders"])


def test_throttled(default: Template) -> None:
    stage = _stage(default)
    assert stage["DefaultRouteSettings"] == {"ThrottlingRateLimit": 100, "ThrottlingBurstLimit": 200}


def test_the_access_log_names_no_user(default: Template) -> None:
    stage = _stage(default)
    logged = json.loads(stage["AccessLogSettings"]["Format"])
    assert logged["requestId"] == "$context.requestId"
    telling = ("path", "querystring", "claims", "authorization", "sourceip", "identity")
    assert not [value for value in logged.values() if any(word in value.lower() for word in telling)]


def _http(template: Template) -> dict[str, Any]:
    [found] = [api for api in of_type(template, "AWS::ApiGatewayV2::Api") if api["ProtocolType"] == "HTTP"]
    return found


def _stage(template: Template) -> dict[str, Any]:
    [found] = [stage for stage in of_type(template, "AWS::ApiGatewayV2::Stage") if stage["StageName"] == "$default"]
    return found
