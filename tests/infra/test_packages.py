"""What `uv build` and `npm pack` make: complete, under the licence, in the version that pyproject.toml has."""

import json
import re
import tarfile
from email import message_from_string
from email.message import Message
from hashlib import sha256
from pathlib import Path
from zipfile import ZipFile

import pytest

from infra.packaging import bundle
from infra.packaging.uv import ROOT, uv
from infra.tools.audit import NPM_LOCKS
from infra.version import version
from local.dist import PACKAGES
from local.typescript import npm
from tests.tracked import tracked

APACHE_2_0 = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"  # pragma: allowlist secret
"""Of https://www.apache.org/licenses/LICENSE-2.0.txt."""
pytestmark = pytest.mark.xdist_group("packages")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("dist")
    uv("build", "--quiet", "--offline", "--no-build-isolation", "--out-dir", directory)
    return directory


@pytest.fixture(scope="module")
def wheel(built: Path) -> ZipFile:
    return ZipFile(built / f"gavel-{version()}-py3-none-any.whl")


def metadata(wheel: ZipFile) -> Message:
    return message_from_string(wheel.read(f"gavel-{version()}.dist-info/METADATA").decode())


def test_the_wheel_has_what_the_functions_ship(wheel: ZipFile) -> None:
    names = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert names == {str(path.relative_to(bundle.SOURCES)) for path in bundle.source_files()}


def test_the_wheel_says_what_it_is(wheel: ZipFile) -> None:
    about = metadata(wheel)
    assert (about["Name"], about["Version"], about["License-Expression"]) == ("gavel", version(), "Apache-2.0")
    assert about.get_all("License-File") == ["LICENSE", "NOTICE"]
    direct = {line.partition("==")[0] for line in (bundle.REQUIREMENTS).read_text().splitlines() if "==" in line}
    assert {re.split(r"[\[<]", text)[0] for text in about.get_all("Requires-Dist") or []} < direct


def test_the_source_archive_is_the_repository(built: Path) -> None:
    with tarfile.open(built / f"gavel-{version()}.tar.gz") as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {str(path) for path in tracked()} - names == set()


def test_the_licence() -> None:
    for directory in (ROOT, *(package.directory for package in PACKAGES)):
        assert sha256((directory / "LICENSE").read_bytes()).hexdigest() == APACHE_2_0
        assert (directory / "NOTICE").read_text().startswith("Gavel\nCopyright 2026 The Gavel contributors\n")


def test_the_notice_names_every_vendored_package() -> None:
    vendored = {path.parts[2] for path in tracked() if path.parts[:2] == ("console", "vendor")}
    assert vendored
    for name in vendored:
        assert f"console/vendor/{name}/LICENSE" in (ROOT / "NOTICE").read_text()
        assert (ROOT / "console" / "vendor" / name / "LICENSE").is_file()


def test_npm_packages_are_under_the_licence() -> None:
    for lock in NPM_LOCKS:
        assert json.loads((lock.parent / "package.json").read_text())["license"] == "Apache-2.0"
        assert json.loads(lock.read_text())["packages"][""]["license"] == "Apache-2.0"


def test_the_client_packs_its_licence() -> None:
    [packed] = json.loads(npm("pack", "--dry-run", "--json", "--ignore-scripts", "--silent", seconds=300))
    assert packed["version"] == version()
    assert {"LICENSE", "NOTICE", "README.md"} <= {file["path"] for file in packed["files"]}
