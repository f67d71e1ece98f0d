"""cdk-nag's AwsSolutions: every finding is fixed, or acknowledged with a reason where it stands."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from infra.context import read
from local.examples import EXAM_TRIGGERS
from tests.infra.conftest import Synthesis

CUSTOMIZED = {
    "corsOrigins": ["https://meet.example.com"],
    "region": "eu-central-1",
    "console": True,
    "triggers": EXAM_TRIGGERS,
    "eventSources": [{"account": "123456789012", "sources": ["school"]}],
}
ISSUER = {"jwtIssuer": "https://login.example.com", "jwtAudience": ["meetings"], "authorizer": "lambda"}
CONTEXTS = [{}, CUSTOMIZED, {"console": True}, ISSUER]


@pytest.mark.parametrize("context", CONTEXTS, ids=["default", "customized", "console", "issuer"])
def test_no_finding_is_left(synthesis: Synthesis, context: dict[str, Any], tmp_path: Path) -> None:
    assert findings(synthesis, context, tmp_path) == []


def test_a_finding_is_found(synthesis: Synthesis, tmp_path: Path) -> None:
    """The other tests mean something only if the rules are run."""
    assert "AwsSolutions-SQS4" in findings(synthesis, {}, tmp_path, with_plain_queue=True)


def findings(
    synthesis: Synthesis, context: dict[str, Any], assembly: Path, *, with_plain_queue: bool = False
) -> list[str]:
    from aws_cdk import App, Validations
    from aws_cdk.aws_sqs import Queue
    from cdk_nag import AwsSolutionsChecks

    from infra.stack import GavelStack

    app = App(outdir=str(assembly), analytics_reporting=False)
    stack = GavelStack(app, read({"assetDirectory": str(synthesis.asset), **context}))
    if with_plain_queue:
        Queue(stack, "Plain")
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    with suppress(RuntimeError):  # raised where there are findings, which the report holds
        app.synth()
    report = json.loads((assembly / "validation-report.json").read_text())
    return [violation["ruleName"] for each in report["pluginReports"] for violation in each["violations"]]
