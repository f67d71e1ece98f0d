"""`python app.py`, as a customer's pipeline runs it: no credentials, no git, nothing on the PATH."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.infra.conftest import ROOT, Synthesis


def synthesize(directory: Path, **context: Any) -> subprocess.CompletedProcess[str]:
    environment = {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "CDK_OUTDIR": str(directory / "assembly"),
        "CDK_CONTEXT_JSON": json.dumps(context),
        "HOME": os.environ["HOME"],  # where jsii keeps its unpacked packages
        "PATH": str(directory),
    }
    command = [sys.executable, str(ROOT / "app.py")]
    return subprocess.run(command, check=False, cwd=directory, env=environment, capture_output=True, text=True)


def test_needs_no_credentials_and_no_programs(synthesis: Synthesis, tmp_path: Path) -> None:
    finished = synthesize(tmp_path, assetDirectory=str(synthesis.asset), retentionDays="9")
    assert finished.returncode == 0, finished.stderr
    template = (tmp_path / "assembly" / "gavel.template.json").read_text()
    assert json.loads(template)["Outputs"].keys() >= {"ApiUrl", "BusName", "TableName"}
    assert '"GAVEL_RETENTION_DAYS": "9"' in template  # the command line goes before cdk.json


def test_a_mistake_is_told_without_a_traceback(synthesis: Synthesis, tmp_path: Path) -> None:
    finished = synthesize(tmp_path, assetDirectory=str(synthesis.asset), region="eu-west-1")
    assert finished.returncode == 1
    assert "no control plane in `eu-west-1`" in finished.stderr
    assert "Traceback" not in finished.stderr
