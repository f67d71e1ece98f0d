"""`make deploy`: the CDK CLI against the emulator. Stages live side by side, and an upgrade loses nothing."""

import json
import os
import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import PIPE, STDOUT, Popen
from typing import Any

import httpx
import pytest

from infra.packaging.bundle import ROOT
from local.aws import ACCOUNT, REGION, client, server_environment
from local.stack import LocalStack
from tests.e2e.caller import Caller, Web, done
from tests.e2e.deadline import until
from tests.e2e.light import light_bundle
from tests.e2e.meeting import EVERYTHING, MUTED
from tests.e2e.simulator import Simulator

pytestmark = pytest.mark.xdist_group("deploying")
OTHER = {
    "stage": "other",
    "region": REGION,
    "jwtIssuer": "https://login.example.com/",
    "jwtAudience": ["meetings"],
    "eventSchemas": False,
}
GIVE_UP_AFTER = 75
"""Seconds within which a change that is left pending is carried out."""


class Account:
    """Two stages in one account: `local`, which works, and another beside it."""

    def __init__(self, stack: LocalStack, asset: Path, directory: Path) -> None:
        self.stack = stack
        self.asset = asset
        self._directory = directory

    def client(self, service: str) -> Any:
        return client(service, self.stack.aws_endpoint_url)

    def outputs(self, stack: str) -> dict[str, str]:
        (found,) = self.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}

    def physical(self, stack: str, *kinds: str) -> dict[str, str]:
        """Logical id → physical id of the resources of these types."""
        resources = self.client("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]
        return {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in resources if r["ResourceType"] in kinds}

    def make(self, action: str, context: dict[str, Any], *words: str) -> str:
        """What the Makefile runs. Answers what it says."""
        said = context | {"assetDirectory": str(self.asset)}
        words += tuple(w for k, v in said.items() for w in ("-c", f"{k}={v if isinstance(v, str) else json.dumps(v)}"))
        words += ("--output", str(self._directory / f"assembly-{context['stage']}"), "--no-notices")
        # Ours, in which npm finds its registry, with the emulator in place of AWS and of whatever account we have.
        aws = server_environment(AWS_ENDPOINT_URL=self.stack.aws_endpoint_url, NO_PROXY="127.0.0.1,localhost")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")} | aws
        command = [sys.executable, "-m", "infra.tools.cdk", action, "--emulator", *words]
        with Popen(command, cwd=ROOT, env=environment, stdout=PIPE, stderr=STDOUT, text=True) as process:
            output, _ = process.communicate(timeout=600)
        assert process.returncode == 0, output
        return output


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    directory = tmp_path_factory.mktemp("deploying")
    asset, environment = light_bundle(directory)
    with LocalStack(asset=asset, function_environment=environment) as stack:
        # What `cdk bootstrap` makes, as far as a deployment without Docker needs it, is here but for its roles.
        client("s3", stack.aws_endpoint_url).create_bucket(Bucket=f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}")
        yield Account(stack, asset, directory)


@pytest.fixture(scope="module")
def simulator(account: Account) -> Iterator[Simulator]:
    found = Simulator(account.stack.chime_url)
    yield found
    found.close()


@pytest.fixture(scope="module")
def web(account: Account) -> Iterator[Web]:
    found = Web(account.stack.api_url)
    yield found
    found.close()


def test_two_stages_and_an_upgrade_that_loses_nothing(account: Account, simulator: Simulator, web: Web) -> None:
    meeting_id = simulator.create_meeting()
    bob = simulator.join(meeting_id, "bob")
    done(
        Caller(web, meeting_id, account.stack.token("back-end", scope="gavel/admin")).put(
            body={"roles": {"al": "host"}}
        )
    )
    host = Caller(web, meeting_id, account.stack.token("al"))
    simulator.fault(meeting_id, count=10_000, status=503)
    with ThreadPoolExecutor(1) as hosts:
        asked = hosts.submit(host.post, f"/attendees/{bob}/mute", {"reason": "before the upgrade"})
        assert "gavel-other.TableName" in account.make("deploy", OTHER, "--require-approval", "never")
        change_id = done(asked.result(), 202)["changeId"]
    _stages_share_nothing(account)
    _upgrade(account)
    assert done(host.get(f"/changes/{change_id}"))["status"] == "pending"
    assert simulator.has(meeting_id, bob) == EVERYTHING
    simulator.fault(meeting_id, count=0)
    until(lambda: simulator.has(meeting_id, bob) == MUTED, GIVE_UP_AFTER, "what was pending is carried out")
    until(lambda: done(host.get(f"/changes/{change_id}"))["status"] == "applied", GIVE_UP_AFTER, "and settled")


def test_destroying_one_leaves_its_table_and_the_other_stage(account: Account) -> None:
    table = account.outputs("gavel-other")["TableName"]
    said = account.make("destroy", OTHER, "--force")
    assert "the table with every decision" in said
    buses = [bus["Name"] for bus in account.client("events").list_event_buses()["EventBuses"]]
    assert ("gavel-other" in buses, "gavel" in buses) == (False, True)
    assert table in account.client("dynamodb").list_tables()["TableNames"]
    assert httpx.get(f"{account.stack.api_url}/health", timeout=30, trust_env=False).status_code == 200


def _stages_share_nothing(account: Account) -> None:
    kinds = ("AWS::DynamoDB::Table", "AWS::Events::EventBus", "AWS::SQS::Queue", "AWS::Lambda::Function")
    ours, others = (account.physical(stack, *kinds) for stack in ("gavel", "gavel-other"))
    assert ours.keys() == others.keys()
    assert not set(ours.values()) & set(others.values())


def _upgrade(account: Account) -> None:
    """Other code and another setting: every function is replaced where it stands, nothing that keeps anything is."""
    functions, kept = "AWS::Lambda::Function", ("AWS::DynamoDB::Table", "AWS::Events::EventBus", "AWS::SQS::Queue")
    before, code = account.physical("gavel", functions, *kept), _code(account)
    upgraded = account.asset.with_name("upgraded")
    shutil.copytree(account.asset, upgraded)
    (upgraded / "moderation" / "upgraded.py").write_text('"""There is more in it than there was."""\n')
    account.asset = upgraded
    context = {**account.stack.stack_context(upgraded), "commandMaxAge": 77}
    account.make("deploy", context, "--require-approval", "never")
    assert account.physical("gavel", functions, *kept) == before
    assert {name: sha for name, (sha, _) in _code(account).items()}.keys() == code.keys()
    assert not {sha for sha, _ in _code(account).values()} & {sha for sha, _ in code.values()}
    assert {age for _, age in _code(account).values()} == {"77"}


def _code(account: Account) -> dict[str, tuple[str, str]]:
    """Function → hash of its code, and one of its settings."""
    return {
        each["FunctionName"]: (each["CodeSha256"], each["Environment"]["Variables"]["GAVEL_COMMAND_MAX_AGE_SECONDS"])
        for each in account.client("lambda").list_functions()["Functions"]
        if not each["FunctionName"].startswith("gavel-other-")
    }
