"""Builds the sources of the package `gavel-cdk`: the construct's modules, the functions' code, schemas and console."""

import shutil
import zipfile
from pathlib import Path

from infra.packaging import bundle
from infra.packaging.uv import ROOT

INFRA = ROOT / "infra"
MODULES = ("code.py", "config.py", "context.py", "files.py", "gavel.py", "version.py")
PACKAGES = ("constructs", "monitoring", "resources", "settings")
DESCRIPTION = ("pyproject.toml", "README.md", "LICENSE", "NOTICE")
DATED = (2020, 1, 1, 0, 0, 0)
"""The time of every file in an archive, so that the same code gives the same archive."""


def stage(sources: Path, target: Path) -> None:
    """Writes the package's complete sources into the directory. `sources` has the files that describe the package."""
    shutil.rmtree(target, ignore_errors=True)
    module = target / "src" / "gavel_cdk"
    module.mkdir(parents=True)
    for name in DESCRIPTION:
        shutil.copyfile(sources / name, target / name)
    shutil.copyfile(INFRA / "gavel_cdk.py", module / "__init__.py")
    for name in MODULES:
        shutil.copyfile(INFRA / name, module / name)
    for name in PACKAGES:
        shutil.copytree(INFRA / name, module / name, ignore=shutil.ignore_patterns("__pycache__"))
    (module / "py.typed").touch()
    _stage_data(module / "data")


def _stage_data(data: Path) -> None:
    """Writes the files that are not Python, at the places that `infra/files.py` names."""
    shutil.copytree(ROOT / "docs" / "schemas", data / "schemas")
    shutil.copytree(ROOT / "console", data / "console")
    for source in bundle.source_files():
        below = source.relative_to(bundle.SOURCES)
        if below.parts[0] == "moderation":
            (data / "lambdas" / below).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, data / "lambdas" / below)
    (data / "code").mkdir()
    for architecture, machine in bundle.BY_ARCHITECTURE.items():
        bundle.bundle(machine)
        _archive(machine.directory, data / "code" / f"{architecture}.zip")


def _archive(directory: Path, target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(directory.rglob("*")):
            if path.is_file():
                about = zipfile.ZipInfo(str(path.relative_to(directory)), DATED)
                about.external_attr = 0o644 << 16
                about.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(about, path.read_bytes())
