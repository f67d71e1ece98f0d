"""Deploys the CDK app's own template to the emulator: what CDK's CLI does, without the CLI."""

import io
import json
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.bundle import ROOT
from local.aws import ACCOUNT, REGION, client
from local.failure import LocalStackError

STACK = "gavel"
TEMPLATE = f"{STACK}.template.json"
TAP = "gavel-tap"
_PLACEHOLDERS = {"${AWS::AccountId}": ACCOUNT, "${AWS::Region}": REGION, "${AWS::Partition}": "aws"}


@dataclass(frozen=True)
class Deployed:
    """Where the pieces of the deployed stack are."""

    api_url: str
    table: str
    bus: str
    events_queue_url: str


def synthesize(directory: Path, context: Mapping[str, object]) -> None:
    """Runs the CDK app as the CLI would."""
    environment = os.environ | {"CDK_OUTDIR": str(directory), "CDK_CONTEXT_JSON": json.dumps(context)}
    environment.pop("CDK_DEFAULT_REGION", None)
    finished = subprocess.run(
        [sys.executable, str(ROOT / "app.py")],
        check=False,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if finished.returncode:
        raise LocalStackError(f"the CDK app could not be synthesized:\n{(finished.stderr + finished.stdout).strip()}")


def deploy(assembly: Path, endpoint_url: str) -> Deployed:
    """Deploys what `synthesize` wrote, and taps the bus."""
    template_url = _upload_assets(assembly, endpoint_url)
    # The template refuses an account that `cdk bootstrap` has not prepared.
    client("ssm", endpoint_url).put_parameter(
        Name="/cdk-bootstrap/hnb659fds/version", Value="30", Type="String", Overwrite=True
    )
    outputs = _create_stack(template_url, endpoint_url)
    _allow_origins(assembly, outputs["ApiId"], endpoint_url)
    allow_loops(assembly, endpoint_url)
    return Deployed(
        # By path, because not every machine resolves `*.localhost`.
        api_url=f"{endpoint_url}/_aws/execute-api/{outputs['ApiId']}",
        table=outputs["TableName"],
        bus=outputs["BusName"],
        events_queue_url=_tap(outputs["BusName"], endpoint_url),
    )


def _upload_assets(assembly: Path, endpoint_url: str) -> str:
    """Everything the manifest names, the template among it; answers where that one is."""
    s3 = client("s3", endpoint_url)
    manifest = json.loads((assembly / f"{STACK}.assets.json").read_text())
    template_url = ""
    for asset in manifest["files"].values():
        source = assembly / asset["source"]["path"]
        content = _zipped(source) if asset["source"]["packaging"] == "zip" else source.read_bytes()
        for destination in asset["destinations"].values():
            bucket, key = _resolved(destination["bucketName"]), _resolved(destination["objectKey"])
            s3.create_bucket(Bucket=bucket)
            s3.put_object(Bucket=bucket, Key=key, Body=content)
            if source.name == TEMPLATE:
                template_url = f"{endpoint_url}/{bucket}/{key}"
    return template_url


def _zipped(directory: Path) -> bytes:
    """Stored, not packed: it travels within this machine, and is unpacked for every worker."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(directory.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(directory))
    return buffer.getvalue()


def _resolved(text: str) -> str:
    for placeholder, value in _PLACEHOLDERS.items():
        text = text.replace(placeholder, value)
    return text


def _create_stack(template_url: str, endpoint_url: str, seconds: float = 60) -> dict[str, str]:
    cloudformation = client("cloudformation", endpoint_url)
    cloudformation.create_stack(StackName=STACK, TemplateURL=template_url, Capabilities=["CAPABILITY_NAMED_IAM"])
    deadline = time.monotonic() + seconds
    while True:
        stack = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]
        if stack["StackStatus"] == "CREATE_COMPLETE":
            return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        if stack["StackStatus"] != "CREATE_IN_PROGRESS" or time.monotonic() > deadline:
            raise LocalStackError(f"the stack is {stack['StackStatus']}:\n{_why(cloudformation)}")
        time.sleep(0.1)


def _why(cloudformation: Any) -> str:
    pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=STACK)
    events = (event for page in pages for event in page["StackEvents"])
    return "\n".join(
        f"{event['LogicalResourceId']} ({event['ResourceType']}): {event.get('ResourceStatusReason', 'no reason')}"
        for event in events
        if event["ResourceStatus"].endswith("FAILED")
    )


def _allow_origins(assembly: Path, api_id: str, endpoint_url: str) -> None:
    """The emulator loses CORS on the way from the template to the gateway, so it is said again."""
    resources = json.loads((assembly / TEMPLATE).read_text())["Resources"].values()
    for api in (each["Properties"] for each in resources if each["Type"] == "AWS::ApiGatewayV2::Api"):
        if "CorsConfiguration" in api:
            gateway = client("apigatewayv2", endpoint_url)
            gateway.update_api(ApiId=api_id, CorsConfiguration=api["CorsConfiguration"])


def allow_loops(assembly: Path, endpoint_url: str) -> None:
    """The emulator loses `RecursiveLoop` on the way from the template to the function, so it is said again."""
    resources = json.loads((assembly / TEMPLATE).read_text())["Resources"].values()
    for function in (each["Properties"] for each in resources if each["Type"] == "AWS::Lambda::Function"):
        if "RecursiveLoop" in function:
            client("lambda", endpoint_url).put_function_recursion_config(
                FunctionName=function["FunctionName"], RecursiveLoop=function["RecursiveLoop"]
            )


def _tap(bus: str, endpoint_url: str) -> str:
    """A queue that sees every event on the bus. It is no part of the product, so it is not in the template."""
    sqs, events = client("sqs", endpoint_url), client("events", endpoint_url)
    url: str = sqs.create_queue(QueueName=TAP)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name=TAP, EventBusName=bus, EventPattern=json.dumps({"source": [{"prefix": ""}]}))
    events.put_targets(Rule=TAP, EventBusName=bus, Targets=[{"Id": "tap", "Arn": arn}])
    return f"{endpoint_url}/{ACCOUNT}/{TAP}"
