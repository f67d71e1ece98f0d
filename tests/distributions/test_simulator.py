"""The simulator of Amazon Chime SDK meetings in a project that has nothing to do with Gavel."""

import re
from pathlib import Path

import pytest

from infra.packaging.uv import ROOT
from tests.distributions.conftest import installed

pytestmark = pytest.mark.xdist_group("dist")
README = ROOT / "packages" / "chime_simulator" / "README.md"


def test_the_readmes_test_passes_with_the_fixture(built: Path, tmp_path: Path) -> None:
    """Without a conftest: pytest finds the fixture by the package's entry point."""
    project = installed(built, tmp_path, "chime-meetings-simulator", "boto3", "pytest")
    samples = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    (project.path / "test_meeting.py").write_text(samples[0])
    done = project.run("-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
    assert "chime_simulator" in project.run("-m", "chime_simulator", "--help").stdout
