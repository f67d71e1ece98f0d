"""Who looks at callers' tokens: API Gateway itself, or with `authorizer: lambda` a function of the stack."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.context import read
from infra.packaging import bundle
from infra.resources.function import FOR_TOKENS
from tests.infra.resources import function, of_type

Template = dict[str, Any]
HANDLER = "token_authorizer.handler.handler"
CHOSEN = {"authorizer": "lambda", "jwtIssuer": "https://login.example.com/", "jwtAudience": ["meetings", "classes"]}


@pytest.fixture(scope="module")
def chosen(synthesize: Callable[..., Template]) -> Template:
    return synthesize(**CHOSEN)


def test_by_default_it_is_api_gateway(default: Template, customized: Template) -> None:
    for template in (default, customized):
        assert [each["AuthorizerType"] for each in of_type(template, "AWS::ApiGatewayV2::Authorizer")] == ["JWT"]
        assert HANDLER not in {each["Handler"] for each in of_type(template, "AWS::Lambda::Function")}


def test_a_function_looks_at_every_token_of_every_route_that_asks_for_one(chosen: Template) -> None:
    (authorizer,) = of_type(chosen, "AWS::ApiGatewayV2::Authorizer")
    assert (authorizer["AuthorizerType"], authorizer["AuthorizerPayloadFormatVersion"]) == ("REQUEST", "2.0")
    assert authorizer["EnableSimpleResponses"] is True
    assert authorizer["IdentitySource"] == ["$request.header.Authorization"], "the gateway keeps answers by it"
    assert 0 < authorizer["AuthorizerResultTtlInSeconds"] <= 300
    routes = {each["RouteKey"]: each["AuthorizationType"] for each in of_type(chosen, "AWS::ApiGatewayV2::Route")}
    assert routes["ANY /{proxy+}"] == "CUSTOM"
    assert {key for key, kind in routes.items() if kind == "NONE"} == {
        *(f"{method} {path}" for method in ("GET", "HEAD") for path in ("/health", "/openapi.json")),
        *("$connect", "$disconnect", "listen", "ping"),
    }


def test_it_knows_the_issuer_and_nothing_else(chosen: Template) -> None:
    properties = function(chosen, HANDLER)
    assert properties["FunctionName"] == "gavel-token-authorizer"
    assert properties["Timeout"] <= 10, "API Gateway waits no longer"
    variables = properties["Environment"]["Variables"]
    assert variables.keys() == {"GAVEL_STAGE", "GAVEL_ISSUER", "GAVEL_AUDIENCE", "POWERTOOLS_LOG_LEVEL"}
    assert variables["GAVEL_ISSUER"] == CHOSEN["jwtIssuer"]
    assert json.loads(variables["GAVEL_AUDIENCE"]) == CHOSEN["jwtAudience"]


def test_the_gateway_alone_may_call_it(chosen: Template) -> None:
    [mine] = [key for key, each in chosen["Resources"].items() if each.get("Properties", {}).get("Handler") == HANDLER]
    permissions = of_type(chosen, "AWS::Lambda::Permission")
    [permission] = [each for each in permissions if each["FunctionName"] == {"Fn::GetAtt": [mine, "Arn"]}]
    assert permission["Principal"] == "apigateway.amazonaws.com"
    *_, path, authorizer = permission["SourceArn"]["Fn::Join"][1]
    assert path == "/authorizers/"
    assert chosen["Resources"][authorizer["Ref"]]["Type"] == "AWS::ApiGatewayV2::Authorizer"


def test_behind_every_route_is_the_function_that_refuses_what_comes_without_claims(chosen: Template) -> None:
    """The authorizer lets refused tokens through to it, for it answers 401."""
    apis = {key: each["Properties"] for key, each in chosen["Resources"].items() if "ApiGatewayV2::Api" in each["Type"]}
    (http,) = [key for key, each in apis.items() if each.get("ProtocolType") == "HTTP"]
    [host_api] = [
        key
        for key, each in chosen["Resources"].items()
        if each.get("Properties", {}).get("Handler") == "host_api.handler.handler"
    ]
    integrations = of_type(chosen, "AWS::ApiGatewayV2::Integration")
    behind = [each["IntegrationUri"] for each in integrations if each["ApiId"] == {"Ref": http}]
    assert behind
    assert all(uri == {"Fn::GetAtt": [host_api, "Arn"]} for uri in behind)


def test_what_it_needs_is_shipped_with_it_and_with_no_other(tmp_path: Path) -> None:
    from aws_cdk import App

    from infra.stack import GavelStack

    asset = tmp_path / "asset"
    bundle.snapshot(bundle.LOCAL, asset)
    app = App(outdir=str(tmp_path / "assembly"), analytics_reporting=False)
    GavelStack(app, read({"assetDirectory": str(asset), **CHOSEN}))
    app.synth()
    shipped = [path for path in (tmp_path / "assembly").glob("asset.*") if path.is_dir()]
    [its_own] = [path for path in shipped if (path / "token_authorizer").is_dir()]
    [others] = [path for path in shipped if path != its_own]
    assert not [path for pattern in FOR_TOKENS for path in others.glob(pattern)]
    assert not (its_own / "botocore").exists()
    program = f"""
import sys
sys.path = [path for path in sys.path if "site-packages" not in path]
sys.path.insert(0, {str(its_own)!r})
import token_authorizer.handler, jwt
assert {{"ES256", "RS256"}} <= jwt.algorithms.get_default_algorithms().keys()
"""
    finished = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr
