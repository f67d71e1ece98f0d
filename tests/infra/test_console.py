"""The console on the web: off unless asked for; private files, strict headers, and an API that lets the page in."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from infra.files import CONSOLE
from infra.resources import page
from tests.infra.resources import of_type

Template = dict[str, Any]
OURS = {"AWS::CloudFront::Distribution", "AWS::S3::Bucket", "Custom::CDKBucketDeployment"}


@pytest.fixture(scope="module")
def template(synthesize: Callable[..., Template]) -> Template:
    return synthesize(console=True)


def kinds(template: Template) -> set[str]:
    return {each["Type"] for each in template["Resources"].values()}


def test_it_is_off_by_default(default: Template) -> None:
    assert not OURS & kinds(default)
    assert not [client for client in of_type(default, "AWS::Cognito::UserPoolClient") if "code" in flows(client)]


def test_nobody_but_the_distribution_reads_the_bucket(template: Template) -> None:
    (bucket,) = of_type(template, "AWS::S3::Bucket")
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    (policy,) = of_type(template, "AWS::S3::BucketPolicy")
    allowed = [each for each in policy["PolicyDocument"]["Statement"] if each["Effect"] == "Allow"]
    readers = [each for each in allowed if each["Principal"] == {"Service": "cloudfront.amazonaws.com"}]
    assert [(each["Action"], list(each["Condition"])) for each in readers] == [("s3:GetObject", ["StringEquals"])]


def test_every_answer_has_strict_headers(template: Template) -> None:
    (policy,) = of_type(template, "AWS::CloudFront::ResponseHeadersPolicy")
    headers = policy["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    assert headers["ContentSecurityPolicy"]["ContentSecurityPolicy"] == page.content_security_policy("https:", "wss:")
    assert headers["FrameOptions"]["FrameOption"] == "DENY"
    (distribution,) = of_type(template, "AWS::CloudFront::Distribution")
    behavior = distribution["DistributionConfig"]["DefaultCacheBehavior"]
    assert behavior["ViewerProtocolPolicy"] == "redirect-to-https"
    assert behavior["ResponseHeadersPolicyId"]


def test_the_api_lets_the_page_in(template: Template) -> None:
    (api,) = [each for each in of_type(template, "AWS::ApiGatewayV2::Api") if each["ProtocolType"] == "HTTP"]
    (origin,) = api["CorsConfiguration"]["AllowOrigins"]
    assert origin["Fn::Join"][1][0] == "https://"
    assert origin["Fn::Join"][1][1]["Fn::GetAtt"][1] == "DomainName"


def test_its_users_sign_in_at_the_pool_without_a_secret(template: Template) -> None:
    (client,) = [each for each in of_type(template, "AWS::Cognito::UserPoolClient") if "code" in flows(each)]
    assert "GenerateSecret" not in client
    assert "code" in flows(client)
    assert len(client["CallbackURLs"]) == 2
    (authorizer,) = of_type(template, "AWS::ApiGatewayV2::Authorizer")
    assert len(authorizer["JwtConfiguration"]["Audience"]) == 3


def test_with_an_issuer_of_ones_own_there_is_no_client(synthesize: Callable[..., Template]) -> None:
    own = synthesize(console=True, jwtIssuer="https://login.example.com/", jwtAudience=["meetings"])
    assert not of_type(own, "AWS::Cognito::UserPoolClient")
    assert kinds(own) >= OURS


def flows(client: dict[str, Any]) -> list[str]:
    return list(client.get("AllowedOAuthFlows", []))


@pytest.mark.parametrize("name", page.PAGES)
def test_a_page_names_the_origins_it_talks_to(name: str) -> None:
    html = page.narrowed(name, "https://api.example.com", "wss://live.example.com")
    (policy,) = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', html)
    assert policy == "connect-src 'self' https://api.example.com wss://live.example.com"
    assert html.index(policy) < html.index("<script")


def test_no_page_asks_another_origin_for_anything() -> None:
    """Modules, styles and pictures are the page's own."""
    for file in CONSOLE.rglob("*"):
        if file.suffix in {".html", ".css"} or (file.suffix == ".js" and "vendor" not in file.parts):
            assert not re.findall(r"""(?:src|href|from|url\()\s*=?\s*["']?https?:""", file.read_text()), file.name
