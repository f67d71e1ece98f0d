"""cfn-lint: the template is what CloudFormation takes in each accepted Region, in every way it can be configured.

Templates of two Regions differ in the Region's name and in what one of them lacks. So those that say the same are made
once, and linted once for all of their Regions.
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from cfnlint.api import ManualArgs, lint

from infra.settings.regions import CONTROL_REGIONS, WITHOUT_SCHEMAS, is_govcloud
from local.examples import EXAM_TRIGGERS

Template = dict[str, Any]
ISSUER = {"jwtIssuer": "https://login.example.com/", "jwtAudience": ["meetings"]}
EVERYTHING = "another stage, an own issuer and everything else set"
CONTEXTS: dict[str, dict[str, Any]] = {
    "default": {},
    EVERYTHING: {
        **ISSUER,
        "authorizer": "lambda",
        "stage": "dev",
        "corsOrigins": ["https://meet.example.com"],
        "retentionDays": 10,
        "alarmEmail": "ops@example.com",
        "triggers": EXAM_TRIGGERS,
        "eventSources": [{"account": "123456789012", "sources": ["school"]}],
        "domainName": "api.example.com",
        "certificateArn": "arn:aws:acm:<region>:123456789012:certificate/0a1b2c3d",
        "mappingKey": "moderation",
        "architecture": "x86_64",
        "reconcilerConcurrency": 5,
        "customerManagedKey": True,
        "liveAccessLogs": True,
        "console": True,
        "snapStart": True,
    },
    "the console, with the stack's own pool": {"console": True},
}
HASH = re.compile(r"[0-9a-f]{32,}")
NOT_IN_GOVCLOUD = ("console", "snapStart")
NOT_OURS = {
    # CDK writes a function's role into `DependsOn` as well as into `Role`; the one says what the other implies.
    "W3005",
}


def kinds_of_region() -> Mapping[tuple[bool, bool], list[str]]:
    """Regions whose templates say the same."""
    kinds = defaultdict(list)
    for region in CONTROL_REGIONS:
        kinds[is_govcloud(region), region in WITHOUT_SCHEMAS].append(region)
    return kinds


def context_in(region: str, context: Mapping[str, Any]) -> dict[str, Any]:
    """As far as the Region has what it asks for."""
    lacks = NOT_IN_GOVCLOUD if is_govcloud(region) else ()
    chosen = json.dumps({key: value for key, value in context.items() if key not in lacks})
    return {"region": region, **json.loads(chosen.replace("<region>", region))}


def cases() -> Iterator[tuple[str, list[str]]]:
    """Contexts, and Regions of a kind; where a Region leaves nothing of a context, it is the default again."""
    for name, context in CONTEXTS.items():
        for regions in kinds_of_region().values():
            if not context or context_in(regions[0], context).keys() > {"region"}:
                yield name, regions


@pytest.mark.parametrize(
    ("name", "regions"), list(cases()), ids=lambda case: case if isinstance(case, str) else case[0]
)
def test_nothing_is_found(synthesize: Callable[..., Template], name: str, regions: list[str]) -> None:
    template = synthesize(**context_in(regions[0], CONTEXTS[name]))
    assert findings(template, *regions) == []


@pytest.mark.parametrize(
    ("name", "regions"), list(cases()), ids=lambda case: case if isinstance(case, str) else case[0]
)
def test_templates_of_regions_of_a_kind_differ_in_its_name_alone(
    synthesize: Callable[..., Template], name: str, regions: list[str]
) -> None:
    """So what is found in the first is found in all of them. Of what makes less, two are compared."""
    compared = regions if name == EVERYTHING else [regions[0], regions[-1]]
    said = {unnamed(synthesize(**context_in(region, CONTEXTS[name])), region) for region in compared}
    assert len(said) == 1


def unnamed(template: Template, region: str) -> str:
    """Without the Region's name, and the hashes of what holds it."""
    return HASH.sub("<hash>", json.dumps(template, sort_keys=True).replace(region, "<region>"))


def test_nothing_is_found_in_a_template_for_any_region(default: Template) -> None:
    """A resource on a condition is looked at as if it were always there, so Regions that lack it are left out."""
    assert findings(default, *(region for region in CONTROL_REGIONS if region not in WITHOUT_SCHEMAS)) == []


def test_nothing_is_found_in_the_local_stacks(synthesize: Callable[..., Template]) -> None:
    local = synthesize(stage="local", jwtIssuer="http://127.0.0.1:4572", jwtAudience=["gavel"])
    assert findings(local, "us-east-1") == []


def test_a_mistake_is_found() -> None:
    """The others mean something only if the rules are run."""
    table = {"Type": "AWS::DynamoDB::Table", "Properties": {"KeySchema": "pk", "BillingMode": "FREE"}}
    assert {rule[0] for rule in findings({"Resources": {"Wrong": table}}, "us-east-1")} == {"E"}


@pytest.mark.parametrize("region", WITHOUT_SCHEMAS)
def test_a_type_that_a_region_lacks_is_found(region: str) -> None:
    registry = {"Type": "AWS::EventSchemas::Registry", "Properties": {}}
    assert [found[:5] for found in findings({"Resources": {"Registry": registry}}, region)] == ["E3006"]


def findings(template: Template, *regions: str) -> list[str]:
    found = lint(json.dumps(template), config=ManualArgs(regions=list(regions)))
    return [f"{match.rule.id}: {match.message}" for match in found if match.rule.id not in NOT_OURS]
