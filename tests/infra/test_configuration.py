"""Context: read from JSON and from the command line, and every mistake in it told at once."""

from pathlib import Path
from typing import Any

import pytest

from infra.configuration import CONTROL_REGIONS, ConfigurationError, read


def test_defaults_deploy() -> None:
    configuration = read({})
    assert (configuration.stage, configuration.region, configuration.identity_claim) == ("prod", None, "sub")
    assert (configuration.retention_days, configuration.command_max_age) == (30, 300)
    assert configuration.jwt_issuer is None
    assert configuration.cors_origins == ()
    assert (configuration.snap_start, configuration.event_schemas) == (False, True)


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
        ({"corsOrigins": ["meet.example.com"]}, "`corsOrigins`: expected origins like"),
        ({"corsOrigins": {"a": 1}}, "`corsOrigins`: expected origins like"),
        ({"jwtIssuer": "http://login.example.com", "jwtAudience": ["a"]}, "`jwtIssuer`: expected an https URL"),
        ({"jwtIssuer": "https://login.example.com"}, "`jwtIssuer` and `jwtAudience` come together"),
        ({"jwtAudience": ["a"]}, "`jwtIssuer` and `jwtAudience` come together"),
        ({"identityClaim": "two words"}, "`identityClaim`: expected the name of a claim"),
        ({"policyDirectory": "no/such/place"}, "`policyDirectory`: expected a directory that exists"),
        ({"functionEnvironment": {"A": 1}}, "`functionEnvironment`: expected an object of texts"),
        ({"snapStart": "perhaps"}, "`snapStart`: expected true or false, got `perhaps`"),
        ({"snapStart": True, "region": "us-gov-west-1"}, "`snapStart`: Lambda has no SnapStart in `us-gov-west-1`"),
        ({"console": "perhaps"}, "`console`: expected true or false, got `perhaps`"),
        ({"console": True, "region": "us-gov-west-1"}, "`console`: CloudFront is not in AWS GovCloud"),
        ({"retentiondays": 3}, "`retentiondays`: unknown; did you mean `retentionDays`?"),
        ({"jwtIsuer": "https://a.example"}, "`jwtIsuer`: unknown; did you mean `jwtIssuer`?"),
    ],
)
def test_a_mistake_is_an_error_that_names_the_key(context: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        read(context)
    assert complaint in str(error.value)


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(ConfigurationError) as error:
        read({"stage": "", "retentionDays": -1, "region": "eu-west-1"})
    assert len(str(error.value).splitlines()) == 3


def test_keys_of_others_are_none_of_our_business() -> None:
    assert read({"@aws-cdk/core:checkSecretUsage": True, "aws:cdk:enable-path-metadata": True, "team": "blue"})


@pytest.mark.parametrize("region", CONTROL_REGIONS)
def test_regions_with_a_control_plane(region: str) -> None:
    assert read({"region": region}).region == region


def test_a_region_without_a_control_plane_is_refused_with_the_list() -> None:
    with pytest.raises(ConfigurationError) as error:
        read({"region": "eu-west-1"})
    assert all(region in str(error.value) for region in ("eu-west-1", *CONTROL_REGIONS))


def test_the_region_of_the_command_line_counts_where_none_is_configured() -> None:
    with pytest.raises(ConfigurationError):
        read({}, current_region="eu-west-1")
    assert read({"region": "eu-west-2"}, current_region="eu-west-1").region == "eu-west-2"


def test_stages_live_side_by_side(tmp_path: Path) -> None:
    assert read({}).named("gavel") == "gavel"
    assert read({"stage": "local"}).named("gavel") == "gavel"
    assert read({"stage": "dev", "policyDirectory": str(tmp_path)}).named("gavel") == "gavel-dev"
