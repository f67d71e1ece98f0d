"""mypy reads the modules of CDK that are in use, and no others: all of them would take it ten minutes."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_every_module_of_cdk_that_is_imported_is_typed() -> None:
    """One that is imported and not listed would be untyped without a word."""
    overrides = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]["overrides"]
    [listed] = [each["module"] for each in overrides if each.get("follow_imports") == "normal"]
    sources = [ROOT / "app.py", *(ROOT / "infra").rglob("*.py"), *(ROOT / "tests" / "infra").rglob("*.py")]
    assert set(listed) == {"aws_cdk", *(module for source in sources for module in _imported(source))}


def _imported(source: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == "aws_cdk":
            yield from (f"aws_cdk.{name.name}" for name in node.names if name.name.startswith("aws_"))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("aws_cdk."):
            yield str(node.module)
