"""`make dist`: builds the packages for others into `dist/`.

Each row of `PACKAGES` becomes a wheel and a source archive, or an npm tarball. `tests/distributions` installs them in
empty environments.
"""

import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.packaging import bundle
from infra.packaging.uv import ROOT, UvError, uv
from local import cdk_package, typescript

DIST = ROOT / "dist"


@dataclass(frozen=True)
class Package:
    """A package. `name` is its name in the index, `directory` has its sources."""

    name: str
    directory: Path
    build: Callable[[Path, Path], None]
    """Builds the package. The arguments are its sources and the target directory."""


def _python(sources: Path, target: Path) -> None:
    """Builds a wheel and a source archive. It needs no network: the build back end is uv's own or is installed."""
    uv("build", "--quiet", "--offline", "--no-build-isolation", "--out-dir", target, sources)
    (target / ".gitignore").unlink(missing_ok=True)


def _npm(_: Path, target: Path) -> None:
    typescript.pack(target)


def _cdk(sources: Path, target: Path) -> None:
    """Builds `gavel-cdk`, whose sources are put together first: its modules are those of `infra`."""
    staged = bundle.BUILD / "gavel-cdk"
    cdk_package.stage(sources, staged)
    _python(staged, target)


PACKAGES = (
    Package("chime-meetings-simulator", ROOT / "packages" / "chime_simulator", _python),
    Package("gavel-cdk", ROOT / "packages" / "gavel_cdk", _cdk),
    Package("gavel-client", ROOT / "clients" / "python", _python),
    Package("gavel-client (npm)", typescript.CLIENT, _npm),
)


def build(target: Path, packages: Sequence[Package] = PACKAGES) -> list[Path]:
    """Builds the packages into an emptied directory. Returns the files in order of name."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for package in packages:
        package.build(package.directory, target)
    return sorted(target.iterdir())


def main() -> int:
    """The command line."""
    try:
        for path in build(DIST):
            print(f"{path.relative_to(ROOT)}  {path.stat().st_size / 1024:.0f} KB")
    except (UvError, bundle.BundleError, typescript.NpmFailed, subprocess.TimeoutExpired) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
