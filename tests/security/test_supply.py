"""What comes from others, and what must not get out: pins, licences and secrets."""

import json
import re
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from detect_secrets.core import baseline
from detect_secrets.core.secrets_collection import SecretsCollection
from detect_secrets.settings import transient_settings
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from infra.audit import LOCKS, Audit, of_npm, of_python

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "lambdas" / "requirements.txt"
EVERYTHING = ROOT / "requirements-dev.txt"
BASELINE = ROOT / ".secrets.baseline"
LICENCES = {
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CNRI-Python",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "PSF-2.0",
}
FOR_BUILDING = {"CC0-1.0", "Python-2.0", "Zlib"}
"""Of tools that come from npm; nothing of them is shipped."""
WRITTEN_OTHERWISE = {
    "Apache License": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "BSD": "BSD-3-Clause",
    "BSD License": "BSD-3-Clause",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
SAID_IN_A_FILE = {"axe-playwright-python": "MIT License", "cedarpy": "Apache License"}
"""Whose metadata tell no licence: what the licence that they come with begins with."""
SHIPPED_LICENCES = {"Apache-2.0", "BSD-3-Clause", "MIT", "MIT-0", "PSF-2.0"}


def requirements(path: Path) -> Iterator[Requirement]:
    for line in path.read_text().splitlines():
        if line.startswith("-r "):
            yield from requirements(path.parent / line.removeprefix("-r "))
        elif line and not line.startswith("#"):
            yield Requirement(line.partition(" #")[0])


def pins() -> dict[str, str]:
    found: dict[str, str] = {}
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        name, exactly, version = line.partition("==")
        assert exactly, line
        found[canonicalize_name(name)] = version
    return found


def closure(path: Path) -> dict[str, Distribution]:
    """Everything that is drawn in, as it is installed here."""
    found: dict[str, Distribution] = {}
    left = [(wanted, "") for wanted in requirements(path)]
    while left:
        wanted, extra = left.pop()
        if wanted.marker is not None and not wanted.marker.evaluate({"extra": extra}):
            continue
        name = canonicalize_name(wanted.name)
        if name == "pip":  # comes with Python
            continue
        is_new = name not in found
        found[name] = distribution(wanted.name)
        for extra in ("", *wanted.extras) if is_new or wanted.extras else ():
            left += [(Requirement(text), extra) for text in found[name].requires or []]
    return found


@pytest.mark.parametrize("path", [SHIPPED, EVERYTHING], ids=["shipped", "everything"])
def test_whatever_is_drawn_in_is_pinned(path: Path) -> None:
    """And is what is installed: what was tested is what is shipped."""
    pinned, installed = pins(), {name: found.version for name, found in closure(path).items()}
    assert {name: pinned.get(name) for name in installed} == installed
    for wanted in requirements(path):
        assert str(wanted.specifier) == f"=={pinned[canonicalize_name(wanted.name)]}"


def licences(found: Distribution) -> set[str]:
    """Every one of those that apply; where one may choose, those that may be chosen."""
    about = found.metadata
    [expression] = about.get_all("License-Expression") or [""]
    said = [word for word in re.split(r"\s+(?:AND|OR)\s+|[()]", expression) if word]
    if not said:
        said = [
            name.rpartition(" :: ")[2]
            for name in about.get_all("Classifier") or []
            if name.startswith("License :: ") and not name.endswith("OSI Approved")
        ]
    if not said and "License" in about:
        said = [about["License"].strip().splitlines()[0]]
    if not said:
        said = [beginning for name, beginning in SAID_IN_A_FILE.items() if name == about["Name"] and _begins(found)]
    return {WRITTEN_OTHERWISE.get(name, name) for name in said}


def _begins(found: Distribution) -> bool:
    files = [file for file in found.files or [] if file.name.startswith("LICENSE")]
    return any(file.read_text().strip().splitlines()[0] == SAID_IN_A_FILE[found.metadata["Name"]] for file in files)


@pytest.mark.parametrize(
    ("path", "allowed"), [(SHIPPED, SHIPPED_LICENCES), (EVERYTHING, LICENCES)], ids=["shipped", "everything"]
)
def test_licences(path: Path, allowed: set[str]) -> None:
    for name, found in closure(path).items():
        said = licences(found)
        assert said, name
        assert said <= allowed, (name, said)


def test_what_npm_brings_is_pinned_by_its_content() -> None:
    assert LOCKS
    for lock in LOCKS:
        packages = {name: about for name, about in json.loads(lock.read_text())["packages"].items() if name}
        assert packages
        for name, about in packages.items():
            assert about["integrity"].startswith("sha512-"), name
            assert re.fullmatch(r"\d+\.\d+\.\d+.*", about["version"]), name
            said = {word for word in re.split(r" (?:AND|OR) |[()]", about.get("license", "")) if word}
            assert said, name
            assert said <= LICENCES | FOR_BUILDING, (name, said)


# ---- secrets -------------------------------------------------------------------------------------------------------
def test_no_secret_is_in_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is found beyond the baseline is one, until somebody has looked at it: see docs/security.md."""
    known = json.loads(BASELINE.read_text())
    with transient_settings({key: known[key] for key in ("plugins_used", "filters_used")}):
        monkeypatch.chdir(ROOT)  # names in the baseline are relative, wherever the repository is
        found = SecretsCollection()
        for path in sources():
            found.scan_file(str(path.relative_to(ROOT)))
        new = found - baseline.load(known, str(BASELINE))
    assert not [f"{name}:{secret.line_number} {secret.type}" for name, secret in new]


MADE = {"node_modules", "dist", "build", ".samples"}
"""Directories that nobody writes, as .gitignore has them."""


def sources() -> Iterator[Path]:
    """Whatever people write; what is generated from it says nothing else."""
    generated = {"docs/openapi.json", "docs/asyncapi.json", "clients/typescript/src/schema.ts"}
    for top in sorted(ROOT.iterdir()):
        if top.name.startswith(".") or top.is_symlink() or top.name in ("cdk.out", "node_modules"):
            continue
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            name = str(path.relative_to(ROOT))
            generates = name in generated or path.name == "package-lock.json" or name.startswith("docs/schemas/")
            is_made = bool(MADE & set(Path(name).parts)) or path.suffix in (".pyc", ".png", ".svg", ".woff2")
            if path.is_file() and path.stat().st_size < 400_000 and not generates and not is_made:
                yield path


@pytest.mark.parametrize(
    "line",
    [
        "KEY = '" + "AKIA" + "Z7QH2PLDX5MNE6RT'",
        "token: " + "ghp_" + "wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx",
        "-----BEGIN " + "RSA PRIVATE KEY-----",
        "password = '" + "correct-horse-battery'",
        "https://user:" + "s3cr3t-of-mine@example.com/x",
    ],
)
def test_a_secret_would_be_found(tmp_path: Path, line: str) -> None:
    (tmp_path / "settings.py").write_text(line + "\n")
    known = json.loads(BASELINE.read_text())
    with transient_settings({key: known[key] for key in ("plugins_used", "filters_used")}):
        found = SecretsCollection(root=str(tmp_path))
        found.scan_file("settings.py")
    assert list(found)


# ---- what is known against them ------------------------------------------------------------------------------------
def test_what_an_audit_finds() -> None:
    vulnerable = {"name": "jinja2", "version": "2.4.1", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.7"]}]}
    fine = {"name": "rich", "version": "15.0.0", "vulns": []}
    said = json.dumps({"dependencies": [vulnerable, fine], "fixes": []})
    assert of_python(said, "") == Audit(("jinja2 2.4.1: PYSEC-1, mended in 2.7",))
    assert of_python(json.dumps({"dependencies": [fine]}), "") == Audit()
    npm = {"vulnerabilities": {"ws": {"severity": "high", "range": "<8.17.1"}}, "metadata": {}}
    assert of_npm(json.dumps(npm), "") == Audit(("ws: high, <8.17.1",))
    assert of_npm('{"vulnerabilities": {}}', "") == Audit()


def test_where_nobody_can_be_asked_nothing_is_declared_clean() -> None:
    skipped = {"name": "rich", "skip_reason": "Dependency not found on PyPI"}
    assert of_python(json.dumps({"dependencies": [skipped]}), "").unasked == "1 packages, the first `rich`"
    assert of_python("", "Traceback …\nConnectionError: no route").unasked == "ConnectionError: no route"
    assert of_python("", "").unasked == "no answer"
    assert of_npm('{"message": "request failed", "error": {}}', "").unasked == "request failed"
    assert of_npm("", "npm error").unasked == "npm error"
