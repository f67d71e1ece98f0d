"""The Python example in `docs/policies.md`, run as it stands beside a directory of policies."""

import re
import subprocess
import sys
from pathlib import Path
from shutil import copy

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
EXAMPLES = BLOCK.findall((ROOT / "docs" / "policies.md").read_text())


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_example_asks_the_policies(tmp_path: Path, example: str) -> None:
    own = tmp_path / "my-policies"
    own.mkdir()
    copy(ROOT / "examples" / "policy" / "school.cedar", own)

    ran = subprocess.run(
        [sys.executable, "-c", example],
        cwd=tmp_path, env={"PYTHONPATH": str(ROOT / "lambdas")}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("Authorization(allowed=False, policies=('only-the-office-bans',))")


def test_there_is_an_example() -> None:
    assert EXAMPLES
