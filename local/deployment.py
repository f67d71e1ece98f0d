"""Deploys the app's own template to the emulator, as CDK's CLI does."""

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

from botocore.exceptions import ClientError

from infra.packaging.bundle import ROOT
from local.aws import ACCOUNT, REGION, client
from local.failure import LocalStackError

TEMPLATE = ".template.json"
TAP = "gavel-tap"
_PLACEHOLDERS = {"${AWS::AccountId}": ACCOUNT, "${AWS::Region}": REGION, "${AWS::Partition}": "aws"}


@dataclass(frozen=True)
class Deployed:
    """The addresses and names of the deployed stack."""

    api_url: str
    table: str
    bus: str
    events_queue_url: str


def synthesize(directory: Path, context: Mapping[str, object]) -> None:
    """Runs the CDK app with the variables that the CLI sets."""
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
    """Creates or updates the one stack of an assembly, and adds the queue that receives every event."""
    template_url = _upload_assets(assembly, endpoint_url)
    # The template refuses an account that `cdk bootstrap` has not prepared.
    client("ssm", endpoint_url).put_parameter(
        Name="/cdk-bootstrap/hnb659fds/version", Value="30", Type="String", Overwrite=True
    )
    outputs = _put_stack(_stack(assembly), template_url, endpoint_url)
    return Deployed(
        # The path names the API, because not every machine resolves `*.localhost`.
        api_url=f"{endpoint_url}/_aws/execute-api/{outputs['ApiId']}",
        table=outputs["TableName"],
        bus=outputs["BusName"],
        events_queue_url=_tap(outputs["BusName"], endpoint_url),
    )


def _stack(assembly: Path) -> str:
    [template] = assembly.glob(f"*{TEMPLATE}")
    return template.name.removesuffix(TEMPLATE)


def _upload_assets(assembly: Path, endpoint_url: str) -> str:
    """Uploads the assets of the manifest, and returns the URL of the template. Deletes the assets of earlier
    deployments: the emulator keeps them in memory.
    """
    s3 = client("s3", endpoint_url)
    manifest = json.loads((assembly / f"{_stack(assembly)}.assets.json").read_text())
    template_url = ""
    uploaded: dict[str, set[str]] = {}
    for asset in manifest["files"].values():
        source = assembly / asset["source"]["path"]
        content = _zipped(source) if asset["source"]["packaging"] == "zip" else source.read_bytes()
        for destination in asset["destinations"].values():
            bucket, key = _resolved(destination["bucketName"]), _resolved(destination["objectKey"])
            s3.create_bucket(Bucket=bucket)
            s3.put_object(Bucket=bucket, Key=key, Body=content)
            uploaded.setdefault(bucket, set()).add(key)
            if source.name.endswith(TEMPLATE):
                template_url = f"{endpoint_url}/{bucket}/{key}"
    for bucket, keys in uploaded.items():
        for found in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
            if found["Key"] not in keys:
                s3.delete_object(Bucket=bucket, Key=found["Key"])
    return template_url


def _zipped(directory: Path) -> bytes:
    """The directory as a zip without compression: it stays on this machine, and every worker unpacks it."""
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


def _put_stack(name: str, template_url: str, endpoint_url: str, seconds: float = 60) -> dict[str, str]:
    cloudformation = client("cloudformation", endpoint_url)
    verb = _create_or_update(cloudformation, name, template_url)
    deadline = time.monotonic() + seconds
    while True:
        stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        if stack["StackStatus"] == f"{verb}_COMPLETE":
            return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        if "IN_PROGRESS" not in stack["StackStatus"] or time.monotonic() > deadline:
            raise LocalStackError(f"the stack is {stack['StackStatus']}:\n{_why(cloudformation, name)}")
        time.sleep(0.1)


def _create_or_update(cloudformation: Any, name: str, template_url: str) -> str:
    """Creates or updates the stack. Returns `CREATE` or `UPDATE`, the verb in its status."""
    stacks = {stack["StackName"]: stack for stack in cloudformation.describe_stacks()["Stacks"]}
    words = {"StackName": name, "TemplateURL": template_url, "Capabilities": ["CAPABILITY_NAMED_IAM"]}
    if name not in stacks:
        cloudformation.create_stack(**words)
        return "CREATE"
    try:
        cloudformation.update_stack(**words)
    except ClientError as error:
        if "No updates are to be performed" not in str(error):
            raise
        return str(stacks[name]["StackStatus"]).partition("_")[0]
    return "UPDATE"


def _why(cloudformation: Any, name: str) -> str:
    pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=name)
    events = (event for page in pages for event in page["StackEvents"])
    return "\n".join(
        f"{event['LogicalResourceId']} ({event['ResourceType']}): {event.get('ResourceStatusReason', 'no reason')}"
        for event in events
        if event["ResourceStatus"].endswith("FAILED")
    )


def _tap(bus: str, endpoint_url: str) -> str:
    """Adds a queue that receives every event of the bus. It is not in the template, because the product has no such
    queue.
    """
    sqs, events = client("sqs", endpoint_url), client("events", endpoint_url)
    url: str = sqs.create_queue(QueueName=TAP)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name=TAP, EventBusName=bus, EventPattern=json.dumps({"source": [{"prefix": ""}]}))
    events.put_targets(Rule=TAP, EventBusName=bus, Targets=[{"Id": "tap", "Arn": arn}])
    return f"{endpoint_url}/{ACCOUNT}/{TAP}"
