"""What every package in `dist/` says of itself."""

import json
import tarfile
from email import message_from_string
from pathlib import Path
from zipfile import ZipFile

import pytest

from infra.packaging.uv import ROOT
from infra.version import version
from local.dist import PACKAGES
from tests.tracked import tracked

pytestmark = pytest.mark.xdist_group("dist")


def test_every_package_is_there(built: Path) -> None:
    """A Python package as wheel and source archive, one of npm as a tarball."""
    files = sorted(path.name for path in built.iterdir())
    python = [package for package in PACKAGES if (package.directory / "pyproject.toml").is_file()]
    assert len([name for name in files if name.endswith(".whl")]) == len(python)
    assert len(files) == len(PACKAGES) + len(python)


def test_wheels_say_what_they_are(built: Path) -> None:
    for path in built.glob("*.whl"):
        with ZipFile(path) as wheel:
            [metadata] = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
            about = message_from_string(wheel.read(metadata).decode())
            names = wheel.namelist()
        assert (about["Version"], about["License-Expression"], about["Requires-Python"]) == (
            version(), "Apache-2.0", ">=3.11",
        )  # fmt: skip
        assert set(about.get_all("License-File") or []) == {"LICENSE", "NOTICE"}
        assert any(name.endswith("/py.typed") for name in names), "type checkers read its annotations"


def test_tarballs_of_npm_say_what_they_are(built: Path) -> None:
    for path in built.glob("*.tgz"):
        with tarfile.open(path) as archive:
            names = archive.getnames()
            described = archive.extractfile("package/package.json")
            assert described is not None
            about = json.load(described)
        assert (about["version"], about["license"]) == (version(), "Apache-2.0")
        assert {"package/LICENSE", "package/NOTICE", "package/README.md", "package/dist/esm/index.js"} <= set(names)


def test_every_package_of_the_repository_is_built() -> None:
    """Each folder with a description of its own is in the table, is part of a package, or is for this repository."""
    described = {path.parent for path in tracked() if path.name in ("pyproject.toml", "package.json")}
    built = {package.directory.relative_to(ROOT) for package in PACKAGES}
    parts = {Path("clients/typescript/react")}
    for_ourselves = {Path(), Path("contracts/tools"), Path("examples/react"), Path("infra/packaging/compiler")}
    assert described - built == parts | for_ourselves
