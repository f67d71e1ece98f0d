"""Two Regions and two stages of one account side by side: no name in common where names are the account's."""

from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any

import pytest

from infra.settings.regions import CONTROL_REGIONS, is_govcloud
from tests.infra.resources import types_of

Template = dict[str, Any]
NAMES: dict[str, tuple[str, ...]] = {
    "AWS::CloudFront::Distribution": ("DistributionConfig", "Aliases"),
    "AWS::CloudFront::OriginAccessControl": ("OriginAccessControlConfig", "Name"),
    "AWS::CloudFront::ResponseHeadersPolicy": ("ResponseHeadersPolicyConfig", "Name"),
    "AWS::CloudWatch::Dashboard": ("DashboardName",),
    "AWS::IAM::Role": ("RoleName",),
    "AWS::S3::Bucket": ("BucketName",),
}
"""Types whose names are taken for the whole account, or for everybody's: where the name stands."""
IN_A_REGION = {
    "AWS::ApiGatewayV2::Api", "AWS::ApiGatewayV2::ApiMapping", "AWS::ApiGatewayV2::Authorizer",
    "AWS::ApiGatewayV2::DomainName", "AWS::ApiGatewayV2::Integration", "AWS::ApiGatewayV2::IntegrationResponse",
    "AWS::ApiGatewayV2::Route", "AWS::ApiGatewayV2::RouteResponse",
    "AWS::ApiGatewayV2::Stage", "AWS::CloudWatch::Alarm", "AWS::Cognito::UserPool", "AWS::Cognito::UserPoolClient",
    "AWS::Cognito::UserPoolDomain", "AWS::Cognito::UserPoolResourceServer", "AWS::DynamoDB::Table",
    "AWS::EventSchemas::Registry", "AWS::EventSchemas::Schema", "AWS::Events::EventBus", "AWS::Events::EventBusPolicy",
    "AWS::Events::Rule", "AWS::IAM::Policy", "AWS::KMS::Key", "AWS::Lambda::Alias", "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Function", "AWS::Lambda::LayerVersion", "AWS::Lambda::Permission", "AWS::Lambda::Version",
    "AWS::Logs::LogGroup", "AWS::S3::BucketPolicy", "AWS::SNS::Subscription", "AWS::SNS::Topic",
    "AWS::SNS::TopicPolicy", "AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "AWS::SSM::Parameter",
    "Custom::CDKBucketDeployment",
}  # fmt: skip
"""Types whose names are a Region's, or one role's as an inline policy's is. Where none is given, CloudFormation makes
one that is never taken twice.
"""
MOST_CHARACTERS = 64
"""Of an origin access control's name, which may have the fewest."""
EVERYTHING = {"console": True, "snapStart": True, "customerManagedKey": True, "alarmEmail": "ops@example.com"}


@pytest.fixture(scope="module")
def side_by_side(synthesize: Callable[..., Template]) -> dict[str, Template]:
    """A template for any Region is deployed to two of them, or each has its own."""
    deployed = {
        f"{stage} in {region}": in_region(synthesize(stage=stage, region=region, **EVERYTHING), region)
        for stage in ("prod", "dev")
        for region in ("eu-central-1", "eu-west-2")
    }
    anywhere = synthesize(**EVERYTHING)
    others = ("us-east-1", "us-west-2")
    return deployed | {f"prod for any, in {region}": in_region(anywhere, region) for region in others}


def test_every_type_is_known(side_by_side: dict[str, Template], synthesize: Callable[..., Template]) -> None:
    own = {"domainName": "a.example.com", "certificateArn": "arn:aws:acm:eu-west-2:123456789012:certificate/0"}
    issuer = {"jwtIssuer": "https://login.example.com", "jwtAudience": ["a"], "authorizer": "lambda"}
    more = synthesize(**own, **issuer, eventSources=[{"account": "123456789012", "sources": ["school"]}])
    found = set().union(*map(types_of, side_by_side.values())) | types_of(more)
    assert found - {"AWS::CDK::Metadata"} <= NAMES.keys() | IN_A_REGION


def test_no_name_of_the_account_is_taken_twice(side_by_side: dict[str, Template]) -> None:
    taken = {where: set(names(template)) for where, template in side_by_side.items()}
    assert all(len(each) >= 3 for each in taken.values()), "a dashboard and CloudFront's own have names"
    for (one, first), (other, second) in combinations(taken.items(), 2):
        assert not first & second, f"{one}, {other}"


def test_names_are_not_too_long(synthesize: Callable[..., Template]) -> None:
    longest = max(CONTROL_REGIONS, key=len)
    template = synthesize(stage="s" * 20, region=longest, console=not is_govcloud(longest))
    assert all(len(name) <= MOST_CHARACTERS for _, name in names(template))


def names(template: Template) -> Iterator[tuple[str, str]]:
    for each in template["Resources"].values():
        value: Any = each.get("Properties", {})
        for step in NAMES.get(each["Type"], ("",)):
            value = value.get(step) if isinstance(value, dict) else None
        for name in value if isinstance(value, list) else [value]:
            if name is not None:
                yield each["Type"], name


def in_region(value: Any, region: str) -> Any:
    """What CloudFormation makes of the pseudo parameter there."""
    if value == {"Ref": "AWS::Region"}:
        return region
    if isinstance(value, dict):
        inner = {key: in_region(item, region) for key, item in value.items()}
        joined = inner.get("Fn::Join", [None, []])
        return "".join(joined[1]) if joined[0] == "" and all(isinstance(part, str) for part in joined[1]) else inner
    return [in_region(item, region) for item in value] if isinstance(value, list) else value
