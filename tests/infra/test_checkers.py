"""Public checkers: checkov and parliament on the template, bandit on the code. What is accepted has a reason.

They want other versions of what the project uses, so they have an environment of their own, made once by `uv`.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from infra.packaging.uv import ROOT, uv

REQUIREMENTS = Path(__file__).parent / "checkers" / "requirements.txt"
Template = dict[str, Any]
pytestmark = pytest.mark.xdist_group("checkers")

WITH_A_KEY = "AWS encrypts it with a key of its own; with `customerManagedKey` the customer's key does"
CHECKOV = {
    "CKV_AWS_26": WITH_A_KEY,
    "CKV_AWS_27": "SQS encrypts with a key of its own, which checkov does not read",
    "CKV_AWS_119": WITH_A_KEY,
    "CKV_AWS_158": WITH_A_KEY,
    "CKV_AWS_173": "no environment variable holds a secret: they name resources and settings",
    "CKV_AWS_95": "the HTTP API has access logs; those of the WebSocket API are the setting `liveAccessLogs`",
    "CKV_AWS_115": "queues bound it, hosts are not to be throttled, and `reconcilerConcurrency` is a setting",
    "CKV_AWS_116": "the queues before the functions have dead-letter queues; nothing calls functions asynchronously",
    "CKV_AWS_117": "they reach AWS's own APIs alone; a VPC would add a way out and nothing to keep in",
}
PARLIAMENT = {"dynamodb:ListStreams": "granted by CDK with the stream; it lists streams, whatever the resource"}
CODE = ("lambdas", "infra", "local", "clients/python/src", "packages/chime_simulator/src")
BANDIT = {
    ("B404", "*"): "commands are started on purpose",
    ("B603", "*"): "without a shell, with arguments of our own",
    ("B310", "infra/tools/issuer.py"): "the scheme is looked at before",
    ("B310", "lambdas/token_authorizer/keys.py"): "the scheme is looked at before",
    ("B105", "infra/resources/function.py"): "what a function is called",
    ("B105", "local/aws.py"): "the emulator takes any key",
    ("B105", "local/issuer.py"): "the kind of a token",
    ("B311", "lambdas/chime_events/handler.py"): "jitter",
    ("B311", "lambdas/moderation/adapters/retries.py"): "jitter",
    ("B311", "lambdas/moderation/adapters/system.py"): "jitter",
}


@pytest.fixture(scope="module")
def bin_directory() -> Path:
    """Of an environment that holds just what `requirements.txt` names."""
    made = ROOT / ".build" / "checkers" / sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]
    stamp = made / ".ready"
    if not stamp.exists():
        uv("venv", "--quiet", "--clear", "--python", sys.executable, made)
        uv("pip", "sync", "--quiet", "--require-hashes", "--python", made / "bin" / "python", REQUIREMENTS)
        stamp.touch()
    return made / "bin"


def run(*command: object) -> str:
    """What a checker prints; its exit code only says that it found something."""
    environment = os.environ | {"PYTHONWARNINGS": "ignore", "PYTHONPATH": ""}
    done = subprocess.run(
        [str(word) for word in command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout, done.stderr
    return done.stdout


def test_checkov(bin_directory: Path, default: Template, tmp_path: Path) -> None:
    file = tmp_path / "template.json"
    file.write_text(json.dumps(default))
    options = ("--framework", "cloudformation", "--compact", "--quiet", "--output", "json")
    report = json.loads(run(bin_directory / "checkov", "--file", file, *options))
    assert report["summary"]["passed"] > 50
    assert not report["summary"]["parsing_errors"]
    found = {failed["check_id"]: failed["check_name"] for failed in report["results"]["failed_checks"]}
    assert found.keys() == CHECKOV.keys(), found


def test_parliament(bin_directory: Path, default: Template, tmp_path: Path) -> None:
    """Every statement names actions that exist, on resources that they take."""
    policies = list(_policies(default))
    assert len(policies) > 5
    script = tmp_path / "look.py"
    script.write_text(
        "import json, sys\n"
        "from parliament import analyze_policy_string\n"
        "found = [[f.issue, f.detail] for p in json.load(sys.stdin)\n"
        "         for f in analyze_policy_string(json.dumps(p)).findings]\n"
        "print(json.dumps(found, default=str))\n"
    )
    done = subprocess.run(
        [bin_directory / "python", "-W", "ignore", script],
        input=json.dumps(policies),
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": ""},
    )
    mismatched = set()
    for issue, detail in json.loads(done.stdout):
        assert issue == "RESOURCE_MISMATCH", detail
        mismatched |= {each["action"] for each in detail}
    assert mismatched == PARLIAMENT.keys()


def _policies(template: Template) -> Iterator[Any]:
    """With every reference replaced by an ARN of the kind of resource that it leads to."""
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::IAM::Role":
            for policy in resource["Properties"].get("Policies", []):
                yield _resolved(policy["PolicyDocument"], template)
        if resource["Type"] == "AWS::IAM::Policy":
            yield _resolved(resource["Properties"]["PolicyDocument"], template)


WELL_KNOWN = {"AWS::Partition": "aws", "AWS::Region": "eu-central-1", "AWS::AccountId": "123456789012"}
ARNS = {
    "AWS::DynamoDB::Table": "arn:aws:dynamodb:eu-central-1:123456789012:table/ledger",
    "AWS::Events::EventBus": "arn:aws:events:eu-central-1:123456789012:event-bus/gavel",
    "AWS::KMS::Key": "arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d",
    "AWS::Logs::LogGroup": "arn:aws:logs:eu-central-1:123456789012:log-group:gavel:log-stream:*",
    "AWS::SNS::Topic": "arn:aws:sns:eu-central-1:123456789012:topic",
    "AWS::SQS::Queue": "arn:aws:sqs:eu-central-1:123456789012:queue",
}


def _resolved(value: Any, template: Template) -> Any:
    match value:
        case {"Fn::Join": [between, parts]}:
            return between.join(_resolved(part, template) for part in parts)
        case {"Ref": str(name)}:
            return WELL_KNOWN.get(name, name)
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            arn = ARNS.get(template["Resources"][name]["Type"], name)
            return f"{arn}/stream/now" if attribute == "StreamArn" else arn
        case Mapping():
            return {key: _resolved(each, template) for key, each in value.items()}
        case list():
            return [_resolved(each, template) for each in value]
    return value


def test_bandit(bin_directory: Path) -> None:
    report = json.loads(run(bin_directory / "bandit", "-q", "-r", *CODE, "-f", "json"))
    assert not report["errors"]
    found = {(each["test_id"], each["filename"]): each["issue_text"] for each in report["results"]}
    named = {(rule, file if (rule, "*") not in BANDIT else "*") for rule, file in found}
    assert named == BANDIT.keys(), found
