"""docs/security.md names the test behind each of its lines: they are there."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "security.md"


def test_every_proof_is_there() -> None:
    named = re.findall(r"`(tests/[a-z_/0-9]+\.py)(?:::(\w+))?`", PAGE.read_text())
    assert len(named) > 40
    for file, test in named:
        found = ast.parse((ROOT / file).read_text())
        assert not test or test in {node.name for node in found.body if isinstance(node, ast.FunctionDef)}, (file, test)


def test_every_test_of_security_is_named() -> None:
    """Else nobody knows what it is for."""
    named = set(re.findall(r"`tests/security/(\w+)\.py::", PAGE.read_text()))
    assert named == {path.stem for path in Path(__file__).parent.glob("test_*.py")} - {"test_page"}
