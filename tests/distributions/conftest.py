import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra.packaging.uv import NO_PACKAGES_OF_OURS, uv
from local import dist

SECONDS = 300


@dataclass(frozen=True)
class EmptyDirectory:
    """With a virtual environment that has what was asked for, and nothing of the repository."""

    path: Path

    def run(self, *words: object, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Python there; it sees the variables that are named, and no others."""
        return subprocess.run(
            [str(self.path / ".venv" / "bin" / "python"), *map(str, words)],
            check=False,
            cwd=self.path,
            env={"PATH": "/usr/bin:/bin", "HOME": str(self.path), **(environment or {})},
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory as `dist/` is after `make dist`."""
    directory = tmp_path_factory.mktemp("dist") / "dist"
    dist.build(directory)
    return directory


def installed(built: Path, parent: Path, *names: str) -> EmptyDirectory:
    """A directory with packages of `dist/` by their names, and others in the versions of `uv.lock`."""
    directory = EmptyDirectory(parent / "empty")
    directory.path.mkdir()
    locked = parent / "locked.txt"
    locked.write_text(uv("export", "--quiet", "--frozen", "--all-groups", "--no-hashes", NO_PACKAGES_OF_OURS))
    environment = directory.path / ".venv"
    uv("venv", "--quiet", "--python", sys.executable, environment)
    where = ("--python", environment / "bin" / "python", "--find-links", built, "--constraints", locked)
    uv("pip", "install", "--quiet", *where, *names)
    return directory
