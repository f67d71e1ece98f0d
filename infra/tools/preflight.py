"""Checks before a deployment: credentials, Region, bootstrap, emulator, the issuer's keys, the bus.

Each problem says what to do. A check that the credentials do not permit is skipped: CloudFormation makes it.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra.config import DEFAULT_STAGE, JWT
from infra.settings.regions import CONTROL_REGIONS
from infra.tools.issuer import TAKEN, lacks_key

BOOTSTRAP_VERSION = "/cdk-bootstrap/hnb659fds/version"
ENDPOINTS = "AWS_ENDPOINT_URL"
"""The variable that sends calls to another endpoint, alone or followed by a service's name. `.local/env` sets it for
the local stack.
"""


@dataclass(frozen=True)
class Plan:
    """What is about to be done, from the command's arguments and `cdk.json`."""

    action: str
    stage: str
    region: str | None
    issuer: str | None = None
    authorizer: str = JWT

    @property
    def stack(self) -> str:
        return "gavel" if self.stage == DEFAULT_STAGE else f"gavel-{self.stage}"


def problems(plan: Plan, environment: Mapping[str, str] = os.environ) -> Iterator[str]:
    """The problems of the first kind that is found: later ones would follow from them."""
    if found := sorted(name for name in environment if name.startswith(ENDPOINTS)):
        yield (
            f"{', '.join(f'`{name}`' for name in found)} is set: AWS's tools would talk to the local stack. "
            f"Use a new terminal, or `unset {' '.join(found)}` and the credentials of `.local/env`."
        )
        return
    try:
        session = boto3.Session(region_name=plan.region)
    except BotoCoreError as error:  # a profile that is not there
        yield _no_credentials(environment, str(error))
        return
    yield from _of_region(plan, session.region_name) or _of_account(plan, session, environment)


def _of_region(plan: Plan, region: str | None) -> list[str]:
    if region is None:
        return [f"no Region: `make {plan.action} REGION=eu-central-1`, or a Region in your AWS profile"]
    if plan.action != "bootstrap" and region not in CONTROL_REGIONS:
        return [f"Amazon Chime SDK meetings have no control plane in `{region}`: {', '.join(CONTROL_REGIONS)}"]
    return []


def _of_account(plan: Plan, session: Any, environment: Mapping[str, str]) -> Iterator[str]:
    try:
        session.client("sts").get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        yield _no_credentials(environment, str(error))
        return
    if plan.action != "bootstrap" and not _is_bootstrapped(session):
        yield (
            f"the account is not prepared for CDK in `{session.region_name}`: "
            f"`make bootstrap REGION={session.region_name}`, once"
        )
    if plan.action == "destroy" and (rules := foreign_rules(session, plan.stack)):
        yield _what_to_do_about(rules, plan.stack)
    is_asked = plan.action in ("deploy", "diff") and plan.issuer and plan.authorizer in TAKEN
    if is_asked and (reason := lacks_key(str(plan.issuer), plan.authorizer)):
        yield reason


def _no_credentials(environment: Mapping[str, str], error: str) -> str:
    profile = environment.get("AWS_PROFILE")
    named = f"`AWS_PROFILE` is `{profile}`" if profile else "`AWS_PROFILE` is not set"
    return f"no valid credentials of an AWS account ({named}): {error}. Try `aws sso login`, or export `AWS_PROFILE`."


def _is_bootstrapped(session: Any) -> bool:
    try:
        session.client("ssm").get_parameter(Name=BOOTSTRAP_VERSION)
    except ClientError as error:
        return bool(error.response["Error"]["Code"] != "ParameterNotFound")
    return True


def foreign_rules(session: Any, stack: str) -> list[str]:
    """The rules on the stack's bus that the stack did not make: a bus with rules cannot be deleted."""
    try:
        pages = session.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack)
        resources = [each for page in pages for each in page["StackResourceSummaries"]]
        own = {
            each.get("PhysicalResourceId", "").rpartition("|")[2]
            for each in resources
            if each["ResourceType"] == "AWS::Events::Rule"
        }
        pages = session.client("events").get_paginator("list_rules").paginate(EventBusName=stack)
        rules = [rule["Name"] for page in pages for rule in page["Rules"]]
    except ClientError:  # no such stack, or it may not be asked
        return []
    return sorted(set(rules) - own)


def _what_to_do_about(rules: list[str], bus: str) -> str:
    """The advice about these rules. The bus has the stack's name."""
    lines = [
        f"an event bus with rules can't be deleted, and others made these on `{bus}`: {', '.join(rules)}.",
        "Tell those who listen, then, for each rule (an archive's is deleted with `aws events delete-archive`):",
        f"  aws events list-targets-by-rule --event-bus-name {bus} --rule NAME",
        f"  aws events remove-targets --event-bus-name {bus} --rule NAME --ids ID ...",
        f"  aws events delete-rule --event-bus-name {bus} --name NAME",
    ]
    return "\n".join(lines)
