"""What a customer may choose: a key of their own, the processor, concurrency, access logs, a domain."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from infra.resources.encryption import KEY_ACTIONS
from infra.version import version
from tests.infra.resources import as_list, function, of_type, role_of, statements

Template = dict[str, Any]
CERTIFICATE = "arn:aws:acm:eu-central-1:123456789012:certificate/0a1b2c3d"
CHOSEN = {
    "region": "eu-central-1",
    "customerManagedKey": True,
    "architecture": "x86_64",
    "reconcilerConcurrency": 5,
    "liveAccessLogs": True,
    "domainName": "api.example.com",
    "certificateArn": CERTIFICATE,
    "mappingKey": "meet/moderation",
}
RECONCILER = "reconciler.handler.handler"


@pytest.fixture(scope="module")
def chosen(synthesize: Callable[..., Template]) -> Template:
    return synthesize(**CHOSEN)


def functions(template: Template) -> list[dict[str, Any]]:
    return of_type(template, "AWS::Lambda::Function")


def test_one_key_encrypts_whatever_names_users(chosen: Template) -> None:
    (key,) = [name for name, each in chosen["Resources"].items() if each["Type"] == "AWS::KMS::Key"]
    arn = {"Fn::GetAtt": [key, "Arn"]}
    assert [each["SSESpecification"] for each in of_type(chosen, "AWS::DynamoDB::Table")] == [
        {"KMSMasterKeyId": arn, "SSEEnabled": True, "SSEType": "KMS"}
    ]
    for kind, name in {
        "AWS::SQS::Queue": "KmsMasterKeyId",
        "AWS::SNS::Topic": "KmsMasterKeyId",
        "AWS::Logs::LogGroup": "KmsKeyId",
    }.items():
        assert [each.get(name) for each in of_type(chosen, kind)] == [arn] * len(of_type(chosen, kind))
        assert of_type(chosen, kind)
    resource = chosen["Resources"][key]
    assert (resource["DeletionPolicy"], resource["Properties"]["EnableKeyRotation"]) == ("Retain", True)


def test_services_that_send_may_use_the_key_for_this_account_alone(chosen: Template) -> None:
    (key,) = of_type(chosen, "AWS::KMS::Key")
    services = {
        json.dumps(each["Principal"]["Service"]): each["Condition"]
        for each in key["KeyPolicy"]["Statement"]
        if "Service" in each["Principal"]
    }
    assert len(services) == 3
    assert all(each for each in services.values())
    for service in ("events.amazonaws.com", "cloudwatch.amazonaws.com"):
        assert services[json.dumps(service)] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_every_function_may_use_the_key_and_no_more_than_that(chosen: Template) -> None:
    for each in functions(chosen):
        granted = [
            action
            for statement in statements(role_of(chosen, each["Handler"]))
            for action in as_list(statement["Action"])
            if action.startswith("kms:")
        ]
        assert granted == list(KEY_ACTIONS)


def test_without_the_choice_keys_are_aws_own(default: Template) -> None:
    assert not of_type(default, "AWS::KMS::Key")
    assert {each["SqsManagedSseEnabled"] for each in of_type(default, "AWS::SQS::Queue")} == {True}
    assert "kms:" not in json.dumps([each["Policies"] for each in of_type(default, "AWS::IAM::Role")])


def test_the_processor(default: Template, chosen: Template) -> None:
    assert {tuple(each["Architectures"]) for each in functions(default)} == {("arm64",)}
    assert {tuple(each["Architectures"]) for each in functions(chosen)} == {("x86_64",)}


def test_concurrency_is_reserved_for_the_reconciler_alone(default: Template, chosen: Template) -> None:
    assert function(chosen, RECONCILER)["ReservedConcurrentExecutions"] == 5
    assert sum("ReservedConcurrentExecutions" in each for each in functions(chosen)) == 1
    assert not [each for each in functions(default) if "ReservedConcurrentExecutions" in each]


def test_access_logs_of_connections_hold_no_ticket(default: Template, chosen: Template) -> None:
    stages = {each["StageName"]: each for each in of_type(chosen, "AWS::ApiGatewayV2::Stage")}
    logged = json.loads(stages["live"]["AccessLogSettings"]["Format"])
    assert logged["connectionId"] == "$context.connectionId"
    assert not [value for value in logged.values() if "query" in value.lower() or "sourceIp" in value]
    assert "AccessLogSettings" not in {e["StageName"]: e for e in of_type(default, "AWS::ApiGatewayV2::Stage")}["live"]


def test_a_domain_with_a_mapping_key(chosen: Template, synthesize: Callable[..., Template]) -> None:
    (domain,) = of_type(chosen, "AWS::ApiGatewayV2::DomainName")
    assert domain["DomainName"] == "api.example.com"
    assert domain["DomainNameConfigurations"][0]["CertificateArn"] == CERTIFICATE
    (mapping,) = of_type(chosen, "AWS::ApiGatewayV2::ApiMapping")
    assert mapping["ApiMappingKey"] == "meet/moderation"
    assert chosen["Outputs"]["ApiUrl"]["Value"] == "https://api.example.com/meet/moderation"
    assert "Fn::GetAtt" in chosen["Outputs"]["DomainTarget"]["Value"]
    variables = function(chosen, "host_api.handler.handler")["Environment"]["Variables"]
    assert variables["GAVEL_MAPPING_KEY"] == "meet/moderation"
    elsewhere = synthesize(mappingKey="moderation")
    assert not of_type(elsewhere, "AWS::ApiGatewayV2::DomainName")
    assert (
        function(elsewhere, "host_api.handler.handler")["Environment"]["Variables"]["GAVEL_MAPPING_KEY"] == "moderation"
    )


def test_log_groups_need_no_line_in_the_accounts_resource_policy(default: Template, customized: Template) -> None:
    for template, stack, count in ((default, "gavel", 9), (customized, "gavel-dev", 8)):
        names = [each["LogGroupName"] for each in of_type(template, "AWS::Logs::LogGroup")]
        assert len(names) == len(set(names)) == count
        assert all(name.startswith(f"/aws/vendedlogs/{stack}/") for name in names)


def test_functions_are_named_after_what_they_do(default: Template, customized: Template) -> None:
    names = {"host-api", "event-commands", "chime-events", "event-publisher", "reconciler"}
    names |= {"live-connections", "live-updates"}
    with_a_pool = {*names, "pool-tokens"}
    assert {each["FunctionName"] for each in functions(default)} == {f"gavel-{name}" for name in with_a_pool}
    assert {each["FunctionName"] for each in functions(customized)} == {f"gavel-dev-{name}" for name in names}


def test_outputs_say_what_they_are_and_are_parameters_as_well(default: Template, customized: Template) -> None:
    ours = {"ApiUrl", "LiveUrl", "BusName", "BusArn", "DashboardUrl", "AlarmTopicArn", "TableName", "ApiId"}
    ours |= {"Version"}
    pool = {"TokenUrl", "UserPoolId", "HostsClientId", "BackEndClientId"}
    assert default["Outputs"].keys() == ours | pool
    assert customized["Outputs"].keys() == ours
    assert all(len(output["Description"]) > 10 for output in default["Outputs"].values())
    parameters = {each["Name"]: each["Value"] for each in of_type(customized, "AWS::SSM::Parameter")}
    assert len(parameters) == len(ours)
    assert parameters["/gavel-dev/version"] == customized["Outputs"]["Version"]["Value"] == version()
    assert parameters["/gavel-dev/api-url"] == customized["Outputs"]["ApiUrl"]["Value"]
    assert {each["Name"] for each in of_type(default, "AWS::SSM::Parameter")} >= {"/gavel/token-url", "/gavel/bus-arn"}


@pytest.mark.parametrize(
    ("partition", "token_host", "console"),
    [
        ("aws", "auth", "console.aws.amazon.com"),
        ("aws-us-gov", "auth-fips", "console.amazonaws-us-gov.com"),
    ],
)
def test_addresses_are_those_of_the_partition(default: Template, partition: str, token_host: str, console: str) -> None:
    values = {name: "".join(parts(default, default["Outputs"][name]["Value"], partition)) for name in ADDRESSES}
    assert f".{token_host}.<AWS::Region>.amazoncognito.com/oauth2/token" in values["TokenUrl"]
    assert values["DashboardUrl"] == (
        f"https://<AWS::Region>.{console}/cloudwatch/home?region=<AWS::Region>#dashboards/dashboard/gavel-<AWS::Region>"
    )


ADDRESSES = ("TokenUrl", "DashboardUrl")


def parts(template: Template, value: Any, partition: str) -> Iterator[str]:
    match value:
        case str():
            yield value
        case {"Ref": str(name)}:
            yield f"<{name}>"
        case {"Fn::FindInMap": [str(name), {"Ref": "AWS::Partition"}, str(key)]}:
            yield template["Mappings"][name][partition][key]
        case {"Fn::Join": ["", [*joined]]}:
            for part in joined:
                yield from parts(template, part, partition)
        case _:
            raise AssertionError(value)


def test_display_names_are_in_events_only_if_asked_for(default: Template, synthesize: Callable[..., Template]) -> None:
    wanted = synthesize(displayNamesInEvents="true", displayNameClaim="")
    for template, is_on in ((default, False), (wanted, True)):
        publisher = "event_publisher.handler.handler"
        variables = function(template, publisher)["Environment"]["Variables"]
        assert json.loads(variables["GAVEL_DISPLAY_NAMES_IN_EVENTS"]) is is_on
        actions = [each["Action"] for each in statements(role_of(template, publisher))]
        assert ("dynamodb:BatchGetItem" in actions) is is_on
    claims = [
        function(template, "host_api.handler.handler")["Environment"]["Variables"]["GAVEL_DISPLAY_NAME_CLAIM"]
        for template in (default, wanted)
    ]
    assert claims == ["name", ""]


def test_sources_and_claims_reach_the_functions_that_ask(synthesize: Callable[..., Template]) -> None:
    template = synthesize(commandSources="school, exam.app", policyClaims=["groups", "cognito:groups"])
    variables = function(template, "event_commands.handler.handler")["Environment"]["Variables"]
    assert json.loads(variables["GAVEL_COMMAND_SOURCES"]) == ["exam.app", "school"]
    variables = function(template, "host_api.handler.handler")["Environment"]["Variables"]
    assert json.loads(variables["GAVEL_POLICY_CLAIMS"]) == ["groups", "cognito:groups"]
