"""Gavel in a stack of somebody else: what it takes, and what it gives."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.config import Config, ConfigError
from infra.settings.event_sources import EventSource
from tests.infra.conftest import Template
from tests.infra.resources import as_list, function, of_type

HOST_API = "host_api.handler.handler"
Synthesized = Callable[..., Template]


@pytest.fixture
def synthesized(tmp_path: Path) -> Synthesized:
    """`build` gets a stack and the settings, and puts Gavel into it."""
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "nothing.py").touch()

    def synthesized(build: Callable[[Any, Config], object], **settings: Any) -> Template:
        from aws_cdk import App, Environment, Stack
        from aws_cdk.assertions import Template as Assertable

        app = App(outdir=str(tmp_path / "out"), analytics_reporting=False)
        stack = Stack(app, "Meetings", env=Environment(region=settings.pop("of", "eu-central-1")))
        build(stack, Config(asset_directory=tmp_path / "code", **settings))
        return dict(Assertable.from_stack(stack).to_json())

    return synthesized


def test_an_existing_api_gets_the_routes_and_keeps_its_own(synthesized: Synthesized) -> None:
    def build(stack: Any, config: Config) -> None:
        from aws_cdk import aws_apigatewayv2 as apigatewayv2

        from infra.gavel import Gavel

        api = apigatewayv2.HttpApi(stack, "Mine")
        gavel = Gavel(stack, "Gavel", config, http_api=api)
        assert gavel.api_url == f"{api.api_endpoint}/moderation"

    template = synthesized(build, mapping_key="moderation")
    [own] = [each for each in of_type(template, "AWS::ApiGatewayV2::Api") if each["ProtocolType"] == "HTTP"]
    assert own["Name"] == "Mine"
    routes = {each["RouteKey"]: each["AuthorizationType"] for each in of_type(template, "AWS::ApiGatewayV2::Route")}
    assert {route for route, how in routes.items() if how == "JWT"} == {
        "ANY /moderation/meetings",
        "ANY /moderation/meetings/{proxy+}",
    }
    assert {route for route, how in routes.items() if how == "NONE" and "/" in route} == {
        f"{method} /moderation/{path}" for method in ("GET", "HEAD") for path in ("health", "openapi.json")
    }
    assert function(template, HOST_API)["Environment"]["Variables"]["GAVEL_MAPPING_KEY"] == "moderation"


def test_an_existing_domain_is_mapped(synthesized: Synthesized) -> None:
    def build(stack: Any, config: Config) -> None:
        from aws_cdk import aws_apigatewayv2 as apigatewayv2

        from infra.gavel import Gavel

        domain = apigatewayv2.DomainName.from_domain_name_attributes(
            stack,
            "Domain",
            name="api.example.com",
            regional_domain_name="d.execute-api.eu-central-1.amazonaws.com",
            regional_hosted_zone_id="Z1",
        )
        assert Gavel(stack, "Gavel", config, domain=domain).api_url == "https://api.example.com/meet"

    [mapping] = of_type(synthesized(build, mapping_key="meet"), "AWS::ApiGatewayV2::ApiMapping")
    assert (mapping["DomainName"], mapping["ApiMappingKey"]) == ("api.example.com", "meet")


def test_with_an_authorizer_there_is_no_user_pool(synthesized: Synthesized) -> None:
    def build(stack: Any, config: Config) -> None:
        from aws_cdk import aws_apigatewayv2_authorizers as authorizers

        from infra.gavel import Gavel

        checks = authorizers.HttpJwtAuthorizer("Mine", "https://login.example.com", jwt_audience=["meetings"])
        Gavel(stack, "Gavel", config, authorizer=checks)

    template = synthesized(build)
    assert not of_type(template, "AWS::Cognito::UserPool")
    [authorizer] = of_type(template, "AWS::ApiGatewayV2::Authorizer")
    assert authorizer["JwtConfiguration"] == {"Audience": ["meetings"], "Issuer": "https://login.example.com"}


def test_an_existing_bus_key_and_boundary(synthesized: Synthesized) -> None:
    def build(stack: Any, config: Config) -> None:
        from aws_cdk import aws_events as events
        from aws_cdk import aws_iam as iam
        from aws_cdk import aws_kms as kms

        from infra.gavel import Gavel

        Gavel(
            stack,
            "Gavel",
            config,
            bus=events.EventBus(stack, "Mine", event_bus_name="mine"),
            key=kms.Key(stack, "MyKey"),
            permissions_boundary=iam.ManagedPolicy.from_aws_managed_policy_name("PowerUserAccess"),
        )

    template = synthesized(build, event_sources=[EventSource("123456789012", ("school",))])
    [bus] = [name for name, each in template["Resources"].items() if each["Type"] == "AWS::Events::EventBus"]
    assert function(template, "event_publisher.handler.handler")["Environment"]["Variables"]["GAVEL_BUS"] == {
        "Ref": bus
    }
    [policy] = of_type(template, "AWS::Events::EventBusPolicy")
    assert policy["EventBusName"] == {"Ref": bus}
    [key] = [name for name, each in template["Resources"].items() if each["Type"] == "AWS::KMS::Key"]
    [table] = of_type(template, "AWS::DynamoDB::Table")
    assert table["SSESpecification"]["KMSMasterKeyId"] == {"Fn::GetAtt": [key, "Arn"]}
    services = json.dumps(template["Resources"][key]["Properties"]["KeyPolicy"])
    assert all(service in services for service in ("events.amazonaws.com", "cloudwatch.amazonaws.com", "logs."))
    roles = of_type(template, "AWS::IAM::Role")
    assert len(roles) >= 7
    assert all("PowerUserAccess" in json.dumps(each["PermissionsBoundary"]) for each in roles)


def test_a_grant_to_command_is_for_these_sources_and_permits_them(synthesized: Synthesized) -> None:
    def build(stack: Any, config: Config) -> None:
        from aws_cdk import aws_iam as iam

        from infra.gavel import Gavel

        gavel = Gavel(stack, "Gavel", config)
        gavel.grant_command(iam.Role(stack, "Exam", assumed_by=iam.AccountRootPrincipal()), ["exam.app", "exam.two"])
        with pytest.raises(ConfigError, match=r"`aws\.ec2` is Amazon's"):
            gavel.grant_command(iam.Role(stack, "Other", assumed_by=iam.AccountRootPrincipal()), ["aws.ec2"])

    template = synthesized(build, command_sources=["school"])
    variables = function(template, "event_commands.handler.handler")["Environment"]["Variables"]
    assert json.loads(variables["GAVEL_COMMAND_SOURCES"]) == ["exam.app", "exam.two", "school"]
    [statement] = [
        each
        for policy in of_type(template, "AWS::IAM::Policy")
        for each in policy["PolicyDocument"]["Statement"]
        if each["Action"] == "events:PutEvents"
    ]
    conditions = statement["Condition"]["ForAllValues:StringEquals"]
    assert as_list(conditions["events:source"]) == ["exam.app", "exam.two"]
    assert conditions["events:detail-type"] == "Moderation Command"
    assert statement["Condition"]["Null"] == {"events:source": "false"}


def test_changes_reach_a_target(synthesized: Synthesized) -> None:
    def build(stack: Any, config: Config) -> None:
        from aws_cdk import aws_events_targets as targets
        from aws_cdk import aws_sqs as sqs

        from infra.gavel import Gavel

        gavel = Gavel(stack, "Gavel", config)
        queue = sqs.Queue(stack, "Changes")
        gavel.on_change(targets.SqsQueue(queue))
        gavel.on_change(targets.SqsQueue(queue), rule_id="Hands", detail_types=["Hand Raised"])

    template = synthesized(build)
    patterns = [each["EventPattern"] for each in of_type(template, "AWS::Events::Rule") if "EventPattern" in each]
    heard = [each["detail-type"] for each in patterns if each.get("source") == ["gavel"]]
    assert ["Hand Raised"] in heard
    assert any("Attendee Capabilities Changed" in each for each in heard)


def test_a_stack_where_chime_has_no_control_plane_is_refused(synthesized: Synthesized) -> None:
    from infra.gavel import Gavel

    with pytest.raises(ConfigError, match="no control plane in `eu-west-1`"):
        synthesized(lambda stack, config: Gavel(stack, "Gavel", config), of="eu-west-1")


def test_the_package_names_what_others_import() -> None:
    from infra import gavel_cdk

    assert all(hasattr(gavel_cdk, name) for name in gavel_cdk.__all__)
