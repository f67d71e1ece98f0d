"""Context: read from JSON and from the command line, and every mistake in it told at once."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from infra.config import Config, ConfigError
from infra.context import read
from infra.settings.regions import CONTROL_REGIONS


def test_defaults_deploy() -> None:
    configuration = read({})
    assert (configuration.stage, configuration.region, configuration.identity_claim) == ("prod", None, "sub")
    assert (configuration.retention_days, configuration.command_max_age) == (30, 300)
    assert (configuration.jwt_issuer, configuration.authorizer) == (None, "jwt")
    assert configuration.cors_origins == ()
    assert (configuration.snap_start, configuration.event_schemas) == (False, None)
    assert (configuration.architecture, configuration.domain_name) == ("arm64", None)
    assert (configuration.customer_managed_key, configuration.asset_directory) == (False, None)


def test_values_from_the_command_line_are_texts() -> None:
    configuration = read(
        {
            "retentionDays": "7",
            "corsOrigins": "https://a.example, https://b.example:8443",
            "jwtAudience": '["one","two"]',
            "jwtIssuer": "https://login.example.com",
        }
    )
    assert configuration.retention_days == 7
    assert configuration.cors_origins == ("https://a.example", "https://b.example:8443")
    assert configuration.jwt_audience == ("one", "two")
    assert read({"snapStart": "true"}).snap_start is True
    assert read({"eventSchemas": "false"}).event_schemas is False


@pytest.mark.parametrize(
    ("context", "complaint"),
    [
        ({"stage": "Prod!"}, "`stage`: expected lower-case letters"),
        ({"retentionDays": 0}, "`retentionDays`: expected a whole number from 1 to 3650, got `0`"),
        ({"retentionDays": "a month"}, "`retentionDays`: expected a whole number"),
        ({"retentionDays": True}, "`retentionDays`: expected a whole number"),
        ({"commandMaxAge": 1.5}, "`commandMaxAge`: expected a whole number"),
        ({"corsOrigins": ["meet.example.com"]}, "or exact origins like"),
        ({"corsOrigins": ["https://*.example.com"]}, "API Gateway takes no other patterns"),
        ({"corsOrigins": ["http*://meet.example.com"]}, "API Gateway takes no other patterns"),
        ({"architecture": "armv7"}, "`architecture`: expected `arm64` or `x86_64`"),
        ({"reconcilerConcurrency": 2}, "`reconcilerConcurrency`: expected a whole number from 3"),
        ({"domainName": "api.example.com"}, "`domainName` and `certificateArn` come together"),
        ({"domainName": "https://api.example.com"}, "`domainName`: expected a domain"),
        ({"mappingKey": "/moderation"}, "`mappingKey`: expected path segments"),
        ({"mappingKey": "meetings/v1"}, "`mappingKey`: `meetings/v1` begins as paths of the API do"),
        ({"eventSchemas": True, "region": "il-central-1"}, "`eventSchemas`: EventBridge has no schema registry in `il"),
        ({"corsOrigins": {"a": 1}}, "or exact origins like"),
        ({"jwtIssuer": "http://login.example.com", "jwtAudience": ["a"]}, "`jwtIssuer`: expected an https URL"),
        ({"jwtIssuer": "https://login.example.com"}, "`jwtIssuer` and `jwtAudience` come together"),
        ({"authorizer": "cognito"}, "`authorizer`: expected `jwt` or `lambda`, got `cognito`"),
        ({"authorizer": "lambda"}, "`authorizer`: `lambda` is for an issuer of your own"),
        ({"jwtAudience": ["a"]}, "`jwtIssuer` and `jwtAudience` come together"),
        ({"identityClaim": "two words"}, "`identityClaim`: expected the name of a claim"),
        ({"policyDirectory": "no/such/place"}, "`policyDirectory`: expected a directory that exists"),
        ({"functionEnvironment": {"A": 1}}, "`functionEnvironment`: expected an object of texts"),
        ({"commandSources": ["gavel"]}, "`commandSources`: `gavel` is this stack's own; nobody else may give it"),
        ({"commandSources": ["trigger/x"]}, "`commandSources`: `trigger/x` is the name of a trigger"),
        ({"commandSources": {"a": 1}}, "`commandSources`: expected a list of texts"),
        ({"policyClaims": ["two words"]}, "`policyClaims`: expected a list of names of claims"),
        ({"snapStart": "perhaps"}, "`snapStart`: expected true or false, got `perhaps`"),
        ({"snapStart": True, "region": "us-gov-west-1"}, "`snapStart`: Lambda has no SnapStart in `us-gov-west-1`"),
        ({"console": "perhaps"}, "`console`: expected true or false, got `perhaps`"),
        ({"console": True, "region": "us-gov-west-1"}, "`console`: CloudFront is not in AWS GovCloud"),
        ({"retentiondays": 3}, "`retentiondays`: unknown; did you mean `retentionDays`?"),
        ({"jwtIsuer": "https://a.example"}, "`jwtIsuer`: unknown; did you mean `jwtIssuer`?"),
    ],
)
def test_a_mistake_is_an_error_that_names_the_key(context: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ConfigError) as error:
        read(context)
    assert complaint in str(error.value)


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(ConfigError) as error:
        read({"stage": "", "retentionDays": -1, "region": "eu-west-1"})
    assert len(str(error.value).splitlines()) == 3


def test_keys_of_others_are_none_of_our_business() -> None:
    assert read({"@aws-cdk/core:checkSecretUsage": True, "aws:cdk:enable-path-metadata": True, "team": "blue"})


@pytest.mark.parametrize("region", CONTROL_REGIONS)
def test_regions_with_a_control_plane(region: str) -> None:
    assert read({"region": region}).region == region


def test_a_region_without_a_control_plane_is_refused_with_the_list() -> None:
    with pytest.raises(ConfigError) as error:
        read({"region": "eu-west-1"})
    assert all(region in str(error.value) for region in ("eu-west-1", *CONTROL_REGIONS))


def test_the_region_of_the_command_line_counts_where_none_is_configured() -> None:
    with pytest.raises(ConfigError):
        read({}, current_region="eu-west-1")
    assert read({"region": "eu-west-2"}, current_region="eu-west-1").region == "eu-west-2"


def test_stages_live_side_by_side(tmp_path: Path) -> None:
    assert read({}).named("gavel") == "gavel"
    assert read({"stage": "local"}).named("gavel") == "gavel"
    assert read({"stage": "dev", "policyDirectory": str(tmp_path)}).named("gavel") == "gavel-dev"


@pytest.mark.parametrize("origin", ["*", "https://*", "http://*", "https://meet.example.com", "http://localhost:5173"])
def test_origins_that_api_gateway_takes(origin: str) -> None:
    assert read({"corsOrigins": [origin]}).cors_origins == (origin,)


def test_the_properties_of_the_construct_are_checked_as_the_context_is() -> None:
    assert Config(retention_days=7, cors_origins=("*",)) == read({"retentionDays": 7, "corsOrigins": ["*"]})
    with pytest.raises(ValidationError, match="expected a whole number from 1 to 3650, got `0`"):
        Config(retention_days=0)
    with pytest.raises(ValidationError, match="retention_dais"):
        Config.model_validate({"retention_dais": 3})


def test_what_does_not_fit_together_is_told_beside_what_is_wrong_by_itself() -> None:
    with pytest.raises(ConfigError) as error:
        read({"retentionDays": 0, "domainName": "api.example.com", "triggers": [{}], "jwtIsuer": "x"})
    assert len(str(error.value).splitlines()) >= 4
    assert "`domainName` and `certificateArn` come together" in str(error.value)
