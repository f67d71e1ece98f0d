"""What an upgrade must never replace, and what stages must never share."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from tests.infra.resources import of_type

Template = dict[str, Any]

# An id that changes makes CloudFormation put an empty thing in the place of what holds decisions, people or messages.
# To change one, its content has to be moved first: that is a major version.
KEEPS = {
    "GavelBus5BD6A9DB": "AWS::Events::EventBus",
    "GavelEventCommandsInboxQueue1E3206C2": "AWS::SQS::Queue",
    "GavelEventCommandsInboxDeadLetters73A8589A": "AWS::SQS::Queue",
    "GavelHostApiFD6F796F": "AWS::ApiGatewayV2::Api",
    "GavelLedgerTableC4CF7086": "AWS::DynamoDB::Table",
    "GavelLiveApiC3AD41AB": "AWS::ApiGatewayV2::Api",
    "GavelChimeEventsCapabilityEventsQueueEEC8B36B": "AWS::SQS::Queue",
    "GavelChimeEventsCapabilityEventsDeadLetters5859F243": "AWS::SQS::Queue",
    "GavelChimeEventsAttendeesQueue9FBAE653": "AWS::SQS::Queue",
    "GavelChimeEventsAttendeesDeadLetters2F21CEF2": "AWS::SQS::Queue",
    # A new one would read the whole stream again.
    "GavelEventPublisherEventSource9933D3FB": "AWS::Lambda::EventSourceMapping",
    "GavelEventPublisherDeadLettersA2A89440": "AWS::SQS::Queue",
    "GavelUserPoolBackEnd90AED3D2": "AWS::Cognito::UserPoolClient",
    "GavelUserPool37BE4A4C": "AWS::Cognito::UserPool",
    "GavelUserPoolHosts8487B4E3": "AWS::Cognito::UserPoolClient",
    "GavelWakeupsQueue6A2C0581": "AWS::SQS::Queue",
    "GavelWakeupsDeadLetters094C1CF3": "AWS::SQS::Queue",
}
STAYS = {"AWS::DynamoDB::Table", "AWS::Cognito::UserPool"}
REPLACING: dict[str, dict[str, Any]] = {
    "GavelLedgerTableC4CF7086": {
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
    },
    "GavelBus5BD6A9DB": {"Name": "gavel"},
}
"""Properties whose change replaces what they belong to: literally, as they were deployed first."""
OF_ITS_OWN = {"$default", "Tokens", "gavel", "admin", "live"}
SCHEMA = "gavel@"
"""Names within an API, a user pool or a registry of schemas, of which each stage has its own."""


def test_what_keeps_something_keeps_its_id(default: Template) -> None:
    kinds = set(KEEPS.values()) - {"AWS::Lambda::EventSourceMapping"}
    found = {id_: each["Type"] for id_, each in default["Resources"].items()}
    assert {id_: kind for id_, kind in found.items() if kind in kinds or id_ in KEEPS} == KEEPS


def test_nothing_changes_that_would_replace_it(default: Template) -> None:
    for id_, literal in REPLACING.items():
        properties = default["Resources"][id_]["Properties"]
        assert {name: properties[name] for name in literal} == literal
    assert "TableName" not in default["Resources"]["GavelLedgerTableC4CF7086"]["Properties"]


def test_what_can_not_be_made_again_stays(default: Template, customized: Template) -> None:
    for template in (default, customized):
        for each in template["Resources"].values():
            if each["Type"] in STAYS:
                assert (each["DeletionPolicy"], each["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_stages_share_no_name(synthesize: Callable[..., Template]) -> None:
    one, other = synthesize(stage="one"), synthesize(stage="other")
    assert KEEPS.keys() <= one["Resources"].keys() & other["Resources"].keys()
    shared = set(_names(one)) & set(_names(other))
    assert {name for name in shared if not name.startswith(SCHEMA)} <= OF_ITS_OWN


def test_stages_share_no_metric(synthesize: Callable[..., Template]) -> None:
    """Of Gavel's own; those of AWS's namespaces name the function, the queue or the API that they are of."""
    for stage in ("one", "other"):
        own = [a for a in of_type(synthesize(stage=stage), "AWS::CloudWatch::Alarm") if a.get("Namespace") == "Gavel"]
        assert own
        for alarm in own:
            assert stage in json.dumps(alarm["Dimensions"]), alarm["AlarmName"]


def _names(template: Template) -> Iterator[str]:
    """Every name that is written out, whole or in part, and not made by CloudFormation."""
    for each in template["Resources"].values():
        for key, value in each.get("Properties", {}).items():
            is_a_name = key.endswith(("Name", "Domain", "Identifier")) and key != "MetricName"
            if is_a_name and (isinstance(value, str) or "Fn::Join" in value):
                yield value if isinstance(value, str) else json.dumps(value)
