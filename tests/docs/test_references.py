"""Every link, every path in backticks, every `make` target and every module in Markdown is there."""

import ast
import re
import subprocess
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.docs.markdown import page, read
from tests.tracked import ROOT, tracked

PAGES = [path for path in tracked() if path.suffix == ".md"]
SOURCES = {
    ".cedar",
    ".cedarschema",
    ".css",
    ".html",
    ".js",
    ".lock",
    ".md",
    ".mjs",
    ".py",
    ".toml",
    ".ts",
    ".txt",
    ".yml",
}
"""A name that ends so is a file of the repository. JSON and pictures may be anywhere: they are, if a folder says so."""
PATH = re.compile(r"[\w.*-]+(?:/[\w.*-]+)*/?(?:::\w+)?")
every_page = pytest.mark.parametrize("path", PAGES, ids=str)


@cache
def places() -> frozenset[str]:
    """Files and folders."""
    files = tracked()
    return frozenset(map(str, {*files, *(folder for file in files for folder in file.parents if folder.name)}))


def broken_links(path: Path, links: tuple[str, ...]) -> list[str]:
    return [link for link in links if not re.match(r"[a-z]+:", link) and not leads_somewhere(path, link)]


def leads_somewhere(path: Path, link: str) -> bool:
    address, _, anchor = unquote(link).partition("#")
    target = (ROOT / path.parent / address).resolve().relative_to(ROOT) if address else path
    if address and str(target) not in places():
        return False
    return not anchor or (target.suffix == ".md" and anchor in page(target).anchors)


def broken_paths(path: Path, names: tuple[str, ...]) -> list[str]:
    """Paths begin at the root, at the page, or at any folder: `core/mute.py` will do where one file ends so."""
    asked = [re.sub(r"<[^>]*>|\{[^}]*\}|…", "*", name) for name in names]
    return [name for name in asked if PATH.fullmatch(name) and is_ours(name) and not is_there(path, name)]


def is_ours(name: str) -> bool:
    file = name.partition("::")[0]
    first, separator, _ = file.partition("/")
    return Path(file).suffix in SOURCES or bool(separator and first in places())


def is_there(path: Path, name: str) -> bool:
    file, _, test = name.partition("::")
    asked = file.rstrip("/")
    candidates = {asked, str(path.parent / asked)}
    found = [place for place in places() if place in candidates or fnmatch(f"/{place}", f"*/{asked}")]
    if not found:
        return is_made(asked)
    return not test or any(test in functions(ROOT / each) for each in found)


def functions(file: Path) -> set[str]:
    return {node.name for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.FunctionDef)}


def is_made(name: str) -> bool:
    """What a command writes: .gitignore has it."""
    return subprocess.run(["git", "check-ignore", "--quiet", name], check=False, cwd=ROOT).returncode == 0


@every_page
def test_links(path: Path) -> None:
    assert broken_links(path, page(path).links) == []


@every_page
def test_paths(path: Path) -> None:
    assert broken_paths(path, page(path).names) == []


@every_page
def test_commands(path: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert page(path).targets - targets == set()
    ours = {module for module in page(path).modules if module.partition(".")[0] in places()}
    files = {place for module in ours for place in [module.replace(".", "/")]}
    assert [name for name in files if not {f"{name}.py", f"{name}/__main__.py"} & places()] == []


# ---- the checks themselves -------------------------------------------------------------------------------------------
TEXT = """\
# The first `mute` of all, really
[a](../README.md) [b](protocol.md#no-such-heading) [c](gone.md) [d](#the-first-mute-of-all-really) [e](https://x.example)
<img src="images/gone.png"> ![f](images/console.png)

`lambdas/moderation/domain/gone.py`, `domain/effective.py`, `infra/gone/`, `tests/docs/test_references.py::test_gone`,
`tests/docs/test_references.py::test_links`, `.build/lambda`, `make gone`, `application/json`, `gone.cedar`, `docs/adr/`

```sh
make run && make vanish
python -m infra.gone
python -m infra.tools.audit
```
"""


def test_what_is_broken_is_found() -> None:
    found, path = read(TEXT), Path("docs/page.md")
    assert broken_links(Path("docs/protocol.md"), ("#no-such-heading",)) == ["#no-such-heading"]
    local = tuple(link for link in found.links if not link.startswith("#"))
    assert broken_links(path, local) == ["protocol.md#no-such-heading", "gone.md", "images/gone.png"]
    assert found.anchors == {"the-first-mute-of-all-really"}
    assert broken_paths(path, found.names) == [
        "lambdas/moderation/domain/gone.py",
        "infra/gone/",
        "tests/docs/test_references.py::test_gone",
        "gone.cedar",
    ]
    assert found.targets == {"gone", "run", "vanish"}
    assert found.modules == {"infra.gone", "infra.tools.audit"}
