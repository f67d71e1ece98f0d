"""`pyproject.toml` has Gavel's version; what repeats it is written from there."""

import json
import re
import tomllib
from pathlib import Path

import pytest
from moderation import __version__

from contracts.files import REGENERATE
from contracts.version import REPEATED, versioned, write_version
from infra.version import version
from tests.tracked import ROOT, tracked

DOCUMENTS = ("docs/openapi.json", "docs/asyncapi.json", "lambdas/host_api/openapi.json")
TOLD = {"pyproject.toml", "uv.lock", "CHANGELOG.md", *DOCUMENTS, *REPEATED}
"""Whatever may contain it: the rest takes it from there."""


def test_it_is_a_version() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?", version())
    assert __version__ == version()


@pytest.mark.parametrize("path", REPEATED)
def test_the_file_is_up_to_date(path: str) -> None:
    if versioned(path) != (ROOT / path).read_text():
        pytest.fail(f"{path} has another version than pyproject.toml: `{REGENERATE}`", pytrace=False)


@pytest.mark.parametrize("path", DOCUMENTS)
def test_the_documents_say_it(path: str) -> None:
    assert json.loads((ROOT / path).read_text())["info"]["version"] == version()


def test_the_packages_say_it() -> None:
    client = ROOT / "clients" / "typescript"
    lock = json.loads((client / "package-lock.json").read_text())
    assert json.loads((client / "package.json").read_text())["version"] == version()
    assert [lock["version"], lock["packages"][""]["version"]] == [version()] * 2
    ours = [
        each for each in tomllib.loads((ROOT / "uv.lock").read_text())["package"] if "registry" not in each["source"]
    ]
    assert {each["name"] for each in ours} > {"gavel"}
    assert {each["version"] for each in ours} == {version()}


def test_the_changelog_has_it() -> None:
    headings = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == "Unreleased"
    assert re.fullmatch(rf"{re.escape(version())} - \d{{4}}-\d\d-\d\d", headings[1])


def test_nothing_else_has_it() -> None:
    word = re.compile(rf"(?<![\d.]){re.escape(version())}(?![\d.])".encode())
    files = [
        str(path) for path in tracked() if path.suffix not in (".png", ".woff2") and path.name != "package-lock.json"
    ]
    assert [path for path in files if path not in TOLD and word.search((ROOT / path).read_bytes())] == []


def test_a_new_version_is_written_everywhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for path in REPEATED:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text((ROOT / path).read_text())
    monkeypatch.setattr("contracts.version.ROOT", tmp_path)
    monkeypatch.setattr("contracts.version.version", lambda: "7.8.9-rc.1")
    assert write_version() == list(REPEATED)
    assert write_version() == []
    for path in REPEATED:
        times = 2 if path.endswith("package-lock.json") else 1
        assert (tmp_path / path).read_text().count("7.8.9-rc.1") == times
