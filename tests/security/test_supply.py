"""What comes from others, and what must not get out: pins, licences and secrets."""

import json
import re
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import Distribution, distribution, distributions
from pathlib import Path
from threading import Thread

import pytest
from detect_secrets.core import baseline
from detect_secrets.core.secrets_collection import SecretsCollection
from detect_secrets.settings import transient_settings
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from infra.packaging.lock import EXPORTS
from infra.packaging.uv import NO_PACKAGES_OF_OURS, ROOT, uv
from infra.tools.audit import NPM_LOCKS, Audit, main, read_npm, read_uv

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
FOR_BUILDING = {"BlueOak-1.0.0", "CC0-1.0", "Python-2.0", "Unlicense", "Zlib"}
"""Of tools that come from npm; nothing of them is shipped."""
SAID_IN_AN_OLDER_FORM = {"node_modules/reserved": "MIT"}
"""Of packages whose `package.json` has `licenses`, which npm does not copy into the lockfile."""
WRITTEN_OTHERWISE = {
    "Apache License": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "BSD": "BSD-3-Clause",
    "BSD License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "MIT No Attribution License (MIT-0)": "MIT-0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
SAID_IN_A_FILE = {"axe-playwright-python": "MIT License", "cedarpy": "Apache License"}
"""Whose metadata tell no licence: what the licence that they come with begins with."""
SHIPPED_LICENCES = {"Apache-2.0", "BSD-3-Clause", "MIT", "MIT-0", "PSF-2.0"}


def locked(*groups: str) -> dict[str, Distribution]:
    """What `uv.lock` has for this Python, as it is installed here."""
    words = ("--quiet", "--frozen", NO_PACKAGES_OF_OURS, "--no-hashes", "--no-annotate", "--no-header")
    wanted = [Requirement(line) for line in uv("export", *words, *groups).splitlines()]
    here = [each for each in wanted if each.marker is None or each.marker.evaluate()]
    found: dict[str, Distribution] = {canonicalize_name(each.name): distribution(each.name) for each in here}
    assert {each.name: str(each.specifier) for each in here} == {
        name: f"=={about.version}" for name, about in found.items()
    }
    return found


SHIPPED = "--no-default-groups"
EVERYTHING = "--all-groups"


def ours() -> set[str]:
    """Packages of this repository that it uses itself."""
    packages = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    editable = {str(each["name"]) for each in packages if "editable" in each["source"]}
    [gavel] = [each for each in packages if each["name"] == "gavel"]
    return editable & {each["name"] for group in gavel["dev-dependencies"].values() for each in group}


OF_PYTHON = {"pip", "setuptools"}
"""What a new virtual environment has in it."""


def test_whatever_is_drawn_in_is_pinned() -> None:
    """And nothing else is installed: what tests need is not there by chance."""
    installed = {canonicalize_name(each.name) for each in distributions()}
    assert installed - OF_PYTHON - ours() == locked(EVERYTHING).keys()
    assert ours() < installed
    assert locked(SHIPPED).keys() < locked(EVERYTHING).keys()


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
    ("groups", "allowed"), [(SHIPPED, SHIPPED_LICENCES), (EVERYTHING, LICENCES)], ids=["shipped", "everything"]
)
def test_licences(groups: str, allowed: set[str]) -> None:
    for name, found in locked(groups).items():
        said = licences(found)
        assert said, name
        assert said <= allowed, (name, said)


def test_what_npm_brings_is_pinned_by_its_content() -> None:
    for lock in NPM_LOCKS:
        packages = {name: about for name, about in json.loads(lock.read_text())["packages"].items() if name}
        assert packages
        for name, about in packages.items():
            assert about["integrity"].startswith("sha512-"), name
            assert re.fullmatch(r"\d+\.\d+\.\d+.*", about["version"]), name
            said = {word for word in re.split(r" (?:AND|OR) |[()]", _licence(name, about)) if word}
            assert said, name
            assert said <= LICENCES | FOR_BUILDING, (name, said)


def _licence(name: str, about: dict[str, str]) -> str:
    return about.get("license") or SAID_IN_AN_OLDER_FORM.get(name, "")


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


MADE = {".pytest_cache", "node_modules", "dist", "build", ".samples"}
"""Directories that nobody writes, as .gitignore has them."""


def sources() -> Iterator[Path]:
    """Whatever people write; what is generated from it says nothing else."""
    generated = {
        *EXPORTS,
        "uv.lock",
        "tests/infra/checkers/requirements.txt",
        "docs/openapi.json",
        "docs/asyncapi.json",
        "lambdas/host_api/openapi.json",
        "clients/typescript/src/schema.ts",
    }
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


# ---- known vulnerabilities -----------------------------------------------------------------------------------------
@contextmanager
def osv(vulnerable: str) -> Iterator[str]:
    """A service that answers as https://google.github.io/osv.dev/api/ says, and knows of one vulnerability."""
    ranges = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99.1"}]}]
    found = {"id": "PYSEC-1", "modified": "2026-01-01T00:00:00Z"}
    about = {**found, "affected": [{"package": {"name": vulnerable, "ecosystem": "PyPI"}, "ranges": ranges}]}

    class Service(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            queries = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["queries"]
            names = [query["package"]["name"] for query in queries]
            self._answer({"results": [{"vulns": [found]} if name == vulnerable else {} for name in names]})

        def do_GET(self) -> None:
            self._answer(about)

        def _answer(self, document: object) -> None:
            body = json.dumps(document).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Service) as server:
        Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def no_npm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.tools.audit.NPM_LOCKS", ())


@pytest.mark.usefixtures("no_npm")
def test_an_audit_asks_about_every_locked_package(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Those of the tests as well."""
    for name in ("ruff", "botocore", "cfn-lint"):
        with osv(name) as url:
            monkeypatch.setenv("OSV_URL", url)
            assert main([]) == 1
        assert capsys.readouterr().out == (
            f"uv.lock: 1 known vulnerabilities\n{name} {distribution(name).version}: PYSEC-1, fixed in 99.1\n"
        )
    with osv("nothing-of-ours") as url:
        monkeypatch.setenv("OSV_URL", url)
        assert main(["--insist"]) == 0
    assert capsys.readouterr().out == "uv.lock: 0 known vulnerabilities\n"


@pytest.mark.usefixtures("no_npm")
def test_where_nobody_can_be_asked_nothing_is_declared_clean(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    monkeypatch.setenv("OSV_URL", "http://127.0.0.1:9")
    assert main([]) == 0
    assert main(["--insist"]) == 2
    lines = capsys.readouterr().out.splitlines()
    assert all(line.startswith("uv.lock: NOT AUDITED: ") for line in lines)
    assert len(lines) == 2


def test_a_project_in_quarantine_is_a_finding() -> None:
    statuses = [
        {"name": "left-pad", "status": "quarantined", "reason": None},
        {"name": "old-pad", "status": "archived", "reason": "finished"},
    ]
    output = json.dumps({"vulnerabilities": [], "adverse_statuses": statuses})
    assert read_uv(output, "") == Audit(("left-pad: quarantined",))


def test_what_npm_reports() -> None:
    vulnerable = {"vulnerabilities": {"ws": {"severity": "high", "range": "<8.17.1"}}, "metadata": {}}
    assert read_npm(json.dumps(vulnerable), "") == Audit(("ws: high, <8.17.1",))
    assert read_npm('{"vulnerabilities": {}}', "") == Audit()
    assert read_npm('{"message": "request failed", "error": {}}', "") == Audit(failure="request failed")
    assert read_npm("", "npm error") == Audit(failure="npm error")
    assert read_npm("", "") == Audit(failure="no answer")
