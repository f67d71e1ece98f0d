"""Names of the code in Markdown exist: `path.py:name` in every page, and the names in the third column of the glossary.

`test_references.py` checks the paths.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.markdown import page
from tests.tracked import ROOT, tracked

BASE = Path("lambdas/moderation")
PAIRED = re.compile(r"`([\w./*-]+)`((?: `[\w.]+`)*)")
WORDS = re.compile(r"`([\w.]+)`")
IN_FILE = re.compile(r"([\w/]+\.py):(\w+)")
PAGES = [path for path in tracked() if path.suffix == ".md"]
ROWS = [
    [cell.strip() for cell in line.strip("|\n ").split("|")]
    for line in (ROOT / "docs" / "glossary.md").read_text().splitlines()
    if line.startswith("| ") and not line.startswith("| word |")
]


def references(cell: str) -> Iterator[tuple[str, str]]:
    """Each path in the cell with each name behind it."""
    place = ""
    for first, behind in PAIRED.findall(cell):
        is_path = "/" in first or "." in first
        place = first if is_path else place
        for name in WORDS.findall(behind if is_path else f"`{first}`{behind}"):
            yield place, name


def names_in(path: str) -> set[str]:
    """Classes, functions, constants and members of the modules at a path; every word of a file that is not Python."""
    found: set[str] = set()
    for file in files_at(path):
        text = (ROOT / file).read_text()
        found |= set(defined(ast.parse(text).body)) if file.suffix == ".py" else set(re.findall(r"\w+", text))
    return found


def files_at(path: str) -> list[Path]:
    places = (BASE / path, Path(path), Path("lambdas") / path)
    return [file for file in tracked() if file in places or any(place in file.parents for place in places)]


def defined(body: list[ast.stmt], owner: str = "") -> Iterator[str]:
    for node in body:
        match node:
            case ast.ClassDef(name=name):
                yield f"{owner}{name}"
                yield from defined(node.body, f"{owner}{name}.")
            case ast.FunctionDef(name=name):
                yield f"{owner}{name}"
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield f"{owner}{name}"
            case ast.Assign(targets=targets):
                yield from (f"{owner}{target.id}" for target in targets if isinstance(target, ast.Name))


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_each_name_is_where_the_glossary_says(row: list[str]) -> None:
    assert [(path, name) for path, name in references(row[2]) if name not in names_in(path)] == []


def test_each_word_has_a_meaning_and_a_place() -> None:
    assert len(ROWS) > 50
    assert [row[0] for row in ROWS if len(row) != 3 or not all(row) or "`" not in row[2]] == []


def members(suffix: str) -> set[str]:
    """Functions, classes and methods of the files whose paths end so, without the names of their classes."""
    files = [file for file in tracked() if f"/{file}".endswith(f"/{suffix}")]
    return {name.rpartition(".")[2] for file in files for name in defined(ast.parse((ROOT / file).read_text()).body)}


def test_each_name_in_a_file_is_there() -> None:
    found = [
        (str(path), *match.groups())
        for path in PAGES
        for name in page(path).names
        if (match := IN_FILE.fullmatch(name))
    ]
    assert found
    assert [each for each in found if each[2] not in members(each[1])] == []
