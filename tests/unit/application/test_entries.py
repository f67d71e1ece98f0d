"""Entries are made by one function, and only read from storage elsewhere."""

import ast
from pathlib import Path

LAMBDAS = Path(__file__).parents[3] / "lambdas"


def makes_entries(path: Path) -> bool:
    calls = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
    return any(isinstance(call.func, ast.Name) and call.func.id == "Entry" for call in calls)


def test_one_factory_makes_all_entries() -> None:
    found = [path.relative_to(LAMBDAS) for path in LAMBDAS.rglob("*.py") if makes_entries(path)]

    assert found == [Path("moderation/application/enforcement/transactions.py")]
